//! Reading the log back into the head.
//!
//! Series first get their slots, then the head chunks of an earlier run are listed under them,
//! so that only samples later than those are decoded into chunks again. A record that does not
//! decode is counted and passed over; one of an unknown kind too.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use contract::SeriesId;
use model::Labels;
use parking_lot::Mutex;
use wal::{Reader, WalError};

use crate::head::series::FullChunk;
use crate::head::{Head, slot_of};
use crate::head_chunks::Listed;
use crate::record::{self, BadRecord, Kind};
use crate::{Store, StoreError};

/// How far replay is, for whoever waits.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Head chunks that wait for their series.
    waiting: Mutex<Vec<Listed>>,
    first: AtomicU64,
    last: AtomicU64,
    current: AtomicU64,
}

impl Progress {
    pub(crate) fn new(waiting: Vec<Listed>) -> Self {
        Self {
            waiting: Mutex::new(waiting),
            ..Self::default()
        }
    }

    /// Segments of the log: first, last, current.
    pub(crate) fn get(&self) -> (u64, u64, u64) {
        (
            self.first.load(Ordering::Relaxed),
            self.last.load(Ordering::Relaxed),
            self.current.load(Ordering::Relaxed),
        )
    }
}

/// References below this are looked up in a plain list: 8 bytes each, 128 MiB at most.
const DENSE: u64 = 1 << 24;

/// Ids by reference; several references may mean one series.
#[derive(Default)]
struct Known {
    dense: Vec<Option<SeriesId>>,
    sparse: HashMap<u64, SeriesId>,
}

impl Known {
    fn insert(&mut self, reference: u64, id: SeriesId) {
        if reference >= DENSE {
            self.sparse.insert(reference, id);
            return;
        }
        let place = reference as usize;
        if place >= self.dense.len() {
            self.dense.resize(place + 1, None);
        }
        if let Some(known) = self.dense.get_mut(place) {
            *known = Some(id);
        }
    }

    #[inline]
    fn get(&self, reference: u64) -> Option<SeriesId> {
        match usize::try_from(reference)
            .ok()
            .and_then(|place| self.dense.get(place))
        {
            Some(known) => *known,
            None => self.sparse.get(&reference).copied(),
        }
    }
}

struct Replay<'a> {
    store: &'a Store,
    slots: Known,
    /// By reference, oldest first.
    waiting: HashMap<u64, Vec<Listed>>,
    /// Records that do not decode.
    bad: u64,
}

/// Reads the whole log of a store into its head.
pub(crate) fn run(store: &Store) -> Result<(), StoreError> {
    let folder = store.options.dir.join("wal");
    let failed = || StoreError::log::<WalError>(&folder);
    disk::create_dir_all(&folder).map_err(StoreError::io(&folder))?;
    let checkpoint = wal::checkpoints(&folder).map_err(failed())?.pop();
    let segments = wal::segments(&folder).map_err(failed())?;
    let from = checkpoint
        .as_ref()
        .map_or(0, |checkpoint| checkpoint.number + 1);
    let last = segments.last().map_or(0, |segment| segment.number);
    let first = segments.first().map_or(0, |segment| segment.number);
    store
        .progress
        .first
        .store(first.max(from), Ordering::Relaxed);
    store.progress.last.store(last, Ordering::Relaxed);
    let mut waiting: HashMap<u64, Vec<Listed>> = HashMap::new();
    for chunk in std::mem::take(&mut *store.progress.waiting.lock()) {
        waiting.entry(chunk.reference).or_default().push(chunk);
    }
    let mut replay = Replay {
        store,
        slots: Known::default(),
        waiting,
        bad: 0,
    };
    if let Some(checkpoint) = checkpoint {
        let reader = Reader::open(&checkpoint.path, 0..=u64::MAX).map_err(failed())?;
        if let Some(damage) = replay.read(reader).map_err(failed())? {
            // The segments behind it still count; what the checkpoint lost is named.
            tracing::error!(%damage, "the checkpoint is damaged");
        }
    }
    let reader = Reader::open(&folder, from..=u64::MAX).map_err(failed())?;
    if let Some(damage) = replay.read(reader).map_err(failed())? {
        tracing::warn!(%damage, "the log is cut off behind its last good record");
        wal::repair(&damage, &folder, "", store.options.clock.now()).map_err(failed())?;
    }
    store.progress.first.store(last, Ordering::Relaxed);
    store.progress.current.store(last, Ordering::Relaxed);
    if replay.bad > 0 {
        tracing::warn!(records = replay.bad, "log records that do not decode");
        store.meters.log_corruptions.add(replay.bad);
    }
    Ok(())
}

impl Replay<'_> {
    /// Reads records up to the end or the first damage, which is answered.
    fn read(&mut self, mut reader: Reader) -> Result<Option<wal::Corruption>, WalError> {
        let mut head = self.store.head.write();
        loop {
            match reader.next() {
                Ok(Some(bytes)) => self.record(&mut head, bytes),
                Ok(None) => return Ok(None),
                Err(WalError::Corrupt(damage)) => {
                    self.store.meters.log_corruptions.inc();
                    return Ok(Some(damage));
                }
                Err(error) => return Err(error),
            }
            if let Some(position) = reader.position() {
                let current = &self.store.progress.current;
                current.store(position.segment, Ordering::Relaxed);
            }
        }
    }

    fn record(&mut self, head: &mut Head, bytes: &[u8]) {
        let Some((kind, body)) = Kind::split(bytes) else {
            return;
        };
        let outcome = match kind {
            Kind::Series => self.series(head, body),
            Kind::Samples => self.samples(head, body),
            Kind::Exemplars => self.exemplars(head, body),
            Kind::Tombstones => record::tombstones::decode(body, |reference, first, last| {
                if let Some(id) = self.slots.get(reference) {
                    head.delete(slot_of(id), first, last);
                }
            }),
            // What a scrape says of its metrics comes again with the next scrape.
            Kind::Metadata => Ok(()),
            Kind::Other(_) => {
                self.store.meters.unknown_records.inc();
                Ok(())
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "log record passed over");
            self.bad += 1;
        }
    }

    fn series(&mut self, head: &mut Head, body: &[u8]) -> Result<(), BadRecord> {
        record::series::decode(body, |reference, pairs| {
            let labels = Labels::from_pairs(pairs.iter().copied());
            head.note_reference(reference);
            let id = head
                .find(&labels)
                .or_else(|| head.create(&labels, reference));
            let Some(id) = id else { return };
            self.slots.insert(reference, id);
            if head.series(id).is_some_and(|s| s.reference != reference) {
                self.store.aliases.write().push((reference, id));
            }
            for chunk in self.waiting.remove(&reference).unwrap_or_default() {
                let full = FullChunk {
                    first: chunk.first,
                    span: u32::try_from(chunk.last.saturating_sub(chunk.first)).unwrap_or(u32::MAX),
                    file: chunk.file,
                    offset: chunk.offset,
                    before: 0,
                };
                let is_wanted = full.last() >= self.store.oldest.load(Ordering::Relaxed);
                if is_wanted && head.is_after_last(slot_of(id), full.first) {
                    head.add_full(slot_of(id), full);
                }
            }
        })
    }

    fn samples(&mut self, head: &mut Head, body: &[u8]) -> Result<(), BadRecord> {
        let oldest = self.store.oldest.load(Ordering::Relaxed);
        record::samples::decode(body, |reference, time, value| {
            let Some(id) = self.slots.get(reference) else {
                return;
            };
            let slot = slot_of(id);
            if time >= oldest && head.is_after_last(slot, time) {
                head.push(slot, time, value, &self.store.chunks);
            }
        })
    }

    fn exemplars(&mut self, head: &mut Head, body: &[u8]) -> Result<(), BadRecord> {
        let mut ring = self.store.exemplars.write();
        record::exemplars::decode(body, |reference, exemplar| {
            let Some(id) = self.slots.get(reference) else {
                return;
            };
            if ring.check(id, &exemplar).is_ok() {
                ring.add(id, exemplar, || {
                    head.series(id)
                        .map(|series| head.labels_of(series))
                        .unwrap_or_default()
                });
            }
        })
    }
}
