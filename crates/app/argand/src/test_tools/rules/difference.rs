//! Two lists of alerts side by side, coloured: what is missing in red, what is too much in green,
//! what is another in yellow, and all else as it is.

use std::collections::BTreeSet;

use model::name::quoted;
use serde_json::{Map, Value, json};

use super::words::Alert;

const GREEN: &str = "\u{1b}[0;32m";
const RED: &str = "\u{1b}[0;31m";
const YELLOW: &str = "\u{1b}[0;33m";
const PLAIN: &str = "\u{1b}[0m";
/// What stands before a line for each level.
const INDENT: &str = "    ";

/// Writes what was expected against what came.
pub(super) fn of(expected: &[Alert], got: &[Alert]) -> String {
    let mut text = String::new();
    both(&mut text, &value(expected), &value(got), 0);
    text
}

/// Alerts as a tree; where there is none, an empty one stands for it.
fn value(alerts: &[Alert]) -> Value {
    let one = |alert: &Alert| {
        let labels = alert.labels.iter();
        let labels: Map<String, Value> = labels
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let annotations = alert.annotations.iter().cloned();
        let annotations: Map<String, Value> = annotations
            .map(|(name, text)| (name, text.into()))
            .collect();
        json!({"Annotations": annotations, "Labels": labels})
    };
    match alerts {
        [] => json!([{"Annotations": {}, "Labels": {}}]),
        alerts => alerts.iter().map(one).collect(),
    }
}

fn new_line(text: &mut String, level: usize) {
    text.push('\n');
    text.push_str(&INDENT.repeat(level));
}

/// What stands in both at one place.
fn both(text: &mut String, expected: &Value, got: &Value, level: usize) {
    match (expected, got) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let members = keys.into_iter().map(|key| Member {
                key: format!("{}: ", quoted(key)),
                expected: a.get(key),
                got: b.get(key),
            });
            members_of(text, ('{', '}'), members.collect(), level);
        }
        (Value::Array(a), Value::Array(b)) => {
            let members = (0..a.len().max(b.len())).map(|place| Member {
                key: String::new(),
                expected: a.get(place),
                got: b.get(place),
            });
            members_of(text, ('[', ']'), members.collect(), level);
        }
        (a, b) if a == b => text.push_str(&leaf(a)),
        (a, b) => text.push_str(&format!("{YELLOW}{} => {}{PLAIN}", leaf(a), leaf(b))),
    }
}

/// What stands at one place of a list or map, in one of two or in both.
struct Member<'a> {
    key: String,
    expected: Option<&'a Value>,
    got: Option<&'a Value>,
}

fn members_of(text: &mut String, signs: (char, char), members: Vec<Member<'_>>, level: usize) {
    text.push(signs.0);
    let last = members.len().saturating_sub(1);
    for (place, member) in members.iter().enumerate() {
        new_line(text, level + 1);
        match (member.expected, member.got) {
            (Some(expected), Some(got)) => {
                text.push_str(&member.key);
                both(text, expected, got, level + 1);
            }
            (Some(expected), None) => coloured(text, RED, &member.key, expected, level + 1),
            (None, Some(got)) => coloured(text, GREEN, &member.key, got, level + 1),
            (None, None) => {}
        }
        if place < last {
            text.push(',');
        }
    }
    if !members.is_empty() {
        new_line(text, level);
    }
    text.push(signs.1);
}

/// A value that stands in one of two only, each of its lines in the colour.
fn coloured(text: &mut String, colour: &str, key: &str, value: &Value, level: usize) {
    let mut whole = String::new();
    both(&mut whole, value, value, level);
    text.push_str(colour);
    text.push_str(key);
    for (place, line) in whole.lines().enumerate() {
        if place > 0 {
            // The indentation itself has no colour.
            let content = line.trim_start();
            let before = line.get(..line.len() - content.len()).unwrap_or_default();
            text.push_str(&format!("{PLAIN}\n{before}{colour}{content}"));
        } else {
            text.push_str(line);
        }
    }
    text.push_str(PLAIN);
}

fn leaf(value: &Value) -> String {
    match value {
        Value::String(value) => quoted(value),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use model::Labels;

    use super::*;

    #[test]
    fn what_differs_is_coloured() {
        let alert = |labels: &[(&str, &str)]| Alert {
            labels: Labels::from_pairs(labels.iter().copied()),
            annotations: Vec::new().into_iter().collect(),
        };
        let text = of(
            &[alert(&[("a", "1"), ("b", "2")])],
            &[alert(&[("a", "1"), ("b", "3"), ("c", "4")])],
        );
        let expected = format!(
            "[\n    {{\n        \"Annotations\": {{}},\n        \"Labels\": {{\n            \"a\": \"1\",\n            \"b\": {YELLOW}\"2\" => \"3\"{PLAIN},\n            {GREEN}\"c\": \"4\"{PLAIN}\n        }}\n    }}\n]"
        );
        assert_eq!(text, expected);
        assert!(of(&[], &[alert(&[("a", "1")])]).contains(GREEN));
    }
}
