//! Deleting samples: hiding them, and writing blocks again without them.

use std::sync::Arc;

use contract::{AdminError, SelectError, TimeRange};
use model::Matcher;

use crate::block::{Block, Interval};
use crate::record;
use crate::{Store, StoreError};

/// Bytes of a record of tombstones after which the next begins.
const RECORD_BYTES: usize = 1 << 20;

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
        Ok(self.delete_in_head(matchers, range)?)
    }

    fn delete_in_head(&self, matchers: &[Matcher], range: TimeRange) -> Result<(), StoreError> {
        let folder = self.options.dir.join("wal");
        // Appenders wait, so that what is deleted is what the record says.
        let mut appender = self.appender.lock();
        let slots = {
            let head = self.head.read();
            if !head.overlaps(range) {
                return Ok(());
            }
            head.matching(matchers)
        };
        let mut records: Vec<Vec<u8>> = Vec::new();
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
                if records
                    .last()
                    .is_none_or(|record| record.len() > RECORD_BYTES)
                {
                    records.push(Vec::new());
                }
                if let Some(record) = records.last_mut() {
                    record::tombstones::push(record, series.reference(), stretch.0, stretch.1);
                }
                found.push((slot, stretch));
            }
        }
        if found.is_empty() {
            return Ok(());
        }
        let Some(log) = appender.log.as_mut() else {
            return Err(StoreError::log(&folder)("the store is being closed"));
        };
        let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        log.log(&records).map_err(StoreError::log(&folder))?;
        log.sync_handle().sync().map_err(StoreError::log(&folder))?;
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
