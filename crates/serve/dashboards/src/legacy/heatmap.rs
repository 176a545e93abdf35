//! `heatmap` until version 9, with its settings at the top of the panel.

use serde_json::{Value, json};

use super::common::{decimals, unit};
use crate::model::Panel;
use crate::read::json::{flag, flag_or, get, has, number, some_text, text};
use crate::read::problems::Problems;

/// Converts a heatmap.
pub(super) fn convert(given: &Value, panel: &mut Panel, problems: &mut Problems) {
    let color = get(given, "color");
    let axis = get(given, "yAxis");
    let is_counted = text(given, "dataFormat") != "tsbuckets";
    let scheme = some_text(color, "colorScheme").unwrap_or_else(|| "interpolateOranges".to_owned());
    let is_opacity = text(color, "mode") == "opacity";
    let color = json!({
        "mode": if is_opacity { "opacity" } else { "scheme" },
        "fill": some_text(color, "cardColor").unwrap_or_else(|| "dark-orange".to_owned()),
        "scale": match text(color, "colorScale").as_str() {
            "linear" => "linear",
            _ => "exponential",
        },
        "exponent": number(color, "exponent").unwrap_or(0.5),
        "scheme": scheme.trim_start_matches("interpolate"),
        "steps": 64,
        "reverse": false,
        "min": number(color, "min"),
        "max": number(color, "max"),
    });
    let y_axis = json!({
        "unit": unit(axis, "format"),
        "decimals": decimals(axis),
        "min": number(axis, "min"),
        "max": number(axis, "max"),
        "reverse": flag(given, "reverseYBuckets"),
        "axisPlacement": if flag_or(axis, "show", true) { "left" } else { "hidden" },
    });
    let tooltip = get(given, "tooltip");
    let cards = get(given, "cards");
    let options = [
        ("calculate", Value::from(is_counted)),
        ("calculation", calculation(given)),
        ("color", color),
        ("yAxis", y_axis),
        ("rowsFrame", json!({"layout": layout(given)})),
        (
            "cellGap",
            number(cards, "cardPadding").unwrap_or(1.0).into(),
        ),
        ("cellRadius", number(cards, "cardRound").into()),
        (
            "filterValues",
            if flag(given, "hideZeroBuckets") {
                json!({"le": 1e-9})
            } else {
                Value::Null
            },
        ),
        (
            "legend",
            json!({
                "show": flag(get(given, "legend"), "show"),
                "displayMode": "list",
                "placement": "bottom",
                "calcs": [],
            }),
        ),
        (
            "tooltip",
            json!({
                "mode": if flag_or(tooltip, "show", true) { "single" } else { "none" },
                "sort": "none",
                "yHistogram": flag(tooltip, "showHistogram"),
            }),
        ),
    ];
    let options = options.into_iter().filter(|(_, value)| !value.is_null());
    panel.options = options
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    if has(given, "xBucketSize") && !is_counted {
        problems.note("xBucketSize", "buckets of time are those of the query");
    }
}

/// Of which value of a bucket its name tells.
fn layout(given: &Value) -> &'static str {
    match text(given, "yBucketBound").as_str() {
        "upper" => "le",
        "lower" => "ge",
        "middle" => "unknown",
        _ => "auto",
    }
}

/// How series are counted into buckets.
fn calculation(given: &Value) -> Value {
    let buckets = |size: &str, number_of: &str| {
        let size = some_text(given, size);
        let mode = if size.is_some() { "size" } else { "count" };
        let value = size.or_else(|| some_text(given, number_of));
        json!({"mode": mode, "value": value.unwrap_or_default()})
    };
    let mut y = buckets("yBucketSize", "yBucketNumber");
    let base = number(get(given, "yAxis"), "logBase").unwrap_or(1.0);
    if base > 1.0
        && let Some(y) = y.as_object_mut()
    {
        y.insert("scale".to_owned(), json!({"type": "log", "log": base}));
    }
    json!({"xBuckets": buckets("xBucketSize", "xBucketNumber"), "yBuckets": y})
}
