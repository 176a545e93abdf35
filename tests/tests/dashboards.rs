//! Dashboards from folders and provider files: listed, read, followed, saved.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use argand_tests::{Argand, get, get_json, installed};
use serde_json::{Value, json};

const LIST: &str = "/api/v1/dashboards";

fn document(uid: &str, title: &str) -> String {
    json!({"uid": uid, "title": title, "schemaVersion": 39, "tags": ["t"], "panels": [
        {"id": 1, "type": "timeseries", "title": "P", "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
            "datasource": {"type": "prometheus", "uid": "${DS_PROMETHEUS}"},
            "targets": [{"refId": "A", "expr": "up"}]}]})
    .to_string()
}

fn start(folder: &Path) -> Argand {
    for below in ["open/prod", "closed", "providers"] {
        fs::create_dir_all(folder.join(below)).unwrap();
    }
    fs::write(folder.join("open/prod/a.json"), document("a", "First")).unwrap();
    fs::write(folder.join("open/no uid.json"), document("", "Second")).unwrap();
    fs::write(folder.join("open/again.json"), document("a", "Twice")).unwrap();
    fs::write(folder.join("open/broken.json"), "{\"title\":\n  x}").unwrap();
    fs::write(folder.join("closed/b.json"), document("b", "Third")).unwrap();
    let providers =
        "apiVersion: 1\nproviders: [{name: p, folder: Team, options: {path: ../closed}}]\n";
    fs::write(folder.join("providers/p.yml"), providers).unwrap();
    let flags = [
        format!("--dashboards.path={}", folder.join("open").display()),
        format!(
            "--dashboards.providers={}",
            folder.join("providers").display()
        ),
    ];
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    Argand::start("scrape_configs: []\n", &flags).unwrap()
}

/// Sends a document; answers the status and the body.
fn put(argand: &Argand, uid: &str, document: &str) -> (u16, Value) {
    let output = std::process::Command::new("curl")
        .args(["--silent", "--max-time", "20", "--request", "PUT"])
        .args(["--write-out", "\n%{http_code}", "--data-binary", document])
        .args(["--header", "Content-Type: application/json"])
        .arg(argand.url(&format!("{LIST}/{uid}")))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), serde_json::from_str(body).unwrap())
}

#[test]
fn folders_are_listed_and_followed() {
    let folder = tempfile::tempdir().unwrap();
    let argand = start(folder.path());
    let list = get_json(&argand.url(LIST)).unwrap();
    let found = list["data"]["dashboards"].as_array().unwrap().iter();
    let found: Vec<[&str; 3]> = found
        .map(|one| ["uid", "title", "folder"].map(|key| one[key].as_str().unwrap()))
        .collect();
    let expected = [
        ["no-uid", "Second", ""],
        ["a", "Twice", ""],
        ["b", "Third", "Team"],
    ];
    assert_eq!(found, expected);
    let problems = list["data"]["problems"].as_array().unwrap().iter();
    let problems: Vec<&str> = problems
        .map(|one| one["message"].as_str().unwrap())
        .collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems[0].contains("broken.json: line 2, column 3"),
        "{problems:?}"
    );
    assert!(
        problems[1].contains("the uid \"a\" is that of"),
        "{problems:?}"
    );

    let model = get_json(&argand.url("/api/v1/dashboards/b")).unwrap();
    assert_eq!(model["data"]["folder"], "Team");
    assert_eq!(
        model["data"]["panels"][0]["queries"][0]["signal"],
        "metrics"
    );
    let source = get(&argand.url("/api/v1/dashboards/b/source")).unwrap();
    assert_eq!(source.text, document("b", "Third"));
    assert_eq!(
        get(&argand.url("/api/v1/dashboards/c")).unwrap().status,
        404
    );

    fs::write(folder.path().join("closed/c.json"), document("c", "Fourth")).unwrap();
    fs::remove_file(folder.path().join("closed/b.json")).unwrap();
    let began = Instant::now();
    while get(&argand.url("/api/v1/dashboards/c")).unwrap().status != 200 {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(
        get(&argand.url("/api/v1/dashboards/b")).unwrap().status,
        404
    );
}

#[test]
fn what_may_be_written_is_saved_with_its_versions() {
    if installed("curl").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let argand = start(folder.path());
    let file = folder.path().join("open/again.json");
    for (title, version) in [("One", Some(1)), ("One", None), ("Two", Some(2))] {
        let (status, saved) = put(&argand, "a", &document("a", title));
        assert_eq!(status, 200, "{saved}");
        assert_eq!(saved["data"]["version"].as_u64(), version, "{saved}");
        assert_eq!(fs::read_to_string(&file).unwrap(), document("a", title));
        let model = get_json(&argand.url("/api/v1/dashboards/a")).unwrap();
        assert_eq!(model["data"]["title"], title);
    }
    let versions = get_json(&argand.url("/api/v1/dashboards/a/versions")).unwrap();
    let numbers = versions["data"].as_array().unwrap().iter();
    let numbers: Vec<_> = numbers
        .map(|one| one["version"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [2, 1]);
    let first = get(&argand.url("/api/v1/dashboards/a/versions/1")).unwrap();
    assert_eq!(first.text, document("a", "Twice"));
    let none = get(&argand.url("/api/v1/dashboards/a/versions/3")).unwrap();
    assert_eq!(none.status, 404);

    for (uid, document, status, reason) in [
        ("b", document("b", "New"), 409, "allowUiUpdates"),
        ("a", document("x", "New"), 400, "uid"),
        ("a", "{".to_owned(), 400, "line 1"),
        ("a", "[]".to_owned(), 400, "no dashboard"),
        ("a%2f..%2fx", document("", "New"), 400, "no uid"),
        ("new", document("", "New"), 400, "needs its uid"),
    ] {
        let (found, answer) = put(&argand, uid, &document);
        assert_eq!(found, status, "{uid} {answer}");
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(reason), "{uid} {error}");
    }
    let (status, saved) = put(&argand, "new", &document("new", "New"));
    assert_eq!(
        (status, &saved["data"]["version"]),
        (200, &Value::Null),
        "{saved}"
    );
    assert!(folder.path().join("open/new.json").is_file());
    assert_eq!(
        get(&argand.url("/api/v1/dashboards/new")).unwrap().status,
        200
    );
}
