//! What a query answers with.

use std::sync::Arc;
use std::time::Duration;

use model::{Columns, FloatHistogram, Labels, Sample};

use crate::budget::Allowance;
use crate::histogram::buckets::all;
use crate::memory::Held;
use crate::tally::StepSamples;

/// What a series has at a moment.
#[derive(Clone, Debug, PartialEq)]
pub enum SampleValue {
    /// A number.
    Float(f64),
    /// A native histogram.
    Histogram(Arc<FloatHistogram>),
}

impl SampleValue {
    /// The number; none of a histogram.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(number) => Some(*number),
            Self::Histogram(_) => None,
        }
    }
}

/// A bucket of a native histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistogramBucket {
    /// Its lower bound.
    pub lower: f64,
    /// Its upper bound.
    pub upper: f64,
    /// Observations in it.
    pub count: f64,
    /// Whether an observation of the lower bound itself falls into it.
    pub lower_included: bool,
    /// Whether an observation of the upper bound itself falls into it.
    pub upper_included: bool,
}

/// The buckets of a histogram that are not empty, rising.
pub fn histogram_buckets(histogram: &FloatHistogram) -> Vec<HistogramBucket> {
    let buckets = all(histogram).into_iter().filter(|b| b.count != 0.0);
    buckets
        .map(|bucket| {
            let (lower_included, upper_included) = bucket.includes(histogram.is_custom());
            HistogramBucket {
                lower: bucket.lower,
                upper: bucket.upper,
                count: bucket.count,
                lower_included,
                upper_included,
            }
        })
        .collect()
}

/// One series of an instant answer.
#[derive(Clone, Debug, PartialEq)]
pub struct InstantSample {
    /// Its labels.
    pub labels: Labels,
    /// The query's time, in milliseconds since the epoch.
    pub time: i64,
    /// What it has there.
    pub value: SampleValue,
}

/// One series of a range answer.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeSeries {
    /// Its labels.
    pub labels: Labels,
    /// Its values at the steps where it has one: numbers and [`FloatHistogram`]s.
    pub samples: Columns,
}

/// The value of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// One number.
    Scalar(Sample),
    /// A text.
    String {
        /// The query's time, in milliseconds since the epoch.
        time: i64,
        /// The text.
        value: String,
    },
    /// One value a series; sorting functions and topk decide the order.
    Vector(Vec<InstantSample>),
    /// Samples a series, sorted by labels.
    Matrix(Vec<RangeSeries>),
}

/// What a query cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// Samples that were looked at, each as often as a step looked at it.
    pub total_samples: u64,
    /// Samples that were read, each once a selector.
    pub samples_read: u64,
    /// Samples held in memory at once, at most.
    pub peak_samples: u64,
    /// Bytes held in memory at once, at most.
    pub peak_bytes: u64,
    /// Series that selectors found.
    pub series: u64,
    /// Chunks of samples that were decoded.
    pub chunks: u64,
    /// Blocks in which selectors found series, each once a selector.
    pub blocks: u64,
    /// Samples by step, where the engine counts them and the asker wants that.
    pub steps: Option<StepSamples>,
    /// Time spent waiting for a free place among the running queries.
    pub queue_time: Duration,
    /// Time spent reading the query's text.
    pub prepare_time: Duration,
    /// Time spent evaluating.
    pub eval_time: Duration,
    /// The part of it that went into sorting the answer.
    pub sort_time: Duration,
}

/// A query's value with what there is to say about it.
#[derive(Clone, Debug)]
pub struct QueryResult {
    /// The value.
    pub value: Value,
    /// Doubts about the result, in the order they arose.
    pub warnings: Vec<String>,
    /// Hints that do not put the result in doubt.
    pub infos: Vec<String>,
    /// What it cost.
    pub stats: Stats,
    /// The memory that the value counts for in the engine's limits.
    pub held: Held,
    /// What is left to spend on writing the answer down.
    pub allowance: Allowance,
}
