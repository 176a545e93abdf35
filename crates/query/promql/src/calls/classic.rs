//! Classic histograms: cumulative buckets with their upper bounds.

/// Counts closer than this, relative to their size, are equal: sums of rates of equal counters
/// differ in their last bits.
const SMALL_DIFFERENCE: f64 = 1e-12;

/// A bucket: how many observations lie at or below a bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    pub(super) upper: f64,
    pub(super) count: f64,
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
pub(super) fn bucket_quantile(q: f64, buckets: &mut Vec<Bucket>) -> (f64, bool) {
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
pub(super) fn bucket_fraction(lower: f64, upper: f64, buckets: &mut Vec<Bucket>) -> f64 {
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
