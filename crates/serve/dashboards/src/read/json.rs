//! Values out of a document that may have anything anywhere: what is missing or of another type is
//! its type's nothing, and numbers may be texts, as browsers take them.

use serde_json::Value;

use crate::model::Object;

static NULL: Value = Value::Null;

/// The value of a key; null where there is none.
pub(crate) fn get<'v>(value: &'v Value, key: &str) -> &'v Value {
    value.get(key).unwrap_or(&NULL)
}

/// A value as text; empty where it has none.
pub(crate) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// The text of a key; empty where there is none.
pub(crate) fn text(value: &Value, key: &str) -> String {
    as_text(get(value, key))
}

/// The text of a key that is not empty.
pub(crate) fn some_text(value: &Value, key: &str) -> Option<String> {
    Some(text(value, key)).filter(|text| !text.is_empty())
}

/// A value as a finite number.
pub(crate) fn as_number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

/// The number of a key.
pub(crate) fn number(value: &Value, key: &str) -> Option<f64> {
    as_number(get(value, key))
}

/// The number of a key where it is whole and not negative; a fraction is cut off.
pub(crate) fn whole(value: &Value, key: &str) -> Option<u32> {
    let number = number(value, key)?;
    (number >= 0.0 && number <= f64::from(u32::MAX)).then_some(number as u32)
}

/// Whether a key is true.
pub(crate) fn flag(value: &Value, key: &str) -> bool {
    flag_or(value, key, false)
}

/// The truth of a key, or what holds where it says nothing.
pub(crate) fn flag_or(value: &Value, key: &str, default: bool) -> bool {
    match get(value, key) {
        Value::Bool(flag) => *flag,
        Value::String(text) if text == "true" => true,
        Value::String(text) if text == "false" => false,
        _ => default,
    }
}

/// The list of a key; empty where there is none.
pub(crate) fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    get(value, key).as_array().map_or(&[], Vec::as_slice)
}

/// The texts in the list of a key; a lone text is a list of one.
pub(crate) fn texts(value: &Value, key: &str) -> Vec<String> {
    let texts = match get(value, key) {
        Value::Array(values) => values.iter().map(as_text).collect(),
        one => vec![as_text(one)],
    };
    texts.into_iter().filter(|text| !text.is_empty()).collect()
}

/// The object of a key; empty where there is none.
pub(crate) fn object(value: &Value, key: &str) -> Object {
    get(value, key).as_object().cloned().unwrap_or_default()
}

/// Whether a key holds anything.
pub(crate) fn has(value: &Value, key: &str) -> bool {
    !get(value, key).is_null()
}

/// An object of what is not null.
pub(crate) fn object_of<const N: usize>(entries: [(&str, Value); N]) -> Object {
    let entries = entries.into_iter().filter(|(_, value)| !value.is_null());
    entries
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}
