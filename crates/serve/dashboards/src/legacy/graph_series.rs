//! Series of a graph that are drawn otherwise than the rest, and colours by name.

use serde_json::{Value, json};

use super::common::fixed;
use super::graph::{dashes, interpolation, zeros};
use super::graph_axes::Axis;
use crate::model::{FieldConfig, FieldOverride, Matcher, Object};
use crate::read::json::{as_text, flag, get, list, number, text, whole};
use crate::read::problems::Problems;

/// Series with settings of their own in one graph.
const MAX_SERIES: usize = 500;

/// Settings that change nothing here.
const PASSED_OVER: [&str; 4] = ["alias", "zindex", "$$hashKey", "sortable"];

/// An override for each colour and each series with settings of its own.
pub(super) fn overrides(
    given: &Value,
    right: &Axis,
    problems: &mut Problems,
) -> Vec<FieldOverride> {
    let colors = get(given, "aliasColors").as_object();
    let colors = colors.into_iter().flatten().take(MAX_SERIES);
    let mut found: Vec<FieldOverride> = colors
        .map(|(alias, color)| FieldOverride {
            matcher: by_alias(alias),
            properties: FieldConfig {
                color: fixed(as_text(color)),
                ..FieldConfig::default()
            },
        })
        .collect();
    let series = list(given, "seriesOverrides").iter().enumerate();
    for (place, one) in series.take(MAX_SERIES) {
        let path = format!("seriesOverrides[{place}]");
        let alias = text(one, "alias");
        if !alias.is_empty() {
            found.push(FieldOverride {
                matcher: by_alias(&alias),
                properties: properties(one, right, &path, problems),
            });
        }
    }
    found
}

/// A name, or a pattern between slashes.
fn by_alias(alias: &str) -> Matcher {
    let is_pattern = alias.len() > 1 && alias.starts_with('/');
    Matcher {
        id: if is_pattern { "byRegexp" } else { "byName" }.to_owned(),
        options: Value::from(alias),
    }
}

fn properties(one: &Value, right: &Axis, path: &str, problems: &mut Problems) -> FieldConfig {
    let mut config = FieldConfig::default();
    let mut custom = Object::new();
    if whole(one, "yaxis") == Some(2) {
        right.apply(&mut config);
        custom.extend(right.custom());
        let placement = custom.entry("axisPlacement");
        placement.or_insert_with(|| Value::from("right"));
    }
    for (name, value) in one.as_object().into_iter().flatten() {
        if name == "color" {
            config.color = fixed(as_text(value));
        } else if !PASSED_OVER.contains(&name.as_str()) && name != "yaxis" {
            match drawn(name, value, one) {
                Some((key, value)) => {
                    custom.insert(key.to_owned(), value);
                }
                None => problems.note(
                    format!("{path}.{name}"),
                    "this setting of series is not known",
                ),
            }
        }
    }
    // Lengths of dashes mean nothing alone.
    custom.remove("");
    config.custom = (!custom.is_empty()).then_some(custom);
    config
}

/// How a series is drawn, in the words of today; the key is empty where it means nothing alone.
fn drawn(name: &str, value: &Value, one: &Value) -> Option<(&'static str, Value)> {
    let is_on = value == &Value::Bool(true);
    let tenth = |value: &Value| value.as_f64().unwrap_or(0.0).clamp(0.0, 10.0) * 10.0;
    let hidden = |from: [bool; 3]| {
        let [legend, tooltip, viz] = from;
        json!({"legend": legend, "tooltip": tooltip, "viz": viz})
    };
    Some(match name {
        "fill" => ("fillOpacity", Value::from(tenth(value))),
        "fillGradient" => {
            let is_there = value.as_f64().is_some_and(|amount| amount > 0.0);
            (
                "gradientMode",
                Value::from(if is_there { "opacity" } else { "none" }),
            )
        }
        "linewidth" => ("lineWidth", value.clone()),
        "lines" if is_on => ("drawStyle", Value::from("line")),
        "lines" if flag(one, "points") || flag(one, "bars") => ("", Value::Null),
        "lines" => ("lineWidth", Value::from(0)),
        "bars" if is_on => ("drawStyle", Value::from("bars")),
        "bars" => ("drawStyle", Value::from("line")),
        "points" if is_on && get(one, "lines") == &Value::Bool(false) => {
            ("drawStyle", Value::from("points"))
        }
        "points" => (
            "showPoints",
            Value::from(if is_on { "always" } else { "never" }),
        ),
        "pointradius" => (
            "pointSize",
            Value::from(number(one, name).unwrap_or(2.0) * 2.0),
        ),
        "steppedLine" => ("lineInterpolation", Value::from(interpolation(is_on))),
        "dashes" => (
            "lineStyle",
            if is_on {
                dashes(one)
            } else {
                json!({"fill": "solid"})
            },
        ),
        "dashLength" | "spaceLength" => ("", Value::Null),
        "stack" => match value {
            Value::Bool(false) => ("stacking", json!({"mode": "none", "group": "A"})),
            Value::Bool(true) => ("stacking", json!({"mode": "normal", "group": "A"})),
            group => (
                "stacking",
                json!({"mode": "normal", "group": as_text(group)}),
            ),
        },
        "nullPointMode" => match zeros(&as_text(value)) {
            Value::Null => ("spanNulls", Value::from(as_text(value) == "connected")),
            mode => ("nullValueMode", mode),
        },
        "transform" => ("transform", value.clone()),
        "legend" => ("hideFrom", hidden([!is_on, false, false])),
        "hideTooltip" => ("hideFrom", hidden([false, is_on, false])),
        "hiddenSeries" => ("hideFrom", hidden([false, false, is_on])),
        "fillBelowTo" => ("fillBelowTo", value.clone()),
        _ => return None,
    })
}
