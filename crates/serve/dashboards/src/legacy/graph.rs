//! `graph`: curves, bars and points until version 8.

use serde_json::{Value, json};

use super::common::{calculation, color, decimals, reduced};
use super::graph_axes::{self, Axis};
use super::graph_series;
use crate::model::{
    FieldConfig, FieldOverride, Matcher, Object, Panel, PanelKind, Step, Thresholds,
};
use crate::read::json::{flag, flag_or, get, list, number, object_of, some_text, text, whole};
use crate::read::problems::Problems;

/// The mode of missing values in which they are zeroes.
const NULL_AS_ZERO: &str = "null as zero";

/// Regions of time in one graph.
const MAX_REGIONS: usize = 50;

/// Converts a graph.
pub(super) fn convert(given: &Value, panel: &mut Panel, problems: &mut Problems) {
    let left = graph_axes::left(given);
    let defaults = &mut panel.field_config.defaults;
    left.apply(defaults);
    defaults.decimals = decimals(given).or(defaults.decimals);
    defaults.color = color("palette-classic");
    let mut custom = style(given);
    if let Some((thresholds, style)) = thresholds(given) {
        defaults.thresholds = Some(thresholds);
        custom.insert("thresholdsStyle".to_owned(), json!({"mode": style}));
    }
    custom.extend(left.custom());
    defaults.custom = Some(custom);
    let right = graph_axes::right(given);
    let overrides = &mut panel.field_config.overrides;
    overrides.extend(hidden_when_empty(get(given, "legend")));
    overrides.extend(graph_series::overrides(given, &right, problems));
    panel
        .options
        .insert("legend".to_owned(), legend(get(given, "legend")));
    panel
        .options
        .insert("tooltip".to_owned(), tooltip(get(given, "tooltip")));
    let regions = list(given, "timeRegions").iter().take(MAX_REGIONS);
    let regions: Vec<Value> = regions.filter(|one| one.is_object()).cloned().collect();
    if !regions.is_empty() {
        panel
            .options
            .insert("timeRegions".to_owned(), Value::from(regions));
    }
    by_axis(given, panel, &left);
}

/// Lines, bars and points.
fn style(given: &Value) -> Object {
    let is_bars = flag(given, "bars");
    let (lines, points) = (flag_or(given, "lines", true), flag(given, "points"));
    let draw = match (is_bars, lines, points) {
        (true, _, _) => "bars",
        (false, false, true) => "points",
        _ => "line",
    };
    let fill = number(given, "fill").unwrap_or(1.0).clamp(0.0, 10.0) * 10.0;
    let gradient = number(given, "fillGradient").is_some_and(|amount| amount > 0.0);
    let width = number(given, "linewidth").unwrap_or(1.0);
    object_of([
        ("drawStyle", Value::from(draw)),
        (
            "lineWidth",
            Value::from(if lines || is_bars { width } else { 0.0 }),
        ),
        (
            "fillOpacity",
            Value::from(if is_bars { 100.0 } else { fill }),
        ),
        (
            "gradientMode",
            Value::from(if gradient { "opacity" } else { "none" }),
        ),
        (
            "lineInterpolation",
            Value::from(interpolation(flag(given, "steppedLine"))),
        ),
        (
            "showPoints",
            Value::from(if points { "always" } else { "never" }),
        ),
        (
            "pointSize",
            points
                .then(|| number(given, "pointradius").unwrap_or(2.0) * 2.0)
                .into(),
        ),
        (
            "spanNulls",
            Value::from(text(given, "nullPointMode") == "connected"),
        ),
        ("nullValueMode", zeros(&text(given, "nullPointMode"))),
        ("stacking", stacking(given)),
        ("lineStyle", dashes(given)),
    ])
}

/// Missing values that are zeroes; null where they are gaps or are passed over.
pub(super) fn zeros(mode: &str) -> Value {
    match mode {
        NULL_AS_ZERO => Value::from(NULL_AS_ZERO),
        _ => Value::Null,
    }
}

pub(super) fn interpolation(is_stepped: bool) -> &'static str {
    if is_stepped { "stepAfter" } else { "linear" }
}

fn stacking(given: &Value) -> Value {
    if !flag(given, "stack") {
        return Value::Null;
    }
    let mode = if flag(given, "percentage") {
        "percent"
    } else {
        "normal"
    };
    json!({"mode": mode, "group": "A"})
}

/// A dashed line, where it is one.
pub(super) fn dashes(given: &Value) -> Value {
    if !flag(given, "dashes") {
        return Value::Null;
    }
    let length = |key| number(given, key).unwrap_or(10.0);
    json!({"fill": "dash", "dash": [length("dashLength"), length("spaceLength")]})
}

/// Values from which the plot has other colours, and how that is drawn.
fn thresholds(given: &Value) -> Option<(Thresholds, &'static str)> {
    let oldest = oldest_thresholds(get(given, "grid"));
    let marks = match list(given, "thresholds") {
        [] => oldest.as_slice(),
        marks => marks,
    };
    let first = marks.first()?;
    let mut marks: Vec<(f64, bool, String)> = marks
        .iter()
        .filter_map(|mark| {
            let is_above = text(mark, "op") != "lt";
            Some((number(mark, "value")?, is_above, mark_color(mark)))
        })
        .collect();
    marks.sort_by(|a, b| a.0.total_cmp(&b.0));
    let none = || "transparent".to_owned();
    let mut steps = vec![Step {
        value: None,
        color: none(),
    }];
    for (value, is_above, color) in marks {
        if is_above {
            steps.push(Step {
                value: Some(value),
                color,
            });
            continue;
        }
        // What is below has the colour; from here on there is none.
        if let Some(last) = steps.last_mut() {
            last.color = color;
        }
        steps.push(Step {
            value: Some(value),
            color: none(),
        });
    }
    let style = match (flag_or(first, "fill", true), flag_or(first, "line", true)) {
        (true, true) => "line+area",
        (true, false) => "area",
        (false, true) => "line",
        (false, false) => "off",
    };
    let mode = "absolute";
    Some((Thresholds { mode, steps }, style))
}

/// The two values of before version 14, in the words of after: what is beyond them has a colour.
fn oldest_thresholds(grid: &Value) -> Vec<Value> {
    let [first, second] = ["threshold1", "threshold2"].map(|word| number(grid, word));
    let falls = matches!((first, second), (Some(first), Some(second)) if first > second);
    let mark = |value: Option<f64>, color: &str, otherwise: &str| {
        let color = some_text(grid, color).unwrap_or_else(|| otherwise.to_owned());
        let (is_line, op) = (flag(grid, "thresholdLine"), if falls { "lt" } else { "gt" });
        Some(
            json!({"value": value?, "op": op, "colorMode": "custom", "fillColor": color,
            "fill": !is_line, "line": is_line}),
        )
    };
    let marks = [
        mark(first, "threshold1Color", "orange"),
        mark(second, "threshold2Color", "red"),
    ];
    marks.into_iter().flatten().collect()
}

fn mark_color(mark: &Value) -> String {
    match text(mark, "colorMode").as_str() {
        "warning" => "orange".to_owned(),
        "ok" => "green".to_owned(),
        "custom" => {
            let own = [text(mark, "lineColor"), text(mark, "fillColor")];
            let own = own.into_iter().find(|color| !color.is_empty());
            own.unwrap_or_else(|| "red".to_owned())
        }
        _ => "red".to_owned(),
    }
}

fn legend(given: &Value) -> Value {
    let with_values = flag(given, "values");
    let calcs = ["min", "max", "avg", "current", "total"].into_iter();
    let calcs = calcs.filter(|name| with_values && flag(given, name));
    let calcs: Vec<_> = calcs.filter_map(calculation).collect();
    let mut legend = json!({
        "show": flag_or(given, "show", true),
        "displayMode": if flag(given, "alignAsTable") { "table" } else { "list" },
        "placement": if flag(given, "rightSide") { "right" } else { "bottom" },
        "calcs": calcs,
    });
    let sort = match text(given, "sort").as_str() {
        "min" => "Min",
        "max" => "Max",
        "avg" => "Mean",
        "current" => "Last *",
        "total" => "Total",
        _ => return legend,
    };
    if let Some(legend) = legend.as_object_mut() {
        legend.insert("sortBy".to_owned(), Value::from(sort));
        legend.insert("sortDesc".to_owned(), Value::from(flag(given, "sortDesc")));
    }
    legend
}

fn tooltip(given: &Value) -> Value {
    json!({
        "mode": if flag_or(given, "shared", true) { "multi" } else { "single" },
        "sort": match whole(given, "sort") {
            Some(1) => "asc",
            Some(2) => "desc",
            _ => "none",
        },
    })
}

/// Series that a legend leaves out while they are nothing.
fn hidden_when_empty(legend: &Value) -> Vec<FieldOverride> {
    let cases = [("hideEmpty", "allIsNull"), ("hideZero", "allIsZero")];
    cases
        .into_iter()
        .filter(|(word, _)| flag(legend, word))
        .map(|(_, reducer)| FieldOverride {
            matcher: Matcher {
                id: "byValue".to_owned(),
                options: json!({"reducer": reducer, "op": "gte", "value": 0}),
            },
            properties: FieldConfig {
                custom: Some(object_of([(
                    "hideFrom",
                    json!({"legend": true, "tooltip": true, "viz": false}),
                )])),
                ..FieldConfig::default()
            },
        })
        .collect()
}

/// Graphs whose horizontal axis is not time are other kinds today.
fn by_axis(given: &Value, panel: &mut Panel, left: &Axis) {
    let axis = get(given, "xaxis");
    match text(axis, "mode").as_str() {
        "histogram" => {
            panel.kind = PanelKind::Histogram;
            if let Some(buckets) = number(axis, "buckets") {
                panel
                    .options
                    .insert("bucketCount".to_owned(), Value::from(buckets));
            }
        }
        "series" => {
            panel.kind = PanelKind::Bargauge;
            let word = list(axis, "values").first().and_then(Value::as_str);
            let calculation = word.and_then(calculation).unwrap_or("sum");
            panel
                .options
                .insert("reduceOptions".to_owned(), reduced(calculation, ""));
            panel
                .options
                .insert("displayMode".to_owned(), Value::from("basic"));
            panel
                .options
                .insert("orientation".to_owned(), Value::from("vertical"));
            let defaults = &mut panel.field_config.defaults;
            defaults.custom = None;
            left.apply(defaults);
        }
        _ => {}
    }
}
