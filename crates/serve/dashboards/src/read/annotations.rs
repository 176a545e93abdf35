//! Annotations: queries whose samples are events to mark.

use serde_json::Value;

use super::json::{flag, flag_or, get, list, some_text, text};
use super::problems::Problems;
use super::sources::Sources;
use crate::model::{Annotation, Signal};

/// Annotations of one dashboard: each is a query at every look.
const MAX_ANNOTATIONS: usize = 50;

/// The annotations of a document. Grafana's own, which mark what somebody wrote there, are in
/// every document and left out.
pub(crate) fn annotations(
    document: &Value,
    sources: &Sources,
    problems: &mut Problems,
) -> Vec<Annotation> {
    let given = list(get(document, "annotations"), "list").iter();
    let mut found = Vec::new();
    for (place, one) in given.enumerate() {
        let below = format!("annotations.list[{place}]");
        let is_built_in = matches!(get(one, "builtIn"), Value::Number(_) | Value::Bool(true));
        if is_built_in || !flag_or(one, "enable", true) && flag(one, "hide") {
            continue;
        }
        let target = get(one, "target");
        let expr = some_text(one, "expr").or_else(|| some_text(target, "expr"));
        let signal = sources.signal(get(one, "datasource"));
        let is_of_metrics = matches!(signal, None | Some(Signal::Metrics));
        match expr.filter(|_| is_of_metrics) {
            _ if found.len() >= MAX_ANNOTATIONS => {
                let told = format!("only the first {MAX_ANNOTATIONS} annotations are shown");
                problems.note(below, told);
                break;
            }
            Some(expr) => found.push(annotation(one, expr)),
            None => problems.note(below, "annotations come from queries of metrics alone"),
        }
    }
    found
}

fn annotation(one: &Value, expr: String) -> Annotation {
    Annotation {
        name: text(one, "name"),
        enabled: flag_or(one, "enable", true),
        hide: flag(one, "hide"),
        color: text(one, "iconColor"),
        expr,
        step: text(one, "step"),
        title: text(one, "titleFormat"),
        text: text(one, "textFormat"),
        tags: text(one, "tagKeys"),
        use_value_for_time: get(one, "useValueForTime") == &Value::from("on")
            || flag(one, "useValueForTime"),
    }
}
