//! `singlestat`: one number, until version 7; on a dial where it said so.

use serde_json::{Value, json};

use super::common::{calculation, color, colors, decimals, mappings, reduced, thresholds, unit};
use crate::model::{Panel, PanelKind};
use crate::read::json::{flag, flag_or, get, number, some_text, text};
use crate::read::problems::Problems;

/// Converts a single number.
pub(super) fn convert(given: &Value, panel: &mut Panel, problems: &mut Problems) {
    let defaults = &mut panel.field_config.defaults;
    defaults.unit = unit(given, "format");
    defaults.decimals = decimals(given);
    defaults.no_value = some_text(given, "nullText");
    defaults.mappings = mappings(given);
    defaults.color = color("thresholds");
    defaults.thresholds = thresholds(get(given, "thresholds"), &colors(given));
    let name = text(given, "valueName");
    let is_name = name == "name";
    // An export of some versions says `false`.
    let calculation = match calculation(if is_name || matches!(name.as_str(), "" | "false") {
        "avg"
    } else {
        &name
    }) {
        Some(calculation) => calculation,
        None => {
            problems.note("valueName", format!("the value {name:?} is not known"));
            "lastNotNull"
        }
    };
    let fields = match text(given, "tableColumn").as_str() {
        "" => String::new(),
        column => format!("/^{}$/", escaped(column)),
    };
    let gauge = get(given, "gauge");
    let options = &mut panel.options;
    let mut set = |key: &str, value: Value| options.insert(key.to_owned(), value);
    set("reduceOptions", reduced(calculation, &fields));
    if flag(gauge, "show") {
        panel.kind = PanelKind::Gauge;
        let defaults = &mut panel.field_config.defaults;
        defaults.min = Some(number(gauge, "minValue").unwrap_or(0.0));
        defaults.max = Some(number(gauge, "maxValue").unwrap_or(100.0));
        set(
            "showThresholdLabels",
            Value::from(flag(gauge, "thresholdLabels")),
        );
        set(
            "showThresholdMarkers",
            Value::from(flag_or(gauge, "thresholdMarkers", true)),
        );
    } else {
        let is_on = |key| flag(given, key);
        let mode = match (is_on("colorBackground"), is_on("colorValue")) {
            (true, _) => "background",
            (false, true) => "value",
            (false, false) => "none",
        };
        set("colorMode", Value::from(mode));
        let has_curve = flag(get(given, "sparkline"), "show");
        set(
            "graphMode",
            Value::from(if has_curve { "area" } else { "none" }),
        );
        set(
            "textMode",
            Value::from(if is_name { "name" } else { "value" }),
        );
        set("justifyMode", json!("auto"));
    }
    round_value(given, panel, problems);
}

/// Texts before and behind the number: units where there is no other.
fn round_value(given: &Value, panel: &mut Panel, problems: &mut Problems) {
    let (before, behind) = (text(given, "prefix"), text(given, "postfix"));
    let unit = &mut panel.field_config.defaults.unit;
    let is_free = matches!(unit.as_deref(), None | Some("none" | "short"));
    match (before.trim(), behind.trim()) {
        ("", "") => {}
        ("", behind) if is_free => *unit = Some(format!("suffix:{behind}")),
        (before, "") if is_free => *unit = Some(format!("prefix:{before}")),
        (before, _) => {
            let key = if before.is_empty() {
                "postfix"
            } else {
                "prefix"
            };
            problems.note(key, "texts round a number with a unit are left out");
        }
    }
}

/// A text as a pattern that fits it alone.
fn escaped(text: &str) -> String {
    let mut pattern = String::new();
    for character in text.chars() {
        if r"\^$.|?*+()[]{}/".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
