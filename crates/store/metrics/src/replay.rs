//! Reading the log back into the head.
//!
//! The log is read twice. First series get their slots, and the head chunks of an earlier run are
//! listed under them, so that only samples later than those are decoded into chunks again. Then
//! every reference that the log has given is known, and this run may append behind it. The second
//! time all else is read, and at last what this run has appended meanwhile: see [`crate::young`].
//!
//! A record that does not decode is counted and passed over; one of an unknown kind too.

mod references;

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use contract::SeriesId;
use model::Labels;
use parking_lot::Mutex;
use roaring::RoaringBitmap;
use wal::{Reader, Repaired, WalError};

use crate::head::out_of_order::LateValue;
use crate::head::series::Series;
use crate::head::{Head, MOST_REFERENCES, slot_of};
use crate::head_chunks::Listed;
use crate::out_of_order::append::LateSample;
use crate::record::{self, BadRecord, Kind};
use crate::{Store, StoreError, snapshot, validate};
pub(crate) use references::{Known, Waiting};

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
    /// Reading back begins with one segment and ends with another.
    fn begin(&self, first: Option<u64>, last: Option<u64>) {
        let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
        self.first.store(first, Ordering::Relaxed);
        self.last.store(last, Ordering::Relaxed);
        self.current.store(first, Ordering::Relaxed);
    }

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

/// Samples of the log that may wait for their chunks to be written out, in records.
const RECORDS_A_FLUSH: usize = 64;
/// Bytes of this run's own log that are read back under the append lock without more ado.
const SHORT: u64 = 4 << 20;

/// What reading back has to know from one step to the next.
#[derive(Default)]
pub(crate) struct Replay {
    slots: Known,
    /// Memory to use again.
    pairs: Vec<u32>,
    /// Head chunks of an earlier run that wait for their series.
    waiting: Waiting,
    /// Chunks of samples that came out of order.
    late: Vec<Listed>,
    /// Whether what this run wrote is being read.
    is_young: bool,
    /// What this run took for samples in order, not knowing yet the later ones of earlier runs.
    fallen_behind: Vec<LateSample>,
    /// The head comes from a snapshot; the log is only checked.
    is_restored: bool,
    /// The slots whose names the log has, where the head comes from a snapshot.
    named: RoaringBitmap,
    /// Records that do not decode.
    bad: u64,
    /// Records of kinds that nobody knows.
    unknown: u64,
    /// What earlier runs left: a checkpoint, and the segments behind it.
    checkpoint: Option<PathBuf>,
    old: Option<RangeInclusive<u64>>,
    /// Damage of the files read last, for [`Replay::repair`].
    damages: Vec<wal::Corruption>,
    is_damaged: bool,
}

/// Segments before the last that a loss of power can have left in part: names may be lost where
/// the samples behind them are not.
const MOST_UNSYNCED: u64 = 5;

/// Places of damage that are remembered of one run over the log. More are passed over as well, and
/// one repair takes all of a segment.
const MOST_DAMAGES: usize = 1000;

/// How a run over records ended.
enum End {
    All,
    /// The store is being closed.
    Closed,
}

/// The steps of reading back, each over the whole log.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Series get their slots.
    Names,
    /// All else goes into them.
    Samples,
    /// Both, for what this run wrote.
    Young,
}

impl Step {
    fn wants(self, kind: u8) -> bool {
        match self {
            Self::Names => kind == record::SERIES,
            Self::Samples => kind != record::SERIES,
            Self::Young => true,
        }
    }
}

impl Replay {
    /// The chunks of samples that came out of order, once.
    pub(crate) fn take_late(&mut self) -> Vec<Listed> {
        std::mem::take(&mut self.late)
    }

    /// Whether the log lacks records of samples that the head has from a snapshot.
    pub(crate) fn is_log_behind(&self) -> bool {
        self.is_restored && self.is_damaged
    }

    /// The series that the head has from a snapshot and whose names the log lost.
    pub(crate) fn unnamed(&self, head: &Head) -> Vec<(u64, Labels)> {
        if !self.is_restored {
            return Vec::new();
        }
        let lost = head.all().filter(|(slot, _)| !self.named.contains(*slot));
        let name = |(_, series)| (Series::reference(series), head.labels_of(series));
        lost.map(name).collect()
    }

    /// The slot of what the log calls a series.
    pub(crate) fn slot(&self, reference: u64) -> Option<u32> {
        self.slots.get(reference).map(slot_of)
    }

    /// Reads the names of all series, and repairs the log where it is damaged: from here on it can
    /// be written behind its end.
    pub(crate) fn names(store: &Store) -> Result<Self, StoreError> {
        let folder = store.options.dir.join("wal");
        let failed = || StoreError::log::<WalError>(&folder);
        disk::create_dir_all(&folder).map_err(StoreError::io(&folder))?;
        let mut replay = Self::default();
        let listed = std::mem::take(&mut *store.progress.waiting.lock());
        let (late, listed): (Vec<_>, Vec<_>) = listed.into_iter().partition(|chunk| chunk.is_late);
        replay.late = late;
        replay.waiting = Waiting::new(listed);
        for (path, what) in wal::fill_gaps(&folder).map_err(failed())? {
            let done = "the log was opened without its records";
            store.note_log_damage(&path, what, done);
        }
        let checkpoint = wal::checkpoints(&folder).map_err(failed())?.pop();
        let segments = wal::segments(&folder).map_err(failed())?;
        let from = checkpoint.as_ref().map_or(0, |c| c.number + 1);
        let mut numbers = segments.iter().map(|segment| segment.number);
        let first = numbers.find(|&number| number >= from);
        replay.old = first.map(|first| first..=numbers.next_back().unwrap_or(first));
        let last = replay.old.as_ref().map(|old| *old.end());
        store.progress.begin(first, last);
        if let Some(restored) =
            snapshot::load(store, checkpoint.as_ref(), &segments, &replay.waiting)
        {
            replay.slots = restored.known;
            replay.is_restored = true;
            replay.waiting = Waiting::default();
        }
        replay
            .all_names(store, &folder, checkpoint)
            .map_err(failed())?;
        replay.waiting = Waiting::default();
        Ok(replay)
    }

    fn all_names(
        &mut self,
        store: &Store,
        folder: &Path,
        checkpoint: Option<wal::Checkpoint>,
    ) -> Result<(), WalError> {
        if let Some(checkpoint) = checkpoint {
            let reader = Reader::open(&checkpoint.path, 0..=u64::MAX)?;
            self.read(store, reader, Step::Names)?;
            let prefix = format!("of-checkpoint.{:08}-", checkpoint.number);
            self.repair(store, folder, &prefix);
            self.checkpoint = Some(checkpoint.path);
        }
        let Some(old) = self.old.clone() else {
            return Ok(());
        };
        let reader = Reader::open(folder, old.clone())?;
        self.read(store, reader, Step::Names)?;
        self.repair(store, folder, "");
        let looked_at = match self.is_damaged {
            true => Some(0),
            false if store.meters.clean_start.get() > 0.0 => None,
            false => Some(old.end().saturating_sub(MOST_UNSYNCED)),
        };
        match looked_at {
            Some(from) => self.note_references(store, folder, from),
            None => Ok(()),
        }
    }

    /// Puts the segments in order that were found damaged. Where that fails, as on a full disk,
    /// the next start tries again.
    fn repair(&mut self, store: &Store, aside: &Path, prefix: &str) {
        let now = store.options.clock.now();
        let mut damages = std::mem::take(&mut self.damages);
        self.is_damaged |= !damages.is_empty();
        while let Some(damage) = damages.first().cloned() {
            let done = match wal::repair(&damage, aside, prefix, now) {
                Ok(Repaired::Cut) => "it was cut off: an unfinished write".to_owned(),
                Ok(Repaired::Rewritten(aside)) => format!(
                    "the records that can be read were kept; the file as it was is {}",
                    aside.display()
                ),
                Err(error) => {
                    format!("passed over; it could not be repaired, the next start tries: {error}")
                }
            };
            // One repair takes all of a segment.
            let (here, others): (Vec<_>, Vec<_>) =
                damages.into_iter().partition(|one| one.path == damage.path);
            for one in here {
                store.note_log_damage(&one.path, &one.to_string(), &done);
            }
            damages = others;
        }
    }

    /// Looks up the highest reference that samples have from a segment on, for the series whose
    /// names were lost: were it given again, their samples would be taken for another series'.
    fn note_references(&self, store: &Store, folder: &Path, from: u64) -> Result<(), WalError> {
        let mut highest = self.waiting.highest();
        let mut readers = Vec::new();
        if let Some(checkpoint) = self.checkpoint.as_ref().filter(|_| from == 0) {
            readers.push(Reader::open(checkpoint, 0..=u64::MAX)?);
        }
        if let Some(old) = &self.old {
            readers.push(Reader::open(folder, from.max(*old.start())..=*old.end())?);
        }
        for mut reader in readers {
            loop {
                match reader.next() {
                    Ok(Some(bytes)) => highest = highest.max(record::highest_reference(bytes)),
                    Ok(None) => break,
                    Err(WalError::Corrupt(_)) => {
                        reader.resume();
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        // A reference that no store gives is none of a lost series.
        if highest < MOST_REFERENCES {
            store.head.write().note_reference(highest);
        }
        Ok(())
    }

    /// Reads back all but the names, at last what this run has written meanwhile; then the head is
    /// whole. Answers false when the store was closed before.
    pub(crate) fn samples(mut self, store: &Store) -> Result<bool, StoreError> {
        let folder = store.options.dir.join("wal");
        let failed = || StoreError::log::<WalError>(&folder);
        let mut readers = Vec::new();
        if let Some(checkpoint) = self.checkpoint.take() {
            let reader = Reader::open(&checkpoint, 0..=u64::MAX).map_err(failed())?;
            let name = checkpoint.file_name().unwrap_or_default();
            readers.push((reader, format!("of-{}-", name.to_string_lossy())));
        }
        if let Some(old) = self.old.clone() {
            let reader = Reader::open(&folder, old).map_err(failed())?;
            readers.push((reader, String::new()));
        }
        if std::mem::take(&mut self.is_restored) {
            readers.clear();
        }
        for (reader, prefix) in readers {
            let end = self.read(store, reader, Step::Samples).map_err(failed())?;
            // What does not unpack was not seen when only names were read.
            self.repair(store, &folder, &prefix);
            if matches!(end, End::Closed) {
                return Ok(false);
            }
        }
        let whole = self.young(store).map_err(failed())?;
        let (_, last, _) = store.progress.get();
        store.progress.begin(Some(last), Some(last));
        // The flags before a record are not in its checksum: a flipped bit there shows only here.
        for (count, what) in [
            (self.bad, "do not decode"),
            (self.unknown, "are of no known kind"),
        ] {
            if count > 0 {
                let what = format!("{count} records {what}");
                store.note_log_damage(&folder, &what, "they are passed over");
            }
        }
        Ok(whole)
    }

    /// Applies what was appended while older samples were read back. Most of it is read while
    /// appending goes on, the rest under the append lock; behind that appends reach the head.
    fn young(&mut self, store: &Store) -> Result<bool, WalError> {
        let folder = store.options.dir.join("wal");
        let first = self.old.as_ref().map(|old| old.end() + 1);
        let mut first = first.unwrap_or_else(|| store.segment.load(Ordering::Relaxed));
        let long = {
            let mut appender = store.appender.lock();
            match appender.log.as_mut() {
                Some(log) if log.segment() > first || log.position().offset > SHORT => {
                    Some(log.next_segment()?)
                }
                _ => None,
            }
        };
        if let Some(next) = long {
            let reader = Reader::open(&folder, first..=next - 1)?;
            if !self.own(store, reader)? {
                return Ok(false);
            }
            first = next;
        }
        let mut appender = store.appender.lock();
        if appender.log.is_none() || !self.own(store, Reader::open(&folder, first..=u64::MAX)?)? {
            return Ok(false);
        }
        appender.young = None;
        store.take_late(&mut appender, std::mem::take(&mut self.fallen_behind));
        store.is_whole();
        Ok(true)
    }

    /// Reads what this run wrote itself. Damage there means that the disk does not keep what was
    /// written to it; it is named.
    fn own(&mut self, store: &Store, reader: Reader) -> Result<bool, WalError> {
        self.is_young = true;
        let end = self.read(store, reader, Step::Young)?;
        for damage in std::mem::take(&mut self.damages) {
            let done = "passed over; the records behind it were read";
            store.note_log_damage(&damage.path, &damage.to_string(), done);
        }
        Ok(matches!(end, End::All))
    }

    /// Hands records to the head; damage is remembered and passed over.
    fn read(&mut self, store: &Store, mut reader: Reader, step: Step) -> Result<End, WalError> {
        let mut records = 0usize;
        loop {
            match reader.next_of(|kind| step.wants(kind)) {
                // The lock is taken for each record: meanwhile this run's own appends go on.
                Ok(Some(bytes)) => self.record(store, &mut store.head.write(), bytes),
                Ok(None) => return Ok(End::All),
                Err(WalError::Corrupt(damage)) => {
                    if self.damages.len() < MOST_DAMAGES {
                        self.damages.push(damage);
                    }
                    reader.resume();
                }
                Err(error) => return Err(error),
            }
            records += 1;
            if records.is_multiple_of(RECORDS_A_FLUSH) {
                if store.is_closed() {
                    return Ok(End::Closed);
                }
                if let Err(error) = store.chunks.flush_if_much() {
                    tracing::debug!(%error, "head chunks wait in memory");
                }
                if let Some(position) = reader.position().filter(|_| step == Step::Samples) {
                    let current = &store.progress.current;
                    current.store(position.segment, Ordering::Relaxed);
                }
            }
        }
    }

    fn record(&mut self, store: &Store, head: &mut Head, bytes: &[u8]) {
        let Some((kind, body)) = Kind::split(bytes) else {
            return;
        };
        let outcome = match kind {
            Kind::Series => self.series(store, head, body),
            Kind::Samples | Kind::SamplesWithStarts => self.floats(store, head, kind, body),
            Kind::Exemplars => self.exemplars(store, head, body),
            Kind::Tombstones => record::tombstones::decode(body, |reference, first, last| {
                if let Some(id) = self.slots.get(reference) {
                    head.delete(slot_of(id), first, last);
                }
            }),
            // What a scrape says of its metrics comes again with the next scrape.
            Kind::Metadata => Ok(()),
            Kind::Histograms(form) => self.histograms(store, head, form, body),
            Kind::Markers | Kind::Other(_) => {
                self.unknown += u64::from(kind != Kind::Markers);
                store.meters.unknown_records.inc();
                Ok(())
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "log record passed over");
            self.bad += 1;
        }
    }

    fn series(&mut self, store: &Store, head: &mut Head, body: &[u8]) -> Result<(), BadRecord> {
        if self.is_restored {
            return record::series::decode(body, |reference, _| {
                head.note_reference(reference);
                self.named.extend(self.slots.get(reference).map(slot_of));
            });
        }
        record::series::decode(body, |reference, pairs| {
            let id = head.enter(pairs, reference, &mut self.pairs);
            let Some(id) = id else { return };
            self.slots.insert(reference, id);
            if head.series(id).is_some_and(|s| s.reference() != reference) {
                store.aliases.write().push((reference, id));
            }
            let oldest = store.oldest.load(Ordering::Relaxed);
            self.waiting.list(head, reference, id, oldest);
        })
    }

    fn floats(
        &mut self,
        store: &Store,
        head: &mut Head,
        kind: Kind,
        body: &[u8],
    ) -> Result<(), BadRecord> {
        let oldest = store.oldest.load(Ordering::Relaxed);
        let each = |reference, time, value| {
            let Some(id) = self.slots.get(reference) else {
                return;
            };
            let slot = slot_of(id);
            if time >= oldest && head.is_after_last(slot, time) {
                head.push(slot, time, value, &store.chunks);
            } else {
                self.fall_behind(head, id, time, LateValue::Number(value));
            }
        };
        match kind {
            Kind::SamplesWithStarts => record::samples::decode_with_starts(body, each),
            _ => record::samples::decode(body, each),
        }
    }

    /// Notes a sample that does not follow, if it is one that this run took.
    fn fall_behind(&mut self, head: &Head, id: SeriesId, time: i64, value: LateValue) {
        let slot = slot_of(id);
        if !self.is_young || !head.is_before_last(slot, time) {
            return;
        }
        let reference = head.series(id).map_or(0, |series| series.reference());
        self.fallen_behind.push(LateSample {
            slot,
            reference,
            time,
            value,
        });
    }

    fn histograms(
        &mut self,
        store: &Store,
        head: &mut Head,
        form: record::histograms::Form,
        body: &[u8],
    ) -> Result<(), BadRecord> {
        let oldest = store.oldest.load(Ordering::Relaxed);
        record::histograms::decode(form, body, |reference, time, value| {
            let Some(id) = self.slots.get(reference) else {
                return;
            };
            if let Err(reason) = validate::check(&value) {
                tracing::warn!(time, reason, "a histogram of the log is passed over");
                return;
            }
            let slot = slot_of(id);
            if time >= oldest && head.is_after_last(slot, time) {
                head.push_histogram(slot, time, &value, &store.chunks);
            } else {
                let value = LateValue::Histogram(Arc::new(value));
                self.fall_behind(head, id, time, value);
            }
        })
    }

    fn exemplars(&self, store: &Store, head: &Head, body: &[u8]) -> Result<(), BadRecord> {
        let mut ring = store.exemplars.write();
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
