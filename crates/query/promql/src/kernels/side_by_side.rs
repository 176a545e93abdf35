//! Sums and means of several windows at once.
//!
//! A compensated sum waits for every addition before the next one. Windows do not wait for each
//! other, so a few of them are summed in step, as far as the shortest reaches. Each comes out as
//! if it had been summed alone, to the bit.

use super::over_time::{mean, sum};
use super::sum::two_sum;
use super::window::{Frames, Window};
use crate::column::ABSENT;

/// Windows that are summed at once: so many that the processor never waits, so few that their sums
/// stay in its registers.
const TOGETHER: usize = 4;

/// Windows with fewer samples are over before it pays.
const WORTH: usize = 8;

/// The mean of each window; [`ABSENT`] of an empty one. Answers how many samples they held.
pub(super) fn means(times: &[i64], values: &[f64], frames: &Frames, out: &mut [f64]) -> usize {
    of_windows(times, values, frames, out, |all| {
        let starts = all.map(|values| values.first().copied().unwrap_or(ABSENT));
        let rests = all.map(|values| values.get(1..).unwrap_or_default());
        let mut ends = in_step(starts, rests).into_iter();
        all.map(|values| match ends.next().flatten() {
            Some((sum, compensation)) => {
                let count = values.len() as f64;
                sum / count + compensation / count
            }
            None => mean(values),
        })
    })
}

/// The sum of each window; [`ABSENT`] of an empty one. Answers how many samples they held.
pub(super) fn sums(times: &[i64], values: &[f64], frames: &Frames, out: &mut [f64]) -> usize {
    of_windows(times, values, frames, out, |all| {
        let mut ends = in_step([0.0; TOGETHER], all).into_iter();
        all.map(|values| match ends.next().flatten() {
            Some((sum, compensation)) => sum + compensation,
            None if values.is_empty() => ABSENT,
            None => sum(values),
        })
    })
}

fn of_windows(
    times: &[i64],
    values: &[f64],
    frames: &Frames,
    out: &mut [f64],
    all: impl Fn([&[f64]; TOGETHER]) -> [f64; TOGETHER],
) -> usize {
    let mut seen = 0;
    let mut windows = frames.windows(times);
    for cells in out.chunks_mut(TOGETHER) {
        let mut held: [&[f64]; TOGETHER] = [&[]; TOGETHER];
        for (held, Window { low, high, .. }) in held.iter_mut().take(cells.len()).zip(&mut windows)
        {
            *held = values.get(low..high).unwrap_or_default();
            seen += held.len();
        }
        for (cell, result) in cells.iter_mut().zip(all(held)) {
            *cell = result;
        }
    }
    seen
}

/// Sums with their compensations; none where a window is short, or its sum left the finite numbers
/// and is to be taken with more care.
fn in_step(starts: [f64; TOGETHER], parts: [&[f64]; TOGETHER]) -> [Option<(f64, f64)>; TOGETHER] {
    let shortest = parts.iter().map(|part| part.len()).min();
    let shortest = shortest.unwrap_or_default();
    if shortest < WORTH {
        return [None; TOGETHER];
    }
    let (mut totals, mut lost) = (starts, [0.0; TOGETHER]);
    let [a, b, c, d] = parts.map(|part| part.get(..shortest).unwrap_or_default());
    for (((a, b), c), d) in a.iter().zip(b).zip(c).zip(d) {
        let row = [*a, *b, *c, *d];
        for ((total, lost), value) in totals.iter_mut().zip(&mut lost).zip(row) {
            let error;
            (*total, error) = two_sum(*total, value);
            *lost += error;
        }
    }
    let rests = parts.map(|part| part.get(shortest..).unwrap_or_default());
    let mut ends = totals.into_iter().zip(lost).zip(rests);
    [(); TOGETHER].map(|()| {
        let ((mut total, mut lost), rest) = ends.next()?;
        for value in rest {
            let error;
            (total, error) = two_sum(total, *value);
            lost += error;
        }
        // Whatever went wrong on the way is still to be seen in these.
        (total.is_finite() && lost.is_finite()).then_some((total, lost))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            20 => -1e6..1e6f64,
            4 => any::<f64>(),
            1 => Just(-0.0),
            1 => Just(f64::MAX),
            1 => Just(f64::INFINITY),
            1 => Just(f64::NAN),
        ]
    }

    proptest! {
        #[test]
        fn windows_come_out_as_if_summed_alone(
            values in proptest::collection::vec(value(), 0..200),
            common in proptest::collection::vec(-1e300..1e300f64, 60..200),
            (first, step, range) in (-20i64..300, 0i64..60, 0i64..120),
        ) {
            for values in [values, common] {
                let times: Vec<i64> = (0..values.len() as i64).collect();
                let frames = Frames { first, step, range };
                let (mut summed, mut meant) = ([1.0; 7], [1.0; 7]);
                let seen = sums(&times, &values, &frames, &mut summed);
                prop_assert_eq!(seen, means(&times, &values, &frames, &mut meant));
                let mut held = 0;
                for (place, window) in frames.windows(&times).take(7).enumerate() {
                    let part = &values[window.low..window.high];
                    held += part.len();
                    let alone = if part.is_empty() { (ABSENT, ABSENT) } else { (sum(part), mean(part)) };
                    // Which NaN it is does not show, as long as it is not that of no value.
                    let nan = |v: f64| v.is_nan() && v.to_bits() != ABSENT.to_bits();
                    let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || (nan(a) && nan(b));
                    prop_assert!(same(summed[place], alone.0), "{} {}", summed[place], alone.0);
                    prop_assert!(same(meant[place], alone.1), "{} {}", meant[place], alone.1);
                }
                prop_assert_eq!(seen, held);
            }
        }
    }
}
