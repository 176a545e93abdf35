//! Whether counting began again between two histograms of a series.

use std::collections::BTreeSet;

use model::{FloatHistogram, ResetHint};

use super::buckets::{bound, coarsened, walk};
use super::listed::{place_in, shared_bounds};

/// Whether counting began again between `before` and `now`: a count fell, a filled bucket is
/// gone, or the layout became finer, which no counter does while it runs. The hint of `now`
/// decides where it knows.
pub(crate) fn is_reset(now: &FloatHistogram, before: &FloatHistogram) -> bool {
    match now.hint {
        ResetHint::Reset => return true,
        ResetHint::NotReset => return false,
        ResetHint::Unknown | ResetHint::Gauge => {}
    }
    if now.count < before.count {
        return true;
    }
    if now.is_custom() && before.is_custom() && now.custom != before.custom {
        return fell_in_shared_bounds(now, before);
    }
    if now.is_custom() != before.is_custom() {
        return now.is_custom() || now.schema > before.schema;
    }
    if now.schema > before.schema || now.zero_threshold < before.zero_threshold {
        return true;
    }
    match zero_count_at(before, now.zero_threshold) {
        Some(zero_count) if now.zero_count >= zero_count => {}
        _ => return true,
    }
    fell(now, before, false) || fell(now, before, true)
}

/// What the zero bucket would hold if it were as wide as `threshold`; none where that lies inside
/// a filled bucket.
fn zero_count_at(histogram: &FloatHistogram, threshold: f64) -> Option<f64> {
    let mut total = histogram.zero_count;
    if threshold == histogram.zero_threshold {
        return Some(total);
    }
    for (spans, counts) in [
        (&histogram.positive_spans, &histogram.positive),
        (&histogram.negative_spans, &histogram.negative),
    ] {
        for (index, count) in walk(spans, counts) {
            if bound(index.saturating_sub(1), histogram.schema) >= threshold {
                break;
            }
            if bound(index, histogram.schema) > threshold && count != 0.0 {
                return None;
            }
            total += count;
        }
    }
    Some(total)
}

/// Whether any bucket has fewer observations; those in the zero bucket are left out.
fn fell(now: &FloatHistogram, before: &FloatHistogram, negative: bool) -> bool {
    let mut counts = outside_zero(now, now, negative).peekable();
    let mut earlier = outside_zero(before, now, negative);
    earlier.any(|(index, count)| {
        while counts.next_if(|(at, _)| *at < index).is_some() {}
        match counts.next_if(|(at, _)| *at == index) {
            Some((_, now)) => now < count,
            None => count != 0.0,
        }
    })
}

/// The buckets of one side beyond the zero bucket of `layout`, in its schema.
fn outside_zero<'h>(
    histogram: &'h FloatHistogram,
    layout: &FloatHistogram,
    negative: bool,
) -> impl Iterator<Item = (i32, f64)> + use<'h> {
    let (spans, counts) = if negative {
        (&histogram.negative_spans, &histogram.negative)
    } else {
        (&histogram.positive_spans, &histogram.positive)
    };
    let (threshold, custom, schema) = (layout.zero_threshold, layout.is_custom(), histogram.schema);
    let outside = move |(index, _): &(i32, f64)| custom || bound(*index, schema) > threshold;
    coarsened(walk(spans, counts).filter(outside), schema, layout.schema)
}

fn fell_in_shared_bounds(now: &FloatHistogram, before: &FloatHistogram) -> bool {
    let shared = shared_bounds(&now.custom, &before.custom);
    let sum_at = |histogram: &FloatHistogram, place: i32| -> f64 {
        walk(&histogram.positive_spans, &histogram.positive)
            .filter(|(index, _)| place_in(&shared, &histogram.custom, *index) == place)
            .map(|(_, count)| count)
            .sum()
    };
    let places: BTreeSet<i32> = walk(&before.positive_spans, &before.positive)
        .map(|(index, _)| place_in(&shared, &before.custom, index))
        .collect();
    places
        .into_iter()
        .any(|place| sum_at(now, place) < sum_at(before, place))
}

#[cfg(test)]
mod tests {
    use model::Span;

    use super::*;

    fn histogram(schema: i32, offset: i32, counts: &[f64]) -> FloatHistogram {
        FloatHistogram {
            schema,
            count: counts.iter().sum(),
            positive_spans: vec![Span {
                offset,
                length: counts.len() as u32,
            }],
            positive: counts.to_vec(),
            ..FloatHistogram::default()
        }
    }

    #[test]
    fn what_counters_do_and_do_not() {
        let base = histogram(1, 1, &[1.0, 2.0]);
        for (now, expected) in [
            (base.clone(), false),
            (histogram(1, 1, &[1.0, 3.0]), false),
            (histogram(1, 1, &[0.0, 9.0]), true),
            (histogram(1, 2, &[9.0]), true),
            (histogram(1, 0, &[5.0, 1.0, 2.0]), false),
            (histogram(2, 1, &[9.0, 9.0, 9.0, 9.0]), true),
            (histogram(0, 1, &[3.0]), false),
            (histogram(0, 1, &[2.0, 5.0]), true),
        ] {
            assert_eq!(is_reset(&now, &base), expected, "{now:?}");
        }
    }

    #[test]
    fn a_hint_decides() {
        let base = histogram(0, 0, &[5.0]);
        for (hint, count, expected) in [
            (ResetHint::Reset, 9.0, true),
            (ResetHint::NotReset, 1.0, false),
            (ResetHint::Gauge, 1.0, true),
            (ResetHint::Unknown, 9.0, false),
        ] {
            let now = FloatHistogram {
                hint,
                ..histogram(0, 0, &[count])
            };
            assert_eq!(is_reset(&now, &base), expected, "{hint:?}");
        }
    }

    #[test]
    fn a_zero_bucket_may_widen_over_whole_buckets_alone() {
        let base = histogram(0, 0, &[1.0, 2.0, 3.0]);
        let wide = |threshold, zero_count, counts: &[f64]| FloatHistogram {
            zero_threshold: threshold,
            zero_count,
            count: 6.0,
            ..histogram(0, 2, counts)
        };
        assert!(!is_reset(&wide(2.0, 3.0, &[3.0]), &base));
        assert!(is_reset(&wide(2.0, 2.0, &[3.0]), &base));
        assert!(is_reset(&wide(1.5, 3.0, &[3.0]), &base));
    }
}
