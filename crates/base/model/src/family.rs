//! Metric families: what a program says about its own state, before any text format.

use crate::{IntegerHistogram, Labels};

/// What a family's numbers mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FamilyKind {
    /// A count that only grows.
    Counter,
    /// A number that goes up and down.
    Gauge,
    /// Counts of observations in buckets.
    Histogram,
    /// Counts of observations with quantiles.
    Summary,
    /// Labels that describe something; the value is 1.
    Info,
    /// One series a state, of which those that hold are 1.
    StateSet,
    /// A histogram of what is now, not of what has been.
    GaugeHistogram,
    /// Not said.
    Unknown,
}

impl FamilyKind {
    /// The kind's name in metadata answers and OpenMetrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::StateSet => "stateset",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Unknown => "unknown",
        }
    }
}

/// The value of one point of a family.
#[derive(Clone, Debug, PartialEq)]
pub enum PointValue {
    /// A counter, gauge or untyped number.
    Number(f64),
    /// A histogram: (upper bound, cumulative count), rising, without the `+Inf` bucket.
    Histogram {
        /// Cumulative counts by upper bound.
        buckets: Vec<(f64, u64)>,
        /// Sum of all observations.
        sum: f64,
        /// How many observations there were.
        count: u64,
    },
    /// A native histogram with classic buckets beside it, for forms that know no others.
    NativeHistogram {
        /// Cumulative counts by upper bound.
        buckets: Vec<(f64, u64)>,
        /// Sum, count and native buckets.
        native: Box<IntegerHistogram>,
    },
    /// A summary: (quantile, value).
    Summary {
        /// Values by quantile.
        quantiles: Vec<(f64, f64)>,
        /// Sum of all observations.
        sum: f64,
        /// How many observations there were.
        count: u64,
    },
}

/// One point of a family: labels without the metric's name, and a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Labels within the family.
    pub labels: Labels,
    /// The value.
    pub value: PointValue,
}

/// A metric name with its meaning and its points.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The metric's full name as the text format shows it (`…_total` for counters).
    pub name: String,
    /// One sentence on what it measures.
    pub help: String,
    /// What the numbers mean.
    pub kind: FamilyKind,
    /// The points, one a label set.
    pub points: Vec<Point>,
}

impl Family {
    /// A family without points.
    pub fn new(name: &str, help: &str, kind: FamilyKind) -> Self {
        Self {
            name: name.to_owned(),
            help: help.to_owned(),
            kind,
            points: Vec::new(),
        }
    }

    /// A counter with one point and no labels.
    pub fn counter(name: &str, help: &str, value: f64) -> Self {
        Self::new(name, help, FamilyKind::Counter).with([("", ""); 0], value)
    }

    /// A gauge with one point and no labels.
    pub fn gauge(name: &str, help: &str, value: f64) -> Self {
        Self::new(name, help, FamilyKind::Gauge).with([("", ""); 0], value)
    }

    /// Adds a number.
    pub fn push<N: AsRef<str>, V: AsRef<str>>(
        &mut self,
        labels: impl IntoIterator<Item = (N, V)>,
        value: f64,
    ) {
        let labels = Labels::from_pairs(labels);
        self.points.push(Point {
            labels,
            value: PointValue::Number(value),
        });
    }

    /// The family with one number more.
    #[must_use]
    pub fn with<N: AsRef<str>, V: AsRef<str>>(
        mut self,
        labels: impl IntoIterator<Item = (N, V)>,
        value: f64,
    ) -> Self {
        self.push(labels, value);
        self
    }
}
