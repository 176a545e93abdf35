//! Documents of every kind of panel and of both generations, and the models that they give. With
//! `ARGAND_BLESS=1` the models are written anew, for a person to look at the difference.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dashboards::model::{Panel, PanelKind};
use dashboards::read;
use proptest::prelude::*;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn documents() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    let is_document = |file: &PathBuf| {
        let name = file.to_string_lossy();
        name.ends_with(".json") && !name.ends_with(".model.json")
    };
    let mut files: Vec<PathBuf> = files.filter(is_document).collect();
    files.sort();
    files
}

#[test]
fn documents_give_their_models() {
    let documents = documents();
    assert!(documents.len() >= 5, "{documents:?}");
    let mut kinds = BTreeSet::new();
    for file in documents {
        let model = read(&fs::read(&file).unwrap()).unwrap();
        for panel in &model.panels {
            note(panel, &mut kinds);
        }
        let mut text = serde_json::to_string_pretty(&model).unwrap();
        text.push('\n');
        let golden = file.with_extension("model.json");
        if std::env::var_os("ARGAND_BLESS").is_some() {
            fs::write(&golden, &text).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap();
        assert!(
            text == expected,
            "{}: {}",
            file.display(),
            first_difference(&text, &expected)
        );
    }
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    let all = [
        "alertlist",
        "barchart",
        "bargauge",
        "dashlist",
        "gauge",
        "heatmap",
        "histogram",
        "logs",
        "piechart",
        "row",
        "stat",
        "state-timeline",
        "status-history",
        "table",
        "text",
        "timeseries",
        "unsupported",
    ];
    assert_eq!(kinds, all);
}

fn note(panel: &Panel, kinds: &mut BTreeSet<String>) {
    let Value::String(kind) = json!(panel.kind) else {
        panic!("a kind is a word")
    };
    kinds.insert(kind);
    for inside in &panel.panels {
        assert_ne!(inside.kind, PanelKind::Row);
        note(inside, kinds);
    }
}

fn first_difference(found: &str, expected: &str) -> String {
    let mut lines = found.lines().zip(expected.lines()).enumerate();
    let differing = lines.find(|(_, (found, expected))| found != expected);
    match differing {
        Some((place, (found, expected))) => {
            format!("line {}: {found} is not {expected}", place + 1)
        }
        None => "one is longer".to_owned(),
    }
}

/// Any JSON, with words of dashboards as keys and values.
fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        prop::sample::select(vec![
            "panels",
            "rows",
            "type",
            "targets",
            "templating",
            "list",
            "fieldConfig",
            "defaults",
            "overrides",
            "properties",
            "matcher",
            "id",
            "value",
            "options",
            "gridPos",
            "x",
            "y",
            "w",
            "h",
            "span",
            "height",
            "styles",
            "pattern",
            "thresholds",
            "steps",
            "mappings",
            "query",
            "current",
            "datasource",
            "expr",
            "yaxes",
            "seriesOverrides",
            "alias",
            "links",
            "url",
            "annotations",
            "repeat",
            "minSpan",
            "sort",
            "columns",
            "col",
            "text",
            "content",
            "mode",
            "fieldOptions",
            "valueOptions",
            "dashboard",
            "spec",
            "panelId",
            "unit",
            "decimals",
            "collapsed",
            "legend",
            "tooltip",
            "reduceOptions",
            "calcs",
            "xaxis",
            "kind",
            "elements",
            "layout",
            "items",
            "tabs",
            "element",
            "name",
            "vizConfig",
            "data",
            "queries",
            "hideHeader",
            "maxColumnCount",
            "libraryPanel",
            "model",
            "uid",
            "repeatPanelId",
            "repeatedByRow",
            "repeatRowId",
            "withTransforms",
            "timeRegions",
            "grid",
            "threshold1",
            "nullPointMode",
            "transformations",
        ])
        .prop_map(str::to_owned),
        "[a-z]{0,4}",
    ];
    let word = prop::sample::select(vec![
        "graph",
        "singlestat",
        "table",
        "table-old",
        "row",
        "text",
        "heatmap",
        "gauge",
        "stat",
        "timeseries",
        "query",
        "custom",
        "interval",
        "datasource",
        "adhoc",
        "-- Dashboard --",
        "label_values(up, job)",
        "$__all",
        "/.*/",
        "background",
        "byName",
        "custom.a.b",
        "histogram",
        "Panel",
        "GridLayout",
        "GridLayoutRow",
        "AutoGridLayout",
        "RowsLayout",
        "TabsLayout",
        "QueryVariable",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..30_i64).prop_map(Value::from),
        word.prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 120, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_gives_a_model_or_an_error(panels in prop::collection::vec(any_json(), 0..4), more in any_json()) {
        let document = json!({"title": "x", "panels": panels, "rows": [{"panels": panels, "height": more}], "templating": {"list": panels}, "links": [more]});
        let model = read(document.to_string().as_bytes());
        prop_assert!(model.is_ok(), "{:?}", model);
        let _ = read(more.to_string().as_bytes());
        let document = json!({"panels": panels, "__elements": more, "__inputs": panels});
        prop_assert!(read(document.to_string().as_bytes()).is_ok());
        let layout = json!({"kind": "RowsLayout", "spec": {"rows": panels}});
        let document = json!({"elements": {"a": more}, "layout": layout, "variables": panels});
        prop_assert!(read(document.to_string().as_bytes()).is_ok());
    }

    #[test]
    fn any_bytes_give_a_model_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }
}

#[test]
fn documents_that_are_none_say_why() {
    let deep = "[".repeat(100_000);
    let many = json!({"panels": vec![json!({"type": "text"}); 3_000]}).to_string();
    for (document, expected) in [
        ("", "line 1, column 0: EOF"),
        ("{\"title\":\n  x}", "line 2, column 3: expected value"),
        ("[]", "a JSON object was expected"),
        ("{}", "neither a title nor panels"),
        (deep.as_str(), "recursion limit"),
        (
            &format!(
                "{{\"title\": \"{}\"}}",
                "x".repeat(dashboards::MAX_DOCUMENT)
            ),
            "split the dashboard",
        ),
    ] {
        let error = read(document.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let model = read(many.as_bytes()).unwrap();
    assert_eq!((model.panels.len(), model.problems.len()), (2_000, 1));
}

#[test]
fn wrappings_of_apis_are_taken_off() {
    let plain = json!({"uid": "u", "title": "T", "panels": []});
    for document in [
        plain.clone(),
        json!({"dashboard": plain, "meta": {"slug": "t"}}),
        json!({"apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard", "spec": plain}),
    ] {
        let model = read(document.to_string().as_bytes()).unwrap();
        assert_eq!(
            (model.uid.as_str(), model.title.as_str()),
            ("u", "T"),
            "{document}"
        );
    }
}
