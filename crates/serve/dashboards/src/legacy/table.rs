//! `table` before version 7: how answers became rows, and styles of columns.

use serde_json::{Value, json};

use super::common::calculation;
use super::table_styles::styles;
use crate::model::{Object, Panel, Transformation};
use crate::read::json::{flag, flag_or, get, list, number, some_text, text};
use crate::read::problems::Problems;

/// Converts a table.
pub(super) fn convert(given: &Value, panel: &mut Panel, problems: &mut Problems) {
    panel.field_config = styles(given, problems);
    let made = transformation(given, problems);
    panel.transformations.splice(0..0, made);
    panel.options.insert(
        "showHeader".to_owned(),
        Value::from(flag_or(given, "showHeader", true)),
    );
    let sort = get(given, "sort");
    let column = number(sort, "col").filter(|column| *column >= 0.0);
    if let Some(column) = column {
        let falling = flag(sort, "desc");
        let sorted = match column_name(given, column as usize) {
            Some(name) => json!([{"displayName": name, "desc": falling}]),
            // Which one it is shows when the answer is there.
            None => json!([{"column": column, "desc": falling}]),
        };
        panel.options.insert("sortBy".to_owned(), sorted);
    }
}

/// The name of a column that is known by its number: those that the panel lists, or the time.
fn column_name(given: &Value, place: usize) -> Option<String> {
    let has_time = text(given, "transform") != "timeseries_aggregations";
    match (has_time, place) {
        (true, 0) => Some("Time".to_owned()),
        (false, 0) => Some("Metric".to_owned()),
        (_, place) => some_text(list(given, "columns").get(place - 1)?, "text"),
    }
}

/// How answers become rows.
fn transformation(given: &Value, problems: &mut Problems) -> Option<Transformation> {
    let (id, options) = match text(given, "transform").as_str() {
        "timeseries_to_columns" => ("seriesToColumns", json!({"byField": "Time"})),
        "timeseries_to_rows" => ("seriesToRows", json!({})),
        "timeseries_aggregations" => {
            let columns = list(given, "columns").iter();
            let calcs = columns.filter_map(|column| calculation(&text(column, "value")));
            let calcs: Vec<&str> = calcs.collect();
            (
                "reduce",
                json!({"reducers": calcs, "includeTimeField": false}),
            )
        }
        "table" | "" => ("merge", json!({})),
        other => {
            let told = format!("tables made by {other:?} are not known");
            problems.note("transform", told);
            return None;
        }
    };
    Some(Transformation {
        id: id.to_owned(),
        disabled: false,
        filter: None,
        options: match options {
            Value::Object(options) => options,
            _ => Object::new(),
        },
    })
}
