//! `PrometheusRule`: a rule file.

use serde_json::{Map, Value, json};

use crate::convert::{list, put};
use crate::settings::Settings;

/// The text of an object's rule file.
pub(crate) fn file(settings: &Settings, namespace: &str, spec: &Value) -> Result<String, String> {
    let groups: Vec<Value> = list(&spec["groups"])
        .map(|one| group(settings, namespace, one))
        .collect();
    serde_json::to_string(&json!({"groups": groups})).map_err(|e| e.to_string())
}

fn group(settings: &Settings, namespace: &str, group: &Value) -> Value {
    let mut group = group.as_object().cloned().unwrap_or_default();
    // Of Thanos, and no key of a rule file.
    group.remove("partial_response_strategy");
    let enforced = settings.text("enforcedNamespaceLabel");
    let rules: Vec<Value> = group
        .get("rules")
        .into_iter()
        .flat_map(list)
        .map(|rule| {
            let mut rule: Map<String, Value> = rule.as_object().cloned().unwrap_or_default();
            rule.retain(|_, value| !value.is_null() && value.as_str() != Some(""));
            // A number is an expression, too.
            if let Some(Value::Number(number)) = rule.get("expr") {
                let text = number.to_string();
                rule.insert("expr".to_owned(), text.into());
            }
            if !enforced.is_empty() {
                let labels = rule.entry("labels").or_insert(json!({}));
                put(labels, enforced, namespace);
            }
            rule.into()
        })
        .collect();
    group.insert("rules".to_owned(), rules.into());
    group.into()
}
