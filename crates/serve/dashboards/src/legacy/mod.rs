//! Panels of older kinds and versions, in the words of today.
//!
//! Until version 7 each kind of panel had settings of its own shape, at the top of the panel. What
//! they say goes into the field configuration and options that the kinds of today have; what has
//! no place there is told as a problem.

mod common;
mod gauge;
mod graph;
mod graph_axes;
mod graph_series;
mod heatmap;
mod pie;
pub(crate) mod rows;
mod singlestat;
mod table;
mod table_styles;

use serde_json::Value;

use crate::model::{Panel, PanelKind};
use crate::read::json::{get, has};
use crate::read::problems::Problems;

/// Fills in what a panel of an older kind or version says in words of its own.
pub(crate) fn convert(given: &Value, panel: &mut Panel, problems: &mut Problems) {
    let options = get(given, "options");
    let is_bare = options.as_object().is_none_or(|options| options.is_empty());
    match panel.given_kind.as_str() {
        "graph" => graph::convert(given, panel, problems),
        "singlestat" | "grafana-singlestat-panel" => singlestat::convert(given, panel, problems),
        "table-old" => table::convert(given, panel, problems),
        "table" if has(given, "styles") && is_bare => table::convert(given, panel, problems),
        "stat" | "gauge" | "bargauge" => gauge::convert(options, panel, problems),
        "heatmap" if is_bare => heatmap::convert(given, panel, problems),
        "grafana-piechart-panel" => pie::convert(given, panel, problems),
        "alertlist" | "dashlist" if is_bare => lists(given, panel),
        _ => {}
    }
    if has(given, "alert") {
        let told = "the alert of this panel is not evaluated: write it as an alerting rule";
        problems.note("alert", told);
    }
}

/// Lists of alerts and dashboards had the same words, outside their options.
fn lists(given: &Value, panel: &mut Panel) {
    let words: &[&str] = match panel.kind {
        PanelKind::Alertlist => &[
            "show",
            "limit",
            "sortOrder",
            "onlyAlertsOnDashboard",
            "stateFilter",
            "nameFilter",
            "dashboardFilter",
            "dashboardTags",
            "folderId",
        ],
        _ => &[
            "starred", "search", "recent", "headings", "limit", "query", "tags", "folderId",
        ],
    };
    for word in words.iter().filter(|word| has(given, word)) {
        let value = get(given, word).clone();
        panel.options.insert((*word).to_owned(), value);
    }
    if panel.kind == PanelKind::Dashlist {
        for (word, shown) in [("starred", "showStarred"), ("search", "showSearch")] {
            if let Some(value) = panel.options.remove(word) {
                panel.options.insert(shown.to_owned(), value);
            }
        }
    }
}
