//! Data sources: which signal a query asks, whatever way its document names the source.
//!
//! There is one source of each signal here, so that a reference says no more than the signal. It is
//! a name, or a type and a uid, or a variable, or the name of an input that was to be asked for on
//! import (`${DS_PROMETHEUS}`), which is resolved without asking.

use std::collections::HashMap;

use serde_json::Value;

use super::json::{get, list, some_text, text};
use super::shared::Shared;
use crate::model::Signal;

/// What variables and inputs of a document say of its data sources.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// The type of source that a name stands for, by name.
    types: HashMap<String, String>,
    /// Panels that others refer to.
    pub(crate) shared: Shared,
}

impl Sources {
    /// Those of a document.
    pub(crate) fn of(document: &Value) -> Self {
        let mut types = HashMap::new();
        for input in list(document, "__inputs") {
            if let Some(kind) = some_text(input, "pluginId") {
                types.insert(text(input, "name"), kind);
            }
        }
        for variable in list(get(document, "templating"), "list") {
            if text(variable, "type") == "datasource" {
                types.insert(text(variable, "name"), text(variable, "query"));
            }
        }
        let shared = Shared::of(document);
        Self { types, shared }
    }

    /// What a reference means; `None` where it says nothing.
    pub(crate) fn signal(&self, reference: &Value) -> Option<Signal> {
        match reference {
            Value::String(name) => self.of_name(name),
            Value::Object(_) => match text(reference, "type").as_str() {
                "" => self.of_name(&text(reference, "uid")),
                // A variable may stand in the place of the type, too.
                kind if kind.starts_with('$') => self.of_name(kind),
                "datasource" | "grafana" => self.of_name(&text(reference, "uid")),
                kind => Some(of_type(kind)),
            },
            _ => None,
        }
    }

    fn of_name(&self, name: &str) -> Option<Signal> {
        match name {
            "" | "default" | "-- Default --" | "-- Mixed --" => return None,
            "-- Grafana --" | "grafana" | "-- Dashboard --" | "__expr__" => {
                return Some(Signal::Other);
            }
            _ => {}
        }
        let variable = name.trim_start_matches(['$', '{', '[']);
        let variable = variable.trim_end_matches(['}', ']']);
        let variable = variable.split(':').next().unwrap_or_default();
        if let Some(kind) = self.types.get(variable) {
            return Some(of_type(kind));
        }
        // A name that somebody chose: logs where it says so.
        let name = name.to_ascii_lowercase();
        Some(match name {
            name if name.contains("loki") || name.contains("ds_log") => Signal::Logs,
            _ => Signal::Metrics,
        })
    }
}

/// The signal of a type of data sources, by the name of its plug-in.
pub(crate) fn of_type(kind: &str) -> Signal {
    match kind {
        "loki" => Signal::Logs,
        kind if kind.contains("prometheus") || kind.contains("victoriametrics-metrics") => {
            Signal::Metrics
        }
        "victoriametrics-datasource" | "mimir" | "cortex" | "thanos" => Signal::Metrics,
        _ => Signal::Other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_of_every_form() {
        let sources = Sources::of(&json!({
            "__inputs": [
                {"name": "DS_PROMETHEUS", "pluginId": "prometheus", "type": "datasource"},
                {"name": "DS_ES", "pluginId": "elasticsearch", "type": "datasource"},
            ],
            "templating": {"list": [
                {"type": "datasource", "name": "logs", "query": "loki"},
                {"type": "custom", "name": "other", "query": "a,b"},
            ]},
        }));
        for (reference, signal) in [
            (json!(null), None),
            (json!("default"), None),
            (json!("-- Mixed --"), None),
            (json!({"type": "datasource", "uid": "-- Mixed --"}), None),
            (json!("Our Prometheus"), Some(Signal::Metrics)),
            (json!("${DS_PROMETHEUS}"), Some(Signal::Metrics)),
            (json!("${DS_UNKNOWN}"), Some(Signal::Metrics)),
            (json!("${DS_LOKI}"), Some(Signal::Logs)),
            (json!("${DS_ES}"), Some(Signal::Other)),
            (json!("$logs"), Some(Signal::Logs)),
            (json!({"uid": "${logs:raw}"}), Some(Signal::Logs)),
            (
                json!({"type": "prometheus", "uid": "abc"}),
                Some(Signal::Metrics),
            ),
            (json!({"type": "loki"}), Some(Signal::Logs)),
            (json!({"type": "mysql", "uid": "x"}), Some(Signal::Other)),
            (
                json!({"type": "grafana", "uid": "-- Grafana --"}),
                Some(Signal::Other),
            ),
            (
                json!({"type": "__expr__", "uid": "__expr__"}),
                Some(Signal::Other),
            ),
            (
                json!({"type": "grafana-amazonprometheus-datasource"}),
                Some(Signal::Metrics),
            ),
        ] {
            assert_eq!(sources.signal(&reference), signal, "{reference}");
        }
    }
}
