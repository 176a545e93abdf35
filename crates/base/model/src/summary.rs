//! Quantiles over the last minutes, for the summaries that upstream exposes.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{Labels, Point, PointValue};

/// The quantiles that most of upstream's summaries have.
const QUANTILES: [f64; 5] = [0.01, 0.05, 0.5, 0.9, 0.99];
/// How far back they look, as upstream.
const WINDOW: Duration = Duration::from_secs(600);
/// Observations kept for the quantiles: 8 KiB, and an error well below a percent.
const MAX_KEPT: usize = 512;

/// A stream of observations.
#[derive(Debug)]
pub struct Summary {
    quantiles: &'static [f64],
    state: Mutex<State>,
}

impl Default for Summary {
    fn default() -> Self {
        Self::new(&QUANTILES)
    }
}

#[derive(Debug, Default)]
struct State {
    recent: VecDeque<(Instant, f64)>,
    sum: f64,
    count: u64,
}

impl Summary {
    /// A summary with these quantiles.
    pub fn new(quantiles: &'static [f64]) -> Self {
        Self {
            quantiles,
            state: Mutex::default(),
        }
    }

    /// Whoever held the lock left the state whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one observation.
    pub fn observe(&self, value: f64) {
        let mut state = self.state();
        state.sum += value;
        state.count += 1;
        if state.recent.len() >= MAX_KEPT {
            state.recent.pop_front();
        }
        state.recent.push_back((Instant::now(), value));
    }

    /// The state as a point of a family. Quantiles are NaN where nothing happened lately.
    pub fn point(&self, labels: Labels) -> Point {
        let state = self.state();
        let mut recent: Vec<f64> = state
            .recent
            .iter()
            .filter(|(moment, _)| moment.elapsed() <= WINDOW)
            .map(|(_, value)| *value)
            .collect();
        recent.sort_by(f64::total_cmp);
        let last = recent.len().saturating_sub(1);
        let value = |q: f64| {
            let place = (q * last as f64).round() as usize;
            recent.get(place).copied().unwrap_or(f64::NAN)
        };
        Point {
            labels,
            value: PointValue::Summary {
                quantiles: self.quantiles.iter().map(|&q| (q, value(q))).collect(),
                sum: state.sum,
                count: state.count,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_what_was_seen() {
        let summary = Summary::default();
        for value in 0..=100 {
            summary.observe(f64::from(value));
        }
        let PointValue::Summary {
            quantiles,
            sum,
            count,
        } = summary.point(Labels::empty()).value
        else {
            panic!("a summary gives a summary");
        };
        assert_eq!((sum, count), (5050.0, 101));
        let values: Vec<f64> = quantiles.iter().map(|(_, value)| *value).collect();
        assert_eq!(values, [1.0, 5.0, 50.0, 90.0, 99.0]);
    }
}
