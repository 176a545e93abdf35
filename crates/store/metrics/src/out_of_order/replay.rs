//! Reading late samples back: first the chunks that are in files, then the log. This is done as soon
//! as the names of the series are known, so that others can be taken from then on.
//!
//! A marker says that the samples of its series before it went into a chunk. It is believed as far
//! as that chunk is there: what is in a chunk leaves the buffer, and should anything be left, it
//! becomes a chunk now. So a chunk that never reached its file, or whose file was set aside, is
//! made again, and a marker that another run's files happen to fit does no harm.

use std::collections::HashSet;
use std::sync::Arc;

use model::Columns;
use wal::{Reader, WalError};

use crate::head::Head;
use crate::head::out_of_order::{Late, LateChunk, LateValue};
use crate::head_chunks::{Maps, parse};
use crate::record::{self, BadRecord, Kind};
use crate::replay::Replay as Names;
use crate::{Store, StoreError, validate};

/// Reads all late samples of a store into its head, which knows the names of its series.
pub(crate) fn run(store: &Store, names: &mut Names) -> Result<(), StoreError> {
    let folder = store.options.dir.join(super::FOLDER);
    let failed = || StoreError::log::<WalError>(&folder);
    let mut head = store.head.write();
    for chunk in names.take_late() {
        if let Some(slot) = names.slot(chunk.reference) {
            change(&mut head, slot, |late| {
                late.list(LateChunk {
                    first: chunk.first,
                    last: chunk.last,
                    file: chunk.file,
                    offset: chunk.offset,
                });
            });
        }
    }
    if !folder.exists() {
        return Ok(());
    }
    let chunks_head = store.options.dir.join("chunks_head");
    let mut replay = Replay {
        store,
        names,
        maps: store.chunks.maps().map_err(StoreError::io(&chunks_head))?,
        unknown: HashSet::new(),
        bad: 0,
    };
    let reader = Reader::open(&folder, 0..=u64::MAX).map_err(failed())?;
    if let Some(damage) = replay.read(&mut head, reader).map_err(failed())? {
        tracing::warn!(%damage, "the out-of-order log is cut off behind its last good record");
        store.meters.log_corruptions.inc();
        wal::repair(&damage, &folder, "", store.options.clock.now()).map_err(failed())?;
    }
    if replay.bad > 0 {
        tracing::warn!(
            records = replay.bad,
            "out-of-order log records that do not decode"
        );
        store.meters.log_corruptions.add(replay.bad);
    }
    if !replay.unknown.is_empty() {
        let series = replay.unknown.len();
        tracing::warn!(series, "the out-of-order log has samples of unknown series");
    }
    drop(head);
    store.chunks.flush().map_err(StoreError::io(&chunks_head))
}

/// Puts a changed copy of what a slot has in its place.
fn change(head: &mut Head, slot: u32, change: impl FnOnce(&mut Late)) {
    let known = head.out_of_order.get(slot);
    let mut late = known.map(|late| late.copy()).unwrap_or_default();
    change(&mut late);
    head.out_of_order.put(slot, late);
}

struct Replay<'a> {
    store: &'a Store,
    names: &'a Names,
    /// The head chunk files of earlier runs.
    maps: Maps,
    /// References of no series.
    unknown: HashSet<u64>,
    /// Records that do not decode.
    bad: u64,
}

impl Replay<'_> {
    /// Reads records up to the end or the first damage, which is answered.
    fn read(
        &mut self,
        head: &mut Head,
        mut reader: Reader,
    ) -> Result<Option<wal::Corruption>, WalError> {
        let mut passed_over: Option<wal::Corruption> = None;
        loop {
            match reader.next() {
                Ok(Some(bytes)) => {
                    self.record(head, bytes);
                    if let Some(damage) = passed_over.take() {
                        self.store.meters.log_corruptions.inc();
                        tracing::warn!(%damage, "one record of the out-of-order log is passed over");
                    }
                }
                Ok(None) => return Ok(None),
                Err(WalError::Corrupt(damage)) if passed_over.as_ref() == Some(&damage) => {
                    return Ok(Some(damage));
                }
                // Perhaps this record alone; the next call tells.
                Err(WalError::Corrupt(damage)) => passed_over = Some(damage),
                Err(error) => return Err(error),
            }
            if let Err(error) = self.store.chunks.flush_if_much() {
                tracing::debug!(%error, "head chunks wait in memory");
            }
        }
    }

    fn record(&mut self, head: &mut Head, bytes: &[u8]) {
        let Some((kind, body)) = Kind::split(bytes) else {
            return;
        };
        let outcome = match kind {
            Kind::Samples | Kind::SamplesWithStarts => self.numbers(head, kind, body),
            Kind::Histograms(form) => {
                record::histograms::decode(form, body, |reference, time, value| {
                    match validate::check(&value) {
                        Ok(()) => {
                            let value = LateValue::Histogram(Arc::new(value));
                            self.sample(head, reference, time, value);
                        }
                        Err(reason) => {
                            tracing::warn!(
                                time,
                                reason,
                                "a late histogram of the log is passed over"
                            );
                        }
                    }
                })
            }
            Kind::Markers => self.markers(head, body),
            _ => {
                self.store.meters.unknown_records.inc();
                Ok(())
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "record of the out-of-order log passed over");
            self.bad += 1;
        }
    }

    fn known(&mut self, head: &Head, reference: u64) -> Option<u32> {
        let slot = self
            .names
            .slot(reference)
            .filter(|&slot| head.id(slot).is_some());
        if slot.is_none() {
            self.unknown.insert(reference);
        }
        slot
    }

    fn numbers(&mut self, head: &mut Head, kind: Kind, body: &[u8]) -> Result<(), BadRecord> {
        let each = |reference, time, value| {
            self.sample(head, reference, time, LateValue::Number(value));
        };
        match kind {
            Kind::SamplesWithStarts => record::samples::decode_with_starts(body, each),
            _ => record::samples::decode(body, each),
        }
    }

    /// Adds a sample again; one of a time that the buffer has is passed over, as it was before.
    fn sample(&mut self, head: &mut Head, reference: u64, time: i64, value: LateValue) {
        let Some(slot) = self.known(head, reference) else {
            return;
        };
        let name = reference_of(head, slot);
        let files = &self.store.chunks;
        change(head, slot, |late| {
            if late.is_full() {
                late.cut(name, files);
            }
            late.offer(time, value);
        });
    }

    fn markers(&mut self, head: &mut Head, body: &[u8]) -> Result<(), BadRecord> {
        record::markers::decode(body, |reference, place| {
            let Some(slot) = self.known(head, reference) else {
                return;
            };
            let name = reference_of(head, slot);
            change(head, slot, |late| {
                self.forget_written(late, place);
                if late.buffered().is_some() {
                    late.cut(name, &self.store.chunks);
                }
            });
        })
    }

    /// Takes out of the buffer what chunks of earlier runs hold, the one at `place` first.
    fn forget_written(&self, late: &mut Late, place: (u32, u32)) {
        let mut chunks = late.chunks().to_vec();
        chunks.sort_by_key(|chunk| chunk.place() != place);
        let mut columns = Columns::new();
        for chunk in chunks {
            let Some((first, last)) = late.buffered() else {
                return;
            };
            if chunk.last < first || last < chunk.first {
                continue;
            }
            let map = self.maps.get(&chunk.file);
            let Some(found) = map.and_then(|map| parse(map, chunk.offset as usize)) else {
                continue;
            };
            columns.clear();
            // A chunk that does not decode holds nothing that could be forgotten.
            let decoded = found.encoding.map(|e| e.decode(found.data, &mut columns));
            if matches!(decoded, Ok(Ok(()))) {
                let histograms = columns.histograms.iter().map(|sample| sample.time);
                let times: Vec<i64> = columns.times.iter().copied().chain(histograms).collect();
                late.forget(|time| times.contains(&time));
            }
        }
    }
}

fn reference_of(head: &Head, slot: u32) -> u64 {
    let series = head.id(slot).and_then(|id| head.series(id));
    series.map_or(0, |series| series.reference())
}
