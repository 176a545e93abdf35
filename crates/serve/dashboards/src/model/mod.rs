//! A dashboard as pages draw it: one shape for documents of every schema version.
//!
//! The types are those of `ui/src/dashboards/model.ts`, field for field; a test compiles golden
//! models against it. What a document leaves out has its default here, so that no reader asks
//! twice. Names follow Grafana's own JSON where it has a word.

mod field;
mod panel;
mod variable;

use serde::Serialize;

pub use field::{
    Color, DataLink, FieldConfig, FieldOverride, Mapping, MappingResult, Special, Step, Thresholds,
};
pub use panel::{
    FieldSettings, Matcher, Panel, PanelKind, PanelQuery, Place, QueryFormat, Repeat,
    RepeatDirection, Signal, Transformation,
};
pub use variable::{
    Auto, Hide, Refresh, Sort, Variable, VariableKind, VariableOption, VariableQuery,
};

/// A JSON object as the document has it.
pub type Object = serde_json::Map<String, serde_json::Value>;

/// A dashboard.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    /// Its name in addresses.
    pub uid: String,
    /// Its name for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The folder that the document was provisioned into; empty at the top.
    pub folder: String,
    /// `browser`, `utc` or an IANA name.
    pub timezone: String,
    /// What it shows until somebody asks for something else.
    pub time: Span,
    /// As `30s`; empty where pages are not asked to refresh.
    pub refresh: String,
    /// Whether a pointer over one panel is seen in the others.
    pub graph_tooltip: GraphTooltip,
    /// Where its head leads.
    pub links: Vec<Link>,
    /// What its queries are about, to choose from.
    pub variables: Vec<Variable>,
    /// Events to mark in its panels.
    pub annotations: Vec<Annotation>,
    /// Rows and panels in reading order.
    pub panels: Vec<Panel>,
    /// What of the whole document is not supported; panels have their own.
    pub problems: Vec<Problem>,
}

/// A stretch of time: `now-6h`, `now`, or moments in ISO 8601.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Its beginning.
    pub from: String,
    /// Its end.
    pub to: String,
}

/// Whether a pointer over one panel is seen in the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GraphTooltip {
    /// It is not.
    None,
    /// As a line.
    Crosshair,
    /// As a line with values.
    Tooltip,
}

/// Something of the document that is not shown as its author meant it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The field's path in the document, as `panels[3].options.reduceOptions`.
    pub path: String,
    /// What is not shown.
    pub message: String,
}

/// A link of a dashboard or panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// What it leads to.
    pub kind: LinkKind,
    /// Its text.
    pub title: String,
    /// What is told before one follows it.
    pub tooltip: String,
    /// Empty where it leads to dashboards by tag.
    pub url: String,
    /// The tags that the dashboards have which it leads to.
    pub tags: Vec<String>,
    /// Whether the time goes along.
    pub keep_time: bool,
    /// Whether the variables go along.
    pub include_variables: bool,
    /// Whether it opens a page of its own.
    pub new_tab: bool,
}

/// What a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkKind {
    /// An address.
    Link,
    /// Dashboards with the same tags.
    Dashboards,
}

/// Events to mark: the samples of a query that are not 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Annotation {
    /// Its name.
    pub name: String,
    /// Whether it is shown until somebody switches it.
    pub enabled: bool,
    /// Whether there is no switch.
    pub hide: bool,
    /// The colour of its marks.
    pub color: String,
    /// The query.
    pub expr: String,
    /// As `60s`; empty: from the resolution.
    pub step: String,
    /// The template of a mark's title.
    pub title: String,
    /// The template of a mark's text.
    pub text: String,
    /// Names of labels whose values are a mark's tags, with commas between.
    pub tags: String,
    /// Whether a sample's value is the moment, in milliseconds.
    pub use_value_for_time: bool,
}
