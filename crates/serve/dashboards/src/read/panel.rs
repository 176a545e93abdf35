//! One panel: what all kinds have, and which reader knows the kind.

use serde_json::Value;

use super::field_config::field_settings;
use super::json::{flag, get, has, number, some_text, text, whole};
use super::links::links;
use super::problems::Problems;
use super::queries::queries;
use super::sources::Sources;
use super::transformations::transformations;
use super::{options, text as text_panel};
use crate::legacy;
use crate::model::{Panel, PanelKind, Place, Repeat, RepeatDirection};

/// Columns of the grid.
pub(crate) const COLUMNS: u32 = 24;

/// Units of height that a panel may have: taller than any screen.
const MAX_HEIGHT: u32 = 1_000;

/// Units of height that may stand above a panel.
const MAX_Y: u32 = 1_000_000;

/// A panel of a document; `path` is its place there.
pub(crate) fn panel(given: &Value, path: &str, sources: &Sources) -> Panel {
    let mut problems = Problems::of(path);
    let given_kind = text(given, "type");
    let mut panel = Panel {
        id: whole(given, "id").unwrap_or(0),
        kind: kind(&given_kind),
        title: text(given, "title"),
        description: text(given, "description"),
        transparent: flag(given, "transparent"),
        place: place(given),
        collapsed: false,
        panels: Vec::new(),
        repeat: repeat(given),
        queries: queries(given, sources, &mut problems),
        interval: text(given, "interval"),
        max_data_points: whole(given, "maxDataPoints").filter(|points| *points > 0),
        time_from: text(given, "timeFrom"),
        time_shift: text(given, "timeShift"),
        hide_time_override: flag(given, "hideTimeOverride"),
        links: links(given, "links", &mut problems),
        transformations: transformations(given, &mut problems),
        field_config: field_settings(given, &mut problems),
        options: options::options(given),
        problems: Vec::new(),
        given_kind,
    };
    if has(given, "libraryPanel") && panel.given_kind.is_empty() {
        problems.note(
            "libraryPanel",
            "panels of a library are not in the document",
        );
    }
    if panel.kind == PanelKind::Text {
        // What it was written as is of no use any more, and would only be sent along.
        for word in ["content", "mode", "code"] {
            panel.options.remove(word);
        }
        let html = text_panel::html_of(given);
        panel.options.insert("html".to_owned(), Value::from(html));
    }
    legacy::convert(given, &mut panel, &mut problems);
    if panel.kind == PanelKind::Unsupported {
        let kind = &panel.given_kind;
        let told = format!("panels of kind {kind:?} are not available; their data are a table");
        problems.note("type", told);
    }
    panel.problems = problems.found();
    panel
}

fn kind(word: &str) -> PanelKind {
    match word {
        "timeseries" | "graph" => PanelKind::Timeseries,
        "stat" | "singlestat" | "grafana-singlestat-panel" => PanelKind::Stat,
        "gauge" => PanelKind::Gauge,
        "bargauge" => PanelKind::Bargauge,
        "table" | "table-old" => PanelKind::Table,
        "text" => PanelKind::Text,
        "piechart" | "grafana-piechart-panel" => PanelKind::Piechart,
        "heatmap" | "heatmap-new" => PanelKind::Heatmap,
        "state-timeline" => PanelKind::StateTimeline,
        "status-history" => PanelKind::StatusHistory,
        "histogram" => PanelKind::Histogram,
        "barchart" => PanelKind::Barchart,
        "logs" => PanelKind::Logs,
        "alertlist" => PanelKind::Alertlist,
        "dashlist" => PanelKind::Dashlist,
        "row" => PanelKind::Row,
        _ => PanelKind::Unsupported,
    }
}

/// Where a panel is; zeroes where the document does not say.
pub(crate) fn place(given: &Value) -> Place {
    let position = get(given, "gridPos");
    let whole = |key, least: f64, most: u32| {
        let number = number(position, key).unwrap_or(0.0);
        number.clamp(least, f64::from(most)) as u32
    };
    let w = whole("w", 0.0, COLUMNS);
    Place {
        x: whole("x", 0.0, COLUMNS - w),
        y: whole("y", 0.0, MAX_Y),
        w,
        h: whole("h", 0.0, MAX_HEIGHT),
    }
}

/// For which variable a panel or row is shown once a value.
pub(crate) fn repeat(given: &Value) -> Option<Repeat> {
    Some(Repeat {
        variable: some_text(given, "repeat")?
            .trim_start_matches('$')
            .to_owned(),
        direction: match text(given, "repeatDirection").as_str() {
            "v" => RepeatDirection::V,
            _ => RepeatDirection::H,
        },
        max_per_row: most_beside(given),
    })
}

/// Repeated panels beside each other; before version 6.4 the width that each had at least.
fn most_beside(given: &Value) -> u32 {
    if let Some(most) = whole(given, "maxPerRow") {
        return most.clamp(1, COLUMNS);
    }
    let least_width = whole(given, "minSpan").filter(|width| *width > 0);
    least_width.map_or(4, |width| (COLUMNS / width.min(COLUMNS)).max(1))
}
