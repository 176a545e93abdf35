//! Values of the user's own form, expanded.

use config::Tree;
use contract::NotifyError;
use serde_json::{Map, Value};

use crate::told::Told;

/// Texts inside texts are read this often: a value that a template wrote as JSON holds texts that
/// are values themselves, and no more than that is meant.
const MAX_DEPTH: usize = 64;

/// The value with every text and every key expanded. What a text expands to is read once more:
/// where it is a list, a map, a number or a truth value written as YAML or JSON, that is what it
/// becomes. What came out of a template is not expanded again.
pub(crate) fn expanded(tree: &Tree, told: &Told<'_>) -> Result<Value, NotifyError> {
    Ok(match tree {
        Tree::Text(text) => reread(told.text(text)?, MAX_DEPTH),
        Tree::List(items) => Value::Array(
            items
                .iter()
                .map(|item| expanded(item, told))
                .collect::<Result<_, _>>()?,
        ),
        Tree::Map(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                object.insert(told.text(key)?, expanded(value, told)?);
            }
            Value::Object(object)
        }
        other => plain(other, 0),
    })
}

/// What a text says as YAML; the text itself where that is a text or nothing that can be read.
fn reread(text: String, depth: usize) -> Value {
    match Tree::parse(&text) {
        None | Some(Tree::Text(_)) => Value::String(text),
        Some(tree) => plain(&tree, depth),
    }
}

fn plain(tree: &Tree, depth: usize) -> Value {
    match tree {
        Tree::Null => Value::Null,
        Tree::Bool(truth) => Value::Bool(*truth),
        Tree::Int(number) => Value::from(*number),
        Tree::Float(number) => Value::from(*number),
        Tree::Text(text) if depth == 0 => Value::String(text.clone()),
        Tree::Text(text) => reread(text.clone(), depth - 1),
        Tree::List(items) => {
            let inner = depth.saturating_sub(1);
            Value::Array(items.iter().map(|item| plain(item, inner)).collect())
        }
        Tree::Map(entries) => {
            let inner = depth.saturating_sub(1);
            Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), plain(value, inner)))
                    .collect(),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_become_what_they_say() {
        for (text, value) in [
            ("plain words", json!("plain words")),
            ("12", json!(12)),
            ("", Value::Null),
            ("true", json!(true)),
            (r#"[{"a": "1", "b": "x y"}]"#, json!([{"a": 1, "b": "x y"}])),
            ("a: b: c", json!("a: b: c")),
            ("a:\n - b\n", json!({"a": ["b"]})),
            ("2024-01-02T03:04:05Z", json!("2024-01-02T03:04:05Z")),
        ] {
            assert_eq!(reread(text.to_owned(), MAX_DEPTH), value, "{text}");
        }
    }
}
