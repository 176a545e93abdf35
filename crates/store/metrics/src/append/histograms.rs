//! Appending native histograms and metadata: the checks, the records, the changes.

use std::collections::HashMap;
use std::sync::Arc;

use chunk::Encoding;
use contract::{Appended, Batch, PendingHistogram, RejectReason, Rejection, SeriesId};
use model::{Histogram, HistogramValue};

use super::Appender;
use crate::Store;
use crate::head::out_of_order::LateValue;
use crate::head::series::Series;
use crate::head::{Bounds, Head, Verdict, slot_of};
use crate::head_chunks::HeadChunks;
use crate::out_of_order::append::LateSample;
use crate::record::histograms::{Form, Writer};
use crate::record::metadata;
use crate::validate;

/// The forms in which histograms are written, in the order of their records.
const FORMS: [Form; 4] = [
    Form::Integer,
    Form::Float,
    Form::CustomInteger,
    Form::CustomFloat,
];

/// Where the value of an accepted histogram is.
#[derive(Clone, Copy, Debug)]
enum Value {
    /// Its place in [`Batch::histograms`].
    Given(usize),
    /// The marker that ends a series of whole counts.
    Stale,
    /// The marker that ends a series of floats.
    StaleFloat,
}

#[derive(Clone, Copy, Debug)]
struct Accepted {
    slot: u32,
    reference: u64,
    time: i64,
    value: Value,
}

/// What a batch brings of histograms and metadata, once it is checked.
pub(super) struct Histograms {
    accepted: Vec<Accepted>,
    /// By slot: the place of the last in `accepted`.
    newest: HashMap<u32, usize>,
    /// A record a form, empty where a batch has none of it.
    records: [Vec<u8>; FORMS.len()],
    metadata: Vec<u8>,
    stale: [HistogramValue; 2],
}

impl Default for Histograms {
    fn default() -> Self {
        Self {
            accepted: Vec::new(),
            newest: HashMap::new(),
            records: Default::default(),
            metadata: Vec::new(),
            stale: [
                HistogramValue::Integer(Box::new(Histogram::stale())),
                HistogramValue::Float(Box::new(Histogram::stale())),
            ],
        }
    }
}

impl Histograms {
    /// Forgets the last batch.
    pub(super) fn begin(&mut self) {
        self.accepted.clear();
        self.newest.clear();
    }

    /// The records of the batch.
    pub(super) fn records(&self) -> impl Iterator<Item = &[u8]> {
        let records = self.records.iter().map(Vec::as_slice);
        let records = records.chain([&self.metadata[..]]);
        records.filter(|record| !record.is_empty())
    }

    /// Puts the batch into the head. Of what the log has, replay takes the same.
    pub(super) fn apply(&self, batch: &Batch, head: &mut Head, files: &HeadChunks) {
        for accepted in &self.accepted {
            let is_next = head.is_after_last(accepted.slot, accepted.time);
            if let Some(value) = self.value(accepted.value, batch).filter(|_| is_next) {
                head.push_histogram(accepted.slot, accepted.time, value, files);
            }
        }
    }

    /// Hands each histogram to `each`: (slot, time, value).
    pub(super) fn each(&self, batch: &Batch, mut each: impl FnMut(u32, i64, &HistogramValue)) {
        for accepted in &self.accepted {
            if let Some(value) = self.value(accepted.value, batch) {
                each(accepted.slot, accepted.time, value);
            }
        }
    }

    /// Ends a series of histograms, although its end was given as a number.
    pub(super) fn end(&mut self, slot: u32, reference: u64, time: i64, is_float: bool) {
        let value = if is_float {
            Value::StaleFloat
        } else {
            Value::Stale
        };
        self.accept(Accepted {
            slot,
            reference,
            time,
            value,
        });
    }

    fn accept(&mut self, accepted: Accepted) {
        self.newest.insert(accepted.slot, self.accepted.len());
        self.accepted.push(accepted);
    }

    fn value<'a>(&'a self, value: Value, batch: &'a Batch) -> Option<&'a HistogramValue> {
        let [stale, stale_float] = &self.stale;
        match value {
            Value::Given(place) => batch.histograms.get(place).map(|pending| &pending.value),
            Value::Stale => Some(stale),
            Value::StaleFloat => Some(stale_float),
        }
    }

    /// The histogram of a slot that this batch brought before.
    fn in_batch<'a>(
        &'a self,
        slot: u32,
        batch: &'a Batch,
    ) -> Option<(i64, Option<&'a HistogramValue>)> {
        let accepted = self.accepted.get(*self.newest.get(&slot)?)?;
        Some((accepted.time, self.value(accepted.value, batch)))
    }

    fn write_records(&mut self, batch: &Batch) {
        let mut records = std::mem::take(&mut self.records);
        for (form, record) in FORMS.into_iter().zip(&mut records) {
            let mut writer = Writer::new(record, form);
            for accepted in &self.accepted {
                if let Some(value) = self.value(accepted.value, batch)
                    && Form::of(value) == form
                {
                    writer.push(accepted.reference, accepted.time, value);
                }
            }
        }
        self.records = records;
    }
}

impl Appender {
    /// Whether the newest sample of a series is a histogram, and then whether of floats.
    pub(super) fn histogram_kind(&self, head: &Head, slot: u32, series: &Series) -> Option<bool> {
        if self.in_batch(slot).is_some() {
            return None;
        }
        if let Some(young) = &self.young
            && young.newest(slot).is_some()
        {
            let value = young.histogram(slot)?;
            return Some(matches!(value, HistogramValue::Float(_)));
        }
        let open = head.histograms.get(series.reference())?;
        Some(open.encoding() == Encoding::FloatHistogram)
    }

    /// What a slot has newest that is not in the head yet; the value is unknown where that is a
    /// number.
    fn before_histogram<'a>(
        &'a self,
        slot: u32,
        batch: &'a Batch,
    ) -> Option<(i64, Option<&'a HistogramValue>)> {
        if let Some(known) = self.histograms.in_batch(slot, batch) {
            return Some(known);
        }
        if let Some((time, _)) = self.in_batch(slot) {
            return Some((time, None));
        }
        let young = self.young.as_ref()?;
        let (time, _) = young.newest(slot)?;
        Some((time, young.histogram(slot)))
    }
}

impl Store {
    /// Checks the histograms of a batch against the head, and writes their records and that of
    /// the metadata.
    pub(super) fn check_histograms(
        &self,
        head: &Head,
        appender: &mut Appender,
        batch: &Batch,
        bounds: Bounds,
        outcome: &mut Appended,
    ) {
        for (place, pending) in batch.histograms.iter().enumerate() {
            match verdict(head, appender, batch, pending, bounds) {
                Ok((verdict, reference)) => {
                    let (slot, time) = (slot_of(pending.series), pending.time);
                    if verdict == Verdict::Next {
                        appender.histograms.accept(Accepted {
                            slot,
                            reference,
                            time,
                            value: Value::Given(place),
                        });
                    } else if verdict == Verdict::Late {
                        self.note_lateness(self.newest(head), time);
                        appender.late.push(LateSample {
                            slot,
                            reference,
                            time,
                            value: LateValue::Histogram(Arc::new(pending.value.clone())),
                        });
                    }
                    outcome.stored += 1;
                }
                Err(reason) => {
                    if let RejectReason::OutOfOrder | RejectReason::TooOld = reason {
                        self.note_lateness(self.newest(head), pending.time);
                    }
                    outcome.rejected.push(Rejection {
                        place: batch.samples.len() + place,
                        reason,
                    });
                }
            }
        }
        appender.histograms.write_records(batch);
        let record = &mut appender.histograms.metadata;
        record.clear();
        for said in &batch.metadata {
            if let Some(series) = head.series(said.series) {
                metadata::push(
                    record,
                    series.reference(),
                    said.kind,
                    &said.unit,
                    &said.help,
                );
            }
        }
    }
}

/// Whether a histogram is the next of its series or repeats the last, and what the log calls the
/// series.
fn verdict(
    head: &Head,
    appender: &Appender,
    batch: &Batch,
    pending: &PendingHistogram,
    bounds: Bounds,
) -> Result<(Verdict, u64), RejectReason> {
    let PendingHistogram {
        series: id,
        time,
        value,
    } = pending;
    let series = head.series(*id).ok_or(RejectReason::Gone)?;
    if let Err(reason) = validate::check(value) {
        let SeriesId(id) = id;
        tracing::debug!(series = id, time, reason, "a histogram is not valid");
        return Err(RejectReason::InvalidHistogram);
    }
    let slot = slot_of(*id);
    let before = appender.before_histogram(slot, batch);
    match head.check_histogram(slot, series, before, (*time, value), bounds) {
        Verdict::Rejected(reason) => Err(reason),
        verdict => Ok((verdict, series.reference())),
    }
}
