//! The state of one series.

use std::sync::Arc;

use config::{StatsdHistogram, StatsdKind};
use model::{FamilyKind, PointValue};

use crate::mapper::Observer;
use crate::members::Members;
use crate::native::Native;
use crate::window::Window;

/// The type of a metric: all series of a name have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Type {
    Counter,
    Gauge,
    Set,
    Summary,
    Histogram,
}

impl Type {
    pub(crate) const ALL: [Self; 5] = [
        Self::Counter,
        Self::Gauge,
        Self::Set,
        Self::Summary,
        Self::Histogram,
    ];

    /// What a sample becomes.
    pub(crate) fn of(kind: StatsdKind, observer: &Observer) -> Self {
        match (kind, observer) {
            (StatsdKind::Counter, _) => Self::Counter,
            (StatsdKind::Gauge, _) => Self::Gauge,
            (StatsdKind::Observer, Observer::Summary(_)) => Self::Summary,
            (StatsdKind::Observer, Observer::Histogram(_)) => Self::Histogram,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Set => "set",
            other => other.family().as_str(),
        }
    }

    pub(crate) fn family(self) -> FamilyKind {
        match self {
            Self::Counter => FamilyKind::Counter,
            Self::Gauge | Self::Set => FamilyKind::Gauge,
            Self::Summary => FamilyKind::Summary,
            Self::Histogram => FamilyKind::Histogram,
        }
    }

    /// What is written behind the name for series of their own; the name itself is written by
    /// all types but the histogram.
    pub(crate) fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter | Self::Gauge | Self::Set => &[],
            Self::Summary => &["_sum", "_count"],
            Self::Histogram => &["_sum", "_count", "_bucket"],
        }
    }

    /// The label that the type writes itself.
    pub(crate) fn reserved_label(self) -> Option<&'static str> {
        match self {
            Self::Counter | Self::Gauge | Self::Set => None,
            Self::Summary => Some("quantile"),
            Self::Histogram => Some("le"),
        }
    }
}

/// What a sample does to its series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) value: f64,
    /// The value of a set.
    pub(crate) member: Option<u64>,
    pub(crate) times: u64,
    pub(crate) is_relative: bool,
    /// Milliseconds over which members of sets are counted.
    pub(crate) set_interval: i64,
    pub(crate) now: i64,
}

/// What was counted so far.
#[derive(Debug)]
pub(crate) enum Value {
    Counter(f64),
    Gauge(f64),
    Set(Box<Members>),
    Summary(Box<Window>),
    Histogram(Box<Buckets>),
}

impl Value {
    /// Nothing counted yet.
    pub(crate) fn new(of: Type, observer: &Observer, now: i64) -> Self {
        match (of, observer) {
            (Type::Counter, _) => Self::Counter(0.0),
            (Type::Set, _) => Self::Set(Box::default()),
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
    pub(crate) fn take(&mut self, change: Change) {
        let Change {
            value, times, now, ..
        } = change;
        match self {
            Self::Counter(count) => *count += value,
            Self::Gauge(gauge) if change.is_relative => *gauge += value,
            Self::Gauge(gauge) => *gauge = value,
            Self::Set(members) => members.insert(change.member, change.set_interval, now),
            Self::Summary(window) => window.observe(value, times, now),
            Self::Histogram(buckets) => buckets.observe(value, times),
        }
    }

    /// The state as it is exposed.
    pub(crate) fn point(&mut self, now: i64) -> PointValue {
        match self {
            Self::Counter(value) | Self::Gauge(value) => PointValue::Number(*value),
            Self::Set(members) => PointValue::Number(members.read(now)),
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
    native: Option<Native>,
    sum: f64,
}

impl Buckets {
    fn new(options: Arc<StatsdHistogram>) -> Self {
        Self {
            counts: vec![0; options.buckets.len() + 1],
            native: Native::new(&options),
            options,
            sum: 0.0,
        }
    }

    fn observe(&mut self, value: f64, times: u64) {
        let bucket = self.options.buckets.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get_mut(bucket) {
            *count = count.saturating_add(times);
        }
        if let Some(native) = &mut self.native {
            native.observe(value, times);
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
        let buckets = bounds.zip(cumulative).collect();
        match &self.native {
            Some(native) => PointValue::NativeHistogram {
                buckets,
                native: Box::new(native.histogram(self.sum)),
            },
            None => PointValue::Histogram {
                buckets,
                sum: self.sum,
                count,
            },
        }
    }
}
