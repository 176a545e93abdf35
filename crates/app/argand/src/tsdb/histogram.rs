//! Native histograms as a line of text: `{count:3, sum:7.5, (1,2]:1, (4,8]:2}`.

use std::fmt::{Display, Write as _};

use model::histogram::buckets::buckets;
use model::number::push_general;
use model::{Histogram, HistogramValue};

use super::bounds::exponential;

/// How a count is printed.
trait Count: Copy {
    fn is_zero(self) -> bool;
    fn push(self, out: &mut String);
}

impl Count for u64 {
    fn is_zero(self) -> bool {
        self == 0
    }

    fn push(self, out: &mut String) {
        push(out, self);
    }
}

impl Count for f64 {
    fn is_zero(self) -> bool {
        self == 0.0
    }

    fn push(self, out: &mut String) {
        push_general(out, self);
    }
}

fn push(out: &mut String, text: impl Display) {
    let _ = write!(out, "{text}");
}

/// Appends a histogram.
pub(crate) fn push_value(out: &mut String, value: &HistogramValue) {
    match value {
        HistogramValue::Integer(whole) => push_histogram(out, whole),
        HistogramValue::Float(float) => push_histogram(out, float),
    }
}

fn push_histogram<C: Count>(out: &mut String, histogram: &Histogram<C>) {
    out.push_str("{count:");
    histogram.count.push(out);
    out.push_str(", sum:");
    push_general(out, histogram.sum);
    let mut negative: Vec<(i32, C)> =
        buckets(&histogram.negative_spans, &histogram.negative).collect();
    negative.reverse();
    for (index, count) in negative {
        let (near, far) = (bound(histogram, index - 1), bound(histogram, index));
        push_bucket(out, ('[', -far, -near, ')'), count);
    }
    let zero = histogram.zero_threshold;
    push_bucket(out, ('[', -zero, zero, ']'), histogram.zero_count);
    for (index, count) in buckets(&histogram.positive_spans, &histogram.positive) {
        let (lower, upper) = (bound(histogram, index - 1), bound(histogram, index));
        // The lowest of listed buckets has minus infinity in it.
        let open = if histogram.is_custom() && index == 0 {
            '['
        } else {
            '('
        };
        push_bucket(out, (open, lower, upper, ']'), count);
    }
    out.push('}');
}

/// The upper bound of a bucket.
fn bound<C>(histogram: &Histogram<C>, index: i32) -> f64 {
    if !histogram.is_custom() {
        return exponential(index, histogram.schema);
    }
    match usize::try_from(index) {
        Err(_) => f64::NEG_INFINITY,
        Ok(place) => histogram
            .custom
            .get(place)
            .copied()
            .unwrap_or(f64::INFINITY),
    }
}

fn push_bucket<C: Count>(
    out: &mut String,
    (open, lower, upper, close): (char, f64, f64, char),
    count: C,
) {
    if count.is_zero() {
        return;
    }
    out.push_str(", ");
    out.push(open);
    push_general(out, lower);
    out.push(',');
    push_general(out, upper);
    out.push(close);
    out.push(':');
    count.push(out);
}
