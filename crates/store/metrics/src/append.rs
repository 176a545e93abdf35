//! Appending: check, log, apply.
//!
//! One lock orders all appenders. Under it a batch is checked against the head, which only
//! appenders change, so that readers go on; then its record is written; then the head is locked
//! for as long as it takes to push the samples. When the log cannot be written the head is as it
//! was before. While the log of earlier runs is read back, samples are not pushed: see [`Young`].

mod histograms;

use std::io::ErrorKind;
use std::sync::atomic::Ordering;

use contract::{
    Append, AppendError, Appended, Batch, PendingExemplar, RejectReason, Rejection, SeriesId,
};
use model::{Exemplar, Labels, is_stale};
use rapidhash::RapidHashMap;
use wal::{Wal, WalError};

use self::histograms::Histograms;
use crate::exemplars::Unwanted;
use crate::head::out_of_order::LateValue;
use crate::head::{Bounds, MOST_REFERENCES, Verdict, slot_of};
use crate::out_of_order::append::{LateBatch, LateSample};
use crate::record;
use crate::young::Young;
use crate::{Store, WalSync};

/// Samples later than this many milliseconds from now are refused: a day ahead is no clock that is
/// a little off.
const TOO_FAR_AHEAD: i64 = 24 * 3_600_000;
/// A series record is ended after this many bytes, so that reading it back stays cheap.
const SERIES_RECORD_BYTES: usize = 1 << 20;
/// Records that a batch makes: samples, four forms of histograms, metadata, exemplars.
const MOST_RECORDS: usize = 7;

#[derive(Clone, Copy, Debug)]
struct Accepted {
    slot: u32,
    time: i64,
    value: f64,
}

/// Where a label set is.
enum Found {
    /// It is a series.
    Here(SeriesId),
    /// It is none yet; its place in [`Wanted::missing`].
    Missing(usize),
}

/// Label sets that are to be series.
struct Wanted<'a> {
    /// In the order they were asked for.
    found: Vec<Found>,
    /// Those that are no series yet, each once.
    missing: Vec<&'a Labels>,
    /// The reference for the first of them.
    reference: u64,
}

/// What appenders share under their lock: the log, and memory that is used again.
pub(crate) struct Appender {
    /// `None` until the names in the log were read back.
    pub(crate) log: Option<Wal>,
    /// The log of samples that came out of order; `None` until there are any.
    pub(crate) late_log: Option<Wal>,
    /// What this run took so far, while samples of earlier ones are read back.
    pub(crate) young: Option<Young>,
    /// Series whose names the log lost, with what it calls them: samples wait until it has them
    /// again.
    pub(crate) unnamed: Vec<(u64, Labels)>,
    record: Vec<u8>,
    exemplar_record: Vec<u8>,
    accepted: Vec<Accepted>,
    histograms: Histograms,
    /// What came out of order.
    pub(crate) late: Vec<LateSample>,
    /// By slot: the number of the sample accepted last. Below `first` it is of an older batch.
    stamps: Vec<u32>,
    first: u32,
}

impl Appender {
    pub(crate) fn new() -> Self {
        Self {
            log: None,
            late_log: None,
            young: None,
            unnamed: Vec::new(),
            record: Vec::new(),
            exemplar_record: Vec::new(),
            accepted: Vec::new(),
            histograms: Histograms::default(),
            late: Vec::new(),
            stamps: Vec::new(),
            first: 1,
        }
    }

    /// Makes room for a batch: stamps for all slots, numbers for all samples.
    fn begin(&mut self, slots: usize, samples: usize) {
        self.accepted.clear();
        self.histograms.begin();
        self.late.clear();
        if self.stamps.len() < slots {
            self.stamps.resize(slots, 0);
        }
        let room = usize::try_from(u32::MAX - self.first).unwrap_or(usize::MAX);
        if room < samples {
            self.stamps.fill(0);
            self.first = 1;
        }
    }

    /// The sample of a slot that this batch brought before, or that an earlier one brought and
    /// that is not in the head yet.
    #[inline]
    fn before(&self, slot: u32) -> Option<(i64, f64)> {
        self.in_batch(slot)
            .or_else(|| self.young.as_ref()?.newest(slot))
    }

    #[inline]
    fn in_batch(&self, slot: u32) -> Option<(i64, f64)> {
        let stamp = *self.stamps.get(slot as usize)?;
        let place = stamp.checked_sub(self.first)?;
        let accepted = self.accepted.get(place as usize)?;
        Some((accepted.time, accepted.value))
    }

    #[inline]
    fn accept(&mut self, accepted: Accepted) {
        if let Some(stamp) = self.stamps.get_mut(accepted.slot as usize) {
            *stamp = self.first + self.accepted.len() as u32;
        }
        self.accepted.push(accepted);
    }

    fn end(&mut self) {
        self.first += self.accepted.len() as u32;
    }
}

impl Append for Store {
    fn resolve(&self, series: &[Labels], ids: &mut Vec<SeriesId>) -> Result<(), AppendError> {
        self.usable()?;
        let start = ids.len();
        if self.find_all(series, ids) {
            return Ok(());
        }
        ids.truncate(start);
        let mut appender = self.appender.lock();
        self.create_missing(&mut appender, series, ids)
    }

    fn append(&self, batch: &Batch) -> Result<Appended, AppendError> {
        self.usable()?;
        let mut guard = self.appender.lock();
        let appender = &mut *guard;
        self.write_unnamed(appender)?;
        let mut outcome = Appended::default();
        self.check_samples(appender, batch, &mut outcome);
        // Also where the log refuses the batch: its stamps must not speak for the next one.
        appender.end();
        let exemplars = self.check_exemplars(appender, &batch.exemplars);
        let mut records: [&[u8]; MOST_RECORDS] = [&[]; MOST_RECORDS];
        let mut count = 0;
        let all = [&appender.record[..]].into_iter();
        let all = all.chain(appender.histograms.records());
        for record in all.chain([&appender.exemplar_record[..]]) {
            if let Some(place) = records.get_mut(count).filter(|_| record.len() > 1) {
                *place = record;
                count += 1;
            }
        }
        let written = records.get(..count).unwrap_or_default();
        if !written.is_empty() {
            self.write(&mut appender.log, written)?;
        }
        let late = self.log_late(appender);
        let (late, failure) = match late {
            Ok(late) => (late, None),
            Err(error) => (LateBatch::default(), Some(error)),
        };
        let stored_late = (late.numbers, late.histograms);
        // What came in order is in its log even where the other log fails.
        self.apply(appender, batch, exemplars, late);
        if let Err(error) = self.chunks.flush_if_much() {
            tracing::warn!(%error, "head chunks wait in memory: chunks_head cannot be written");
        }
        if let Some(error) = failure {
            return Err(error);
        }
        self.meters.late_appended.add(stored_late.0);
        self.meters.late_histograms_appended.add(stored_late.1);
        self.count(&outcome, batch);
        Ok(outcome)
    }
}

impl Store {
    fn usable(&self) -> Result<(), AppendError> {
        if self.is_closed() {
            return Err(AppendError::Closed);
        }
        if !self.takes_samples() {
            return Err(AppendError::ReadOnly(
                "the log is being read back; try again shortly".to_owned(),
            ));
        }
        Ok(())
    }

    /// Appends the ids of series to `ids`; answers whether all were found.
    fn find_all(&self, series: &[Labels], ids: &mut Vec<SeriesId>) -> bool {
        let head = self.head.read();
        let dictionary = head.dictionary.read();
        series.iter().all(|labels| {
            let found = head.find_with(&dictionary, labels);
            ids.extend(found);
            found.is_some()
        })
    }

    /// Appends the ids of series to `ids`, and makes those that are not there.
    fn create_missing(
        &self,
        appender: &mut Appender,
        series: &[Labels],
        ids: &mut Vec<SeriesId>,
    ) -> Result<(), AppendError> {
        let wanted = self.missing(series)?;
        let names = (wanted.reference..).zip(wanted.missing.iter().copied());
        self.write_names(&mut appender.log, names)?;
        let mut created = Vec::with_capacity(wanted.missing.len());
        if !wanted.missing.is_empty() {
            let mut head = self.head.write();
            for (number, labels) in (wanted.reference..).zip(wanted.missing) {
                let id = head.create(labels, number);
                self.meters.series_created.add(u64::from(id.is_some()));
                created.push(id);
            }
        }
        let start = ids.len();
        for found in wanted.found {
            let id = match found {
                Found::Here(id) => Some(id),
                Found::Missing(place) => created.get(place).copied().flatten(),
            };
            let Some(id) = id else {
                ids.truncate(start);
                return Err(AppendError::ReadOnly(
                    "the head cannot hold another series: 2^32 labels or label texts of 4 GiB"
                        .to_owned(),
                ));
            };
            ids.push(id);
        }
        Ok(())
    }

    /// Writes the names to the log that it lost, as long as it has not got them.
    pub(crate) fn write_unnamed(&self, appender: &mut Appender) -> Result<(), AppendError> {
        if appender.unnamed.is_empty() {
            return Ok(());
        }
        let lost = appender.unnamed.iter();
        let lost = lost.map(|(reference, labels)| (*reference, labels));
        self.write_names(&mut appender.log, lost)?;
        appender.unnamed = Vec::new();
        Ok(())
    }

    /// Writes the names of series to the log.
    fn write_names<'a>(
        &self,
        log: &mut Option<Wal>,
        names: impl Iterator<Item = (u64, &'a Labels)>,
    ) -> Result<(), AppendError> {
        let mut records: Vec<Vec<u8>> = Vec::new();
        for (reference, labels) in names {
            if records.last().is_none_or(|r| r.len() > SERIES_RECORD_BYTES) {
                let mut record = Vec::new();
                record::series::begin(&mut record);
                records.push(record);
            }
            if let Some(record) = records.last_mut() {
                record::series::push(record, reference, labels);
            }
        }
        let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        self.write(log, &records)
    }

    /// Looks up which label sets are series.
    fn missing<'a>(&self, series: &'a [Labels]) -> Result<Wanted<'a>, AppendError> {
        let head = self.head.read();
        let mut missing: Vec<&Labels> = Vec::new();
        let mut places: RapidHashMap<&Labels, usize> = RapidHashMap::default();
        let found = {
            let dictionary = head.dictionary.read();
            let look_up = |labels| match head.find_with(&dictionary, labels) {
                Some(id) => Found::Here(id),
                None => Found::Missing(*places.entry(labels).or_insert_with(|| {
                    missing.push(labels);
                    missing.len() - 1
                })),
            };
            series.iter().map(look_up).collect()
        };
        let wanted = head.series_count() + missing.len() as u64;
        let limit = self.options.max_series;
        if let Some(limit) = limit.filter(|&limit| wanted > limit && !missing.is_empty()) {
            return Err(AppendError::SeriesLimit { limit });
        }
        let reference = head.last_reference() + 1;
        if reference + missing.len() as u64 >= MOST_REFERENCES {
            return Err(AppendError::SeriesLimit {
                limit: MOST_REFERENCES,
            });
        }
        Ok(Wanted {
            found,
            missing,
            reference,
        })
    }

    fn check_samples(&self, appender: &mut Appender, batch: &Batch, outcome: &mut Appended) {
        let head = self.head.read();
        appender.begin(head.slot_count(), batch.samples.len());
        let now = self.options.clock.now();
        let oldest = self.oldest.load(Ordering::Acquire);
        let newest = self.newest(&head);
        let bounds = Bounds {
            oldest: oldest.max(newest.saturating_sub(head.stretch() / 2)),
            newest: now.saturating_add(TOO_FAR_AHEAD),
            late_from: self.late_from(newest),
        };
        let mut record = std::mem::take(&mut appender.record);
        let mut writer = record::samples::Writer::new(&mut record);
        for (place, sample) in batch.samples.iter().enumerate() {
            let slot = slot_of(sample.series);
            let (time, value) = (sample.time, sample.value);
            let verdict = match head.series(sample.series) {
                None => Verdict::Rejected(RejectReason::Gone),
                Some(series) => {
                    let before = appender.before(slot);
                    let verdict = head.check(slot, series, before, (time, value), bounds);
                    if verdict == Verdict::Next
                        && is_stale(value)
                        && let Some(is_float) = appender.histogram_kind(&head, slot, series)
                    {
                        let reference = series.reference();
                        appender.histograms.end(slot, reference, time, is_float);
                        outcome.stored += 1;
                        continue;
                    }
                    if verdict == Verdict::Next {
                        writer.push(series.reference(), time, value);
                    }
                    verdict
                }
            };
            match verdict {
                Verdict::Next => {
                    appender.accept(Accepted { slot, time, value });
                    outcome.stored += 1;
                }
                Verdict::Repeats => outcome.stored += 1,
                Verdict::Late => {
                    if let Some(series) = head.series(sample.series) {
                        appender.late.push(LateSample {
                            slot,
                            reference: series.reference(),
                            time,
                            value: LateValue::Number(value),
                        });
                    }
                    self.note_lateness(newest, time);
                    outcome.stored += 1;
                }
                Verdict::Rejected(reason) => {
                    if let RejectReason::OutOfOrder | RejectReason::TooOld = reason {
                        self.note_lateness(newest, time);
                    }
                    outcome.rejected.push(Rejection { place, reason });
                }
            }
        }
        appender.record = record;
        self.check_histograms(&head, appender, batch, bounds, outcome);
    }

    /// The exemplars to keep; writes their record.
    fn check_exemplars(
        &self,
        appender: &mut Appender,
        given: &[PendingExemplar],
    ) -> Vec<(SeriesId, Exemplar)> {
        appender.exemplar_record.clear();
        let ring = self.exemplars.read();
        if given.is_empty() || ring.most() == 0 {
            return Vec::new();
        }
        let head = self.head.read();
        let mut wanted = Vec::new();
        let mut references = Vec::new();
        for pending in given {
            let Some(series) = head.series(pending.series) else {
                continue;
            };
            match ring.check(pending.series, &pending.exemplar) {
                Ok(()) => {
                    wanted.push((pending.series, pending.exemplar.clone()));
                    references.push(series.reference());
                }
                Err(Unwanted::Repeated) => {}
                Err(Unwanted::OutOfOrder) => self.meters.exemplars_out_of_order.inc(),
            }
        }
        if !wanted.is_empty() {
            let rows = references.into_iter().zip(wanted.iter().map(|(_, e)| e));
            record::exemplars::encode(&mut appender.exemplar_record, rows);
        }
        wanted
    }

    pub(crate) fn write(
        &self,
        log: &mut Option<Wal>,
        records: &[&[u8]],
    ) -> Result<(), AppendError> {
        let log = log.as_mut().ok_or(AppendError::Closed)?;
        let written = match self.options.wal_sync {
            WalSync::Always => log.log_synced(records),
            WalSync::Every(_) => log.log(records),
        };
        let Err(error) = written else {
            if self.trouble.log.read().is_some() {
                tracing::info!("the log can be written again");
                *self.trouble.log.write() = None;
            }
            return Ok(());
        };
        self.meters.log_failures.inc();
        let remedy = match &error {
            WalError::Io { source, .. } => match source.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space",
                ErrorKind::ReadOnlyFilesystem => "mount the file system for writing",
                _ => "see to the disk",
            },
            WalError::Suspect { .. } => "see to the disk",
            _ => return Err(AppendError::Log(error.to_string())),
        };
        let reason = format!("{error}; {remedy}; appending goes on by itself then");
        let told = format!("read-only: {reason}");
        if self.trouble.log.read().as_ref() != Some(&told) {
            tracing::error!(%error, remedy, "the store is read-only");
            *self.trouble.log.write() = Some(told);
        }
        Err(AppendError::ReadOnly(reason))
    }

    fn apply(
        &self,
        appender: &mut Appender,
        batch: &Batch,
        exemplars: Vec<(SeriesId, Exemplar)>,
        late: LateBatch,
    ) {
        let histograms = &appender.histograms;
        if let Some(young) = &mut appender.young {
            // The log has them; they follow what is still being read back.
            for &Accepted { slot, time, value } in &appender.accepted {
                young.note(slot, time, value);
            }
            histograms.each(batch, |slot, time, value| {
                young.note_histogram(slot, time, value);
            });
            if !late.is_empty() {
                late.apply(&mut self.head.write());
            }
            return;
        }
        let mut head = self.head.write();
        late.apply(&mut head);
        for &Accepted { slot, time, value } in &appender.accepted {
            head.push(slot, time, value, &self.chunks);
        }
        histograms.apply(batch, &mut head, &self.chunks);
        if exemplars.is_empty() {
            return;
        }
        let mut ring = self.exemplars.write();
        self.meters.exemplars_appended.add(exemplars.len() as u64);
        for (id, exemplar) in exemplars {
            ring.add(id, exemplar, || {
                head.series(id)
                    .map(|series| head.labels_of(series))
                    .unwrap_or_default()
            });
        }
    }

    pub(crate) fn note_lateness(&self, newest: i64, time: i64) {
        let behind = newest.saturating_sub(time);
        if behind > 0 {
            self.meters.lateness.observe(behind as f64 / 1000.0);
        }
    }

    fn count(&self, outcome: &Appended, batch: &Batch) {
        let numbers = batch.samples.len();
        let refused = outcome.rejected.iter().filter(|r| r.place >= numbers);
        let histograms = batch.histograms.len().saturating_sub(refused.count());
        let stored = outcome.stored.saturating_sub(histograms);
        self.meters.samples_appended.add(stored as u64);
        self.meters.histograms_appended.add(histograms as u64);
        for rejection in &outcome.rejected {
            if rejection.place >= numbers {
                self.meters.histograms_refused.count(rejection.reason);
                continue;
            }
            match rejection.reason {
                RejectReason::OutOfOrder => self.meters.out_of_order.inc(),
                RejectReason::TooOld => self.meters.too_old.inc(),
                RejectReason::OutOfBounds => self.meters.out_of_bounds.inc(),
                RejectReason::Duplicate => self.meters.duplicates.inc(),
                RejectReason::TooFarAhead
                | RejectReason::Gone
                | RejectReason::SeriesLimit
                | RejectReason::InvalidHistogram => {}
            }
        }
    }
}
