//! Appending late samples: first the changes are made aside, then logged, then put in place.
//!
//! A buffer that becomes a chunk is noted in the log by a marker, which must stand behind the
//! samples of the chunk and before those that follow. So a batch is logged in groups of one record
//! of markers and one of samples; a second group begins only where a series fills a buffer with
//! samples of the same batch.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use contract::AppendError;
use model::HistogramValue;

use crate::Store;
use crate::append::Appender;
use crate::head::Head;
use crate::head::out_of_order::{Late, LateValue, Offered};
use crate::head_chunks::HeadChunks;
use crate::record::histograms::{self, Form};
use crate::record::{markers, samples};

/// The place of a marker that names no chunk: the series begins a buffer.
const NO_CHUNK: (u32, u32) = (0, 0);

/// The forms in which histograms are written.
const FORMS: [Form; 4] = [
    Form::Integer,
    Form::Float,
    Form::CustomInteger,
    Form::CustomFloat,
];

/// A late sample that was accepted.
#[derive(Clone, Debug)]
pub(crate) struct LateSample {
    pub(crate) slot: u32,
    /// What the log calls the series.
    pub(crate) reference: u64,
    pub(crate) time: i64,
    pub(crate) value: LateValue,
}

/// What a batch changes, until the log has it.
#[derive(Debug, Default)]
pub(crate) struct LateBatch {
    changed: HashMap<u32, Late>,
    records: Vec<Vec<u8>>,
    group: Group,
    /// Numbers that are new; the others were known.
    pub(crate) numbers: u64,
    /// Histograms that are new.
    pub(crate) histograms: u64,
    has_cut: bool,
}

/// Records that are being made.
#[derive(Debug, Default)]
struct Group {
    markers: Vec<u8>,
    samples: Vec<(u64, i64, f64)>,
    histograms: Vec<(u64, i64, Arc<HistogramValue>)>,
    /// The slots of both.
    slots: HashSet<u32>,
}

impl Group {
    /// Ends the group: its records go to `records`, the markers first.
    fn end(&mut self, records: &mut Vec<Vec<u8>>) {
        if !self.markers.is_empty() {
            records.push(std::mem::take(&mut self.markers));
        }
        if !self.samples.is_empty() {
            let mut record = Vec::new();
            let mut writer = samples::Writer::new(&mut record);
            for &(reference, time, value) in &self.samples {
                writer.push(reference, time, value);
            }
            records.push(record);
        }
        for form in FORMS {
            let mut record = Vec::new();
            let mut writer = histograms::Writer::new(&mut record, form);
            for (reference, time, value) in &self.histograms {
                if Form::of(value) == form {
                    writer.push(*reference, *time, value);
                }
            }
            if !record.is_empty() {
                records.push(record);
            }
        }
        self.histograms.clear();
        self.samples.clear();
        self.slots.clear();
    }
}

impl LateBatch {
    /// Works out what accepted samples change. The head stays as it is; chunks that become full
    /// are in the files when this returns.
    pub(crate) fn new(accepted: &[LateSample], head: &Head, files: &HeadChunks) -> Self {
        let mut batch = Self::default();
        for sample in accepted {
            batch.add(sample, head, files);
        }
        let Self { group, records, .. } = &mut batch;
        group.end(records);
        if batch.has_cut
            && let Err(error) = files.flush()
        {
            tracing::warn!(%error, "chunks of late samples wait in memory: chunks_head cannot be written");
        }
        batch
    }

    fn add(&mut self, sample: &LateSample, head: &Head, files: &HeadChunks) {
        let &LateSample {
            slot,
            reference,
            time,
            ref value,
        } = sample;
        let late = self.changed.entry(slot).or_insert_with(|| {
            let known = head.out_of_order.get(slot);
            known.map(|late| late.copy()).unwrap_or_default()
        });
        if late.is_full() || late.buffered().is_none() {
            if self.group.slots.contains(&slot) {
                self.group.end(&mut self.records);
            }
            if self.group.markers.is_empty() {
                markers::begin(&mut self.group.markers);
            }
            if late.is_full() {
                let before = late.chunks().len();
                late.cut(reference, files);
                self.has_cut = true;
                for chunk in late.chunks().iter().skip(before) {
                    markers::push(&mut self.group.markers, reference, chunk.place());
                }
            } else {
                markers::push(&mut self.group.markers, reference, NO_CHUNK);
            }
        }
        if late.offer(time, value.clone()) == Offered::Known {
            return;
        }
        self.group.slots.insert(slot);
        match value {
            LateValue::Number(value) => {
                self.group.samples.push((reference, time, *value));
                self.numbers += 1;
            }
            LateValue::Histogram(value) => {
                let histograms = &mut self.group.histograms;
                histograms.push((reference, time, Arc::clone(value)));
                self.histograms += 1;
            }
        }
    }

    /// Whether nothing changes.
    pub(crate) fn is_empty(&self) -> bool {
        self.changed.is_empty()
    }

    /// Puts the changes in place.
    pub(crate) fn apply(self, head: &mut Head) {
        for (slot, late) in self.changed {
            head.out_of_order.put(slot, late);
        }
    }
}

impl Store {
    /// Logs what the batch under way brought late, in a log that is made with the first such batch.
    pub(crate) fn log_late(&self, appender: &mut Appender) -> Result<LateBatch, AppendError> {
        if appender.late.is_empty() {
            return Ok(LateBatch::default());
        }
        if appender.log.is_none() {
            return Err(AppendError::Closed);
        }
        let batch = LateBatch::new(&appender.late, &self.head.read(), &self.chunks);
        let records: Vec<&[u8]> = batch.records.iter().map(Vec::as_slice).collect();
        if records.is_empty() {
            return Ok(batch);
        }
        if appender.late_log.is_none() {
            let opened = self.open_log(super::FOLDER);
            appender.late_log = Some(opened.map_err(|error| AppendError::Log(error.to_string()))?);
        }
        self.write(&mut appender.late_log, &records)?;
        // Whoever reads on in the log looks for all samples there, as in one of upstream's.
        if self.followed.lock().is_some() {
            let mut samples = records;
            samples.retain(|record| record.first() != Some(&markers::MARKERS));
            self.write(&mut appender.log, &samples)?;
        }
        Ok(batch)
    }

    /// Takes samples that were acknowledged as being in order before the head knew better. Without
    /// a window they are dropped: had the head been whole, they had been refused.
    pub(crate) fn take_late(&self, appender: &mut Appender, samples: Vec<LateSample>) {
        if self.late_window.load(Ordering::Acquire) == 0 {
            return;
        }
        appender.late = samples;
        match self.log_late(appender) {
            Ok(batch) => batch.apply(&mut self.head.write()),
            Err(error) => {
                tracing::error!(%error, "samples that came out of order at the start are lost");
            }
        }
    }

    /// The newest time of the head, as the window and the bounds of samples are counted from. A
    /// sample from the future must not make those of the present too old.
    pub(crate) fn newest(&self, head: &Head) -> i64 {
        let oldest = self.oldest.load(Ordering::Acquire);
        head.span.1.min(self.options.clock.now()).max(oldest)
    }

    /// From which time on samples are taken out of order; `None` where none are.
    pub(crate) fn late_from(&self, newest: i64) -> Option<i64> {
        let window = self.late_window.load(Ordering::Acquire);
        (window > 0).then(|| newest.saturating_sub(window))
    }
}
