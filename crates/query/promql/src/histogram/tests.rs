//! What holds of any two histograms, however odd their bytes.

use model::{CUSTOM_SCHEMA, FloatHistogram, ResetHint, Span};
use proptest::prelude::*;

use super::buckets::{all, compact};
use super::merge::{add, subtract};
use super::quantile::{fraction, quantile};
use super::reset::is_reset;
use super::scale::equal;
use super::stats::variance;
use super::trim::{Side, trim};

fn spans() -> impl Strategy<Value = Vec<Span>> {
    let span = (-9_i32..9, 0_u32..5).prop_map(|(offset, length)| Span { offset, length });
    proptest::collection::vec(span, 0..5)
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (0_u32..50).prop_map(f64::from),
        1 => any::<f64>(),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-0.0)],
    ]
}

prop_compose! {
    /// Anything that the types allow: counts need not fit spans, bounds need not rise.
    fn odd()(
        schema in prop_oneof![-4_i32..9, Just(CUSTOM_SCHEMA), any::<i32>()],
        numbers in proptest::array::uniform4(number()),
        lists in (spans(), spans()),
        counts in proptest::array::uniform3(proptest::collection::vec(number(), 0..12)),
    ) -> FloatHistogram {
        let [zero_threshold, zero_count, count, sum] = numbers;
        let [positive, negative, custom] = counts;
        FloatHistogram {
            schema,
            zero_threshold,
            zero_count,
            count,
            sum,
            positive_spans: lists.0,
            positive,
            negative_spans: lists.1,
            negative,
            custom,
            hint: ResetHint::Unknown,
        }
    }
}

prop_compose! {
    /// As programs count.
    fn sane()(
        schema in -4_i32..9,
        threshold in prop_oneof![Just(0.0), Just(0.001), Just(0.5), Just(1.5)],
        zero_count in 0_u32..9,
        first in -20_i32..20,
        counts in proptest::collection::vec(0_u32..9, 0..30),
    ) -> FloatHistogram {
        let positive: Vec<f64> = counts.iter().map(|count| f64::from(*count)).collect();
        let zero_count = f64::from(zero_count);
        let mut histogram = FloatHistogram {
            schema,
            zero_threshold: threshold,
            zero_count,
            count: zero_count + positive.iter().sum::<f64>(),
            sum: 1.0,
            positive_spans: vec![Span { offset: first, length: positive.len() as u32 }],
            positive,
            ..FloatHistogram::default()
        };
        // What lies in the zero bucket does not have a bucket of its own.
        let inside: f64 = super::buckets::positive(&histogram)
            .filter(|bucket| bucket.lower < threshold)
            .map(|bucket| bucket.count)
            .sum();
        let kept: Vec<(i32, f64)> = super::buckets::walk(&histogram.positive_spans, &histogram.positive)
            .filter(|(index, _)| super::buckets::bound(index - 1, schema) >= threshold)
            .collect();
        (histogram.positive_spans, histogram.positive) = super::buckets::spans(kept);
        histogram.zero_count += inside;
        histogram
    }
}

fn in_buckets(histogram: &FloatHistogram) -> f64 {
    all(histogram).iter().map(|bucket| bucket.count).sum()
}

proptest! {
    #[test]
    fn nothing_panics(a in odd(), b in odd(), value in number()) {
        let _ = add(&a, &b);
        let _ = subtract(&a, &b);
        let _ = is_reset(&a, &b);
        let _ = equal(&a, &b);
        let _ = quantile(value, &a);
        let _ = fraction(value, 1.0, &a);
        let _ = trim(&a, value, Side::Below);
        let _ = trim(&a, value, Side::Above);
        let _ = variance(&a);
        let mut a = a;
        compact(&mut a);
    }

    #[test]
    fn no_observation_is_lost(a in sane(), b in sane()) {
        let (sum, _) = add(&a, &b).unwrap();
        prop_assert_eq!(sum.count, a.count + b.count);
        prop_assert_eq!(in_buckets(&sum), sum.count);
        prop_assert_eq!(sum.schema, a.schema.min(b.schema));
    }

    #[test]
    fn the_order_does_not_matter(a in sane(), b in sane()) {
        let (one, other) = (add(&a, &b).unwrap().0, add(&b, &a).unwrap().0);
        prop_assert!(equal(&one, &other), "{:?} {:?}", one, other);
    }

    #[test]
    fn what_grows_is_no_reset(a in sane(), b in sane()) {
        let (sum, _) = add(&a, &b).unwrap();
        prop_assert!(!is_reset(&sum, &a));
        let falls = b.count > 0.0 && sum.schema == a.schema && sum.zero_threshold == a.zero_threshold;
        if falls {
            prop_assert!(is_reset(&a, &sum));
        }
    }

    #[test]
    fn quantiles_rise(a in sane(), low in 0.0_f64..1.0, high in 0.0_f64..1.0) {
        let (low, high) = (low.min(high), low.max(high));
        let (below, above) = (quantile(low, &a).0, quantile(high, &a).0);
        prop_assert!(a.count == 0.0 || below <= above * (1.0 + 1e-9), "{} {}", below, above);
    }
}
