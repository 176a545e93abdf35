//! The state of one series.

use std::sync::Arc;

use config::{StatsdHistogram, StatsdKind};
use model::{FamilyKind, PointValue};

use crate::mapper::Observer;
use crate::window::Window;

/// The type of a metric: all series of a name have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Type {
    Counter,
    Gauge,
    Summary,
    Histogram,
}

impl Type {
    pub(crate) const ALL: [Self; 4] = [Self::Counter, Self::Gauge, Self::Summary, Self::Histogram];

    /// What a sample becomes.
    pub(crate) fn of(kind: StatsdKind, observer: &Observer) -> Self {
        match (kind, observer) {
            (StatsdKind::Counter, _) => Self::Counter,
            (StatsdKind::Gauge, _) => Self::Gauge,
            (StatsdKind::Observer, Observer::Summary(_)) => Self::Summary,
            (StatsdKind::Observer, Observer::Histogram(_)) => Self::Histogram,
        }
    }

    pub(crate) fn family(self) -> FamilyKind {
        match self {
            Self::Counter => FamilyKind::Counter,
            Self::Gauge => FamilyKind::Gauge,
            Self::Summary => FamilyKind::Summary,
            Self::Histogram => FamilyKind::Histogram,
        }
    }

    /// What is written behind the name for series of their own; the name itself is written by
    /// all types but the histogram.
    pub(crate) fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter | Self::Gauge => &[],
            Self::Summary => &["_sum", "_count"],
            Self::Histogram => &["_sum", "_count", "_bucket"],
        }
    }

    /// The label that the type writes itself.
    pub(crate) fn reserved_label(self) -> Option<&'static str> {
        match self {
            Self::Counter | Self::Gauge => None,
            Self::Summary => Some("quantile"),
            Self::Histogram => Some("le"),
        }
    }
}

/// What was counted so far.
#[derive(Debug)]
pub(crate) enum Value {
    Counter(f64),
    Gauge(f64),
    Summary(Box<Window>),
    Histogram(Box<Buckets>),
}

impl Value {
    /// Nothing counted yet.
    pub(crate) fn new(of: Type, observer: &Observer, now: i64) -> Self {
        match (of, observer) {
            (Type::Counter, _) => Self::Counter(0.0),
            (Type::Summary, Observer::Summary(options)) => {
                Self::Summary(Box::new(Window::new(Arc::clone(options), now)))
            }
            (Type::Histogram, Observer::Histogram(options)) => {
                Self::Histogram(Box::new(Buckets::new(Arc::clone(options))))
            }
            _ => Self::Gauge(0.0),
        }
    }

    /// Takes a sample.
    pub(crate) fn take(&mut self, value: f64, times: u64, is_relative: bool, now: i64) {
        match self {
            Self::Counter(count) => *count += value,
            Self::Gauge(gauge) if is_relative => *gauge += value,
            Self::Gauge(gauge) => *gauge = value,
            Self::Summary(window) => window.observe(value, times, now),
            Self::Histogram(buckets) => buckets.observe(value, times),
        }
    }

    /// The state as it is exposed.
    pub(crate) fn point(&mut self, now: i64) -> PointValue {
        match self {
            Self::Counter(value) | Self::Gauge(value) => PointValue::Number(*value),
            Self::Summary(window) => {
                let (quantiles, sum, count) = window.read(now);
                PointValue::Summary {
                    quantiles,
                    sum,
                    count,
                }
            }
            Self::Histogram(buckets) => buckets.point(),
        }
    }
}

/// Counts in buckets.
#[derive(Debug)]
pub(crate) struct Buckets {
    options: Arc<StatsdHistogram>,
    /// One count a bound, and the last for what lies above all of them. Not cumulative.
    counts: Vec<u64>,
    sum: f64,
}

impl Buckets {
    fn new(options: Arc<StatsdHistogram>) -> Self {
        Self {
            counts: vec![0; options.buckets.len() + 1],
            options,
            sum: 0.0,
        }
    }

    fn observe(&mut self, value: f64, times: u64) {
        let bucket = self.options.buckets.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get_mut(bucket) {
            *count = count.saturating_add(times);
        }
        self.sum += value * times as f64;
    }

    fn point(&self) -> PointValue {
        let mut count = 0u64;
        let cumulative = self.counts.iter().map(|in_bucket| {
            count = count.saturating_add(*in_bucket);
            count
        });
        let cumulative: Vec<u64> = cumulative.collect();
        let bounds = self.options.buckets.iter().copied();
        PointValue::Histogram {
            buckets: bounds.zip(cumulative).collect(),
            sum: self.sum,
            count,
        }
    }
}
