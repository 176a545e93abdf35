//! What is said of a test that failed, in promtool's words.

use std::fmt::Write as _;
use std::time::Duration;

use config::{AlertTest, ExpressionTest};
use contract::Texts;
use model::{Labels, name, number};

use super::difference;

/// An alert, expected or found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alert {
    pub(super) labels: Labels,
    pub(super) annotations: Texts,
}

/// A sample, expected or found.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) labels: Labels,
    /// Does not count where there is a histogram.
    pub(super) value: f64,
    pub(super) histogram: Option<String>,
}

impl Sample {
    /// Whether another one is what is expected here; `fuzzy` takes the numbers next to the value,
    /// too.
    pub(super) fn fits(&self, got: &Self, fuzzy: bool) -> bool {
        let (a, b) = (self.value, got.value);
        let near = a == b || fuzzy && (a.next_down() == b || a.next_up() == b);
        let values = self.histogram.is_some() || near;
        self.labels == got.labels && self.histogram == got.histogram && values
    }
}

/// Alerts that are not the expected ones, one list behind the other.
pub(super) fn alerts(name: &str, test: &AlertTest, expected: &[Alert], got: &[Alert]) -> String {
    let (expected, got) = (alert_list(expected), alert_list(got));
    let heading = alert_heading(name, test);
    format!("{heading}\n        exp:{expected}, \n        got:{got}")
}

/// Alerts that are not the expected ones, side by side.
pub(super) fn compared(name: &str, test: &AlertTest, expected: &[Alert], got: &[Alert]) -> String {
    let difference = difference::of(expected, got);
    let difference = difference.replace('\n', &format!("\n{INDENT}"));
    let heading = alert_heading(name, test);
    format!("{heading}\n        diff: {difference}")
}

fn alert_heading(name: &str, test: &AlertTest) -> String {
    let name = match name {
        "" => String::new(),
        name => format!("    name: {name},\n"),
    };
    let time = duration(test.at);
    format!("{name}    alertname: {}, time: {time}, ", test.name)
}

/// What stands before the lines of a list.
const INDENT: &str = "            ";

fn alert_list(alerts: &[Alert]) -> String {
    if alerts.is_empty() {
        return "[]".to_owned();
    }
    let mut text = "[".to_owned();
    for (place, alert) in alerts.iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        let _ = write!(
            text,
            "{comma}\n{INDENT}{place}:\n{INDENT}  Labels:{}\n{INDENT}  Annotations:{}",
            alert.labels,
            texts(&alert.annotations)
        );
    }
    let _ = write!(text, "\n{INDENT}]");
    text
}

/// Names and texts as labels are written.
fn texts(texts: &Texts) -> String {
    let pairs = texts.iter();
    let pairs: Vec<String> = pairs
        .map(|(name, text)| {
            let name = if name::is_legacy_label(name) {
                name.clone()
            } else {
                name::quoted(name)
            };
            format!("{name}={}", name::quoted(text))
        })
        .collect();
    format!("{{{}}}", pairs.join(", "))
}

fn heading(test: &ExpressionTest) -> String {
    let (expression, time) = (name::quoted(&test.expression), duration(test.at));
    format!("    expr: {expression}, time: {time},")
}

/// A query that could not be answered, or whose expectation cannot be read.
pub(super) fn failed(test: &ExpressionTest, reason: &str) -> String {
    format!("{} err: {reason}", heading(test))
}

/// Samples that are not the expected ones.
pub(super) fn samples(test: &ExpressionTest, expected: &[Sample], got: &[Sample]) -> String {
    format!(
        "{}\n        exp: {}\n        got: {}",
        heading(test),
        sample_list(expected),
        sample_list(got)
    )
}

fn sample_list(samples: &[Sample]) -> String {
    if samples.is_empty() {
        return "nil".to_owned();
    }
    let samples = samples.iter().map(|sample| {
        let value = sample.histogram.clone().unwrap_or_else(|| {
            let mut text = String::new();
            number::push_exponent(&mut text, sample.value);
            // Infinity has no exponent.
            if sample.value.is_finite() {
                text = text.replace('e', "E");
            }
            text
        });
        format!("{} {value}", sample.labels)
    });
    samples.collect::<Vec<_>>().join(", ")
}

/// A length of time as files write it: `1h30m`.
pub(super) fn duration(length: Duration) -> String {
    model::duration::format(i64::try_from(length.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_next_to_a_value_is_as_good_where_that_is_asked_for() {
        let sample = |value: f64| Sample {
            labels: Labels::empty(),
            value,
            histogram: None,
        };
        let near = sample(1.0_f64.next_up());
        assert!(sample(1.0).fits(&near, true));
        assert!(!sample(1.0).fits(&near, false));
        assert!(!sample(1.0).fits(&sample(near.value.next_up()), true));
    }
}
