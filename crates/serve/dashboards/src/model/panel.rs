//! Panels: what is asked, how it is changed and drawn.

use serde::Serialize;
use serde_json::Value;

use super::{FieldConfig, FieldOverride, Link, Object, Problem};

/// A panel or row.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Panel {
    /// Its number, which no other panel of the dashboard has.
    pub id: u32,
    /// What it is here.
    pub kind: PanelKind,
    /// The document's own word for the kind, as `graph` or `grafana-clock-panel`.
    pub given_kind: String,
    /// Its title.
    pub title: String,
    /// What it shows, in words.
    pub description: String,
    /// Whether it has no background.
    pub transparent: bool,
    /// Where it is.
    pub place: Place,
    /// Of a row: closed until opened; its panels are in `panels` then and nowhere else.
    pub collapsed: bool,
    /// The panels of a closed row.
    pub panels: Vec<Panel>,
    /// Where it is shown once for each value of a variable.
    pub repeat: Option<Repeat>,
    /// What it asks.
    pub queries: Vec<PanelQuery>,
    /// The least step, as `30s` or a variable; empty: none.
    pub interval: String,
    /// About how many points it wants, where it does not go by its width.
    pub max_data_points: Option<u32>,
    /// As `1h`: this panel's own span; empty: the dashboard's.
    pub time_from: String,
    /// As `1d`: how long before the dashboard's time; empty: not at all.
    pub time_shift: String,
    /// Whether its own time is not told.
    pub hide_time_override: bool,
    /// Where its title leads.
    pub links: Vec<Link>,
    /// How answers are changed before they are drawn.
    pub transformations: Vec<Transformation>,
    /// How its fields are drawn.
    pub field_config: FieldSettings,
    /// How it is drawn, by kind, in Grafana's own words of today; `html` of a text panel has been
    /// made safe.
    pub options: Object,
    /// What is not shown as its author meant it.
    pub problems: Vec<Problem>,
}

/// Every kind of panel of today; the older ones are converted into these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PanelKind {
    /// Curves over time.
    Timeseries,
    /// Numbers.
    Stat,
    /// Numbers on a dial.
    Gauge,
    /// Numbers as bars on a scale.
    Bargauge,
    /// A table.
    Table,
    /// A text.
    Text,
    /// A pie.
    Piechart,
    /// Counts by time and bucket.
    Heatmap,
    /// States as stretches of time.
    #[serde(rename = "state-timeline")]
    StateTimeline,
    /// States at moments.
    #[serde(rename = "status-history")]
    StatusHistory,
    /// Counts by bucket.
    Histogram,
    /// Bars.
    Barchart,
    /// Lines of logs.
    Logs,
    /// Alerts.
    Alertlist,
    /// Other dashboards.
    Dashlist,
    /// A row of panels.
    Row,
    /// None of these.
    Unsupported,
}

/// Where a panel is: 24 columns; a unit of height is 30 pixels and 8 of margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Columns to its left.
    pub x: u32,
    /// Units above it.
    pub y: u32,
    /// Its width in columns.
    pub w: u32,
    /// Its height in units.
    pub h: u32,
}

/// A panel or row for each value of a variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Repeat {
    /// The variable.
    pub variable: String,
    /// Beside or below each other.
    pub direction: RepeatDirection,
    /// Panels beside each other at most.
    pub max_per_row: u32,
}

/// Where repeated panels go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RepeatDirection {
    /// Beside each other.
    H,
    /// Below each other.
    V,
}

/// A query of a panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PanelQuery {
    /// Its letter.
    pub ref_id: String,
    /// The query.
    pub expr: String,
    /// `__auto` and the empty text mean: the labels.
    pub legend_format: String,
    /// As what its answer is taken.
    pub format: QueryFormat,
    /// Whether the last moment is asked for.
    pub instant: bool,
    /// Whether the whole time is asked for.
    pub range: bool,
    /// Whether it is not drawn.
    pub hide: bool,
    /// Whether exemplars are asked for.
    pub exemplar: bool,
    /// This query's least step.
    pub interval: String,
    /// What the step is multiplied by.
    pub interval_factor: u32,
    /// What is asked.
    pub signal: Signal,
    /// Of what kind the data source is, as `tempo`, where it is none that is here.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
}

/// As what an answer is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryFormat {
    /// A field for each series.
    TimeSeries,
    /// A column for each label.
    Table,
    /// A field for each bucket.
    Heatmap,
}

/// What a query asks: metrics where the data source is Prometheus or not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Signal {
    /// Metrics.
    Metrics,
    /// Logs.
    Logs,
    /// What is not here.
    Other,
}

/// A change of answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Transformation {
    /// Grafana's identifier, as `organize`.
    pub id: String,
    /// Whether it is left out.
    pub disabled: bool,
    /// Of which queries; all where there is none.
    pub filter: Option<Matcher>,
    /// How, in Grafana's words.
    pub options: Object,
}

/// Which fields are meant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Matcher {
    /// `byName`, `byRegexp`, `byFrameRefID`, `byType`, `byNames`, `byValue` or another.
    pub id: String,
    /// The name, the pattern, …
    pub options: Value,
}

/// How the fields of a panel are drawn: the defaults first, then each override that matches.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FieldSettings {
    /// All fields.
    pub defaults: FieldConfig,
    /// Some.
    pub overrides: Vec<FieldOverride>,
}
