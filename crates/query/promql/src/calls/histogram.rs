//! `histogram_quantile` and `histogram_fraction` over classic buckets.

use std::collections::BTreeSet;

use model::{Labels, number};

use crate::QueryError;
use crate::ast::{Call, Expr};
use crate::column::{ABSENT, Series, Steps, is_present, merge_same_labels, present};
use crate::eval::Context;
use crate::eval::call::arg;
use crate::grouping::{Groups, Kept};
use crate::kernels::quantile::is_quantile;
use crate::notes::with_metric;

/// Counts closer than this, relative to their size, are equal: sums of rates of equal counters
/// differ in their last bits.
const SMALL_DIFFERENCE: f64 = 1e-12;

/// The label that holds a bucket's upper bound.
const BOUND: &str = "le";

#[derive(Clone, Copy, Debug)]
struct Bucket {
    upper: f64,
    count: f64,
}

/// The buckets of one histogram: upper bound and place of the series.
struct Classic {
    labels: Labels,
    metric: String,
    buckets: Vec<(f64, usize)>,
}

pub(crate) fn quantile(
    context: &Context<'_>,
    call: &Call,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let (param, input) = (arg(call, 0)?, arg(call, 1)?);
    let ranks = context.scalar(param, steps)?;
    ranks
        .iter()
        .filter(|q| !is_quantile(**q))
        .for_each(|q| context.warn_quantile(*q, param));
    each_step(context, input, steps, |step, buckets| {
        let q = ranks.get(step).copied().unwrap_or(f64::NAN);
        bucket_quantile(q, buckets)
    })
}

/// `histogram_quantiles(v, "label", q, …)`: each quantile as a series with its rank in a label.
pub(crate) fn quantiles(
    context: &Context<'_>,
    call: &Call,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let input = arg(call, 0)?;
    let label = context.string(arg(call, 1)?)?;
    let mut results = Vec::new();
    for param in call.args.iter().skip(2) {
        let ranks = context.scalar(param, steps)?;
        ranks
            .iter()
            .filter(|q| !is_quantile(**q))
            .for_each(|q| context.warn_quantile(*q, param));
        let mut series = each_step(context, input, steps, |step, buckets| {
            let q = ranks.get(step).copied().unwrap_or(f64::NAN);
            bucket_quantile(q, buckets)
        })?;
        let mut rank = String::new();
        number::push_general(&mut rank, ranks.first().copied().unwrap_or(f64::NAN));
        for one in &mut series {
            one.labels = one.labels.to_builder().set(&label, &rank).build();
        }
        results.append(&mut series);
    }
    merge_same_labels(results)
}

pub(crate) fn fraction(
    context: &Context<'_>,
    call: &Call,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let lower = context.scalar(arg(call, 0)?, steps)?;
    let upper = context.scalar(arg(call, 1)?, steps)?;
    each_step(context, arg(call, 2)?, steps, |step, buckets| {
        let at = |column: &[f64]| column.get(step).copied().unwrap_or(f64::NAN);
        (bucket_fraction(at(&lower), at(&upper), buckets), false)
    })
}

/// Calls `of` for each histogram at each step where it has buckets. `of` answers the value and
/// whether counts that fell had to be mended.
fn each_step(
    context: &Context<'_>,
    input: &Expr,
    steps: &Steps,
    of: impl Fn(usize, &mut Vec<Bucket>) -> (f64, bool),
) -> Result<Vec<Series>, QueryError> {
    let series = context.vector(input, steps)?;
    let mut results = Vec::new();
    let mut buckets = Vec::new();
    let mut mended = BTreeSet::new();
    for histogram in classic(context, &series, input) {
        context.budget.check()?;
        let mut values = steps.absent();
        for (step, cell) in values.iter_mut().enumerate() {
            buckets.clear();
            for (upper, place) in &histogram.buckets {
                let column = series.get(*place).map(|one| one.values.as_slice());
                let count = column.and_then(|c| c.get(step)).copied().unwrap_or(ABSENT);
                if is_present(count) {
                    buckets.push(Bucket {
                        upper: *upper,
                        count,
                    });
                }
            }
            if !buckets.is_empty() {
                let (value, fell) = of(step, &mut buckets);
                *cell = value;
                if fell {
                    mended.insert(histogram.metric.clone());
                }
            }
        }
        if present(&values) > 0 {
            results.push(Series {
                labels: histogram.labels,
                drop_name: false,
                values,
            });
        }
    }
    for metric in mended {
        let text = "input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";
        context.info(input.span, &with_metric(text, &metric));
    }
    context.release(&series);
    context.hold(&results)?;
    Ok(results)
}

/// Sorts series into histograms; buckets rise.
fn classic(context: &Context<'_>, series: &[Series], input: &Expr) -> Vec<Classic> {
    let kept = Kept::all_but(&[BOUND.to_owned()], context.type_and_unit);
    let mut groups = Groups::new(kept);
    let mut histograms: Vec<Classic> = Vec::new();
    for (place, one) in series.iter().enumerate() {
        let metric = one.labels.metric().unwrap_or_default();
        let bound = one.labels.get(BOUND).unwrap_or("");
        let Some(upper) = parse_bound(bound) else {
            let text = format!(
                "bucket label \"{BOUND}\" is missing or has a malformed value of {}",
                model::name::quoted(bound)
            );
            context.warn(input.span, &with_metric(&text, metric));
            continue;
        };
        let group = groups.place(&one.labels);
        if group == histograms.len() {
            let labels = groups.labels(group);
            histograms.push(Classic {
                labels,
                metric: metric.to_owned(),
                buckets: Vec::new(),
            });
        }
        if let Some(histogram) = histograms.get_mut(group) {
            histogram.buckets.push((upper, place));
        }
    }
    for histogram in &mut histograms {
        histogram.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    histograms
}

fn parse_bound(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Adds up buckets with the same bound, and lifts counts that fell. Answers whether any fell by
/// more than a rounding error.
fn mend(buckets: &mut Vec<Bucket>) -> bool {
    let mut merged: Vec<Bucket> = Vec::with_capacity(buckets.len());
    for bucket in buckets.iter() {
        match merged.last_mut() {
            Some(last) if last.upper == bucket.upper => last.count += bucket.count,
            _ => merged.push(*bucket),
        }
    }
    let mut fell = false;
    let mut before = merged.first().map_or(0.0, |bucket| bucket.count);
    for bucket in merged.iter_mut().skip(1) {
        if bucket.count == before {
            continue;
        }
        if nearly_equal(before, bucket.count) {
            bucket.count = before;
        } else if bucket.count < before {
            bucket.count = before;
            fell = true;
        } else {
            before = bucket.count;
        }
    }
    *buckets = merged;
    fell
}

fn nearly_equal(a: f64, b: f64) -> bool {
    if a == b || (a.is_nan() && b.is_nan()) {
        return true;
    }
    let (size, difference) = (a.abs() + b.abs(), (a - b).abs());
    if a == 0.0 || b == 0.0 || size < f64::MIN_POSITIVE {
        return difference < SMALL_DIFFERENCE * f64::MIN_POSITIVE;
    }
    difference / size.min(f64::MAX) < SMALL_DIFFERENCE
}

fn is_whole(buckets: &[Bucket]) -> bool {
    buckets
        .last()
        .is_some_and(|last| last.upper == f64::INFINITY)
}

/// The quantile by linear interpolation within its bucket, and whether counts were lifted.
fn bucket_quantile(q: f64, buckets: &mut Vec<Bucket>) -> (f64, bool) {
    if q.is_nan() {
        return (f64::NAN, false);
    }
    if q < 0.0 {
        return (f64::NEG_INFINITY, false);
    }
    if q > 1.0 {
        return (f64::INFINITY, false);
    }
    if !is_whole(buckets) {
        return (f64::NAN, false);
    }
    let fell = mend(buckets);
    (interpolate(q, buckets).unwrap_or(f64::NAN), fell)
}

fn interpolate(q: f64, buckets: &[Bucket]) -> Option<f64> {
    let (last, finite) = buckets.split_last()?;
    let highest = finite.last()?;
    if last.count == 0.0 || last.count.is_nan() {
        return None;
    }
    let rank = q * last.count;
    let Some(place) = finite.iter().position(|bucket| bucket.count >= rank) else {
        return Some(highest.upper);
    };
    let bucket = finite.get(place)?;
    let below = place.checked_sub(1).and_then(|place| finite.get(place));
    match below {
        None if bucket.upper <= 0.0 => Some(bucket.upper),
        None => Some(bucket.upper * (rank / bucket.count)),
        Some(below) => {
            let share = (rank - below.count) / (bucket.count - below.count);
            Some(below.upper + (bucket.upper - below.upper) * share)
        }
    }
}

/// The share of observations between two values.
fn bucket_fraction(lower: f64, upper: f64, buckets: &mut Vec<Bucket>) -> f64 {
    if !is_whole(buckets) {
        return f64::NAN;
    }
    mend(buckets);
    let count = buckets.last().map_or(f64::NAN, |last| last.count);
    if count == 0.0 || count.is_nan() || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    (rank_of(upper, buckets, count) - rank_of(lower, buckets, count)) / count
}

/// How many observations lie below a value.
fn rank_of(value: f64, buckets: &[Bucket], count: f64) -> f64 {
    let mut rank = 0.0;
    let mut floor = match buckets.first() {
        Some(first) if first.upper > 0.0 => 0.0,
        _ => f64::NEG_INFINITY,
    };
    for bucket in buckets {
        if floor >= value {
            return rank;
        }
        if bucket.upper > value {
            // Nothing is known about how observations spread towards infinity.
            if floor == f64::NEG_INFINITY {
                return bucket.count;
            }
            if bucket.upper == f64::INFINITY {
                return rank;
            }
            return rank + (bucket.count - rank) * (value - floor) / (bucket.upper - floor);
        }
        (rank, floor) = (bucket.count, bucket.upper);
    }
    count
}
