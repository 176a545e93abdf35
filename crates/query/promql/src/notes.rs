//! Warnings and infos: what a query says beside its value, with the place in its text.

use std::collections::HashMap;

use crate::ast::Span;

/// Notes of one query; each text once, in the order they arose.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) warnings: Texts,
    pub(crate) infos: Texts,
    /// What the store said; of no place in the query.
    pub(crate) of_store: Vec<String>,
    /// How often anything was said, repetitions counted.
    said: usize,
}

/// Different texts in the order they arose, each with the last place in the query that it was
/// said of.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    list: Vec<(String, Span)>,
    /// Where in the list: a query over many metrics may say something of each.
    places: HashMap<String, usize>,
}

impl Texts {
    fn push(&mut self, text: &str, span: Span) {
        let known = self.places.get(text);
        if let Some((_, last)) = known.and_then(|place| self.list.get_mut(*place)) {
            *last = span;
        } else {
            self.places.insert(text.to_owned(), self.list.len());
            self.list.push((text.to_owned(), span));
        }
    }

    /// The texts behind their kind, each with its place.
    pub(crate) fn into_list(self, kind: &str, query: &str) -> Vec<String> {
        self.list
            .into_iter()
            .map(|(text, span)| format!("PromQL {kind}: {text} ({})", place(query, span)))
            .collect()
    }
}

impl Notes {
    /// How often anything was said so far, repetitions counted.
    pub(crate) fn said(&self) -> usize {
        self.said
    }

    /// What the store says of what it found, each text once.
    pub(crate) fn add_of_store(&mut self, texts: Vec<String>) {
        for text in texts {
            if !self.of_store.contains(&text) {
                self.of_store.push(text);
            }
        }
    }

    pub(crate) fn warn(&mut self, span: Span, text: &str) {
        self.said += 1;
        self.warnings.push(text, span);
    }

    pub(crate) fn info(&mut self, span: Span, text: &str) {
        self.said += 1;
        self.infos.push(text, span);
    }
}

/// `line:column` of a span's start, both from 1, columns in bytes.
fn place(query: &str, span: Span) -> String {
    let before = query.as_bytes().get(..span.start).unwrap_or_default();
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
    format!("{line}:{column}")
}

/// A text with the metric's name where it is known.
pub(crate) fn with_metric(text: &str, metric: &str) -> String {
    if metric.is_empty() {
        text.to_owned()
    } else {
        format!("{text} for metric name {}", model::name::quoted(metric))
    }
}

/// What was done to histograms when they were put together, in the words of notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Addition,
    Subtraction,
    Aggregation,
}

impl Operation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Addition => "addition",
            Self::Subtraction => "subtraction",
            Self::Aggregation => "aggregation",
        }
    }
}

/// What there may be to say about native histograms; the words are those clients know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// A range has numbers and histograms.
    MixedRange,
    /// An aggregation has numbers and histograms.
    MixedAggregation,
    /// The same histogram in its classic and its native form.
    MixedForms,
    /// Exponential and listed bounds.
    MixedSchemas,
    /// Counts of something that may fall.
    NotCounter,
    /// A difference of something that does not fall.
    NotGauge,
    /// The histograms of a range with numbers have no part in the result.
    IgnoredInRange,
    /// Listed bounds that differ.
    Reconciled(Operation),
    /// Counting began again, says one, and did not, says the other.
    HintCollision(Operation),
    /// A quantile that NaN among the observations made NaN.
    NanQuantile,
    /// A quantile that NaN among the observations raised.
    SkewedQuantile,
    /// NaN among the observations lies in no range.
    NanExcluded,
    /// Counting began before the sample before it was taken.
    StartOverlap,
}

impl Doubt {
    pub(crate) fn is_warning(self) -> bool {
        !matches!(
            self,
            Self::IgnoredInRange
                | Self::Reconciled(_)
                | Self::NanQuantile
                | Self::SkewedQuantile
                | Self::NanExcluded
        )
    }

    pub(crate) fn text(self, metric: &str) -> String {
        let quoted = || model::name::quoted(metric);
        match self {
            Self::MixedRange => format!(
                "encountered a mix of histograms and floats for metric name {}",
                quoted()
            ),
            Self::MixedAggregation => {
                "encountered a mix of histograms and floats for aggregation".to_owned()
            }
            Self::MixedForms => with_metric(
                "vector contains a mix of classic and native histograms",
                metric,
            ),
            Self::MixedSchemas => format!(
                "vector contains a mix of histograms with exponential and custom buckets schemas for metric name {}",
                quoted()
            ),
            Self::NotCounter => format!(
                "this native histogram metric is not a counter: {}",
                quoted()
            ),
            Self::NotGauge => format!("this native histogram metric is not a gauge: {}", quoted()),
            Self::IgnoredInRange => format!(
                "ignored histograms in a range containing both floats and histograms for metric name {}",
                quoted()
            ),
            Self::Reconciled(operation) => format!(
                "mismatched custom buckets were reconciled during {}",
                operation.as_str()
            ),
            Self::HintCollision(operation) => format!(
                "conflicting counter resets during histogram {}",
                operation.as_str()
            ),
            Self::NanQuantile => with_metric(
                "input to histogram_quantile has NaN observations, result is NaN",
                metric,
            ),
            Self::SkewedQuantile => with_metric(
                "input to histogram_quantile has NaN observations, result is skewed higher",
                metric,
            ),
            Self::NanExcluded => with_metric(
                "input to histogram_fraction has NaN observations, which are excluded from all fractions",
                metric,
            ),
            Self::StartOverlap => format!(
                "sample has start time that overlaps with previous sample timestamp for metric {}",
                quoted()
            ),
        }
    }
}
