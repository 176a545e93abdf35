//! Quantiles over a window of time: each slice of it has a [`Sketch`].

use std::collections::VecDeque;
use std::sync::Arc;

use config::StatsdSummary;

use crate::sketch::Sketch;

/// A stream of observations.
#[derive(Debug)]
pub(crate) struct Window {
    options: Arc<StatsdSummary>,
    slices: VecDeque<Slice>,
    /// When the first slice began, in milliseconds.
    born: i64,
    sum: f64,
    count: u64,
}

/// Observations of one stretch of time.
#[derive(Debug, Default)]
struct Slice {
    /// Stretches since the window was born.
    number: i64,
    sketch: Sketch,
}

impl Window {
    pub(crate) fn new(options: Arc<StatsdSummary>, now: i64) -> Self {
        Self {
            options,
            slices: VecDeque::new(),
            born: now,
            sum: 0.0,
            count: 0,
        }
    }

    /// Takes a value that was observed so many times.
    pub(crate) fn observe(&mut self, value: f64, times: u64, now: i64) {
        self.sum += value * times as f64;
        self.count = self.count.saturating_add(times);
        let number = self.forget(now);
        if self.slices.back().is_none_or(|last| last.number < number) {
            self.slices.push_back(Slice {
                number,
                sketch: Sketch::default(),
            });
        }
        if let Some(slice) = self.slices.back_mut() {
            slice.sketch.observe(value, times, &self.options.quantiles);
        }
    }

    /// Quantiles with their values, sum and count of all observations. Quantiles are NaN where the
    /// window is empty.
    pub(crate) fn read(&mut self, now: i64) -> (Vec<(f64, f64)>, f64, u64) {
        self.forget(now);
        let mut values = Vec::new();
        for slice in &mut self.slices {
            values.extend_from_slice(slice.sketch.values());
        }
        // Slices are sorted, and a stable sort merges sorted runs.
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        let all = values
            .iter()
            .fold(0u64, |all, (_, times)| all.saturating_add(*times));
        let quantiles = self.options.quantiles.iter();
        let read = |&(quantile, _): &(f64, f64)| (quantile, at(&values, all, quantile));
        (quantiles.map(read).collect(), self.sum, self.count)
    }

    /// Drops the slices that are too old and answers the number of the present one.
    fn forget(&mut self, now: i64) -> i64 {
        let slices = i64::from(self.options.age_buckets.max(1));
        let age = i64::try_from(self.options.max_age.as_millis()).unwrap_or(i64::MAX);
        let length = (age / slices).max(1);
        let number = now.saturating_sub(self.born).max(0) / length;
        while self
            .slices
            .front()
            .is_some_and(|first| first.number <= number - slices)
        {
            self.slices.pop_front();
        }
        number
    }
}

/// The value of a quantile: the first one whose rank is not below it.
fn at(sorted: &[(f64, u64)], all: u64, quantile: f64) -> f64 {
    let rank = ((quantile * all as f64).ceil() as u64).max(1);
    let mut reached = 0u64;
    let found = sorted.iter().find(|(_, times)| {
        reached = reached.saturating_add(*times);
        reached >= rank
    });
    found.map_or(f64::NAN, |(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn window(quantiles: &[(f64, f64)]) -> Window {
        let options = StatsdSummary {
            quantiles: quantiles.to_vec(),
            max_age: Duration::from_secs(10),
            age_buckets: 5,
        };
        Window::new(Arc::new(options), 1000)
    }

    fn values(window: &mut Window, now: i64) -> Vec<f64> {
        window.read(now).0.into_iter().map(|(_, v)| v).collect()
    }

    #[test]
    fn few_values_are_exact() {
        let mut window = window(&[(0.0, 0.0), (0.5, 0.05), (0.9, 0.01), (1.0, 0.0)]);
        assert!(values(&mut window, 1000).iter().all(|v| v.is_nan()));
        for value in (1..=10).rev() {
            window.observe(f64::from(value), 1, 1000);
        }
        assert_eq!(values(&mut window, 1000), [1.0, 5.0, 9.0, 10.0]);
        // A value that stands for many weighs as much.
        window.observe(3.0, 90, 1000);
        assert_eq!(values(&mut window, 1000), [1.0, 3.0, 3.0, 10.0]);
        assert_eq!(window.read(1000).1, 55.0 + 270.0);
    }

    #[test]
    fn old_slices_are_forgotten_one_by_one() {
        let mut window = window(&[(0.5, 0.0)]);
        for second in 0..5 {
            // One value in each slice of two seconds.
            window.observe(f64::from(second), 1, 1000 + i64::from(second) * 2000);
        }
        assert_eq!(values(&mut window, 10_999), [2.0]);
        assert_eq!(values(&mut window, 11_000), [2.0]);
        assert_eq!(values(&mut window, 13_000), [3.0]);
        assert_eq!(values(&mut window, 17_000), [4.0]);
        assert!(values(&mut window, 19_000)[0].is_nan());
        assert_eq!(window.read(19_000).2, 5);
        // A clock that is set back adds to the newest slice.
        window.observe(7.0, 1, 0);
        assert_eq!(values(&mut window, 0), [7.0]);
    }
}
