//! Mean and spread of what a histogram counted.

use model::FloatHistogram;

use super::buckets::{Bucket, all};
use crate::kernels::sum::Sum;

/// The mean of all observations.
pub(crate) fn mean(histogram: &FloatHistogram) -> f64 {
    histogram.sum / histogram.count
}

/// The variance, as if every observation stood in the middle of its bucket: the arithmetic middle
/// where bounds are listed, zero in the zero bucket, the geometric one otherwise.
pub(crate) fn variance(histogram: &FloatHistogram) -> f64 {
    let mean = mean(histogram);
    let mut squares = Sum::default();
    for bucket in all(histogram).iter().filter(|b| b.count != 0.0) {
        let distance = middle(bucket, histogram.is_custom()) - mean;
        squares.add(bucket.count * distance * distance);
    }
    squares.get() / histogram.count
}

fn middle(bucket: &Bucket, custom: bool) -> f64 {
    if custom {
        (bucket.upper + bucket.lower) / 2.0
    } else if bucket.lower <= 0.0 && bucket.upper >= 0.0 {
        0.0
    } else {
        (bucket.upper * bucket.lower).sqrt().copysign(bucket.upper)
    }
}
