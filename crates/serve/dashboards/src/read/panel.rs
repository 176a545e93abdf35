//! One panel: what all kinds have, and which reader knows the kind.

use serde_json::Value;

use super::field_config::field_settings;
use super::json::{flag, get, has, number, some_text, text, whole};
use super::links::links;
use super::problems::Problems;
use super::queries::queries;
use super::shared::Shared;
use super::sources::Sources;
use super::transformations::transformations;
use super::{options, text as text_panel};
use crate::legacy;
use crate::model::{Panel, PanelKind, Place, Repeat, RepeatDirection, Transformation};

/// Columns of the grid.
pub(crate) const COLUMNS: u32 = 24;

/// Units of height that a panel may have: taller than any screen.
const MAX_HEIGHT: u32 = 1_000;

/// Units of height that may stand above a panel.
const MAX_Y: u32 = 1_000_000;

/// A panel of a document; `path` is its place there.
pub(crate) fn panel(given: &Value, path: &str, sources: &Sources) -> Panel {
    let mut problems = Problems::of(path);
    let of_library = sources.shared.of_library(given);
    let is_missing = has(given, "libraryPanel") && of_library.is_none();
    let given = of_library.as_ref().unwrap_or(given);
    let shown = sources.shared.shown_by(given);
    // A panel that shows another one's result shows it of that one's time.
    let own = |key: &str| {
        let other = || shown.and_then(|other| some_text(other, key));
        some_text(given, key).or_else(other).unwrap_or_default()
    };
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
        interval: own("interval"),
        max_data_points: whole(given, "maxDataPoints")
            .or_else(|| whole(shown?, "maxDataPoints"))
            .filter(|points| *points > 0),
        time_from: own("timeFrom"),
        time_shift: own("timeShift"),
        hide_time_override: flag(given, "hideTimeOverride"),
        links: links(given, "links", &mut problems),
        transformations: all_transformations(given, shown, &mut problems),
        field_config: field_settings(given, &mut problems),
        options: options::options(given),
        problems: Vec::new(),
        given_kind,
    };
    let is_bare = is_missing && panel.given_kind.is_empty();
    if is_bare {
        let told = "this panel is kept in a library, and not in the document";
        problems.note("libraryPanel", told);
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
    if panel.kind == PanelKind::Unsupported && !is_bare {
        stand_in(&mut panel, &mut problems);
    }
    if panel.kind == PanelKind::Unsupported && !is_bare {
        let kind = &panel.given_kind;
        let told = format!("panels of kind {kind:?} are not available; their data are a table");
        problems.note("type", told);
    }
    panel.problems = problems.found();
    panel
}

/// The transformations of a panel, after those of the panel whose result it shows, where it wants
/// these.
fn all_transformations(
    given: &Value,
    shown: Option<&Value>,
    problems: &mut Problems,
) -> Vec<Transformation> {
    let mut all = match shown.filter(|_| Shared::with_transformations(given)) {
        Some(other) => transformations(other, problems),
        None => Vec::new(),
    };
    all.extend(transformations(given, problems));
    all
}

/// Shows a panel of a plug-in as the kind of today that shows the same data in much the same way.
fn stand_in(panel: &mut Panel, problems: &mut Problems) {
    let (kind, word) = match panel.given_kind.as_str() {
        "natel-discrete-panel" => (PanelKind::StateTimeline, "state-timeline"),
        "flant-statusmap-panel" => (PanelKind::StatusHistory, "status-history"),
        "grafana-polystat-panel"
        | "vonage-status-panel"
        | "blackmirror1-singlestat-math-panel"
        | "btplc-trend-box-panel" => (PanelKind::Stat, "stat"),
        "briangann-gauge-panel" => (PanelKind::Gauge, "gauge"),
        "michaeldmoore-multistat-panel" | "corpglory-progresslist-panel" => {
            (PanelKind::Bargauge, "bargauge")
        }
        _ => return,
    };
    panel.kind = kind;
    let given = &panel.given_kind;
    problems.note(
        "type",
        format!("panels of kind {given:?} are shown as {word:?}"),
    );
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
