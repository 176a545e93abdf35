//! Steps of relabelling, as configuration files write them.

use serde_json::{Value, json};

use crate::convert::{list, text};

/// Copies labels to another; joined by `;`.
pub(crate) fn copy(from: &[&str], to: &str) -> Value {
    json!({"source_labels": from, "target_label": to})
}

/// Copies what a pattern takes out of labels.
pub(crate) fn take(from: &[&str], pattern: &str, to: &str) -> Value {
    json!({
        "source_labels": from, "separator": ";", "regex": pattern,
        "replacement": "${1}", "target_label": to,
    })
}

/// Copies a label that has a value.
pub(crate) fn copy_if_any(from: &str, to: &str) -> Value {
    json!({"source_labels": [from], "regex": "(.+)", "replacement": "${1}", "target_label": to})
}

pub(crate) fn set(to: &str, value: &str) -> Value {
    // A `$` of a value is itself.
    json!({"target_label": to, "replacement": value.replace('$', "$$")})
}

pub(crate) fn keep(from: &[&str], pattern: &str) -> Value {
    json!({"action": "keep", "source_labels": from, "regex": pattern})
}

pub(crate) fn drop(from: &[&str], pattern: &str) -> Value {
    json!({"action": "drop", "source_labels": from, "regex": pattern})
}

/// A name as part of a discovered label.
pub(crate) fn sanitized(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars()
        .map(|c| if fits(c) { c } else { '_' })
        .collect()
}

/// Keeps the objects that a selector means, by the labels that discovery gives them: `role` is
/// `service` or `pod`.
pub(crate) fn selected(selector: &Value, role: &str) -> Vec<Value> {
    let label = |name: &str| format!("__meta_kubernetes_{role}_label_{}", sanitized(name));
    let present = |name: &str| format!("__meta_kubernetes_{role}_labelpresent_{}", sanitized(name));
    let mut steps = Vec::new();
    let equal = selector["matchLabels"].as_object().into_iter().flatten();
    for (name, value) in equal {
        let pattern = format!("({});true", text(value));
        steps.push(keep(&[&label(name), &present(name)], &pattern));
    }
    for condition in list(&selector["matchExpressions"]) {
        let name = text(&condition["key"]);
        let values: Vec<&str> = list(&condition["values"]).map(text).collect();
        let among = format!("({});true", values.join("|"));
        let (label, present) = (label(name), present(name));
        steps.push(match text(&condition["operator"]) {
            "In" => keep(&[&label, &present], &among),
            "NotIn" => drop(&[&label, &present], &among),
            "Exists" => keep(&[&present], "true"),
            _ => drop(&[&present], "true"),
        });
    }
    steps
}
