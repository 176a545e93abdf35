//! The native histogram beside the classic one.
//!
//! Buckets grow by a factor of `2^(2^-schema)`. A new bucket beyond those that are wanted makes each
//! two one, once, as in the original: values that lie far apart are not all in one bucket then, and
//! there may be some buckets more. Source: the Prometheus specification of native histograms.

use std::collections::BTreeMap;

use config::StatsdHistogram;
use model::histogram::buckets::{coarser, spans_of};
use model::{IntegerHistogram, MAX_SCHEMA, MIN_SCHEMA};

/// Values nearer to zero than this are in the zero bucket: 2^-128, as programs have it that are
/// measured by the original's library.
const ZERO_THRESHOLD: f64 = 1.0 / (1u128 << 127) as f64 / 2.0;

/// Counts by bucket.
#[derive(Debug)]
pub(crate) struct Native {
    schema: i32,
    zero: u64,
    positive: BTreeMap<i32, u64>,
    /// By the index of the absolute value.
    negative: BTreeMap<i32, u64>,
    most: usize,
}

impl Native {
    /// No counts yet; `None` where the options want no native buckets.
    pub(crate) fn new(options: &StatsdHistogram) -> Option<Self> {
        Some(Self {
            schema: schema(options.native_factor)?,
            zero: 0,
            positive: BTreeMap::new(),
            negative: BTreeMap::new(),
            most: usize::try_from(options.native_max_buckets).unwrap_or(usize::MAX),
        })
    }

    /// Counts a finite value.
    pub(crate) fn observe(&mut self, value: f64, times: u64) {
        if value.abs() <= ZERO_THRESHOLD {
            self.zero = self.zero.saturating_add(times);
            return;
        }
        let index = index(value.abs(), self.schema);
        let buckets = match value > 0.0 {
            true => &mut self.positive,
            false => &mut self.negative,
        };
        if let Some(count) = buckets.get_mut(&index) {
            *count = count.saturating_add(times);
            return;
        }
        buckets.insert(index, times);
        if self.positive.len() + self.negative.len() > self.most && self.schema > MIN_SCHEMA {
            self.schema -= 1;
            for buckets in [&mut self.positive, &mut self.negative] {
                *buckets = halved(buckets);
            }
        }
    }

    /// What was counted, with the sum of all values.
    pub(crate) fn histogram(&self, sum: f64) -> IntegerHistogram {
        let of = |buckets: &BTreeMap<i32, u64>| spans_of(buckets.iter().map(|(i, n)| (*i, *n)));
        let (positive_spans, positive) = of(&self.positive);
        let (negative_spans, negative) = of(&self.negative);
        let counts = positive.iter().chain(&negative);
        IntegerHistogram {
            schema: self.schema,
            zero_threshold: ZERO_THRESHOLD,
            zero_count: self.zero,
            count: counts.fold(self.zero, |sum, count| sum.saturating_add(*count)),
            sum,
            positive_spans,
            positive,
            negative_spans,
            negative,
            ..IntegerHistogram::default()
        }
    }
}

/// The coarsest schema whose buckets grow by no more than a factor.
fn schema(factor: f64) -> Option<i32> {
    if factor.is_nan() || factor <= 1.0 {
        return None;
    }
    let wanted = -factor.log2().log2().floor();
    Some(wanted.clamp(f64::from(MIN_SCHEMA), f64::from(MAX_SCHEMA)) as i32)
}

/// The index of the bucket that holds a positive normal number.
fn index(value: f64, schema: i32) -> i32 {
    const MANTISSA_BITS: u32 = 52;
    const HALF_EXPONENT: u64 = 1022;
    let bits = value.to_bits();
    let exponent = (bits >> MANTISSA_BITS) as i32 - HALF_EXPONENT as i32;
    // The value is `fraction · 2^exponent`, the fraction at least a half and below one.
    let mantissa = bits & ((1 << MANTISSA_BITS) - 1);
    let fraction = f64::from_bits(mantissa | HALF_EXPONENT << MANTISSA_BITS);
    if schema <= 0 {
        let is_bound = mantissa == 0;
        return coarser(exponent - i32::from(is_bound), schema.unsigned_abs());
    }
    let buckets = 1 << schema;
    let bound = |bucket: i32| (f64::from(bucket) / f64::from(buckets) - 1.0).exp2();
    // The logarithm may be off by the last digit, the bound is what counts.
    let near = ((fraction.log2() + 1.0) * f64::from(buckets)).ceil() as i32;
    let first = (near - 1).clamp(0, buckets);
    let within = (first..buckets).find(|bucket| bound(*bucket) >= fraction);
    within.unwrap_or(buckets) + (exponent - 1) * buckets
}

fn halved(buckets: &BTreeMap<i32, u64>) -> BTreeMap<i32, u64> {
    let mut coarse = BTreeMap::new();
    for (index, count) in buckets {
        let together: &mut u64 = coarse.entry(coarser(*index, 1)).or_default();
        *together = together.saturating_add(*count);
    }
    coarse
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn factors_have_schemas() {
        for (factor, expected) in [
            (0.0, None),
            (1.0, None),
            (f64::NAN, None),
            (1.0001, Some(8)),
            (1.005, Some(8)),
            (1.1, Some(3)),
            (2.0, Some(0)),
            (4.0, Some(-1)),
            (65_536.0, Some(-4)),
            (f64::INFINITY, Some(-4)),
        ] {
            assert_eq!(schema(factor), expected, "{factor}");
        }
    }

    #[test]
    fn values_have_buckets() {
        for (value, schema, expected) in [
            (1.0, 0, 0),
            (1.5, 0, 1),
            (2.0, 0, 1),
            (2.1, 0, 2),
            (0.5, 0, -1),
            (1.0, 3, 0),
            (2.0, 3, 8),
            (1.0905, 3, 1),
            (1.0906, 3, 2),
            (16.0, -2, 1),
            (17.0, -2, 2),
        ] {
            assert_eq!(index(value, schema), expected, "{value} at {schema}");
        }
    }

    #[test]
    fn too_many_buckets_become_wider() {
        let mut native = Native::new(&StatsdHistogram {
            native_factor: 1.005,
            native_max_buckets: 10,
            ..StatsdHistogram::default()
        })
        .unwrap();
        for value in 1..=100 {
            native.observe(f64::from(value), 1);
            native.observe(-f64::from(value), 2);
        }
        native.observe(0.0, 5);
        let histogram = native.histogram(7.0);
        assert!(histogram.positive.len() + histogram.negative.len() <= 20);
        assert_eq!((histogram.count, histogram.zero_count), (305, 5));
        assert_eq!(histogram.positive.iter().sum::<u64>(), 100);
        assert_eq!(histogram.negative.iter().sum::<u64>(), 200);
        assert!(histogram.schema < 1, "{histogram:?}");
    }

    proptest! {
        #[test]
        fn a_bucket_holds_its_value(
            value in 3e-39f64..f64::MAX,
            schema in MIN_SCHEMA..=MAX_SCHEMA,
        ) {
            let index = index(value, schema);
            let bound = |index: i32| (f64::from(index) * f64::from(-schema).exp2()).exp2();
            let slip = 1e-12;
            prop_assert!(bound(index) >= value * (1.0 - slip));
            prop_assert!(bound(index - 1) <= value * (1.0 + slip));
        }
    }
}
