//! Deleting samples: hiding them, and writing blocks again without them.

use std::collections::BTreeSet;
use std::sync::Arc;

use contract::{AdminError, SelectError, TimeRange};
use model::{Labels, Matcher};
use wal::{Reader, WalError};

use crate::append::Appender;
use crate::block::{Block, Interval};
use crate::record::{self, Kind};
use crate::{Store, StoreError};

/// Bytes of a record of tombstones after which the next begins.
const RECORD_BYTES: usize = 1 << 20;

/// Records of what was deleted.
#[derive(Default)]
struct Records(Vec<Vec<u8>>);

impl Records {
    fn push(&mut self, reference: u64, (first, last): Interval) {
        let is_full = |record: &Vec<u8>| record.len() > RECORD_BYTES;
        if self.0.last().is_none_or(is_full) {
            self.0.push(Vec::new());
        }
        if let Some(record) = self.0.last_mut() {
            record::tombstones::push(record, reference, first, last);
        }
    }
}

impl Store {
    /// Hides samples in blocks and head. For whoever holds `merging`.
    pub(super) fn delete(&self, matchers: &[Matcher], range: TimeRange) -> Result<(), AdminError> {
        // Nothing may move from the head to a block meanwhile.
        let _alone = self.maintenance.lock();
        for block in self.persisted().overlapping(range) {
            let stretches = stretches(block, matchers, range)
                .map_err(|error| AdminError::Io(error.to_string()))?;
            if !stretches.is_empty() {
                let marked = block.with_deleted(stretches.into_iter())?;
                self.exchange(std::slice::from_ref(block), Some(Arc::new(marked)));
            }
        }
        self.delete_in_head(matchers, range)?;
        Ok(self.delete_in_log(matchers, range)?)
    }

    /// Hides samples that have left the head, with their series or without. The log has them until
    /// it is shortened, and a start without the blocks that hold them would read them back.
    fn delete_in_log(&self, matchers: &[Matcher], range: TimeRange) -> Result<(), StoreError> {
        let mut records = Records::default();
        for reference in self.departed(matchers, range)? {
            records.push(reference, (range.start, range.end));
        }
        let mut appender = self.appender.lock();
        self.write_tombstones(&mut appender, &records)
    }

    /// What the log calls series that match and of which the head has nothing in a range. Whatever
    /// leaves the head was named before the segment that is being written now.
    fn departed(
        &self,
        matchers: &[Matcher],
        range: TimeRange,
    ) -> Result<BTreeSet<u64>, StoreError> {
        let folder = self.options.dir.join("wal");
        let failed = || StoreError::log::<WalError>(&folder);
        let current = self.appender.lock().log.as_ref().map(wal::Wal::segment);
        let last = current.and_then(|current| current.checked_sub(1));
        let checkpoint = wal::checkpoints(&folder).map_err(failed())?.pop();
        let from = checkpoint.as_ref().map_or(0, |c| c.number + 1);
        let mut readers = Vec::new();
        if let Some(checkpoint) = checkpoint {
            readers.push(Reader::open(&checkpoint.path, 0..=u64::MAX).map_err(failed())?);
        }
        if let Some(last) = last.filter(|&last| last >= from) {
            readers.push(Reader::open(&folder, from..=last).map_err(failed())?);
        }
        let mut found = BTreeSet::new();
        for mut reader in readers {
            loop {
                let record = match reader.next_of(|kind| kind == record::SERIES) {
                    Ok(Some(record)) => record,
                    Ok(None) => break,
                    // Nor does a start find anything there.
                    Err(WalError::Corrupt(_)) => {
                        reader.resume();
                        continue;
                    }
                    Err(error) => return Err(failed()(error)),
                };
                self.departed_of(record, matchers, range, &mut found);
            }
        }
        Ok(found)
    }

    /// Adds those of one record of names.
    fn departed_of(
        &self,
        record: &[u8],
        matchers: &[Matcher],
        range: TimeRange,
        found: &mut BTreeSet<u64>,
    ) {
        let Some((Kind::Series, body)) = Kind::split(record) else {
            return;
        };
        let head = self.head.read();
        let each = |reference, pairs: &[(&str, &str)]| {
            let fits = |matcher: &Matcher| {
                let label = pairs.iter().find(|(name, _)| *name == matcher.name());
                matcher.matches(label.map_or("", |(_, value)| value))
            };
            if matchers.iter().all(fits) {
                let labels = Labels::from_pairs(pairs.iter().copied());
                let series = head.find(&labels).and_then(|id| head.series(id));
                let held = series.and_then(|series| head.held(series));
                if !held.is_some_and(|held| held.overlaps(range)) {
                    found.insert(reference);
                }
            }
        };
        // What does not decode names no series to a start either.
        if let Err(error) = record::series::decode(body, each) {
            tracing::debug!(%error, "log record passed over");
        }
    }

    /// Writes records of what was deleted, and waits for the disk.
    fn write_tombstones(
        &self,
        appender: &mut Appender,
        records: &Records,
    ) -> Result<(), StoreError> {
        if records.0.is_empty() {
            return Ok(());
        }
        let folder = self.options.dir.join("wal");
        let Some(log) = appender.log.as_mut() else {
            return Err(StoreError::log(&folder)("the store is being closed"));
        };
        let records: Vec<&[u8]> = records.0.iter().map(Vec::as_slice).collect();
        log.log(&records).map_err(StoreError::log(&folder))?;
        log.sync_handle().sync().map_err(StoreError::log(&folder))
    }

    fn delete_in_head(&self, matchers: &[Matcher], range: TimeRange) -> Result<(), StoreError> {
        // Appenders wait, so that what is deleted is what the record says.
        let mut appender = self.appender.lock();
        let slots = {
            let head = self.head.read();
            if !head.overlaps(range) {
                return Ok(());
            }
            head.matching(matchers)
        };
        let mut records = Records::default();
        let mut found: Vec<(u32, Interval)> = Vec::new();
        {
            let head = self.head.read();
            for slot in &slots {
                let Some(series) = head.id(slot).and_then(|id| head.series(id)) else {
                    continue;
                };
                let Some(held) = head.held(series) else {
                    continue;
                };
                if !range.overlaps(held) {
                    continue;
                }
                // From the start on: the log has samples that left the head, and a start without
                // their blocks would read them back.
                let stretch = (range.start, range.end.min(held.end));
                records.push(series.reference(), stretch);
                found.push((slot, stretch));
            }
        }
        if found.is_empty() {
            return Ok(());
        }
        self.write_tombstones(&mut appender, &records)?;
        let mut head = self.head.write();
        for (slot, (first, last)) in found {
            head.delete(slot, first, last);
        }
        Ok(())
    }

    /// Writes all blocks that have tombstones again without what these hide. For whoever holds
    /// `merging`.
    pub(super) fn clean(&self) -> Result<(), StoreError> {
        for block in &self.persisted().blocks {
            if block.has_tombstones() {
                let meta = block.meta();
                self.merge_into_one(std::slice::from_ref(block), |ulid| meta.cleaned(ulid))?;
                self.meters.compactions.inc();
            }
        }
        Ok(())
    }
}

/// What there is to hide in a block: of each series no more than it has.
fn stretches(
    block: &Block,
    matchers: &[Matcher],
    range: TimeRange,
) -> Result<Vec<(u32, Interval)>, SelectError> {
    let mut found = Vec::new();
    for series in block.select(matchers, block.range())? {
        let chunks = series.chunks();
        let is_met = chunks
            .iter()
            .any(|chunk| chunk.min <= range.end && range.start <= chunk.max);
        let first = chunks.iter().map(|chunk| chunk.min).min();
        let last = chunks.iter().map(|chunk| chunk.max).max();
        if let (true, Some(first), Some(last)) = (is_met, first, last) {
            let stretch = (range.start.max(first), range.end.min(last));
            found.push((series.reference(), stretch));
        }
    }
    Ok(found)
}
