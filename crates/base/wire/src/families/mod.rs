//! Metric families as a whole, as pushers send them and a push gateway shows them.
//!
//! Where [`crate::exposition`] goes through a body sample by sample, this module puts a body
//! together: the lines of a histogram or a summary become one metric. What is read keeps labels
//! with empty values, for a push gateway shows them, and knows whether a description was given.
//!
//! [`read_text`] reads the text form 0.0.4 and tells what is wrong with it in upstream's words;
//! [`read_protobuf`] reads delimited messages, and [`write_protobuf`] writes them without loss.
//! [`Overlay`] is what the pusher's URL says of every metric.
//!
//! Absent: exemplars, native histograms (their classic buckets are kept), OpenMetrics.

mod labels;
mod lines;
mod protobuf;
mod text;
mod write;

use model::FamilyKind;
use thiserror::Error;

pub use labels::{LabelPairs, Overlay};
pub use protobuf::{read_protobuf, write_protobuf};
pub use text::read_text;
pub use write::{describe, write_head, write_metric};

/// Metrics of one name.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricFamily {
    /// The metric's name.
    pub name: Box<str>,
    /// What its numbers mean; never `Info` or `StateSet`, which neither form knows.
    pub kind: FamilyKind,
    /// For people, where given.
    pub help: Option<Box<str>>,
    /// Its metrics, in the order of the body.
    pub metrics: Vec<Metric>,
}

/// One metric of a family.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// All labels but the name, and but the one that tells a part from the others.
    pub labels: LabelPairs,
    /// What it says.
    pub value: MetricValue,
}

/// What a metric says.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricValue {
    /// A counter, a gauge or a number of unknown meaning.
    Number(f64),
    /// A histogram: upper bounds with what lies up to them, in the order given.
    Histogram(Box<Parts<u64>>),
    /// A summary: quantiles with their values, in the order given.
    Summary(Box<Parts<f64>>),
}

/// The parts of a histogram or a summary.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts<T> {
    /// Bounds or quantiles, and what belongs to each.
    pub parts: Vec<(f64, T)>,
    /// The sum of what was observed.
    pub sum: f64,
    /// How many observations there were.
    pub count: u64,
}

impl<T> Default for Parts<T> {
    fn default() -> Self {
        Self {
            parts: Vec::new(),
            sum: 0.0,
            count: 0,
        }
    }
}

/// One line of a metric in the text form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// What the name ends with beyond the family's.
    pub suffix: &'static str,
    /// The label that tells the line from the others, with its number.
    pub part: Option<(&'static str, f64)>,
    /// The value.
    pub value: f64,
}

impl MetricValue {
    /// The lines of the text form in their order; a histogram without a bucket for all gets one.
    pub fn lines(&self, mut take: impl FnMut(Line)) {
        let mut line = |suffix, part, value| {
            take(Line {
                suffix,
                part,
                value,
            });
        };
        match self {
            Self::Number(value) => line("", None, *value),
            Self::Histogram(histogram) => {
                let mut has_all = false;
                for (bound, count) in &histogram.parts {
                    has_all |= *bound == f64::INFINITY;
                    line("_bucket", Some(("le", *bound)), *count as f64);
                }
                let count = histogram.count as f64;
                if !has_all {
                    line("_bucket", Some(("le", f64::INFINITY)), count);
                }
                line("_sum", None, histogram.sum);
                line("_count", None, count);
            }
            Self::Summary(summary) => {
                for (quantile, value) in &summary.parts {
                    line("", Some(("quantile", *quantile)), *value);
                }
                line("_sum", None, summary.sum);
                line("_count", None, summary.count as f64);
            }
        }
    }

    /// How many lines there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Number(_) => 1,
            Self::Histogram(histogram) => {
                let all = |(bound, _): &(f64, u64)| *bound == f64::INFINITY;
                histogram.parts.len() + 2 + usize::from(!histogram.parts.iter().any(all))
            }
            Self::Summary(summary) => summary.parts.len() + 2,
        }
    }
}

/// What a body says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Families {
    /// Those that have metrics, sorted by name.
    pub families: Vec<MetricFamily>,
    /// Whether any sample has a time of its own. The times themselves are not kept.
    pub has_times: bool,
}

impl Families {
    /// Puts in order what was read.
    fn new(mut families: Vec<MetricFamily>, has_times: bool) -> Self {
        families.retain(|family| !family.metrics.is_empty());
        families.sort_by(|one, other| one.name.cmp(&other.name));
        Self {
            families,
            has_times,
        }
    }
}

/// A body that does not keep to its form.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FamiliesError {
    /// A text with a fault.
    #[error("text format parsing error in line {line}: {reason}")]
    Text {
        /// The line, from 1.
        line: usize,
        /// What is wrong, in upstream's words.
        reason: String,
    },
    /// Messages with a fault.
    #[error("protobuf: family {family}: {reason}")]
    Protobuf {
        /// The family, from 1.
        family: usize,
        /// What is wrong.
        reason: String,
    },
}

#[cfg(test)]
mod tests;
