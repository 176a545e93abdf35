//! Words that several older kinds share.

use serde_json::{Value, json};

use crate::model::{Color, Mapping, Step, Thresholds};
use crate::read::json::{as_text, get, list, number, text, texts, whole};
use crate::read::mappings::numbered;

/// Mappings of one panel.
const MAX_MAPPINGS: usize = 1_000;

/// The calculation of today for a name of before; `None` for those that are none.
pub(super) fn calculation(word: &str) -> Option<&'static str> {
    Some(match word {
        "avg" | "mean" => "mean",
        "current" | "last" | "lastNotNull" => "lastNotNull",
        "min" => "min",
        "max" => "max",
        "total" | "sum" => "sum",
        "first" => "firstNotNull",
        "delta" => "delta",
        "diff" => "diff",
        "range" => "range",
        "count" => "count",
        _ => return None,
    })
}

/// How values become one: by a calculation, of all fields or those of a name.
pub(super) fn reduced(calculation: &str, fields: &str) -> Value {
    json!({"values": false, "calcs": [calculation], "fields": fields, "limit": null})
}

/// Thresholds from values written `50,80` or as a list, and the colours below, between and above
/// them.
pub(super) fn thresholds(values: &Value, colors: &[String]) -> Option<Thresholds> {
    let values: Vec<String> = match values {
        Value::Array(values) => values.iter().map(as_text).collect(),
        value => as_text(value).split(',').map(str::to_owned).collect(),
    };
    let values = values.iter().filter_map(|value| value.trim().parse().ok());
    let values = std::iter::once(None).chain(values.map(Some));
    let steps = values
        .zip(colors)
        .map(|(value, color): (Option<f64>, _)| Step {
            value,
            color: color.clone(),
        });
    let steps: Vec<Step> = steps.collect();
    (!steps.is_empty()).then_some(Thresholds {
        mode: "absolute",
        steps,
    })
}

/// The colours of a panel.
pub(super) fn colors(given: &Value) -> Vec<String> {
    texts(given, "colors")
}

/// A colour by a way of Grafana's.
pub(super) fn color(mode: &str) -> Option<Color> {
    Some(Color {
        mode: mode.to_owned(),
        fixed_color: None,
        series_by: None,
    })
}

/// One colour for everything.
pub(super) fn fixed(color: String) -> Option<Color> {
    Some(Color {
        mode: "fixed".to_owned(),
        fixed_color: Some(color),
        series_by: None,
    })
}

/// Mappings of values or of ranges, as `mappingType` says.
pub(super) fn mappings(given: &Value) -> Option<Vec<Mapping>> {
    let (key, kind) = match whole(given, "mappingType") {
        Some(2) => ("rangeMaps", 2),
        _ => ("valueMaps", 1),
    };
    let entries = list(given, key).iter().take(MAX_MAPPINGS).enumerate();
    let found = entries.filter_map(|(place, entry)| {
        let mut entry = entry.as_object()?.clone();
        entry.insert("type".to_owned(), Value::from(kind));
        numbered(&Value::Object(entry), place)
    });
    let found: Vec<Mapping> = found.collect();
    (!found.is_empty()).then_some(found)
}

/// A unit, where one is named.
pub(super) fn unit(holder: &Value, key: &str) -> Option<String> {
    Some(text(holder, key)).filter(|unit| !unit.is_empty())
}

/// Digits behind the point, where a number of them is named.
pub(super) fn decimals(holder: &Value) -> Option<u32> {
    let is_named = !get(holder, "decimals").is_null();
    number(holder, "decimals")
        .filter(|_| is_named)
        .map(|digits| digits.clamp(0.0, 20.0) as u32)
}
