//! What a query answers with.

use std::time::Duration;

use model::{Columns, Labels, Sample};

/// One series of an instant answer.
#[derive(Clone, Debug, PartialEq)]
pub struct InstantSample {
    /// Its labels.
    pub labels: Labels,
    /// The query's time, in milliseconds since the epoch.
    pub time: i64,
    /// The number.
    pub value: f64,
}

/// One series of a range answer.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeSeries {
    /// Its labels.
    pub labels: Labels,
    /// Its values at the steps where it has one.
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
    /// One number a series; sorting functions and topk decide the order.
    Vector(Vec<InstantSample>),
    /// Samples a series, sorted by labels.
    Matrix(Vec<RangeSeries>),
}

/// What a query cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    /// Samples that were looked at, each as often as a step looked at it.
    pub total_samples: u64,
    /// Samples held in memory at once, at most.
    pub peak_samples: u64,
    /// Time spent waiting for a free place among the running queries.
    pub queue_time: Duration,
    /// Time spent reading the query's text.
    pub prepare_time: Duration,
    /// Time spent evaluating.
    pub eval_time: Duration,
}

/// A query's value with what there is to say about it.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryResult {
    /// The value.
    pub value: Value,
    /// Doubts about the result, in the order they arose.
    pub warnings: Vec<String>,
    /// Hints that do not put the result in doubt.
    pub infos: Vec<String>,
    /// What it cost.
    pub stats: Stats,
}
