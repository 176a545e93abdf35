//! Histograms of OpenTelemetry as native ones.
//!
//! Bucket `i` of OpenTelemetry begins where that of Prometheus ends, so indexes move by one; counts
//! of zero are left out but where only one or two lie between others, so that a bucket that fills
//! up later does not change the layout.

use model::histogram::buckets::{coarser, spans_of};
use model::{CUSTOM_SCHEMA, Histogram, IntegerHistogram, MAX_SCHEMA, MIN_SCHEMA, ResetHint, Span};
use wire::otlp::{Buckets, ExponentialPoint, HistogramPoint};

/// How close to zero a value must lie to be zero: OpenTelemetry does not say.
const ZERO_THRESHOLD: f64 = 1e-128;
/// Buckets without observations that are kept between others.
const MOST_GAP: i32 = 2;

/// Spans and counts of buckets in rising order of their indexes.
fn layout(buckets: impl Iterator<Item = (i32, u64)>) -> (Vec<Span>, Vec<u64>) {
    let mut filled: Vec<(i32, u64)> = Vec::new();
    for (index, count) in buckets.filter(|(_, count)| *count > 0) {
        if let Some((last, before)) = filled.last_mut() {
            if *last == index {
                *before = before.saturating_add(count);
                continue;
            }
            let next = last.saturating_add(1);
            if index.saturating_sub(next) <= MOST_GAP {
                filled.extend((next..index).map(|between| (between, 0)));
            }
        }
        filled.push((index, count));
    }
    spans_of(filled.into_iter())
}

fn exponential_side(buckets: &Buckets, steps: u32) -> Result<(Vec<Span>, Vec<u64>), String> {
    let Some(more) = buckets.counts.len().checked_sub(1) else {
        return Ok(Default::default());
    };
    let last = i64::from(buckets.offset) + more as i64 + 1;
    if i32::try_from(last).is_err() {
        return Err("the buckets of an exponential histogram reach beyond 32 bits".to_owned());
    }
    let indexes = buckets.offset.saturating_add(1)..;
    let counted = indexes.zip(buckets.counts.iter().copied());
    Ok(layout(
        counted.map(|(index, count)| (coarser(index, steps), count)),
    ))
}

/// An exponential histogram.
pub(super) fn of_exponential(
    point: &ExponentialPoint<'_>,
    hint: ResetHint,
) -> Result<IntegerHistogram, String> {
    let scale = point.scale;
    if scale < MIN_SCHEMA {
        return Err(format!(
            "cannot convert exponential to native histogram. Scale must be >= {MIN_SCHEMA}, was \
             {scale}"
        ));
    }
    if point.is_stale {
        return Ok(Histogram::stale());
    }
    let schema = scale.min(MAX_SCHEMA);
    let steps = scale.abs_diff(schema);
    let (positive_spans, positive) = exponential_side(&point.positive, steps)?;
    let (negative_spans, negative) = exponential_side(&point.negative, steps)?;
    Ok(Histogram {
        schema,
        zero_threshold: ZERO_THRESHOLD,
        zero_count: point.zero_count,
        count: point.count,
        sum: point.sum.unwrap_or_default(),
        positive_spans,
        positive,
        negative_spans,
        negative,
        hint,
        ..Histogram::default()
    })
}

/// A histogram with listed bounds, as one with custom buckets.
pub(super) fn of_explicit(point: &HistogramPoint<'_>, hint: ResetHint) -> IntegerHistogram {
    if point.is_stale {
        return Histogram::stale();
    }
    let (positive_spans, positive) = layout((0..).zip(point.counts.iter().copied()));
    Histogram {
        schema: CUSTOM_SCHEMA,
        count: point.count,
        sum: point.sum.unwrap_or_default(),
        positive_spans,
        positive,
        custom: point.bounds.clone(),
        hint,
        ..Histogram::default()
    }
}

#[cfg(test)]
mod tests {
    use model::histogram::buckets::buckets;

    use super::*;

    #[test]
    fn buckets_move_by_one_and_small_gaps_stay() {
        let check = |offset: i32, counts: &[u64], steps: u32, expected: &[(i32, u64)]| {
            let given = Buckets {
                offset,
                counts: counts.to_vec(),
            };
            let (spans, counts) = exponential_side(&given, steps).unwrap();
            let found: Vec<(i32, u64)> = buckets(&spans, &counts).collect();
            assert_eq!(found, expected, "{given:?}");
        };
        check(0, &[], 0, &[]);
        check(0, &[0, 0], 0, &[]);
        check(0, &[4, 2], 0, &[(1, 4), (2, 2)]);
        check(-3, &[1, 0, 0, 2], 0, &[(-2, 1), (-1, 0), (0, 0), (1, 2)]);
        check(5, &[1, 0, 0, 0, 2], 0, &[(6, 1), (10, 2)]);
        check(0, &[1, 2, 3, 4], 1, &[(1, 3), (2, 7)]);
        check(-1, &[1, 2, 3], 1, &[(0, 1), (1, 5)]);
        check(7, &[1, 1], 40, &[(1, 2)]);
        check(0, &[0, 0, 1, 1], 1, &[(2, 2)]);
        let far = Buckets {
            offset: i32::MAX - 1,
            counts: vec![1, 1],
        };
        assert!(exponential_side(&far, 0).is_err());
    }
}
