//! The head: all series that are being written, with their newest samples.
//!
//! ```text
//! labels ──> dictionary (pair numbers) ──> postings (bitmaps of slots)
//!                                               │
//! id = generation, slot ──> series ──> open chunk (segments, or histograms)
//!                              └────> full chunks (head chunk files)
//! ```
//! Beside a series, where it has any: samples that came [out of order](out_of_order).
//!
//! The state knows neither locks nor the log: [`crate::store`] calls it in the right order.
//! Invariants: the samples of a series that came in order rise strictly in time, its open chunk
//! follows its full ones, and a slot's generation changes whenever its series does.

mod collect;
pub(crate) mod cut;
pub(crate) mod dictionary;
mod ended;
mod histograms;
pub(crate) mod labels;
mod matching;
mod names;
pub(crate) mod open;
pub(crate) mod out_of_order;
mod paged;
pub(crate) mod read;
mod restore;
pub(crate) mod segments;
pub(crate) mod series;
pub(crate) mod sorted;
mod symbols;
pub(crate) mod table;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use chunk::{Encoding, same_histogram};
use contract::{RejectReason, SeriesId, TimeRange};
use model::{HistogramValue, Labels, ResetHint, is_stale, same_value};
use parking_lot::RwLock;
use roaring::RoaringBitmap;

use crate::head_chunks::HeadChunks;
use dictionary::Dictionary;
use histograms::{Histograms, OpenHistograms};
use labels::{LabelLists, hash_of};
use matching::Postings;
use open::Plan;
use out_of_order::OutOfOrder;
use paged::Paged;
use segments::Segments;
use series::{FullChunk, FullChunks, NONE, Series};
use table::IdTable;

/// References in the log fit 40 bits, because Prometheus packs them so.
pub(crate) const MOST_REFERENCES: u64 = 1 << 40;

/// What a check says of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It follows the last sample.
    Next,
    /// It repeats the last sample to the bit.
    Repeats,
    /// It does not follow the last sample, and is taken out of order.
    Late,
    /// It cannot be stored.
    Rejected(RejectReason),
}

/// The bounds a sample's time is checked against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Earlier samples are not taken in order.
    pub(crate) oldest: i64,
    /// Later samples are too far ahead.
    pub(crate) newest: i64,
    /// From this time on samples are taken out of order; `None` where none are.
    pub(crate) late_from: Option<i64>,
}

impl Bounds {
    /// What becomes of a sample that cannot be taken in order.
    fn out_of_order(&self, time: i64) -> Verdict {
        Verdict::Rejected(match self.late_from {
            Some(from) if time >= from => return Verdict::Late,
            Some(_) => RejectReason::TooOld,
            None if time < self.oldest => RejectReason::OutOfBounds,
            None => RejectReason::OutOfOrder,
        })
    }
}

/// Labels that most series do not exceed; more cost another allocation for a moment.
const USUAL_LABELS: usize = 16;

/// The hash under which a slot's series is found.
fn hash_of_slot(slots: &Paged<Series>, labels: &LabelLists, slot: u32) -> u64 {
    let list = slots.get(slot).map(|series| labels.get(series.labels));
    hash_of(list.unwrap_or_default())
}

/// Where a series' chunks end among those of others: neighbours far apart.
#[inline]
fn phase_of(slot: u32) -> u16 {
    (slot.wrapping_mul(0x9e37_79b1) >> 16) as u16
}

/// The state of the head.
#[derive(Debug)]
pub(crate) struct Head {
    slots: Paged<Series>,
    free: Vec<u32>,
    by_labels: IdTable,
    labels: LabelLists,
    postings: Postings,
    /// Shared with views, which read label texts after the head may have got another dictionary.
    pub(crate) dictionary: Arc<RwLock<Dictionary>>,
    segments: Segments,
    /// Open chunks of series whose newest sample is a histogram.
    pub(crate) histograms: Histograms,
    full: FullChunks,
    open_chunks: usize,
    /// What came out of order.
    pub(crate) out_of_order: OutOfOrder,
    /// Slots of series whose last sample is a stale marker at the end of a full chunk.
    ended: RoaringBitmap,
    /// Times of the earliest and the latest sample; (MAX, MIN) while there is none.
    pub(crate) span: (i64, i64),
    /// The span whose multiples no chunk crosses, in milliseconds.
    stretch: i64,
    last_reference: u64,
    /// Deleted stretches by slot, first and last time, both included.
    deleted: HashMap<u32, Vec<(i64, i64)>>,
    /// Counts truncations, so that a view knows that it is out of date.
    pub(crate) truncations: u64,
    /// The time of the latest truncation: what is at or after it is still there.
    kept_from: i64,
}

/// The slot of an id.
#[inline]
pub(crate) fn slot_of(id: SeriesId) -> u32 {
    id.0 as u32
}

impl Head {
    /// A head without series, whose chunks do not cross multiples of `stretch` milliseconds.
    pub(crate) fn new(stretch: i64) -> Self {
        Self {
            slots: Paged::default(),
            free: Vec::new(),
            by_labels: IdTable::default(),
            labels: LabelLists::default(),
            postings: Postings::default(),
            dictionary: Arc::default(),
            segments: Segments::default(),
            histograms: Histograms::default(),
            full: FullChunks::default(),
            open_chunks: 0,
            out_of_order: OutOfOrder::default(),
            ended: RoaringBitmap::new(),
            span: (i64::MAX, i64::MIN),
            stretch,
            last_reference: 0,
            deleted: HashMap::new(),
            truncations: 0,
            kept_from: i64::MIN,
        }
    }

    /// The span whose multiples no chunk crosses, in milliseconds.
    pub(crate) fn stretch(&self) -> i64 {
        self.stretch
    }

    /// How many series there are.
    pub(crate) fn series_count(&self) -> u64 {
        self.postings.all().len()
    }

    /// How many slots there are, alive or not.
    pub(crate) fn slot_count(&self) -> usize {
        self.slots.len()
    }

    /// How many chunks there are, open and full.
    pub(crate) fn chunk_count(&self) -> usize {
        self.open_chunks + self.full.len() + self.out_of_order.chunk_count()
    }

    /// How many chunks of samples in order are in head chunk files.
    pub(crate) fn full_count(&self) -> usize {
        self.full.len()
    }

    /// The references of all series.
    pub(crate) fn references(&self) -> impl Iterator<Item = u64> {
        self.slots
            .iter()
            .filter(|series| series.is_alive())
            .map(Series::reference)
    }

    /// The highest reference given so far.
    pub(crate) fn last_reference(&self) -> u64 {
        self.last_reference
    }

    /// Says that a reference occurred in the log, so that it is never given again.
    pub(crate) fn note_reference(&mut self, reference: u64) {
        self.last_reference = self.last_reference.max(reference);
    }

    /// The series with these labels.
    pub(crate) fn find(&self, labels: &Labels) -> Option<SeriesId> {
        self.find_with(&self.dictionary.read(), labels)
    }

    /// [`Head::find`] for whoever has the head's dictionary locked already.
    pub(crate) fn find_with(&self, dictionary: &Dictionary, labels: &Labels) -> Option<SeriesId> {
        let mut pairs = Vec::with_capacity(USUAL_LABELS);
        for (name, value) in labels.iter() {
            pairs.push(dictionary.find(name, value)?);
        }
        self.find_pairs(&pairs)
    }

    /// The series with these pairs, sorted by label name.
    fn find_pairs(&self, pairs: &[u32]) -> Option<SeriesId> {
        let slot = self.by_labels.find(hash_of(pairs), |slot| {
            let series = self.slots.get(slot);
            series.is_some_and(|series| self.labels.get(series.labels) == pairs)
        })?;
        self.id(slot)
    }

    /// The id of a slot's series.
    pub(crate) fn id(&self, slot: u32) -> Option<SeriesId> {
        let series = self.slots.get(slot).filter(|s| s.is_alive())?;
        Some(SeriesId(
            u64::from(series.generation()) << 32 | u64::from(slot),
        ))
    }

    /// The series of an id, while it lives.
    #[inline]
    pub(crate) fn series(&self, id: SeriesId) -> Option<&Series> {
        self.slots
            .get(slot_of(id))
            .filter(|s| s.is_alive() && u64::from(s.generation()) == id.0 >> 32)
    }

    /// Creates a series that [`Head::find`] does not find; `None` when 2³² of something are full.
    pub(crate) fn create(&mut self, labels: &Labels, reference: u64) -> Option<SeriesId> {
        let mut pairs = Vec::with_capacity(USUAL_LABELS);
        self.intern(labels.iter(), &mut pairs)?;
        self.create_pairs(&pairs, reference)
    }

    fn intern<'a>(
        &self,
        labels: impl Iterator<Item = (&'a str, &'a str)>,
        pairs: &mut Vec<u32>,
    ) -> Option<()> {
        let mut dictionary = self.dictionary.write();
        for (name, value) in labels {
            pairs.push(dictionary.intern(name, value)?);
        }
        Some(())
    }

    fn create_pairs(&mut self, pairs: &[u32], reference: u64) -> Option<SeriesId> {
        let list = self.labels.add(pairs)?;
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                let slot = u32::try_from(self.slots.len())
                    .ok()
                    .filter(|&s| s != NONE)?;
                self.slots.push(Series::default());
                slot
            }
        };
        self.slots.get_mut(slot)?.begin(reference, list);
        self.note_reference(reference);
        self.postings.add(slot, pairs);
        let (slots, labels) = (&self.slots, &self.labels);
        self.by_labels
            .insert(hash_of(pairs), slot, |old| hash_of_slot(slots, labels, old));
        self.id(slot)
    }

    /// Time and value of the last sample of a series; the value is unknown where the sample is in
    /// a full chunk or a histogram.
    #[inline]
    fn last(&self, series: &Series) -> Option<(i64, Option<f64>)> {
        match series.open.last_sample() {
            Some((time, value)) => Some((time, Some(value))),
            None => match self.histograms.get(series.reference()) {
                Some(chunk) => Some((chunk.last(), None)),
                None => {
                    let newest = self.full.list(series.full).next();
                    newest.map(|chunk| (chunk.last(), None))
                }
            },
        }
    }

    /// Times of the first and the last sample of the open chunk of a series, and how many it has.
    fn open_range(&self, series: &Series) -> Option<(i64, i64, u16)> {
        let open = &series.open;
        if open.count() > 0 {
            return Some((open.first, open.last(), open.count()));
        }
        let chunk = self.histograms.get(series.reference())?;
        Some((chunk.first(), chunk.last(), chunk.count()))
    }

    /// Whether a sample may be taken. `before` is a sample that the same batch brings earlier.
    #[inline]
    pub(crate) fn check(
        &self,
        slot: u32,
        series: &Series,
        before: Option<(i64, f64)>,
        (time, value): (i64, f64),
        bounds: Bounds,
    ) -> Verdict {
        if time < bounds.oldest {
            return bounds.out_of_order(time);
        }
        if time > bounds.newest {
            return Verdict::Rejected(RejectReason::TooFarAhead);
        }
        let last = match before {
            Some((time, value)) => Some((time, Some(value))),
            None => self.last(series),
        };
        let Some((last, old)) = last else {
            return Verdict::Next;
        };
        let repeats = || match old {
            Some(old) => same_value(old, value),
            None => is_stale(value) && self.ended.contains(slot),
        };
        after(last, time, repeats, bounds)
    }

    /// Whether a histogram may be taken. `before` is what the same batch
    /// brings earlier; its value is unknown where that is a number.
    pub(crate) fn check_histogram(
        &self,
        slot: u32,
        series: &Series,
        before: Option<(i64, Option<&HistogramValue>)>,
        (time, value): (i64, &HistogramValue),
        bounds: Bounds,
    ) -> Verdict {
        if time < bounds.oldest {
            return bounds.out_of_order(time);
        }
        if time > bounds.newest {
            return Verdict::Rejected(RejectReason::TooFarAhead);
        }
        let last = before
            .map(|(time, _)| time)
            .or_else(|| self.last(series).map(|(time, _)| time));
        let Some(last) = last else {
            return Verdict::Next;
        };
        let repeats = || match before {
            Some((_, old)) => old.is_some_and(|old| same_histogram(old, value)),
            None => {
                let chunk = self.histograms.get(series.reference());
                chunk.map_or(value.is_stale() && self.ended.contains(slot), |chunk| {
                    same_histogram(&chunk.last_value(), value)
                })
            }
        };
        after(last, time, repeats, bounds)
    }

    /// Adds a sample that [`Head::check`] called next. A chunk that is full goes to `files`.
    #[inline]
    pub(crate) fn push(&mut self, slot: u32, time: i64, value: f64, files: &HeadChunks) {
        let Some(series) = self.slots.get_mut(slot) else {
            return;
        };
        if series.open.is_full_for(time) {
            self.retire(slot, files);
        } else if series.open.count() == 0 {
            self.retire_histograms(slot, files);
        }
        let Some(series) = self.slots.get_mut(slot) else {
            return;
        };
        if series.open.count() == 0 {
            self.open_chunks += 1;
            self.ended.remove(slot);
        }
        let plan = Plan {
            stretch: self.stretch,
            phase: phase_of(slot),
        };
        series.open.push(&mut self.segments, time, value, plan);
        self.span = (self.span.0.min(time), self.span.1.max(time));
    }

    /// Adds a histogram that [`Head::check_histogram`] called next. A chunk that is full, or of
    /// floats, goes to `files`.
    pub(crate) fn push_histogram(
        &mut self,
        slot: u32,
        time: i64,
        value: &HistogramValue,
        files: &HeadChunks,
    ) {
        let Some(series) = self.slots.get(slot) else {
            return;
        };
        let reference = series.reference();
        if series.open.count() > 0 {
            self.retire(slot, files);
        }
        self.span = (self.span.0.min(time), self.span.1.max(time));
        let open = self.histograms.get_mut(reference);
        let reset = match open.map(|open| open.push(time, value)) {
            Some(Ok(())) => return,
            Some(Err(reset)) => reset,
            None => ResetHint::Unknown,
        };
        self.retire_histograms(slot, files);
        let open = OpenHistograms::new(time, value, reset, self.stretch);
        self.histograms.insert(reference, open);
        self.ended.remove(slot);
        self.open_chunks += 1;
    }

    /// Writes the open chunk of floats of a series to `files`; the series then has none.
    fn retire(&mut self, slot: u32, files: &HeadChunks) {
        let Some(series) = self.slots.get_mut(slot) else {
            return;
        };
        let times = (series.open.first, series.open.last());
        let mut bytes = Vec::with_capacity(256);
        series
            .open
            .copy(&self.segments, series.open.count(), &mut bytes);
        series.open.clear(&mut self.segments);
        self.list_full(slot, times, (Encoding::Xor, &bytes), files);
        self.open_chunks -= 1;
    }

    /// Writes all open chunks to `files`.
    pub(crate) fn retire_all(&mut self, files: &HeadChunks) {
        for slot in self.postings.all().clone() {
            let open = self.slots.get(slot).map(|series| series.open.count());
            if open.is_some_and(|count| count > 0) {
                self.retire(slot, files);
            }
        }
        self.retire_all_histograms(files);
    }

    /// Writes the open chunks of histograms of all series to `files`.
    pub(crate) fn retire_all_histograms(&mut self, files: &HeadChunks) {
        if self.histograms.is_empty() {
            return;
        }
        for slot in self.postings.all().clone() {
            self.retire_histograms(slot, files);
        }
    }

    /// Writes the open chunk of histograms of a series to `files`, if there is one.
    fn retire_histograms(&mut self, slot: u32, files: &HeadChunks) {
        let series = self.slots.get(slot);
        let chunk = series.and_then(|series| self.histograms.remove(series.reference()));
        let Some(chunk) = chunk else {
            return;
        };
        let mut bytes = Vec::with_capacity(chunk.len());
        chunk.copy(chunk.count(), &mut bytes);
        let times = (chunk.first(), chunk.last());
        self.list_full(slot, times, (chunk.encoding(), &bytes), files);
        self.open_chunks -= 1;
    }

    /// Writes a chunk to `files` and lists it, newer than all that the series has.
    pub(crate) fn list_full(
        &mut self,
        slot: u32,
        (first, last): (i64, i64),
        (encoding, bytes): (Encoding, &[u8]),
        files: &HeadChunks,
    ) {
        let Some(series) = self.slots.get_mut(slot) else {
            return;
        };
        let (file, offset) = files.push(series.reference(), (first, last), encoding, bytes);
        let entry = FullChunk {
            first,
            span: u32::try_from(last.saturating_sub(first)).unwrap_or(u32::MAX),
            file,
            offset,
            before: series.full,
        };
        if let Some(front) = self.full.add(entry) {
            series.full = front;
        }
    }

    /// Lists a chunk that an earlier run wrote, newer than all that the series has.
    pub(crate) fn add_full(&mut self, slot: u32, mut chunk: FullChunk) {
        let Some(series) = self.slots.get_mut(slot) else {
            return;
        };
        self.span = (self.span.0.min(chunk.first), self.span.1.max(chunk.last()));
        chunk.before = series.full;
        if let Some(front) = self.full.add(chunk) {
            series.full = front;
        }
    }

    /// The stretch of time that a series has samples in.
    pub(crate) fn held(&self, series: &Series) -> Option<TimeRange> {
        let (end, _) = self.last(series)?;
        let oldest = self.full.list(series.full).last();
        let start = oldest.map_or(series.open.first, |chunk| chunk.first);
        Some(TimeRange { start, end })
    }

    /// Hides the samples that a series has from `first` to `last`; later ones are not affected.
    pub(crate) fn delete(&mut self, slot: u32, first: i64, last: i64) {
        let newest = self.slots.get(slot).and_then(|series| self.last(series));
        if let Some((newest, _)) = newest.filter(|&(newest, _)| first <= newest) {
            let stretch = (first, last.min(newest));
            self.deleted.entry(slot).or_default().push(stretch);
        }
    }

    /// Whether a time is later than all that the series has.
    #[inline]
    pub(crate) fn is_after_last(&self, slot: u32, time: i64) -> bool {
        self.slots
            .get(slot)
            .is_some_and(|series| self.last(series).is_none_or(|(last, _)| time > last))
    }

    /// Whether a time is earlier than the latest that the series has.
    pub(crate) fn is_before_last(&self, slot: u32, time: i64) -> bool {
        let series = self.slots.get(slot);
        let last = series.and_then(|series| self.last(series));
        last.is_some_and(|(last, _)| time < last)
    }

    /// How many series a label pair has.
    pub(crate) fn series_of_pair(&self, pair: u32) -> u64 {
        self.postings.count(pair)
    }
}

/// What becomes of a sample behind one at the time `last`.
#[inline]
fn after(last: i64, time: i64, repeats: impl FnOnce() -> bool, bounds: Bounds) -> Verdict {
    match time.cmp(&last) {
        Ordering::Greater => Verdict::Next,
        Ordering::Less => bounds.out_of_order(time),
        Ordering::Equal if repeats() => Verdict::Repeats,
        Ordering::Equal => Verdict::Rejected(RejectReason::Duplicate),
    }
}
