//! Orders of an operator over HTTP, as upstream takes and answers them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use argand_tests::{Argand, get, get_json, post};

const SELF: &str = "global:\n  scrape_interval: 1s\nscrape_configs:\n  - job_name: argand\n    static_configs: [{targets: ['SELF']}]\n";
const DELETE: &str = "/api/v1/admin/tsdb/delete_series";
const SNAPSHOT: &str = "/api/v1/admin/tsdb/snapshot";
const CLEAN: &str = "/api/v1/admin/tsdb/clean_tombstones";
const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn orders_are_refused_unless_switched_on() {
    let argand = Argand::start(SELF, &[]).unwrap();
    argand.wait_for("up == 1").unwrap();
    for path in [DELETE, SNAPSHOT, CLEAN] {
        let answer = post(&argand.url(path), FORM, b"match[]=up").unwrap();
        assert_eq!(answer.status, 500, "{path}");
        assert_eq!(
            answer.text,
            r#"{"status":"error","errorType":"unavailable","error":"admin APIs disabled"}"#
        );
        assert_eq!(get(&argand.url(path)).unwrap().status, 405, "{path}");
    }
    argand.wait_for("up == 1").unwrap();
}

#[test]
fn series_are_deleted_and_snapshots_made() {
    let argand = Argand::start(SELF, &["--web.enable-admin-api"]).unwrap();
    argand.wait_for("scrape_samples_scraped > 0").unwrap();
    for (path, body, error) in [
        (DELETE, "", "no match[] parameter provided"),
        (DELETE, "match[]=up&start=x", "start"),
        (DELETE, "match[]=%7B", "match[]"),
        (SNAPSHOT, "skip_head=maybe", "ParseBool"),
    ] {
        let answer = post(&argand.url(path), FORM, body.as_bytes()).unwrap();
        assert_eq!(answer.status, 400, "{body}");
        assert!(
            answer.text.contains(r#""errorType":"bad_data""#),
            "{}",
            answer.text
        );
        assert!(answer.text.contains(error), "{}", answer.text);
    }
    let answer = post(&argand.url(SNAPSHOT), FORM, b"").unwrap();
    assert_eq!(answer.status, 200);
    let json: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    let name = json["data"]["name"].as_str().unwrap();
    let folder = argand.folder().join("data/snapshots").join(name);
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);

    let body = b"match[]=scrape_duration_seconds&end=4000000000";
    let answer = post(&argand.url(DELETE), FORM, body).unwrap();
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    let answer = post(&argand.url(CLEAN), FORM, b"").unwrap();
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    let blocks = get_json(&argand.url("/api/v1/status/tsdb/blocks")).unwrap();
    assert_eq!(blocks["data"]["blocks"].as_array().unwrap().len(), 0);
}

#[test]
fn retention_of_the_file_comes_into_force_with_a_reload() {
    let argand = Argand::start(SELF, &["--web.enable-lifecycle"]).unwrap();
    argand
        .wait_for("prometheus_tsdb_retention_limit_seconds == 1296000")
        .unwrap();
    let file = argand.folder().join("prometheus.yml");
    let text = std::fs::read_to_string(&file).unwrap();
    let kept = "storage: {tsdb: {retention: {time: 2d, percentage: 40}}}\n";
    std::fs::write(&file, format!("{text}{kept}")).unwrap();
    assert_eq!(post(&argand.url("/-/reload"), "", b"").unwrap().status, 200);
    argand
        .wait_for("prometheus_tsdb_retention_limit_seconds == 172800")
        .unwrap();
    argand
        .wait_for("prometheus_tsdb_retention_limit_percentage == 40")
        .unwrap();
}
