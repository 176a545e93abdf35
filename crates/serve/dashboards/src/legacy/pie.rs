//! `grafana-piechart-panel`, a plug-in that version 8 made a kind of its own.

use serde_json::{Value, json};

use super::common::{calculation, decimals, reduced, unit};
use super::graph_axes::Axis;
use super::graph_series;
use crate::model::Panel;
use crate::read::json::{flag, flag_or, get, number, text};
use crate::read::problems::Problems;

/// Converts a pie.
pub(super) fn convert(given: &Value, panel: &mut Panel, problems: &mut Problems) {
    let defaults = &mut panel.field_config.defaults;
    defaults.unit = unit(given, "format");
    defaults.decimals = decimals(given);
    let overrides = graph_series::overrides(given, &Axis::default(), problems);
    panel.field_config.overrides.extend(overrides);
    let legend = get(given, "legend");
    let shown = [("values", "value"), ("percentage", "percent")];
    let shown = shown.into_iter().filter(|(word, _)| flag(legend, word));
    let values: Vec<&str> = shown.map(|(_, value)| value).collect();
    let name = text(given, "valueName");
    let options = [
        (
            "pieType",
            json!(if text(given, "pieType") == "donut" {
                "donut"
            } else {
                "pie"
            }),
        ),
        (
            "reduceOptions",
            reduced(calculation(&name).unwrap_or("lastNotNull"), ""),
        ),
        (
            "legend",
            json!({
                "show": flag_or(legend, "show", true) && text(given, "legendType") != "On graph",
                "displayMode": if values.is_empty() { "list" } else { "table" },
                "placement": if text(given, "legendType") == "Right side" { "right" } else { "bottom" },
                "calcs": [],
                "values": values,
            }),
        ),
        ("tooltip", json!({"mode": "single", "sort": "none"})),
    ];
    let options = options.map(|(key, value)| (key.to_owned(), value));
    panel.options.extend(options);
    let combine = get(given, "combine");
    if number(combine, "threshold").is_some_and(|least| least > 0.0) {
        problems.note("combine", "small slices are not put together");
    }
}
