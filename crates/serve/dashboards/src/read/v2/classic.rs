//! Parts of a document of schema v2 in the form of classic ones.

use serde_json::{Value, json};

use crate::model::Object;
use crate::read::json::{get, has, list, object, object_of, some_text, text};

/// All but the panels.
pub(super) fn document(spec: &Value) -> Value {
    let time = get(spec, "timeSettings");
    let variables: Vec<Value> = list(spec, "variables").iter().map(variable).collect();
    let annotations: Vec<Value> = list(spec, "annotations").iter().map(annotation).collect();
    let tooltip = match text(spec, "cursorSync").as_str() {
        "Crosshair" => 1,
        "Tooltip" => 2,
        _ => 0,
    };
    json!({
        "title": get(spec, "title"),
        "description": get(spec, "description"),
        "tags": get(spec, "tags"),
        "links": get(spec, "links"),
        "timezone": get(time, "timezone"),
        "time": {"from": get(time, "from"), "to": get(time, "to")},
        "refresh": get(time, "autoRefresh"),
        "graphTooltip": tooltip,
        "templating": {"list": variables},
        "annotations": {"list": annotations},
    })
}

/// The data source of a query: its type is the query's group, or in the first drafts its kind.
fn source(query: &Value, holder: &Value) -> Value {
    if has(holder, "datasource") {
        return get(holder, "datasource").clone();
    }
    let kind = match text(query, "kind").as_str() {
        "DataQuery" => text(query, "group"),
        kind => kind.to_owned(),
    };
    let name = text(get(query, "datasource"), "name");
    match (kind.as_str(), name.as_str()) {
        ("", "") => Value::Null,
        _ => json!({"type": kind, "uid": name}),
    }
}

fn variable(one: &Value) -> Value {
    let given = get(one, "spec");
    let mut classic = object(one, "spec");
    let kind = text(one, "kind");
    let word = match kind.as_str() {
        "QueryVariable" => "query",
        "DatasourceVariable" => "datasource",
        "CustomVariable" => "custom",
        "TextVariable" => "textbox",
        "ConstantVariable" => "constant",
        "IntervalVariable" => "interval",
        "AdhocVariable" => "adhoc",
        "SwitchVariable" => "switch",
        other => other,
    };
    let mut set = |key: &str, value: Value| classic.insert(key.to_owned(), value);
    set("type", Value::from(word));
    set(
        "hide",
        Value::from(match text(given, "hide").as_str() {
            "hideLabel" => 1,
            "hideVariable" => 2,
            _ => 0,
        }),
    );
    set(
        "refresh",
        Value::from(match text(given, "refresh").as_str() {
            "onDashboardLoad" => 1,
            "onTimeRangeChanged" => 2,
            _ => 0,
        }),
    );
    set("sort", Value::from(sort(&text(given, "sort"))));
    match word {
        "query" => {
            let query = get(given, "query");
            let asked = get(query, "spec");
            let written = some_text(asked, "__legacyStringValue").map(Value::from);
            set("datasource", source(query, given));
            set("query", written.unwrap_or_else(|| asked.clone()));
        }
        "datasource" => {
            set("query", get(given, "pluginId").clone());
        }
        _ => {}
    }
    Value::Object(classic)
}

/// The number of an order in classic documents.
fn sort(word: &str) -> u32 {
    const WORDS: [&str; 9] = [
        "disabled",
        "alphabeticalAsc",
        "alphabeticalDesc",
        "numericalAsc",
        "numericalDesc",
        "alphabeticalCaseInsensitiveAsc",
        "alphabeticalCaseInsensitiveDesc",
        "naturalAsc",
        "naturalDesc",
    ];
    let place = WORDS.iter().position(|known| *known == word);
    place
        .and_then(|place| u32::try_from(place).ok())
        .unwrap_or(0)
}

fn annotation(one: &Value) -> Value {
    let given = get(one, "spec");
    let query = get(given, "query");
    // What asks is in the query, how it is told in the options of before.
    let mut classic = object(query, "spec");
    classic.extend(object(given, "legacyOptions"));
    classic.extend(object(given, "options"));
    classic.extend(object(one, "spec"));
    classic.remove("query");
    classic.insert("datasource".to_owned(), source(query, given));
    if get(given, "builtIn") == &Value::Bool(false) {
        classic.remove("builtIn");
    }
    Value::Object(classic)
}

/// An element of the kind `Panel`, or one of a library.
pub(super) fn panel(element: &Value) -> Value {
    let given = get(element, "spec");
    if text(element, "kind") == "LibraryPanel" {
        let keys = ["id", "title", "libraryPanel"];
        return Value::Object(object_of(keys.map(|key| (key, get(given, key).clone()))));
    }
    let drawn = get(given, "vizConfig");
    let kind = match text(drawn, "kind").as_str() {
        "VizConfig" => text(drawn, "group"),
        kind => kind.to_owned(),
    };
    let data = get(get(given, "data"), "spec");
    let mut classic = object(data, "queryOptions");
    let keys = ["id", "title", "description", "links", "transparent"];
    classic.extend(object_of(keys.map(|key| (key, get(given, key).clone()))));
    classic.insert("type".to_owned(), Value::from(kind));
    for key in ["options", "fieldConfig"] {
        classic.insert(key.to_owned(), get(get(drawn, "spec"), key).clone());
    }
    let targets = list(data, "queries").iter().map(target).collect();
    classic.insert("targets".to_owned(), targets);
    let changes = list(data, "transformations").iter().map(transformation);
    classic.insert("transformations".to_owned(), changes.collect());
    Value::Object(classic)
}

fn target(one: &Value) -> Value {
    let given = get(one, "spec");
    let query = get(given, "query");
    let mut target: Object = object(query, "spec");
    target.insert("refId".to_owned(), get(given, "refId").clone());
    target.insert("hide".to_owned(), get(given, "hidden").clone());
    target.insert("datasource".to_owned(), source(query, given));
    Value::Object(target)
}

fn transformation(one: &Value) -> Value {
    let mut classic = object(one, "spec");
    if !classic.contains_key("id") {
        let id = some_text(one, "group").unwrap_or_else(|| text(one, "kind"));
        classic.insert("id".to_owned(), Value::from(id));
    }
    Value::Object(classic)
}
