//! `</` and `>/`: the part of a histogram below or above a value.
//!
//! Buckets that the value cuts are interpolated; the sum is estimated anew from the middles of
//! what is left, unless nothing was cut off.

use model::FloatHistogram;

use super::buckets::{Bucket, compact, negative, positive, zero};

/// Which side of the value stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Below,
    Above,
}

/// What is left of a bucket: its count, and the middle of its observations.
struct Left {
    count: f64,
    middle: f64,
}

/// How observations of a bucket are taken to spread.
#[derive(Clone, Copy)]
struct Spread {
    linear: bool,
    positive: bool,
}

/// The part of a histogram on one side of a value.
pub(crate) fn trim(histogram: &FloatHistogram, value: f64, side: Side) -> FloatHistogram {
    let mut trimmed = histogram.clone();
    let (mut count, mut sum, mut changed) = (0.0, 0.0, false);
    let mut keep = |left: Left, cell: &mut f64| {
        count += left.count;
        sum += left.count * left.middle;
        changed |= *cell != left.count;
        *cell = left.count;
    };
    let spread = |positive| Spread {
        linear: histogram.is_custom(),
        positive,
    };
    for (bucket, cell) in positive(histogram).zip(&mut trimmed.positive) {
        if bucket.count != 0.0 {
            keep(part(&bucket, value, side, spread(true)), cell);
        }
    }
    for (bucket, cell) in negative(histogram).zip(&mut trimmed.negative) {
        if bucket.count != 0.0 {
            keep(part(&bucket, value, side, spread(false)), cell);
        }
    }
    if histogram.zero_count > 0.0 {
        let filled = |counts: &[f64]| counts.iter().any(|count| *count != 0.0);
        let mut around = zero(histogram);
        match (filled(&histogram.negative), filled(&histogram.positive)) {
            (true, false) => around.upper = 0.0,
            (false, true) => around.lower = 0.0,
            _ => {}
        }
        let even = Spread {
            linear: true,
            positive: true,
        };
        keep(part(&around, value, side, even), &mut trimmed.zero_count);
    }
    if changed {
        trimmed.count = count;
        trimmed.sum = sum;
        compact(&mut trimmed);
    }
    trimmed
}

fn part(bucket: &Bucket, value: f64, side: Side, spread: Spread) -> Left {
    let (whole, none) = match side {
        // A zero bucket without width stands above its value.
        Side::Below => (
            bucket.upper <= value && bucket.lower < value,
            bucket.lower >= value,
        ),
        Side::Above => (bucket.lower >= value, bucket.upper <= value),
    };
    if whole {
        return Left {
            count: bucket.count,
            middle: middle(bucket.lower, bucket.upper, spread),
        };
    }
    if none {
        return Left {
            count: 0.0,
            middle: 0.0,
        };
    }
    if bucket.lower == f64::NEG_INFINITY || bucket.upper == f64::INFINITY {
        return part_of_endless(bucket, value, side);
    }
    let below = bucket.count * bucket.share_below(value, spread.linear);
    match side {
        Side::Below => Left {
            count: below,
            middle: middle(bucket.lower, value, spread),
        },
        Side::Above => Left {
            count: bucket.count - below,
            middle: middle(value, bucket.upper, spread),
        },
    }
}

/// Of a bucket without an end, which the value cuts. Nothing is known of how its observations
/// spread, except that a first bucket with an upper bound above zero is taken to begin at zero.
fn part_of_endless(bucket: &Bucket, value: f64, side: Side) -> Left {
    let nothing = Left {
        count: 0.0,
        middle: 0.0,
    };
    let all_at_value = Left {
        count: bucket.count,
        middle: value,
    };
    let from_zero = bucket.upper > 0.0 && bucket.upper.is_finite();
    match (bucket.lower == f64::NEG_INFINITY, side) {
        (true, Side::Below) if value > 0.0 && from_zero => Left {
            count: bucket.count * value / bucket.upper,
            middle: value / 2.0,
        },
        (true, Side::Below) if bucket.upper <= 0.0 => all_at_value,
        (true, Side::Above) if value >= 0.0 && from_zero => Left {
            count: bucket.count * (1.0 - value / bucket.upper),
            middle: (value + bucket.upper) / 2.0,
        },
        (false, Side::Above) => all_at_value,
        _ => nothing,
    }
}

/// Where the observations between two bounds stand on average.
fn middle(lower: f64, upper: f64, spread: Spread) -> f64 {
    match (lower.is_infinite(), upper.is_infinite()) {
        (true, true) => 0.0,
        (true, false) if upper > 0.0 => upper / 2.0,
        (true, false) => upper,
        (false, true) => lower,
        (false, false) if spread.linear => (lower + upper) / 2.0,
        (false, false) => {
            let geometric = (lower * upper).abs().sqrt();
            if spread.positive {
                geometric
            } else {
                -geometric
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use model::Span;
    use proptest::prelude::*;

    use super::*;

    fn histogram(counts: &[f64]) -> FloatHistogram {
        FloatHistogram {
            count: counts.iter().sum(),
            sum: 10.0,
            positive_spans: vec![Span {
                offset: 1,
                length: counts.len() as u32,
            }],
            positive: counts.to_vec(),
            ..FloatHistogram::default()
        }
    }

    #[test]
    fn a_bound_cuts_between_buckets() {
        let whole = histogram(&[1.0, 2.0, 4.0]);
        let below = trim(&whole, 4.0, Side::Below);
        assert_eq!((below.count, &below.positive[..]), (3.0, &[1.0, 2.0][..]));
        let above = trim(&whole, 4.0, Side::Above);
        assert_eq!((above.count, &above.positive[..]), (4.0, &[4.0][..]));
        assert_eq!(trim(&whole, 8.0, Side::Below), whole);
    }

    #[test]
    fn zeros_stand_above_zero() {
        let mut zeros = histogram(&[]);
        zeros.zero_count = 3.0;
        zeros.count = 3.0;
        assert_eq!(trim(&zeros, 0.0, Side::Below).count, 0.0);
        assert_eq!(trim(&zeros, 0.0, Side::Above).count, 3.0);
    }

    proptest! {
        #[test]
        fn both_sides_make_the_whole(
            counts in proptest::collection::vec(1_u8..9, 1..8),
            value in 0.1_f64..300.0,
        ) {
            let counts: Vec<f64> = counts.into_iter().map(f64::from).collect();
            let whole = histogram(&counts);
            let parts = trim(&whole, value, Side::Below).count + trim(&whole, value, Side::Above).count;
            prop_assert!((parts - whole.count).abs() < 1e-9, "{parts}");
        }
    }
}
