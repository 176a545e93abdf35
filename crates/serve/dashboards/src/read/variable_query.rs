//! What a variable asks for: a function in a text, or an object that holds one.

use serde_json::Value;

use super::json::{list, some_text, text, whole};
use crate::model::VariableQuery;

/// The query of a variable; `None` where it is of no form that is known here.
pub(crate) fn variable_query(value: &Value) -> Option<VariableQuery> {
    match value {
        Value::String(text) => of_text(text),
        Value::Object(_) => match some_text(value, "query") {
            Some(text) => of_text(&text),
            None => of_fields(value),
        },
        _ => None,
    }
}

/// `label_values(up, job)` and its kin; anything else is a selector of series.
fn of_text(text: &str) -> Option<VariableQuery> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let call = text
        .strip_suffix(')')
        .and_then(|call| call.split_once('('))
        .map(|(function, inside)| (function.trim(), inside.trim()));
    Some(match call {
        Some(("label_values", inside)) => {
            let (matcher, label) = last_argument(inside);
            VariableQuery::LabelValues {
                label: label.trim_matches(['"', '\'']).to_owned(),
                matcher: matcher.to_owned(),
            }
        }
        Some(("label_names", inside)) => VariableQuery::LabelNames {
            matcher: inside.to_owned(),
        },
        Some(("metrics", inside)) => VariableQuery::Metrics {
            regex: inside.to_owned(),
        },
        Some(("query_result", inside)) => VariableQuery::QueryResult {
            expr: inside.to_owned(),
        },
        _ => VariableQuery::Series {
            matcher: text.to_owned(),
        },
    })
}

/// Splits at the last comma that stands outside braces, quotes and parentheses.
fn last_argument(text: &str) -> (&str, &str) {
    let (mut depth, mut quote, mut last) = (0_i32, None, None);
    let mut is_escaped = false;
    for (place, character) in text.char_indices() {
        match (quote, character) {
            _ if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), close) if open == close => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(character),
            (None, '{' | '(' | '[') => depth += 1,
            (None, '}' | ')' | ']') => depth -= 1,
            (None, ',') if depth <= 0 => last = Some(place),
            (None, _) => {}
        }
    }
    match last.and_then(|place| text.split_at_checked(place)) {
        Some((before, label)) => (before.trim(), label.trim_start_matches(',').trim()),
        None => ("", text.trim()),
    }
}

/// The form of the editor, where its text was not kept: the function by number.
fn of_fields(value: &Value) -> Option<VariableQuery> {
    let matcher = || {
        let filters = list(value, "labelFilters").iter().map(|filter| {
            let [label, op, value] = ["label", "op", "value"].map(|key| text(filter, key));
            format!("{label}{op}{value:?}")
        });
        let filters: Vec<String> = filters.collect();
        let metric = text(value, "metric");
        match filters.is_empty() {
            true => metric,
            false => format!("{metric}{{{}}}", filters.join(",")),
        }
    };
    Some(match whole(value, "qryType")? {
        0 => VariableQuery::LabelNames {
            matcher: text(value, "match"),
        },
        1 => VariableQuery::LabelValues {
            label: some_text(value, "label")?,
            matcher: matcher(),
        },
        2 => VariableQuery::Metrics {
            regex: text(value, "metricRegex"),
        },
        3 => VariableQuery::QueryResult {
            expr: some_text(value, "varQuery")?,
        },
        4 => VariableQuery::Series {
            matcher: some_text(value, "seriesQuery")?,
        },
        5 => return of_text(&text(value, "varQuery")),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form() {
        let values = |label: &str, matcher: &str| {
            let (label, matcher) = (label.to_owned(), matcher.to_owned());
            Some(VariableQuery::LabelValues { label, matcher })
        };
        for (value, expected) in [
            (json!("label_values(job)"), values("job", "")),
            (json!("label_values(up, job)"), values("job", "up")),
            (
                json!("label_values(up{a=\"x,)y\", b=~\"$c\"}, job)"),
                values("job", "up{a=\"x,)y\", b=~\"$c\"}"),
            ),
            (
                json!("label_values({a=\"}\\\",\"},job)"),
                values("job", "{a=\"}\\\",\"}"),
            ),
            (
                json!({"query": "label_values(up,job)", "refId": "x"}),
                values("job", "up"),
            ),
            (
                json!({"qryType": 1, "label": "job", "metric": "up", "labelFilters": [{"label": "a", "op": "=~", "value": "b"}]}),
                values("job", "up{a=~\"b\"}"),
            ),
            (
                json!("label_names()"),
                Some(VariableQuery::LabelNames {
                    matcher: String::new(),
                }),
            ),
            (
                json!("metrics(node_.*)"),
                Some(VariableQuery::Metrics {
                    regex: "node_.*".to_owned(),
                }),
            ),
            (
                json!("query_result(topk(5, sum(x) by (a)))"),
                Some(VariableQuery::QueryResult {
                    expr: "topk(5, sum(x) by (a))".to_owned(),
                }),
            ),
            (
                json!("up{job=\"a\"}"),
                Some(VariableQuery::Series {
                    matcher: "up{job=\"a\"}".to_owned(),
                }),
            ),
            (json!(""), None),
            (json!(null), None),
            (json!({"label": "x", "stream": "{}", "type": 1}), None),
        ] {
            assert_eq!(variable_query(&value), expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(label_values)?[({]{0,3}[a,)\"'\\\\é]{0,12}[)}]{0,3}") {
            let _ = of_text(&text);
        }
    }
}
