//! Writing families in the text form, and one metric as error texts show it.

use std::fmt::Write as _;

use model::{FamilyKind, name, number};

use super::{Metric, MetricFamily, MetricValue};
use crate::exposition::write::{push_escaped, push_series};

/// Writes what stands before the metrics of a family.
pub fn write_head(name: &str, kind: FamilyKind, help: Option<&str>, out: &mut String) {
    if let Some(help) = help {
        out.push_str("# HELP ");
        out.push_str(name);
        out.push(' ');
        push_escaped(out, help, false);
        out.push('\n');
    }
    out.push_str("# TYPE ");
    out.push_str(name);
    out.push(' ');
    out.push_str(match kind {
        FamilyKind::Unknown => "untyped",
        FamilyKind::GaugeHistogram => "histogram",
        kind => kind.as_str(),
    });
    out.push('\n');
}

/// Writes a metric of a family of this name.
pub fn write_metric(name: &str, metric: &Metric, out: &mut String) {
    let mut bound = String::new();
    metric.value.lines(|line| {
        bound.clear();
        let part = line.part.map(|(label, number)| {
            push_number(&mut bound, number);
            (label, bound.as_str())
        });
        push_series(out, name, line.suffix, metric.labels.iter().chain(part));
        out.push(' ');
        push_number(out, line.value);
        out.push('\n');
    });
}

/// A number as the text form has it: no zero has a sign.
fn push_number(out: &mut String, value: f64) {
    number::push_general(out, if value == 0.0 { 0.0 } else { value });
}

/// A metric as upstream's errors show it: the text form of its message.
pub fn describe(family: &MetricFamily, metric: &Metric) -> String {
    let mut out = String::new();
    // Writing to a text cannot fail.
    for (label, value) in metric.labels.iter() {
        let (label, value) = (name::quoted(label), name::quoted(value));
        let _ = write!(out, "label:<name:{label} value:{value} > ");
    }
    let number = |value: f64| {
        let mut text = String::new();
        number::push_general(&mut text, value);
        text
    };
    match &metric.value {
        MetricValue::Number(value) => {
            let kind = match family.kind {
                FamilyKind::Counter => "counter",
                FamilyKind::Gauge => "gauge",
                _ => "untyped",
            };
            let _ = write!(out, "{kind}:<value:{} > ", number(*value));
        }
        MetricValue::Histogram(histogram) => {
            let (count, sum) = (histogram.count, number(histogram.sum));
            let _ = write!(out, "histogram:<sample_count:{count} sample_sum:{sum} ");
            for (bound, count) in &histogram.parts {
                let bound = number(*bound);
                let _ = write!(
                    out,
                    "bucket:<cumulative_count:{count} upper_bound:{bound} > "
                );
            }
            out.push_str("> ");
        }
        MetricValue::Summary(summary) => {
            let (count, sum) = (summary.count, number(summary.sum));
            let _ = write!(out, "summary:<sample_count:{count} sample_sum:{sum} ");
            for (quantile, value) in &summary.parts {
                let (quantile, value) = (number(*quantile), number(*value));
                let _ = write!(out, "quantile:<quantile:{quantile} value:{value} > ");
            }
            out.push_str("> ");
        }
    }
    out
}
