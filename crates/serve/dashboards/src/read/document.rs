//! A whole document.

use serde_json::Value;
use thiserror::Error;

use super::annotations::annotations;
use super::json::{flag, get, has, list, some_text, text, texts, whole};
use super::links::links;
use super::panels::panels;
use super::problems::Problems;
use super::sources::Sources;
use super::variables::variables;
use crate::model::{Dashboard, GraphTooltip, Span};

/// Bytes of a document: ten times the largest seen.
pub const MAX_DOCUMENT: usize = 4 << 20;

/// Why a document is none of a dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// It is too large.
    #[error("the document has {size} bytes, more than {MAX_DOCUMENT}: split the dashboard")]
    TooLarge {
        /// Its bytes.
        size: usize,
    },
    /// It is no JSON.
    #[error("line {line}, column {column}: {reason}")]
    NoJson {
        /// The line, from 1.
        line: usize,
        /// The character in the line, from 1.
        column: usize,
        /// What was expected there.
        reason: String,
    },
    /// It is JSON of something else.
    #[error("no dashboard: {0}")]
    NoDashboard(&'static str),
}

/// What a list of dashboards tells of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its name in addresses; empty where the document has none.
    pub uid: String,
    /// Its name for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// How much of it is not shown as its author meant it.
    pub problems: usize,
}

/// Reads a document. The folder is the caller's to fill in, and the uid where it is empty.
pub fn read(bytes: &[u8]) -> Result<Dashboard, ReadError> {
    let document = parse(bytes)?;
    let inside = dashboard_of(&document)?;
    let mut dashboard = match has(inside, "elements") {
        true => super::v2::dashboard(inside),
        false => dashboard(inside),
    };
    if dashboard.uid.is_empty() {
        // Of an object of Kubernetes.
        dashboard.uid = text(get(&document, "metadata"), "name");
    }
    Ok(dashboard)
}

/// What a list tells of a document.
pub fn head(bytes: &[u8]) -> Result<Head, ReadError> {
    let dashboard = read(bytes)?;
    let in_panels = dashboard.panels.iter().map(|panel| {
        let inside = panel.panels.iter().map(|panel| panel.problems.len());
        panel.problems.len() + inside.sum::<usize>()
    });
    Ok(Head {
        problems: dashboard.problems.len() + in_panels.sum::<usize>(),
        uid: dashboard.uid,
        title: dashboard.title,
        description: dashboard.description,
        tags: dashboard.tags,
    })
}

fn parse(bytes: &[u8]) -> Result<Value, ReadError> {
    if bytes.len() > MAX_DOCUMENT {
        let size = bytes.len();
        return Err(ReadError::TooLarge { size });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| ReadError::NoJson {
        line: error.line(),
        column: error.column(),
        reason: reason(&error),
    })
}

/// The words of an error without its place, which is told beside them.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}

/// The dashboard in a document: the document itself, or what an API put round it.
fn dashboard_of(document: &Value) -> Result<&Value, ReadError> {
    if !document.is_object() {
        return Err(ReadError::NoDashboard("a JSON object was expected"));
    }
    let inside = get(document, "dashboard");
    if inside.is_object() && !has(document, "panels") {
        return Ok(inside);
    }
    let spec = get(document, "spec");
    if text(document, "kind") == "Dashboard" && spec.is_object() {
        return Ok(spec);
    }
    if has(document, "elements") && has(document, "layout") {
        return Ok(document);
    }
    let known = ["panels", "rows", "title", "templating"];
    if !known.iter().any(|key| has(document, key)) {
        return Err(ReadError::NoDashboard("it has neither a title nor panels"));
    }
    Ok(document)
}

/// A classic document.
pub(super) fn dashboard(document: &Value) -> Dashboard {
    let mut problems = Problems::of("");
    let sources = Sources::of(document);
    let time = get(document, "time");
    let end = |key, default: &str| some_text(time, key).unwrap_or_else(|| default.to_owned());
    let mut dashboard = Dashboard {
        uid: text(document, "uid"),
        title: text(document, "title"),
        description: text(document, "description"),
        tags: texts(document, "tags"),
        folder: String::new(),
        timezone: match text(document, "timezone").as_str() {
            "" | "browser" => "browser".to_owned(),
            zone => zone.to_owned(),
        },
        time: Span {
            from: end("from", "now-6h"),
            to: end("to", "now"),
        },
        refresh: match get(document, "refresh") {
            Value::String(every) => every.clone(),
            _ => String::new(),
        },
        graph_tooltip: match whole(document, "graphTooltip") {
            Some(1) => GraphTooltip::Crosshair,
            Some(2) => GraphTooltip::Tooltip,
            // Before version 8 it was a switch.
            _ if flag(document, "sharedCrosshair") => GraphTooltip::Crosshair,
            _ => GraphTooltip::None,
        },
        links: links(document, "links", &mut problems),
        variables: variables(document, &sources, &mut problems),
        annotations: annotations(document, &sources, &mut problems),
        panels: panels(document, &sources, &mut problems),
        problems: Vec::new(),
    };
    for (place, input) in list(document, "__inputs").iter().enumerate() {
        if text(input, "type") == "constant" && !has(input, "value") {
            let told = "a constant that an import would ask for has no value";
            problems.note(format!("__inputs[{place}]"), told);
        }
    }
    dashboard.problems = problems.found();
    dashboard
}
