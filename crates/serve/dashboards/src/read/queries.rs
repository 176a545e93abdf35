//! What a panel asks.

use std::collections::HashSet;

use serde_json::Value;

use super::json::{flag, flag_or, get, has, some_text, text, whole};
use super::problems::Problems;
use super::shared::Asked;
use super::sources::Sources;
use crate::model::{PanelQuery, QueryFormat, Signal};

/// Queries of one panel; dashboards have a few, and some tables twenty.
const MAX_QUERIES: usize = 100;

/// Keys under which the queries of other data sources stand, in the order in which they are told.
const WORDS: [&str; 7] = [
    "expr",
    "query",
    "rawSql",
    "queryText",
    "rawQuery",
    "expression",
    "target",
];

/// The queries of a panel.
pub(crate) fn queries(
    panel: &Value,
    sources: &Sources,
    problems: &mut Problems,
) -> Vec<PanelQuery> {
    let (asked, is_whole) = sources.shared.targets(panel);
    if !is_whole {
        let told = "the panel whose result this one shows is not in the document";
        problems.note("targets", told);
    }
    if asked.len() > MAX_QUERIES {
        problems.note(
            "targets",
            format!("only the first {MAX_QUERIES} queries are asked"),
        );
    }
    let mut names = HashSet::new();
    let mut found = Vec::new();
    for (number, asked) in asked.iter().take(MAX_QUERIES).enumerate() {
        let signal = signal(asked, sources);
        let source = match signal {
            Signal::Other => kind_of_source(asked),
            Signal::Metrics | Signal::Logs => String::new(),
        };
        if signal == Signal::Other {
            let of = match source.as_str() {
                "" => String::new(),
                kind => format!(" of kind {kind:?}"),
            };
            problems.note(
                format!("targets[{}].datasource", asked.place),
                format!("the data source{of} is not available here"),
            );
        }
        if let Some(mut query) = query(asked.target, number, signal) {
            query.ref_id = unlike(query.ref_id, &mut names);
            query.source = source;
            found.push(query);
        }
    }
    found
}

/// A name that no other query of the panel has: answers are told apart by it.
fn unlike(name: String, names: &mut HashSet<String>) -> String {
    let mut free = name.clone();
    let mut round = 1;
    while !names.insert(free.clone()) {
        round += 1;
        free = format!("{name}{round}");
    }
    free
}

fn signal(asked: &Asked<'_>, sources: &Sources) -> Signal {
    let of_query = sources.signal(get(asked.target, "datasource"));
    let signal = of_query.or_else(|| sources.signal(get(asked.panel, "datasource")));
    match signal {
        // An expression for Prometheus or Loki is the only thing that such sources understand.
        None if has(asked.target, "expr") || is_empty(asked.target) => Signal::Metrics,
        None => Signal::Other,
        Some(signal) => signal,
    }
}

/// The kind of the data source that a query asks.
fn kind_of_source(asked: &Asked<'_>) -> String {
    let kinds = [asked.target, asked.panel].map(|holder| {
        let source = get(holder, "datasource");
        match text(source, "type") {
            // Grafana's own, told apart by their names.
            kind if matches!(kind.as_str(), "" | "datasource") => text(source, "uid"),
            kind => kind,
        }
    });
    let kind = kinds.into_iter().find(|kind| !kind.is_empty());
    kind.unwrap_or_default()
}

fn is_empty(target: &Value) -> bool {
    let known = ["refId", "datasource", "hide", "intervalFactor", "format"];
    let keys = target.as_object().map(|object| object.keys());
    keys.is_none_or(|mut keys| keys.all(|key| known.contains(&key.as_str())))
}

/// One query; `None` where it asks nothing.
fn query(target: &Value, place: usize, signal: Signal) -> Option<PanelQuery> {
    let words: &[&str] = match signal {
        Signal::Metrics | Signal::Logs => &["expr"],
        Signal::Other => &WORDS,
    };
    let said = words.iter().find_map(|word| some_text(target, word));
    let expr = said.unwrap_or_default();
    if expr.trim().is_empty() && signal != Signal::Other {
        return None;
    }
    let instant = flag(target, "instant") || text(target, "queryType") == "instant";
    let range = flag_or(target, "range", !instant);
    let ref_id = match text(target, "refId") {
        name if name.is_empty() => letter(place),
        name => name,
    };
    Some(PanelQuery {
        ref_id,
        expr,
        legend_format: text(target, "legendFormat"),
        format: match text(target, "format").as_str() {
            "table" => QueryFormat::Table,
            "heatmap" => QueryFormat::Heatmap,
            _ => QueryFormat::TimeSeries,
        },
        instant,
        // Neither is what some exports say; something must be asked.
        range: range || !instant,
        hide: flag(target, "hide"),
        exemplar: flag(target, "exemplar"),
        interval: text(target, "interval"),
        interval_factor: whole(target, "intervalFactor").unwrap_or(1).max(1),
        signal,
        source: String::new(),
    })
}

/// `A`, `B`, … `Z`, `A1`, …
fn letter(place: usize) -> String {
    let letter = char::from(b'A' + (place % 26) as u8);
    match place / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{round}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_asked_and_how() {
        let sources = Sources::default();
        let check = |target: Value| {
            let mut problems = Problems::of("");
            let panel = json!({"targets": [target]});
            let found = queries(&panel, &sources, &mut problems);
            (found.into_iter().next(), problems.found().len())
        };
        let one = |target: Value| check(target).0.expect("a query");
        let query = one(json!({"expr": "up", "refId": "X", "instant": true, "format": "table"}));
        assert!(query.instant && !query.range && query.format == QueryFormat::Table);
        let query = one(json!({"expr": "up", "instant": true, "range": true}));
        assert!(query.instant && query.range && query.ref_id == "A");
        let query =
            one(json!({"expr": "up", "instant": false, "range": false, "intervalFactor": 2}));
        assert!(!query.instant && query.range && query.interval_factor == 2);
        assert_eq!(check(json!({"expr": " ", "refId": "A"})), (None, 0));
        assert_eq!(check(json!({"refId": "A"})), (None, 0));
        let (query, problems) =
            check(json!({"rawSql": "SELECT 1", "datasource": {"type": "mysql"}}));
        assert_eq!((query.expect("one").signal, problems), (Signal::Other, 1));
        let (query, problems) = check(json!({"rawSql": "SELECT 1"}));
        assert_eq!((query.expect("one").signal, problems), (Signal::Other, 1));
        let query = one(json!({"expr": "{a=\"b\"}", "datasource": {"type": "loki"}}));
        assert_eq!(query.signal, Signal::Logs);
        assert_eq!([letter(0), letter(25), letter(26)], ["A", "Z", "A1"]);
    }
}
