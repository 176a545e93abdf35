//! The document of the HTTP API as a running server gives it.

use anyhow::{Context, Result};
use serde_json::Value;

/// What a path may hold beside `parameters`.
const METHODS: [&str; 5] = ["get", "post", "put", "delete", "patch"];

/// Reads a document.
///
/// # Errors
/// Where it is no YAML.
pub fn parse(text: &str) -> Result<Value> {
    serde_saphyr::from_str(text).context("the document of the API")
}

/// Its operations: (method, path with its parameters in braces).
#[must_use]
pub fn operations(document: &Value) -> Vec<(String, String)> {
    let paths = document.get("paths").and_then(Value::as_object);
    let mut operations = Vec::new();
    for (path, item) in paths.into_iter().flatten() {
        for method in METHODS {
            if item.get(method).is_some() {
                operations.push((method.to_uppercase(), path.clone()));
            }
        }
    }
    operations
}

/// Whether a path (without parameters behind `?`) is one that the document's path describes.
#[must_use]
pub fn describes(described: &str, path: &str) -> bool {
    let (parts, given) = (described.split('/'), path.split('/'));
    parts.clone().count() == given.clone().count()
        && parts.zip(given).all(|(part, given)| {
            let is_parameter = part.starts_with('{') && !given.is_empty();
            is_parameter || part == given
        })
}
