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

/// Counts that fell from a bucket to the next by more than a rounding error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fall {
    /// The least bound of such a bucket.
    pub(super) least: f64,
    /// The greatest.
    pub(super) greatest: f64,
    /// The most that a count fell.
    pub(super) most: f64,
}

impl Fall {
    /// Both together.
    pub(super) fn with(self, other: Self) -> Self {
        Self {
            least: self.least.min(other.least),
            greatest: self.greatest.max(other.greatest),
            most: self.most.max(other.most),
        }
    }
}

/// Adds up buckets with the same bound.
fn merge(buckets: &mut Vec<Bucket>) {
    buckets.dedup_by(|bucket, last| {
        let same = last.upper == bucket.upper;
        if same {
            last.count += bucket.count;
        }
        same
    });
}

/// Adds up buckets with the same bound, and lifts counts that fell. Answers how they fell.
fn mend(buckets: &mut Vec<Bucket>) -> Option<Fall> {
    merge(buckets);
    let mut fell: Option<Fall> = None;
    let mut before = buckets.first().map_or(0.0, |bucket| bucket.count);
    for bucket in buckets.iter_mut().skip(1) {
        if bucket.count == before {
            continue;
        }
        if nearly_equal(before, bucket.count) {
            bucket.count = before;
        } else if bucket.count < before {
            let fall = Fall {
                least: bucket.upper,
                greatest: bucket.upper,
                most: before - bucket.count,
            };
            bucket.count = before;
            fell = Some(fell.map_or(fall, |fell| fell.with(fall)));
        } else {
            before = bucket.count;
        }
    }
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

/// The quantile by linear interpolation within its bucket, and how counts fell that were lifted.
pub(super) fn bucket_quantile(q: f64, buckets: &mut Vec<Bucket>) -> (f64, Option<Fall>) {
    if q.is_nan() {
        return (f64::NAN, None);
    }
    if q < 0.0 {
        return (f64::NEG_INFINITY, None);
    }
    if q > 1.0 {
        return (f64::INFINITY, None);
    }
    if !is_whole(buckets) {
        return (f64::NAN, None);
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
    merge(buckets);
    let count = buckets.last().map_or(f64::NAN, |last| last.count);
    if count == 0.0 || count.is_nan() || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    let rank = |value| {
        let rank = rank_of(value, buckets, count);
        if rank > count { count } else { rank }
    };
    (rank(upper) - rank(lower)) / count
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
