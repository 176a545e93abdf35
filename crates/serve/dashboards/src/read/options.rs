//! How a panel of today is drawn: the document's own words, with the parts that every kind has in
//! one form.

use serde_json::{Value, json};

use super::json::{flag, flag_or, get, has, number, object, text, texts};
use crate::model::Object;

/// The options of a panel, complete as far as several kinds share them.
pub(crate) fn options(panel: &Value) -> Object {
    let given = get(panel, "options");
    let mut options = object(panel, "options");
    if has(given, "legend") {
        options.insert("legend".to_owned(), legend(get(given, "legend")));
    }
    if has(given, "tooltip") {
        let own = object(given, "tooltip");
        options.insert("tooltip".to_owned(), tooltip(get(given, "tooltip"), own));
    }
    if has(given, "reduceOptions") {
        let reduce = get(given, "reduceOptions");
        let reduced = json!({
            "values": flag(reduce, "values"),
            "calcs": texts(reduce, "calcs"),
            "fields": text(reduce, "fields"),
            "limit": number(reduce, "limit"),
        });
        options.insert("reduceOptions".to_owned(), reduced);
    }
    options
}

/// A legend; before version 9 it was hidden by its mode.
fn legend(given: &Value) -> Value {
    let mode = text(given, "displayMode");
    let mut legend = json!({
        "show": flag_or(given, "showLegend", flag_or(given, "show", true)) && mode != "hidden",
        "displayMode": if mode == "table" { "table" } else { "list" },
        "placement": if text(given, "placement") == "right" { "right" } else { "bottom" },
        "calcs": texts(given, "calcs"),
    });
    if let Some(legend) = legend.as_object_mut() {
        if has(given, "sortBy") {
            legend.insert("sortBy".to_owned(), Value::from(text(given, "sortBy")));
        }
        if has(given, "sortDesc") {
            legend.insert("sortDesc".to_owned(), Value::from(flag(given, "sortDesc")));
        }
        if let Some(width) = number(given, "width") {
            legend.insert("width".to_owned(), Value::from(width));
        }
        // Of a pie: whether numbers and shares are told.
        if has(given, "values") {
            legend.insert("values".to_owned(), Value::from(texts(given, "values")));
        }
    }
    legend
}

fn tooltip(given: &Value, mut tooltip: Object) -> Value {
    let mode = match text(given, "mode").as_str() {
        "multi" => "multi",
        "none" => "none",
        _ => "single",
    };
    let sort = match text(given, "sort").as_str() {
        "asc" => "asc",
        "desc" => "desc",
        _ => "none",
    };
    tooltip.insert("mode".to_owned(), Value::from(mode));
    tooltip.insert("sort".to_owned(), Value::from(sort));
    Value::Object(tooltip)
}
