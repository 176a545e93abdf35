//! Quantiles of numbers.

use std::cmp::Ordering;
use std::ops::Range;

/// A window of which this part or more has changed is sorted anew: 1 by this number.
const WORTH_SORTING: usize = 8;

/// Rising, NaN before all numbers.
pub(crate) fn nan_first(a: &f64, b: &f64) -> Ordering {
    a.partial_cmp(b)
        .unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}

/// The `q`-quantile with linear interpolation; sorts `values`.
pub(crate) fn quantile(q: f64, values: &mut [f64]) -> f64 {
    if (0.0..=1.0).contains(&q) {
        values.sort_unstable_by(nan_first);
    }
    quantile_of_sorted(q, values)
}

/// The `q`-quantile of values in the order of [`nan_first`].
pub(super) fn quantile_of_sorted(q: f64, values: &[f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    let last = values.len() - 1;
    let rank = q * last as f64;
    let low = (rank.floor() as usize).min(last);
    let high = (low + 1).min(last);
    let weight = rank - rank.floor();
    let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
    at(low) * (1.0 - weight) + at(high) * weight
}

/// The values of a window that moves along, in the order of [`nan_first`]: what comes and goes is
/// put in and taken out by search, where that is less work than sorting.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    values: Vec<f64>,
    window: Range<usize>,
}

impl Sorted {
    /// The values, rising.
    pub(super) fn get(&self) -> &[f64] {
        &self.values
    }

    /// Makes it those of a window that begins and ends no earlier than the one before.
    pub(super) fn move_to(&mut self, values: &[f64], window: Range<usize>) {
        let part = |range: Range<usize>| values.get(range).unwrap_or_default();
        let gone = part(self.window.start..window.start.min(self.window.end));
        let fresh = part(self.window.end.max(window.start)..window.end);
        if (gone.len() + fresh.len()) * WORTH_SORTING > window.len() {
            self.values.clear();
            self.values.extend_from_slice(part(window.clone()));
            self.values.sort_unstable_by(nan_first);
        } else {
            for value in gone {
                let place = self.place(value);
                // Zeros of either sign are equal, and so are all NaN: the very one goes.
                let equal = self.values.get(place..).unwrap_or_default();
                let same = equal.iter().position(|v| v.to_bits() == value.to_bits());
                let place = place + same.unwrap_or_default();
                if place < self.values.len() {
                    self.values.remove(place);
                }
            }
            for value in fresh {
                self.values.insert(self.place(value), *value);
            }
        }
        self.window = window;
    }

    /// The place of the first value that is not less.
    fn place(&self, value: &f64) -> usize {
        let is_less = |other: &f64| nan_first(other, value) == Ordering::Less;
        self.values.partition_point(is_less)
    }
}

/// Whether a quantile's parameter is one.
pub(crate) fn is_quantile(q: f64) -> bool {
    (0.0..=1.0).contains(&q)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernels::extreme::Extreme;

    proptest! {
        #[test]
        fn windows_that_move_along_give_what_a_fresh_look_gives(
            values in proptest::collection::vec(
                prop_oneof![Just(f64::NAN), Just(0.0), Just(-0.0), -9.0f64..9.0, Just(f64::INFINITY)],
                1..90,
            ),
            moves in proptest::collection::vec((0usize..4, 0usize..9), 1..40),
            q in 0.0f64..=1.0,
        ) {
            let mut sorted = Sorted::default();
            let (mut least, mut greatest) = (Extreme::default(), Extreme::default());
            let (mut low, mut high) = (0usize, 30usize.min(values.len()));
            for (start, end) in moves {
                high = (high + end).min(values.len());
                low = (low + start).min(high - 1);
                let window = &values[low..high];
                sorted.move_to(&values, low..high);
                let mut fresh = window.to_vec();
                let expected = quantile(q, &mut fresh);
                // Zeros of either sign are equal, and stand in any order.
                let found = quantile_of_sorted(q, sorted.get());
                prop_assert!(found == expected || (found.is_nan() && expected.is_nan()));
                let fold = |beats: fn(f64, f64) -> bool| {
                    window.iter().copied().reduce(|best, value| {
                        if beats(value, best) || best.is_nan() { value } else { best }
                    })
                };
                let less: fn(f64, f64) -> bool = |a, b| a < b;
                let more: fn(f64, f64) -> bool = |a, b| a > b;
                let found = least.move_to(&values, low..high, less);
                prop_assert_eq!(Some(found.to_bits()), fold(less).map(f64::to_bits));
                let found = greatest.move_to(&values, low..high, more);
                prop_assert_eq!(Some(found.to_bits()), fold(more).map(f64::to_bits));
            }
        }
    }
}
