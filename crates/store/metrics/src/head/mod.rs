//! The head: all series that are being written, with their newest samples.
//!
//! ```text
//! labels ──> dictionary (pair numbers) ──> postings (bitmaps of slots)
//!                                               │
//! id = generation, slot ──> series ──> open chunk (segments)
//!                              └────> full chunks (head chunk files)
//! ```
//! The state knows neither locks nor the log: [`crate::store`] calls it in the right order.
//! Invariants: the samples of a series rise strictly in time, its open chunk follows its full
//! ones, and a slot's generation changes whenever its series does.

mod collect;
pub(crate) mod cut;
pub(crate) mod dictionary;
mod labels;
mod matching;
mod open;
mod paged;
pub(crate) mod read;
mod segments;
pub(crate) mod series;
mod symbols;
mod table;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use contract::{RejectReason, SeriesId, TimeRange};
use model::{Labels, Matcher, same_value};
use parking_lot::RwLock;

use crate::head_chunks::HeadChunks;
use dictionary::Dictionary;
use labels::LabelLists;
use matching::Postings;
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
    /// It cannot be stored.
    Rejected(RejectReason),
}

/// The bounds a sample's time is checked against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Earlier samples are too old.
    pub(crate) oldest: i64,
    /// Later samples are too far ahead.
    pub(crate) newest: i64,
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
    full: FullChunks,
    open_chunks: usize,
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
            full: FullChunks::default(),
            open_chunks: 0,
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
        self.open_chunks + self.full.len()
    }

    /// The references of all series.
    pub(crate) fn references(&self) -> impl Iterator<Item = u64> {
        self.slots
            .iter()
            .filter(|series| series.is_alive())
            .map(|series| series.reference)
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
        let dictionary = self.dictionary.read();
        let hash = labels.hash64() as u32;
        let slot = self.by_labels.find(u64::from(hash), |slot| {
            self.slots.get(slot).is_some_and(|series| {
                series.hash == hash && dictionary.is(self.labels.get(series.labels), labels)
            })
        })?;
        self.id(slot)
    }

    /// The id of a slot's series.
    pub(crate) fn id(&self, slot: u32) -> Option<SeriesId> {
        let series = self.slots.get(slot).filter(|s| s.is_alive())?;
        Some(SeriesId(
            u64::from(series.generation) << 32 | u64::from(slot),
        ))
    }

    /// The series of an id, while it lives.
    #[inline]
    pub(crate) fn series(&self, id: SeriesId) -> Option<&Series> {
        self.slots
            .get(slot_of(id))
            .filter(|s| s.is_alive() && u64::from(s.generation) == id.0 >> 32)
    }

    /// Creates a series that [`Head::find`] does not find; `None` when 2³² of something are full.
    pub(crate) fn create(&mut self, labels: &Labels, reference: u64) -> Option<SeriesId> {
        let mut pairs = Vec::with_capacity(labels.len());
        {
            let mut dictionary = self.dictionary.write();
            for (name, value) in labels.iter() {
                pairs.push(dictionary.intern(name, value)?);
            }
        }
        let list = self.labels.add(&pairs)?;
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
        let hash = labels.hash64() as u32;
        let series = self.slots.get_mut(slot)?;
        series.reference = reference;
        series.hash = hash;
        series.labels = list;
        series.full = NONE;
        self.note_reference(reference);
        self.postings.add(slot, &pairs);
        let slots = &self.slots;
        self.by_labels.insert(u64::from(hash), slot, |old| {
            slots.get(old).map_or(0, |series| u64::from(series.hash))
        });
        self.id(slot)
    }

    /// Time and value of the last sample of a series; the value is unknown where the sample is in
    /// a full chunk.
    #[inline]
    fn last(&self, series: &Series) -> Option<(i64, Option<f64>)> {
        match series.open.last_sample() {
            Some((time, value)) => Some((time, Some(value))),
            None => self
                .full
                .list(series.full)
                .next()
                .map(|chunk| (chunk.last(), None)),
        }
    }

    /// Whether a sample may follow. `before` is a sample that the same batch brings earlier.
    #[inline]
    pub(crate) fn check(
        &self,
        series: &Series,
        before: Option<(i64, f64)>,
        (time, value): (i64, f64),
        bounds: Bounds,
    ) -> Verdict {
        if time < bounds.oldest {
            return Verdict::Rejected(RejectReason::TooOld);
        }
        if time > bounds.newest {
            return Verdict::Rejected(RejectReason::TooFarAhead);
        }
        let last = match before {
            Some((time, value)) => Some((time, Some(value))),
            None => self.last(series),
        };
        match last {
            None => Verdict::Next,
            Some((last, _)) if time > last => Verdict::Next,
            Some((last, _)) if time < last => Verdict::Rejected(RejectReason::OutOfOrder),
            Some((_, Some(old))) if same_value(old, value) => Verdict::Repeats,
            Some(_) => Verdict::Rejected(RejectReason::Duplicate),
        }
    }

    /// Adds a sample that [`Head::check`] called next. A chunk that is full goes to `files`.
    #[inline]
    pub(crate) fn push(&mut self, slot: u32, time: i64, value: f64, files: &HeadChunks) {
        let Some(series) = self.slots.get_mut(slot) else {
            return;
        };
        if series.open.is_full_for(time) {
            self.retire(slot, files);
        }
        let Some(series) = self.slots.get_mut(slot) else {
            return;
        };
        if series.open.count() == 0 {
            self.open_chunks += 1;
        }
        series
            .open
            .push(&mut self.segments, time, value, self.stretch);
        self.span = (self.span.0.min(time), self.span.1.max(time));
    }

    /// Writes the open chunk of a series to `files` and begins another.
    fn retire(&mut self, slot: u32, files: &HeadChunks) {
        let Some(series) = self.slots.get_mut(slot) else {
            return;
        };
        let (first, last) = (series.open.first, series.open.last());
        let mut bytes = Vec::with_capacity(256);
        series
            .open
            .copy(&self.segments, series.open.count(), &mut bytes);
        let (file, offset) = files.push(series.reference, first, last, &bytes);
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
        series.open.clear(&mut self.segments);
        self.open_chunks -= 1;
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

    /// How many series a label pair has.
    pub(crate) fn series_of_pair(&self, pair: u32) -> u64 {
        self.postings.count(pair)
    }

    /// Adds the names of the labels of the series that all matchers fit.
    pub(crate) fn label_names(&self, matchers: &[Matcher], names: &mut BTreeSet<String>) {
        let wanted = self.matching(matchers);
        for (name, pairs) in self.dictionary.read().names() {
            if pairs.iter().any(|&pair| self.postings.meets(pair, &wanted)) {
                names.insert(name.to_owned());
            }
        }
    }

    /// Adds the values of a label of the series that all matchers fit.
    pub(crate) fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        values: &mut BTreeSet<String>,
    ) {
        let wanted = self.matching(matchers);
        let dictionary = self.dictionary.read();
        for &pair in dictionary.pairs_of(name) {
            if self.postings.meets(pair, &wanted) {
                values.insert(dictionary.get(pair).1.to_owned());
            }
        }
    }
}
