//! What a document lists for a variable to choose from.

use serde_json::Value;

use super::json::{as_text, get, list, some_text, text};
use crate::model::VariableOption;

/// Values in a document's list for one variable.
pub(super) const MAX_OPTIONS: usize = 5_000;

/// The value that stands for all of them.
pub(super) const ALL: &str = "$__all";

/// What there is to choose from: the list in `query`, or else the options that were kept.
pub(super) fn options(one: &Value) -> Vec<VariableOption> {
    let listed_text = text(one, "query");
    if listed_text.trim().is_empty() {
        return listed(one);
    }
    let is_json = text(one, "valuesFormat") == "json";
    if let Some(options) = json_options(&listed_text).filter(|_| is_json) {
        return options;
    }
    let parts = split(&listed_text).into_iter();
    let options = parts.map(|part| match part.split_once(" : ") {
        Some((text, value)) => VariableOption {
            text: text.trim().to_owned(),
            value: value.trim().to_owned(),
        },
        None => named(part.trim()),
    });
    let options = options.filter(|option| !option.value.is_empty());
    options.take(MAX_OPTIONS).collect()
}

/// The list of a variable that is written as JSON: objects of a text and a value, or values alone.
fn json_options(list: &str) -> Option<Vec<VariableOption>> {
    let Ok(Value::Array(entries)) = serde_json::from_str(list) else {
        return None;
    };
    let options = entries.iter().map(|entry| match entry {
        Value::Object(_) => {
            let value = text(entry, "value");
            let text = some_text(entry, "text").unwrap_or_else(|| value.clone());
            VariableOption { text, value }
        }
        value => named(&as_text(value)),
    });
    let options = options.filter(|option| !option.value.is_empty());
    Some(options.take(MAX_OPTIONS).collect())
}

/// Splits at commas that no backslash stands before.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let character = match (character, characters.peek()) {
            ('\\', Some(',')) => {
                characters.next();
                ','
            }
            (',', _) => {
                parts.push(String::new());
                continue;
            }
            (character, _) => character,
        };
        if let Some(last) = parts.last_mut() {
            last.push(character);
        }
    }
    parts
}

/// The options that were kept in the document.
pub(super) fn listed(one: &Value) -> Vec<VariableOption> {
    let given = list(one, "options").iter().take(MAX_OPTIONS);
    let options = given.map(|option| {
        let value = as_text(get(option, "value"));
        let name = as_text(get(option, "text"));
        let text = if name.is_empty() { value.clone() } else { name };
        VariableOption { text, value }
    });
    options
        .filter(|option| option.value != ALL && !option.value.is_empty())
        .collect()
}

/// A value that is its own name.
pub(super) fn named(value: &str) -> VariableOption {
    VariableOption {
        text: value.to_owned(),
        value: value.to_owned(),
    }
}
