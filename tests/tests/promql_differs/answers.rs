//! Answers of the two servers, and what is the same.

use std::collections::{BTreeMap, BTreeSet};

use argand_tests::post;
use serde_json::Value;

use crate::queries::When;

/// How alike answers must be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strictness {
    /// Share of a value by which another way of adding up may change it.
    pub(crate) tolerance: f64,
    /// Texts of errors, and notes.
    pub(crate) texts: bool,
}

/// An answer, its series by labels.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Failed {
        kind: String,
        text: String,
    },
    Value {
        kind: String,
        /// Time and value, or the parts of a histogram, as they are written.
        series: BTreeMap<String, Vec<(String, Vec<String>)>>,
        /// The values in the order of the answer.
        order: Vec<Vec<String>>,
        notes: BTreeSet<String>,
    },
}

/// Asks a server.
pub(crate) fn ask(server: &str, query: &str, when: When) -> Answer {
    let seconds = |millis: i64| format!("{}.{:03}", millis / 1000, millis % 1000);
    let (path, times) = match when {
        When::Instant(time) => ("query", format!("time={}", seconds(time))),
        When::Range(start, end, step) => (
            "query_range",
            format!(
                "start={}&end={}&step={}",
                seconds(start),
                seconds(end),
                seconds(step)
            ),
        ),
    };
    let query: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let body = format!("query={query}&{times}");
    let form = "application/x-www-form-urlencoded";
    let answer = post(&format!("{server}/api/v1/{path}"), form, body.as_bytes()).unwrap();
    let value: Value = serde_json::from_str(&answer.text)
        .unwrap_or_else(|error| panic!("{server}: {error}: {}", answer.text));
    read(&value)
}

fn read(value: &Value) -> Answer {
    let text = |pointer: &str| value.pointer(pointer).map_or_else(String::new, written);
    if text("/status") != "success" {
        return Answer::Failed {
            kind: text("/errorType"),
            text: text("/error"),
        };
    }
    let (mut series, mut order) = (BTreeMap::new(), Vec::new());
    let result = value.pointer("/data/result").unwrap();
    let list = result.as_array().cloned().unwrap_or_default();
    let is_list = list.first().is_none_or(Value::is_object);
    let list = if is_list { list } else { Vec::new() };
    for one in &list {
        let mut points = Vec::new();
        for field in ["value", "histogram"] {
            points.extend(one.get(field).map(point));
        }
        for field in ["values", "histograms"] {
            let list = one.get(field).and_then(Value::as_array);
            points.extend(list.into_iter().flatten().map(point));
        }
        order.extend(points.first().map(|(_, parts)| parts.clone()));
        series.insert(one["metric"].to_string(), points);
    }
    if !is_list {
        series.insert(String::new(), vec![point(result)]);
    }
    let mut notes = BTreeSet::new();
    for field in ["warnings", "infos"] {
        let list = value.get(field).and_then(Value::as_array);
        notes.extend(
            list.into_iter()
                .flatten()
                .map(|note| comparable(&written(note))),
        );
    }
    Answer::Value {
        kind: text("/data/resultType"),
        series,
        order,
        notes,
    }
}

/// A note without the number of samples that were mended.
fn comparable(note: &str) -> String {
    match (
        note.split_once(", over "),
        note.split_once(" samples from "),
    ) {
        (Some((before, _)), Some((_, behind))) => format!("{before} from {behind}"),
        _ => note.to_owned(),
    }
}

fn point(pair: &Value) -> (String, Vec<String>) {
    let mut parts = Vec::new();
    flatten(&pair[1], &mut parts);
    (pair[0].to_string(), parts)
}

fn flatten(value: &Value, parts: &mut Vec<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|one| flatten(one, parts)),
        Value::Object(map) => map.values().for_each(|one| flatten(one, parts)),
        other => parts.push(written(other)),
    }
}

fn written(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn same_number(theirs: &str, ours: &str, tolerance: f64) -> bool {
    if theirs == ours {
        return true;
    }
    let (Ok(theirs), Ok(ours)) = (theirs.parse::<f64>(), ours.parse::<f64>()) else {
        return false;
    };
    (theirs - ours).abs() <= tolerance * theirs.abs().max(ours.abs())
}

fn same_parts(theirs: &[String], ours: &[String], tolerance: f64) -> bool {
    theirs.len() == ours.len()
        && theirs
            .iter()
            .zip(ours)
            .all(|(theirs, ours)| same_number(theirs, ours, tolerance))
}

/// The difference in words; none where the answers are the same. `ordered` says that the order of
/// an instant answer counts: that of its values, for series of one value have none.
pub(crate) fn difference(
    theirs: &Answer,
    ours: &Answer,
    ordered: bool,
    how: Strictness,
) -> Option<String> {
    let both = || {
        Some(format!(
            "theirs {}\n  ours   {}",
            shown(theirs),
            shown(ours)
        ))
    };
    match (theirs, ours) {
        (
            Answer::Failed { kind, text },
            Answer::Failed {
                kind: our_kind,
                text: our_text,
            },
        ) => {
            // Which of several faulty groups is named depends on the order of series.
            let named = text.starts_with("found duplicate series");
            if kind != our_kind || (how.texts && !named && text != our_text) {
                both()
            } else {
                None
            }
        }
        (
            Answer::Value {
                kind,
                series,
                order,
                notes,
            },
            Answer::Value {
                kind: our_kind,
                series: our_series,
                order: our_order,
                notes: our_notes,
            },
        ) => {
            if kind != our_kind || (how.texts && notes != our_notes) {
                return both();
            }
            let labels: BTreeSet<&String> = series.keys().chain(our_series.keys()).collect();
            for labels in labels {
                let (theirs, ours) = (series.get(labels), our_series.get(labels));
                if let Some(text) = in_series(labels, theirs, ours, how.tolerance) {
                    return Some(text);
                }
            }
            let same_order = order
                .iter()
                .zip(our_order)
                .all(|(theirs, ours)| same_parts(theirs, ours, how.tolerance));
            if ordered && !same_order { both() } else { None }
        }
        // That matches must be unique is asked before a comparison leaves any out since 3.0.
        (Answer::Value { .. }, Answer::Failed { text, .. })
            if !how.texts && text.starts_with("multiple matches for labels") =>
        {
            None
        }
        _ => both(),
    }
}

type Points = Vec<(String, Vec<String>)>;

fn in_series(
    labels: &str,
    theirs: Option<&Points>,
    ours: Option<&Points>,
    tolerance: f64,
) -> Option<String> {
    let (Some(theirs), Some(ours)) = (theirs, ours) else {
        return Some(format!("{labels}: theirs {theirs:?}\n  ours   {ours:?}"));
    };
    let differs = theirs.len() != ours.len()
        || theirs
            .iter()
            .zip(ours)
            .any(|(theirs, ours)| theirs.0 != ours.0 || !same_parts(&theirs.1, &ours.1, tolerance));
    let first = theirs.iter().find(|point| {
        !ours
            .iter()
            .any(|ours| ours.0 == point.0 && same_parts(&point.1, &ours.1, tolerance))
    });
    differs.then(|| match first {
        Some((time, theirs)) => {
            let ours = ours.iter().find(|point| point.0 == *time);
            format!(
                "{labels} at {time}: theirs {theirs:?}\n  ours   {:?}",
                ours.map(|o| &o.1)
            )
        }
        None => format!("{labels}: theirs {theirs:?}\n  ours   {ours:?}"),
    })
}

/// An answer in few words.
fn shown(answer: &Answer) -> String {
    let mut text = format!("{answer:?}");
    if let Some((end, _)) = text.char_indices().nth(600) {
        text.truncate(end);
    }
    text
}

/// The moments at which two answers differ in any series.
pub(crate) fn moments(theirs: &Answer, ours: &Answer, tolerance: f64) -> Vec<i64> {
    let (Answer::Value { series, .. }, Answer::Value { series: others, .. }) = (theirs, ours)
    else {
        return Vec::new();
    };
    let mut found = BTreeSet::new();
    for (one, other) in [(series, others), (others, series)] {
        for (labels, points) in one {
            for (time, parts) in points {
                let there = other.get(labels).is_some_and(|points| {
                    points
                        .iter()
                        .any(|point| point.0 == *time && same_parts(parts, &point.1, tolerance))
                });
                if let (false, Ok(seconds)) = (there, time.parse::<f64>()) {
                    found.insert((seconds * 1000.0).round() as i64);
                }
            }
        }
    }
    found.into_iter().collect()
}
