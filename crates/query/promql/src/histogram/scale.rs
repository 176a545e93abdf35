//! Multiplying and dividing by a number, and comparing.

use model::{FloatHistogram, ResetHint};

use super::buckets::{compact, walk};

/// Numbers beyond this may add up to infinity.
pub(crate) const HUGE: f64 = f64::MAX / 2.0;

fn each(histogram: &mut FloatHistogram, change: impl Fn(&mut f64)) {
    change(&mut histogram.zero_count);
    change(&mut histogram.count);
    change(&mut histogram.sum);
    histogram.positive.iter_mut().for_each(&change);
    histogram.negative.iter_mut().for_each(&change);
}

/// All counts and the sum times a number; a negative one makes a gauge.
pub(crate) fn multiply(histogram: &mut FloatHistogram, factor: f64) {
    each(histogram, |value| *value *= factor);
    if factor < 0.0 {
        histogram.hint = ResetHint::Gauge;
    }
    compact(histogram);
}

/// All counts and the sum with the other sign: a gauge. Empty buckets stay, so that one is not
/// taken for a bucket that is gone.
pub(crate) fn negate(histogram: &mut FloatHistogram) {
    each(histogram, |value| *value = -*value);
    histogram.hint = ResetHint::Gauge;
}

/// All counts and the sum divided by a number; zero leaves no buckets.
pub(crate) fn divide(histogram: &mut FloatHistogram, divisor: f64) {
    each(histogram, |value| *value /= divisor);
    if divisor == 0.0 {
        histogram.positive.clear();
        histogram.negative.clear();
    }
    if divisor < 0.0 {
        histogram.hint = ResetHint::Gauge;
    }
    compact(histogram);
}

/// Whether a histogram has a number so large that the sum of two such might be infinite.
pub(crate) fn is_huge(histogram: &FloatHistogram) -> bool {
    let numbers = [histogram.zero_count, histogram.count, histogram.sum];
    let counts = histogram.positive.iter().chain(&histogram.negative);
    counts.chain(&numbers).any(|value| value.abs() > HUGE)
}

/// Whether two histograms say the same of the same buckets; empty ones do not matter.
pub(crate) fn equal(a: &FloatHistogram, b: &FloatHistogram) -> bool {
    let numbers = |h: &FloatHistogram| [h.count, h.sum, h.zero_count].map(f64::to_bits);
    let filled = |spans, counts| walk(spans, counts).filter(|(_, count)| *count != 0.0);
    a.schema == b.schema
        && numbers(a) == numbers(b)
        && a.zero_threshold == b.zero_threshold
        && (!a.is_custom() || a.custom == b.custom)
        && filled(&a.positive_spans, &a.positive).eq(filled(&b.positive_spans, &b.positive))
        && filled(&a.negative_spans, &a.negative).eq(filled(&b.negative_spans, &b.negative))
}
