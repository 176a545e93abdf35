//! Warnings and infos: what a query says beside its value, with the place in its text.

use crate::ast::Span;

/// Notes of one query; each text once, in the order they arose.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) warnings: Vec<String>,
    pub(crate) infos: Vec<String>,
}

impl Notes {
    pub(crate) fn warn(&mut self, query: &str, span: Span, text: &str) {
        push(
            &mut self.warnings,
            format!("PromQL warning: {text} ({})", place(query, span)),
        );
    }

    pub(crate) fn info(&mut self, query: &str, span: Span, text: &str) {
        push(
            &mut self.infos,
            format!("PromQL info: {text} ({})", place(query, span)),
        );
    }
}

fn push(list: &mut Vec<String>, text: String) {
    if !list.contains(&text) {
        list.push(text);
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
