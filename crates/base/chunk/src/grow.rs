//! A growing chunk of histograms, whole or float.

use model::{Histogram, HistogramValue, ResetHint};

use super::Encoding;
use super::buckets;
use super::encoder::Encoder;
use super::float_histogram::Floats;
use super::histogram::Integers;

/// A chunk of histograms with at least one sample, to which later ones of its kind are added.
///
/// Samples only follow, and when a chunk is written again for new buckets, those that were there
/// still say the same: a copy may be made of its first samples alone.
#[derive(Clone, Debug)]
pub struct HistogramChunk(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Integer(Box<Encoder<Integers>>),
    Float(Box<Encoder<Floats>>),
}

/// Calls the same of either kind.
macro_rules! of_either {
    ($chunk:expr, $encoder:ident => $body:expr) => {
        match &$chunk.0 {
            Kind::Integer($encoder) => $body,
            Kind::Float($encoder) => $body,
        }
    };
}

impl HistogramChunk {
    /// A chunk of one sample. `reset` is what it says of the chunk before it: [`Self::push`] or
    /// [`Self::follow`] of that tell.
    pub fn new(time: i64, value: &HistogramValue, reset: ResetHint) -> Self {
        Self(match value {
            HistogramValue::Integer(whole) => {
                Kind::Integer(Box::new(Encoder::new(time, whole, reset)))
            }
            HistogramValue::Float(float) => Kind::Float(Box::new(Encoder::new(time, float, reset))),
        })
    }

    /// Adds a sample, which must be valid and later than the last. `Err` says that it must begin
    /// another chunk, and what that says of this one.
    pub fn push(&mut self, time: i64, value: &HistogramValue) -> Result<(), ResetHint> {
        match (&mut self.0, value) {
            (Kind::Integer(chunk), HistogramValue::Integer(whole)) => chunk.push(time, whole),
            (Kind::Float(chunk), HistogramValue::Float(float)) => chunk.push(time, float),
            _ => Err(ResetHint::Unknown),
        }
    }

    /// What a chunk that begins with this histogram says of this chunk.
    pub fn follow(&self, value: &HistogramValue) -> ResetHint {
        match (&self.0, value) {
            (Kind::Integer(chunk), HistogramValue::Integer(whole)) => chunk.follow(whole),
            (Kind::Float(chunk), HistogramValue::Float(float)) => chunk.follow(float),
            _ => ResetHint::Unknown,
        }
    }

    /// How it is encoded.
    pub fn encoding(&self) -> Encoding {
        match self.0 {
            Kind::Integer(_) => Encoding::Histogram,
            Kind::Float(_) => Encoding::FloatHistogram,
        }
    }

    /// Time of the first sample.
    pub fn first(&self) -> i64 {
        of_either!(self, chunk => chunk.first)
    }

    /// Time of the last sample.
    pub fn last(&self) -> i64 {
        of_either!(self, chunk => chunk.time)
    }

    /// The last sample, perhaps with buckets of nothing that it did not have when it came.
    pub fn last_value(&self) -> HistogramValue {
        of_either!(self, chunk => chunk.last())
    }

    /// How many samples there are.
    pub fn count(&self) -> u16 {
        of_either!(self, chunk => chunk.count)
    }

    /// Bytes of the chunk.
    #[expect(clippy::len_without_is_empty, reason = "a chunk has a sample")]
    pub fn len(&self) -> usize {
        of_either!(self, chunk => chunk.len())
    }

    /// Appends the chunk to `out`, as if only `count` samples were there.
    pub fn copy(&self, count: u16, out: &mut Vec<u8>) {
        of_either!(self, chunk => chunk.copy(count, out));
    }
}

/// Whether two histograms say the same: to the bit, but a bucket of nothing is as good as none,
/// and the hint is not looked at.
pub fn same_histogram(a: &HistogramValue, b: &HistogramValue) -> bool {
    match (a, b) {
        (HistogramValue::Integer(a), HistogramValue::Integer(b)) => same(a, b, |count| count),
        (HistogramValue::Float(a), HistogramValue::Float(b)) => same(a, b, f64::to_bits),
        _ => false,
    }
}

fn same<C: Copy + Default>(a: &Histogram<C>, b: &Histogram<C>, bits: fn(C) -> u64) -> bool {
    if a.is_stale() || b.is_stale() {
        return a.is_stale() == b.is_stale();
    }
    let numbers = |h: &Histogram<C>| {
        let [zero, count] = [h.zero_count, h.count].map(bits);
        [zero, count, h.sum.to_bits(), h.zero_threshold.to_bits()]
    };
    let bounds = |h: &Histogram<C>| -> Vec<u64> { h.custom.iter().map(|b| b.to_bits()).collect() };
    let mut is_same = a.schema == b.schema && numbers(a) == numbers(b) && bounds(a) == bounds(b);
    let mut compare = |_, a: Option<C>, b: Option<C>| {
        is_same &= bits(a.unwrap_or_default()) == bits(b.unwrap_or_default());
    };
    let (of_a, of_b) = (a.positive.iter().copied(), b.positive.iter().copied());
    buckets::walk(
        (&a.positive_spans, of_a),
        (&b.positive_spans, of_b),
        &mut compare,
    );
    let (of_a, of_b) = (a.negative.iter().copied(), b.negative.iter().copied());
    buckets::walk(
        (&a.negative_spans, of_a),
        (&b.negative_spans, of_b),
        &mut compare,
    );
    is_same
}
