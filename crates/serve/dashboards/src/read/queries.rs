//! What a panel asks.

use serde_json::Value;

use super::json::{flag, flag_or, get, has, list, text, whole};
use super::problems::Problems;
use super::sources::Sources;
use crate::model::{PanelQuery, QueryFormat, Signal};

/// Queries of one panel; dashboards have a few, and some tables twenty.
const MAX_QUERIES: usize = 100;

/// The queries of a panel.
pub(crate) fn queries(
    panel: &Value,
    sources: &Sources,
    problems: &mut Problems,
) -> Vec<PanelQuery> {
    let panel = sources.shared_by(panel).unwrap_or(panel);
    let of_panel = sources.signal(get(panel, "datasource"));
    let targets = list(panel, "targets");
    if targets.len() > MAX_QUERIES {
        problems.note(
            "targets",
            format!("only the first {MAX_QUERIES} queries are asked"),
        );
    }
    let mut found = Vec::new();
    for (place, target) in targets.iter().take(MAX_QUERIES).enumerate() {
        let reference = get(target, "datasource");
        let signal = sources.signal(reference).or(of_panel);
        // An expression for Prometheus or Loki is the only thing that such sources understand.
        let signal = match signal {
            None if has(target, "expr") || is_empty(target) => Signal::Metrics,
            None => Signal::Other,
            Some(signal) => signal,
        };
        if signal == Signal::Other {
            let kind = text(reference, "type");
            let kind = if kind.is_empty() {
                text(get(panel, "datasource"), "type")
            } else {
                kind
            };
            let of = if kind.is_empty() {
                String::new()
            } else {
                format!(" of kind {kind:?}")
            };
            problems.note(
                format!("targets[{place}].datasource"),
                format!("the data source{of} is not available here"),
            );
        }
        if let Some(query) = query(target, place, signal) {
            found.push(query);
        }
    }
    found
}

fn is_empty(target: &Value) -> bool {
    let known = ["refId", "datasource", "hide", "intervalFactor", "format"];
    let keys = target.as_object().map(|object| object.keys());
    keys.is_none_or(|mut keys| keys.all(|key| known.contains(&key.as_str())))
}

/// One query; `None` where it asks nothing.
fn query(target: &Value, place: usize, signal: Signal) -> Option<PanelQuery> {
    let expr = text(target, "expr");
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
