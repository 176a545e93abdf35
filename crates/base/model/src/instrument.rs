//! Counters, gauges, histograms and summaries that the running program counts with.
//!
//! Each is safe to use from any thread, costs one atomic operation (a histogram two and a short
//! lock-free loop), and is read when somebody asks for the program's own metrics.

use std::sync::atomic::{AtomicU64, Ordering};

pub use crate::summary::Summary;
use crate::{Labels, Point, PointValue};

/// A count that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// A counter at zero.
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Adds one.
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds `n`.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// The count so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    /// A gauge at zero.
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Sets the value.
    pub fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }

    /// Adds `delta`, which may be negative.
    pub fn add(&self, delta: f64) {
        add_f64(&self.0, delta);
    }

    /// The current value.
    pub fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }
}

fn add_f64(cell: &AtomicU64, delta: f64) {
    let _ = cell.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| {
        Some((f64::from_bits(bits) + delta).to_bits())
    });
}

/// Counts of observations in buckets with fixed upper bounds.
#[derive(Debug)]
pub struct Histogram {
    bounds: Vec<f64>,
    /// One count a bound, and the last for what lies above all of them. Not cumulative.
    counts: Vec<AtomicU64>,
    sum: AtomicU64,
}

impl Histogram {
    /// A histogram with the given rising upper bounds, `+Inf` left out.
    pub fn new(bounds: &[f64]) -> Self {
        Self {
            bounds: bounds.to_vec(),
            counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
        }
    }

    /// Counts one observation.
    pub fn observe(&self, value: f64) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        add_f64(&self.sum, value);
    }

    /// The state as a point of a [`crate::Family`].
    pub fn point(&self, labels: Labels) -> Point {
        let mut count = 0;
        let mut buckets = Vec::with_capacity(self.bounds.len());
        let counts = self.counts.iter().map(|c| c.load(Ordering::Relaxed));
        for (place, in_bucket) in counts.enumerate() {
            count += in_bucket;
            if let Some(bound) = self.bounds.get(place) {
                buckets.push((*bound, count));
            }
        }
        let sum = f64::from_bits(self.sum.load(Ordering::Relaxed));
        Point {
            labels,
            value: PointValue::Histogram {
                buckets,
                sum,
                count,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_count_up_to_and_with_their_bound() {
        let histogram = Histogram::new(&[0.1, 1.0]);
        for value in [0.05, 0.1, 0.5, 2.0] {
            histogram.observe(value);
        }
        let PointValue::Histogram {
            buckets,
            sum,
            count,
        } = histogram.point(Labels::empty()).value
        else {
            panic!("a histogram gives a histogram");
        };
        assert_eq!(buckets, [(0.1, 2), (1.0, 3)]);
        assert_eq!(count, 4);
        assert!((sum - 2.65).abs() < 1e-9);
    }
}
