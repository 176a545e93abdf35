//! Quantiles and fractions.
//!
//! Observations spread evenly over a bucket: on a logarithmic scale in exponential ones, on a
//! linear one in the zero bucket and where bounds are listed. A histogram with positive buckets
//! alone has nothing below zero in its zero bucket, and the other way round.

use model::FloatHistogram;

use super::buckets::{Bucket, all};

/// What NaN among the observations did to a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NanEffect {
    /// There was none, or it changed nothing.
    Nothing,
    /// The quantile is NaN.
    Result,
    /// The quantile is higher than that of the numbers.
    Skew,
    /// It counts as an observation and lies in no range.
    Excluded,
}

/// The `q`-quantile.
pub(crate) fn quantile(q: f64, histogram: &FloatHistogram) -> (f64, NanEffect) {
    let plain = |value| (value, NanEffect::Nothing);
    if q < 0.0 {
        return plain(f64::NEG_INFINITY);
    }
    if q > 1.0 {
        return plain(f64::INFINITY);
    }
    if histogram.count == 0.0 || q.is_nan() {
        return plain(f64::NAN);
    }
    let with_nan = histogram.sum.is_nan();
    // From the nearer end, so that little is added up; NaN stands above all numbers, so that with
    // it only the way from below is known.
    let forward = with_nan || q < 0.5;
    let rank = histogram.count * if forward { q } else { 1.0 - q };
    let mut buckets = all(histogram);
    if !forward {
        buckets.reverse();
    }
    let (mut count, mut found, mut passed) = (0.0, None, 0);
    for (place, bucket) in buckets.iter().enumerate().filter(|(_, b)| b.count != 0.0) {
        count += bucket.count;
        (found, passed) = (Some(*bucket), place + 1);
        if count >= rank {
            break;
        }
    }
    let Some(bucket) = found else {
        return (
            f64::NAN,
            if with_nan {
                NanEffect::Result
            } else {
                NanEffect::Nothing
            },
        );
    };
    let bucket = match clip(bucket, histogram) {
        Ok(bucket) => bucket,
        Err(value) => return plain(value),
    };
    count = count.min(histogram.count);
    if count < rank {
        return if with_nan {
            (f64::NAN, NanEffect::Result)
        } else {
            plain(bucket.upper)
        };
    }
    let within = if forward {
        rank - (count - bucket.count)
    } else {
        count - rank
    };
    let rest = buckets.iter().skip(passed).map(|b| b.count);
    let effect = if with_nan && count + rest.sum::<f64>() < histogram.count {
        NanEffect::Skew
    } else {
        NanEffect::Nothing
    };
    (
        interpolate(&bucket, within / bucket.count, histogram),
        effect,
    )
}

/// The bucket as far as observations can lie in it; the quantile itself where that is unknown.
fn clip(mut bucket: Bucket, histogram: &FloatHistogram) -> Result<Bucket, f64> {
    if histogram.is_custom() {
        if bucket.lower == f64::NEG_INFINITY {
            if bucket.upper <= 0.0 {
                return Err(bucket.upper);
            }
            bucket.lower = 0.0;
        } else if bucket.upper == f64::INFINITY {
            return Err(bucket.lower);
        }
    } else if bucket.lower < 0.0 && bucket.upper > 0.0 {
        clip_zero(&mut bucket, histogram);
    }
    Ok(bucket)
}

fn clip_zero(bucket: &mut Bucket, histogram: &FloatHistogram) {
    match (histogram.negative.is_empty(), histogram.positive.is_empty()) {
        (true, false) => bucket.lower = 0.0,
        (false, true) => bucket.upper = 0.0,
        _ => {}
    }
}

fn interpolate(bucket: &Bucket, share: f64, histogram: &FloatHistogram) -> f64 {
    let (lower, upper) = (bucket.lower, bucket.upper);
    if histogram.is_custom() || (lower <= 0.0 && upper >= 0.0) {
        return lower + (upper - lower) * share;
    }
    let (low, high) = (lower.abs().log2(), upper.abs().log2());
    if lower > 0.0 {
        (low + (high - low) * share).exp2()
    } else {
        -(high + (low - high) * (1.0 - share)).exp2()
    }
}

/// The share of observations between two values.
pub(crate) fn fraction(lower: f64, upper: f64, histogram: &FloatHistogram) -> (f64, NanEffect) {
    if histogram.count == 0.0 || lower.is_nan() || upper.is_nan() {
        return (f64::NAN, NanEffect::Nothing);
    }
    if lower >= upper {
        return (0.0, NanEffect::Nothing);
    }
    let buckets = all(histogram);
    let mut count = histogram.count;
    let mut effect = NanEffect::Nothing;
    if histogram.sum.is_nan() {
        let in_buckets = buckets.iter().map(|b| b.count).sum::<f64>();
        if in_buckets < count {
            effect = NanEffect::Excluded;
        }
        count = in_buckets;
    }
    let rank = |value| rank_of(value, &buckets, histogram).map_or(count, |rank| rank.min(count));
    ((rank(upper) - rank(lower)) / histogram.count, effect)
}

/// How many observations lie below a value; none where all do.
fn rank_of(value: f64, buckets: &[Bucket], histogram: &FloatHistogram) -> Option<f64> {
    let mut rank = 0.0;
    for bucket in buckets {
        let mut bucket = *bucket;
        let linear = histogram.is_custom() || (bucket.lower <= 0.0 && bucket.upper >= 0.0);
        if bucket.lower <= 0.0 && bucket.upper >= 0.0 {
            clip_zero(&mut bucket, histogram);
        }
        if bucket.lower >= value {
            return Some(rank);
        }
        if bucket.upper > value {
            // Nothing is known of how observations spread towards infinity.
            if bucket.lower == f64::NEG_INFINITY {
                return Some(bucket.count);
            }
            return Some(rank + bucket.count * bucket.share_below(value, linear));
        }
        rank += bucket.count;
    }
    None
}

#[cfg(test)]
mod tests {
    use model::{CUSTOM_SCHEMA, Span};

    use super::*;

    fn uniform() -> FloatHistogram {
        FloatHistogram {
            schema: 0,
            count: 12.0,
            sum: 100.0,
            zero_threshold: 0.001,
            zero_count: 2.0,
            positive_spans: vec![
                Span {
                    offset: 0,
                    length: 2,
                },
                Span {
                    offset: 1,
                    length: 2,
                },
            ],
            positive: vec![2.0, 3.0, 1.0, 4.0],
            ..FloatHistogram::default()
        }
    }

    #[test]
    fn quantiles_as_documented() {
        for (q, expected) in [
            (-0.1, f64::NEG_INFINITY),
            (1.1, f64::INFINITY),
            (1.0, 16.0),
            (0.99, 15.759_999_999),
            (0.5, 1.587_401_051),
            (0.1, 0.000_6),
            (0.0, 0.0),
        ] {
            let got = quantile(q, &uniform()).0;
            let near = got == expected || (got / expected - 1.0).abs() < 0.02;
            assert!(near, "{q}: {got}");
        }
        assert!(quantile(f64::NAN, &uniform()).0.is_nan());
    }

    #[test]
    fn a_fraction_undoes_a_quantile() {
        for q in [0.05, 0.3, 0.5, 0.7, 0.95] {
            let value = quantile(q, &uniform()).0;
            let (share, _) = fraction(f64::NEG_INFINITY, value, &uniform());
            assert!((share - q).abs() < 1e-12, "{q}: {share}");
        }
    }

    #[test]
    fn listed_bounds_end_in_the_unknown() {
        let histogram = FloatHistogram {
            schema: CUSTOM_SCHEMA,
            count: 10.0,
            sum: 1.0,
            custom: vec![5.0, 10.0],
            positive_spans: vec![Span {
                offset: 0,
                length: 3,
            }],
            positive: vec![2.0, 4.0, 4.0],
            ..FloatHistogram::default()
        };
        for (q, expected) in [(0.1, 2.5), (0.4, 7.5), (0.9, 10.0)] {
            assert_eq!(quantile(q, &histogram).0, expected, "{q}");
        }
    }

    #[test]
    fn nan_counts_as_more_than_any_number() {
        let mut histogram = uniform();
        histogram.sum = f64::NAN;
        histogram.count = 20.0;
        assert_eq!(quantile(0.1, &histogram).1, NanEffect::Skew);
        let (value, effect) = quantile(0.9, &histogram);
        assert!(value.is_nan() && effect == NanEffect::Result);
        assert_eq!(
            fraction(0.0, f64::INFINITY, &histogram).1,
            NanEffect::Excluded
        );
    }
}
