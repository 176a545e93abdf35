//! The open chunks of series that have native histograms now.
//!
//! They stand beside the slots, so that a series of floats pays nothing for them. A series has an
//! open chunk of one kind: of floats in its slot, or of histograms here.

use std::collections::HashMap;

use chunk::HistogramChunk;
use model::{HistogramValue, ResetHint};

use super::open::end_of_stretch;

/// Bytes a chunk aims for; upstream's figure.
const TARGET_BYTES: usize = 1024;
/// Samples that a chunk of large histograms gets nevertheless; upstream's figure.
const LEAST_SAMPLES: u16 = 10;
/// No chunk has more samples: reading it repeats the layout for each.
const MOST_SAMPLES: u16 = 1024;
/// No chunk grows further than this many bytes, however few samples it has: the largest histogram
/// that is taken still fits a chunk of 1 MiB then.
const MOST_BYTES: usize = 256 << 10;

/// A chunk that grows, and when it ends.
#[derive(Debug)]
pub(crate) struct OpenHistograms {
    pub(crate) chunk: HistogramChunk,
    /// A sample at or after this time begins the next chunk, if this one has enough.
    next_at: i64,
    /// Where the stretch of time ends that no chunk crosses.
    end: i64,
    is_planned: bool,
}

impl OpenHistograms {
    /// A chunk of one sample. `stretch` is the span whose multiples no chunk crosses, in
    /// milliseconds; `reset` what the chunk says of the one before it.
    pub(crate) fn new(time: i64, value: &HistogramValue, reset: ResetHint, stretch: i64) -> Self {
        let end = end_of_stretch(time, stretch);
        Self {
            chunk: HistogramChunk::new(time, value, reset),
            next_at: end,
            end,
            is_planned: false,
        }
    }

    /// Adds a later sample; `Err` says that it must begin another chunk, and what that says of
    /// this one.
    pub(crate) fn push(&mut self, time: i64, value: &HistogramValue) -> Result<(), ResetHint> {
        if self.is_full_for(time) {
            return Err(self.chunk.follow(value));
        }
        self.chunk.push(time, value)?;
        let bytes = self.chunk.len();
        if !self.is_planned && bytes > TARGET_BYTES / 4 {
            self.is_planned = true;
            let span = i128::from(time) - i128::from(self.chunk.first()) + 1;
            let whole = span.saturating_mul(TARGET_BYTES as i128) / bytes as i128;
            let whole = i64::try_from(whole).unwrap_or(i64::MAX);
            self.next_at = planned_end(self.chunk.first(), whole, self.end);
        }
        Ok(())
    }

    fn is_full_for(&self, time: i64) -> bool {
        let (count, bytes) = (self.chunk.count(), self.chunk.len());
        if count >= MOST_SAMPLES || bytes >= MOST_BYTES {
            return true;
        }
        let is_due = time >= self.next_at || bytes >= TARGET_BYTES * 2;
        is_due && (count >= LEAST_SAMPLES || time >= self.end)
    }
}

/// Open chunks by the reference of their series.
#[derive(Debug, Default)]
pub(crate) struct Histograms {
    open: HashMap<u64, Box<OpenHistograms>>,
}

impl Histograms {
    /// The open chunk of a series.
    pub(crate) fn get(&self, reference: u64) -> Option<&HistogramChunk> {
        // Looked at for every series without an open chunk of floats: mostly there is none.
        if self.open.is_empty() {
            return None;
        }
        self.open.get(&reference).map(|open| &open.chunk)
    }

    /// Whether no series has one.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The open chunk of a series, to add to it.
    pub(super) fn get_mut(&mut self, reference: u64) -> Option<&mut OpenHistograms> {
        self.open.get_mut(&reference).map(Box::as_mut)
    }

    /// Gives a series without one an open chunk.
    pub(super) fn insert(&mut self, reference: u64, open: OpenHistograms) {
        self.open.insert(reference, Box::new(open));
    }

    /// Takes the open chunk of a series away.
    pub(super) fn remove(&mut self, reference: u64) -> Option<HistogramChunk> {
        if self.open.is_empty() {
            return None;
        }
        self.open.remove(&reference).map(|open| open.chunk)
    }
}

/// Where a chunk that began at `first` should end so that the stretch up to `end` is cut into
/// equal chunks, given that it would be full after `whole` milliseconds.
fn planned_end(first: i64, whole: i64, end: i64) -> i64 {
    let left = end.saturating_sub(first);
    match left.checked_div(whole) {
        Some(chunks) if chunks > 1 => first.saturating_add(left / chunks),
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use model::{Histogram, IntegerHistogram, Span};

    use super::*;

    /// A histogram whose buckets all grow by different counts.
    fn value(growth: u64, buckets: u32) -> HistogramValue {
        let counts = (0..u64::from(buckets)).map(|n| growth * (n * 7919 % 13));
        let positive: Vec<u64> = counts.collect();
        HistogramValue::Integer(Box::new(IntegerHistogram {
            count: positive.iter().sum(),
            sum: growth as f64,
            positive_spans: vec![Span {
                offset: 0,
                length: buckets,
            }],
            positive,
            ..Histogram::default()
        }))
    }

    /// The counts of the chunks that samples each `step` milliseconds make.
    fn counts(buckets: u32, step: usize, until: i64, stretch: i64) -> Vec<u16> {
        let mut counts = Vec::new();
        let mut open: Option<OpenHistograms> = None;
        for (n, time) in (0..until).step_by(step).enumerate() {
            // Growth that changes with every sample.
            let value = value((n * n * 77) as u64, buckets);
            let reset = match open.as_mut().map(|open| open.push(time, &value)) {
                Some(Ok(())) => continue,
                Some(Err(reset)) => reset,
                None => ResetHint::Unknown,
            };
            counts.extend(open.map(|open| open.chunk.count()));
            open = Some(OpenHistograms::new(time, &value, reset, stretch));
        }
        counts
    }

    #[test]
    fn chunks_end_by_their_bytes_and_at_the_stretch() {
        let stretch = 7_200_000;
        let small = counts(3, 15_000, 3 * stretch, stretch);
        assert!(small.iter().all(|&count| count >= 40), "{small:?}");
        assert_eq!(small.len() % 2, 1, "the same in every stretch: {small:?}");
        // A large histogram fills the target at once, and gets ten samples nevertheless.
        let large = counts(400, 15_000, stretch, stretch);
        assert!(
            large.iter().all(|&count| count == LEAST_SAMPLES),
            "{large:?}"
        );
        // The end of the stretch ends it sooner.
        assert_eq!(counts(400, 15_000, 60_000, 30_000), [2]);
        // Huge ones end before.
        let huge = counts(16_000, 15_000, stretch, stretch);
        assert!(huge.iter().all(|&count| count < LEAST_SAMPLES), "{huge:?}");
    }
}
