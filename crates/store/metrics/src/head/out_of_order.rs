//! What the head holds of samples that came out of order: *late* ones, beside the series that
//! have any.
//!
//! Late samples wait in a buffer that is sorted by time. A buffer that is full becomes a chunk of
//! a head chunk file, and the next begins. Chunks and buffer of a series may overlap one another
//! and the series' other chunks in any way; where two samples have one time, the one that was
//! stored first counts.
//!
//! Invariants: what a [`Late`] says never changes once it is in the table. Whoever adds to it puts
//! another in its place, so that a reader takes a pointer along and needs no lock afterwards.

use std::collections::HashMap;
use std::sync::Arc;

use contract::TimeRange;
use model::{Columns, HistogramSample, HistogramValue};

use super::cut::encode;
use super::series::{FullChunk, NONE};
use crate::head_chunks::HeadChunks;

/// Samples that a buffer holds at most; upstream's figure.
pub(crate) const MOST_BUFFERED: usize = 32;
/// All times.
const ALL: TimeRange = TimeRange {
    start: i64::MIN,
    end: i64::MAX,
};
/// Samples that a buffer has room for beyond those it was copied with, so that the next few copies
/// of a batch do not move it.
const SPARE: usize = 4;

/// A chunk of late samples in a head chunk file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LateChunk {
    /// Time of its first sample.
    pub(crate) first: i64,
    /// Time of its last sample.
    pub(crate) last: i64,
    /// Number of the file.
    pub(crate) file: u32,
    /// Where it begins in the file.
    pub(crate) offset: u32,
}

impl LateChunk {
    /// File and place, as a marker of the log names it.
    pub(crate) fn place(&self) -> (u32, u32) {
        (self.file, self.offset)
    }

    /// Where its bytes are, for [`super::read::HeadView::with_full`].
    pub(crate) fn located(&self) -> FullChunk {
        FullChunk {
            first: self.first,
            span: u32::try_from(self.last.saturating_sub(self.first)).unwrap_or(u32::MAX),
            file: self.file,
            offset: self.offset,
            before: NONE,
        }
    }

    fn range(&self) -> TimeRange {
        TimeRange {
            start: self.first,
            end: self.last,
        }
    }
}

/// A number or a native histogram.
#[derive(Clone, Debug)]
pub(crate) enum LateValue {
    Number(f64),
    Histogram(Arc<HistogramValue>),
}

/// The late samples of one series.
#[derive(Debug, Default)]
pub(crate) struct Late {
    /// In the order they were written.
    chunks: Arc<Vec<LateChunk>>,
    buffer: Buffer,
}

/// What is in no chunk yet: each rising in time, and no time in both.
#[derive(Debug, Default)]
struct Buffer {
    numbers: Vec<(i64, f64)>,
    histograms: Vec<(i64, Arc<HistogramValue>)>,
}

impl Buffer {
    fn len(&self) -> usize {
        self.numbers.len() + self.histograms.len()
    }

    fn has(&self, time: i64) -> bool {
        let numbers = self.numbers.binary_search_by_key(&time, |sample| sample.0);
        let of = |sample: &(i64, _)| sample.0;
        numbers.is_ok() || self.histograms.binary_search_by_key(&time, of).is_ok()
    }

    fn insert(&mut self, time: i64, value: LateValue) {
        match value {
            LateValue::Number(value) => {
                let place = self.numbers.partition_point(|sample| sample.0 < time);
                self.numbers.insert(place, (time, value));
            }
            LateValue::Histogram(value) => {
                let place = self.histograms.partition_point(|sample| sample.0 < time);
                self.histograms.insert(place, (time, value));
            }
        }
    }

    fn span(&self) -> Option<(i64, i64)> {
        let numbers = self.numbers.first().zip(self.numbers.last());
        let numbers = numbers.map(|(first, last)| (first.0, last.0));
        let histograms = self.histograms.first().zip(self.histograms.last());
        let histograms = histograms.map(|(first, last)| (first.0, last.0));
        numbers.into_iter().chain(histograms).reduce(join)
    }

    /// Appends what lies in a range.
    fn read(&self, range: TimeRange, into: &mut Columns) {
        let is_inside = |time| range.start <= time && time <= range.end;
        for &(time, value) in &self.numbers {
            if is_inside(time) {
                into.push(time, value);
            }
        }
        for (time, value) in self.histograms.iter().filter(|sample| is_inside(sample.0)) {
            into.histograms.push(HistogramSample {
                time: *time,
                value: HistogramValue::clone(value),
            });
        }
    }
}

/// What happens to a sample that is offered to a [`Late`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offered {
    Taken,
    /// The buffer has a sample of this time.
    Known,
}

impl Late {
    /// A copy to add samples to.
    pub(crate) fn copy(&self) -> Self {
        let room = (self.buffer.numbers.len() + SPARE).min(MOST_BUFFERED);
        let mut numbers = Vec::with_capacity(room);
        numbers.extend_from_slice(&self.buffer.numbers);
        Self {
            chunks: Arc::clone(&self.chunks),
            buffer: Buffer {
                numbers,
                histograms: self.buffer.histograms.clone(),
            },
        }
    }

    /// The chunks, in the order they were written.
    pub(crate) fn chunks(&self) -> &[LateChunk] {
        &self.chunks
    }

    /// The chunks that may have samples in a range.
    pub(crate) fn chunks_in(&self, range: TimeRange) -> impl Iterator<Item = &LateChunk> {
        let chunks = self.chunks.iter();
        chunks.filter(move |chunk| range.overlaps(chunk.range()))
    }

    /// Only what is in files up to `file`.
    pub(crate) fn in_files(&self, file: u32) -> Self {
        let chunks = self.chunks.iter().filter(|chunk| chunk.file <= file);
        Self {
            chunks: Arc::new(chunks.copied().collect()),
            buffer: Buffer::default(),
        }
    }

    /// Appends what is in no chunk yet and lies in a range: numbers and histograms, each rising in
    /// time.
    pub(crate) fn read_buffer(&self, range: TimeRange, into: &mut Columns) {
        self.buffer.read(range, into);
    }

    /// Times of the first and the last sample that is in no chunk yet.
    pub(crate) fn buffered(&self) -> Option<(i64, i64)> {
        self.buffer.span()
    }

    /// Whether the next sample needs another buffer.
    pub(crate) fn is_full(&self) -> bool {
        self.buffer.len() >= MOST_BUFFERED
    }

    /// Adds a sample to the buffer, which must not be full.
    pub(crate) fn offer(&mut self, time: i64, value: LateValue) -> Offered {
        if self.buffer.has(time) {
            return Offered::Known;
        }
        self.buffer.insert(time, value);
        Offered::Taken
    }

    /// Removes from the buffer the samples that `is_gone` says of their time.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(i64) -> bool) {
        self.buffer.numbers.retain(|sample| !is_gone(sample.0));
        self.buffer.histograms.retain(|sample| !is_gone(sample.0));
    }

    /// Makes a chunk of the buffer, which is empty afterwards; several where their encoding says
    /// so. Answers how many.
    pub(crate) fn cut(&mut self, reference: u64, files: &HeadChunks) -> usize {
        let mut columns = Columns::new();
        std::mem::take(&mut self.buffer).read(ALL, &mut columns);
        let mut encoded = Vec::with_capacity(1);
        encode(&columns, &mut encoded);
        let chunks = Arc::make_mut(&mut self.chunks);
        for chunk in &encoded {
            let times = (chunk.min, chunk.max);
            let (file, offset) = files.push_late(reference, times, chunk.encoding, &chunk.bytes);
            chunks.push(LateChunk {
                first: chunk.min,
                last: chunk.max,
                file,
                offset,
            });
        }
        encoded.len()
    }

    /// Lists a chunk that an earlier run wrote.
    pub(crate) fn list(&mut self, chunk: LateChunk) {
        Arc::make_mut(&mut self.chunks).push(chunk);
    }

    /// Times of the earliest and the latest sample.
    pub(crate) fn span(&self) -> Option<(i64, i64)> {
        let buffer = self.buffer.span();
        let chunks = self.chunks.iter().map(|chunk| (chunk.first, chunk.last));
        chunks.chain(buffer).reduce(join)
    }

    /// Whether there may be samples in a range.
    pub(crate) fn overlaps(&self, range: TimeRange) -> bool {
        let buffer = self.buffer.span();
        buffer.is_some_and(|(start, end)| range.overlaps(TimeRange { start, end }))
            || self.chunks_in(range).next().is_some()
    }
}

fn join(one: (i64, i64), other: (i64, i64)) -> (i64, i64) {
    (one.0.min(other.0), one.1.max(other.1))
}

/// The late samples of all series, by slot.
#[derive(Debug)]
pub(crate) struct OutOfOrder {
    series: HashMap<u32, Arc<Late>>,
    chunks: usize,
    /// Times of the earliest and the latest sample, or beyond; (MAX, MIN) while there is none.
    span: (i64, i64),
}

impl Default for OutOfOrder {
    fn default() -> Self {
        Self {
            series: HashMap::new(),
            chunks: 0,
            span: (i64::MAX, i64::MIN),
        }
    }
}

impl OutOfOrder {
    /// The late samples of a slot's series.
    pub(crate) fn get(&self, slot: u32) -> Option<&Arc<Late>> {
        self.series.get(&slot)
    }

    /// Whether a slot's series has late samples.
    pub(crate) fn has(&self, slot: u32) -> bool {
        self.series.contains_key(&slot)
    }

    /// Puts in place what a slot's series has now.
    pub(crate) fn put(&mut self, slot: u32, late: Late) {
        if let Some(span) = late.span() {
            self.span = join(self.span, span);
        }
        self.chunks += late.chunks.len();
        if let Some(former) = self.series.insert(slot, Arc::new(late)) {
            self.chunks -= former.chunks.len();
        }
    }

    /// All slots with what they have, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Arc<Late>)> {
        self.series.iter().map(|(&slot, late)| (slot, late))
    }

    /// How many chunks there are in head chunk files.
    pub(crate) fn chunk_count(&self) -> usize {
        self.chunks
    }

    /// The span of the late samples.
    pub(crate) fn span(&self) -> Option<(i64, i64)> {
        (self.span.0 <= self.span.1).then_some(self.span)
    }

    /// Drops the chunks of the files up to `file`, and the series that then have nothing late.
    pub(crate) fn drop_files(&mut self, file: u32) {
        self.chunks = 0;
        self.span = (i64::MAX, i64::MIN);
        self.series.retain(|_, late| {
            if late.chunks.iter().any(|chunk| chunk.file <= file) {
                let mut kept = late.copy();
                Arc::make_mut(&mut kept.chunks).retain(|chunk| chunk.file > file);
                *late = Arc::new(kept);
            }
            self.chunks += late.chunks.len();
            let Some(span) = late.span() else {
                return false;
            };
            self.span = join(self.span, span);
            true
        });
        self.series.shrink_to_fit();
    }
}
