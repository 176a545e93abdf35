//! Starting, steering and ending, as an operator does it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use argand_tests::{Argand, get, get_json, post};

const NOTHING: &str = "global:\n  scrape_interval: 1s\n";

const SELF: &str = "global:\n  scrape_interval: 1s\nscrape_configs:\n  - job_name: argand\n    static_configs: [{targets: ['SELF']}]\n  - job_name: node\n    metrics_path: /exporters/node\n    static_configs: [{targets: ['SELF']}]\n";

#[test]
fn it_watches_itself_and_the_machine() {
    let argand = Argand::start(SELF, &[]).unwrap();
    let up = argand.wait_for("sum(up) == 2").unwrap();
    assert_eq!(up[0]["value"][1], "2");
    argand
        .wait_for("prometheus_tsdb_head_series > 100")
        .unwrap();
    argand.wait_for("node_memory_MemTotal_bytes > 1e6").unwrap();
    let targets = get_json(&argand.url("/api/v1/targets")).unwrap();
    assert_eq!(
        targets["data"]["activeTargets"].as_array().unwrap().len(),
        2
    );
    assert_eq!(targets["data"]["activeTargets"][0]["health"], "up");
}

#[test]
fn health_and_lifecycle_answer_as_upstream() {
    let argand = Argand::start(NOTHING, &[]).unwrap();
    for (path, status) in [
        ("/-/healthy", 200),
        ("/-/ready", 200),
        ("/metrics", 200),
        ("/api/v1/nothing", 404),
        ("/exporters/nothing", 404),
    ] {
        assert_eq!(get(&argand.url(path)).unwrap().status, status, "{path}");
    }
    let refused = post(&argand.url("/-/reload"), "", b"").unwrap();
    assert_eq!(
        (refused.status, refused.text.as_str()),
        (403, "Lifecycle API is not enabled.\n")
    );

    let argand = Argand::start(NOTHING, &["--web.enable-lifecycle"]).unwrap();
    assert_eq!(get(&argand.url("/-/reload")).unwrap().status, 405);
    assert_eq!(post(&argand.url("/-/reload"), "", b"").unwrap().status, 200);
}

#[test]
fn a_bad_new_configuration_leaves_the_old_one_running_and_says_so() {
    let argand = Argand::start(SELF, &["--web.enable-lifecycle"]).unwrap();
    argand.wait_for("up{job=\"argand\"} == 1").unwrap();
    let file = argand.folder().join("prometheus.yml");
    let good = std::fs::read_to_string(&file).unwrap();

    std::fs::write(&file, good.replace("metrics_path", "metrics_pth")).unwrap();
    let answer = post(&argand.url("/-/reload"), "", b"").unwrap();
    assert_eq!(answer.status, 500);
    assert!(answer.text.contains("prometheus.yml:7:"), "{}", answer.text);
    assert!(answer.text.contains("metrics_pth"), "{}", answer.text);
    let info = get_json(&argand.url("/api/v1/status/runtimeinfo")).unwrap();
    assert_eq!(info["data"]["reloadConfigSuccess"], false);
    let metrics = get(&argand.url("/metrics")).unwrap().text;
    assert!(metrics.contains("prometheus_config_last_reload_successful 0\n"));
    let targets = get_json(&argand.url("/api/v1/targets")).unwrap();
    assert_eq!(
        targets["data"]["activeTargets"].as_array().unwrap().len(),
        2
    );

    let longer = good.replace("job_name: node", "job_name: machine");
    std::fs::write(&file, longer).unwrap();
    argand.server.signal("HUP").unwrap();
    argand.wait_for("up{job=\"machine\"} == 1").unwrap();
    let info = get_json(&argand.url("/api/v1/status/runtimeinfo")).unwrap();
    assert_eq!(info["data"]["reloadConfigSuccess"], true);
}

#[test]
fn it_ends_in_order_when_asked() {
    for way in ["TERM", "INT", "request"] {
        let mut argand = Argand::start(SELF, &["--web.enable-lifecycle"]).unwrap();
        argand.wait_for("up").unwrap();
        match way {
            "request" => assert_eq!(post(&argand.url("/-/quit"), "", b"").unwrap().status, 200),
            signal => argand.server.signal(signal).unwrap(),
        }
        assert!(
            argand.server.wait().unwrap(),
            "{way}: {}",
            argand.server.log()
        );
    }
}

#[test]
fn a_data_directory_has_one_owner() {
    let first = Argand::start(NOTHING, &[]).unwrap();
    let data = format!(
        "--storage.tsdb.path={}",
        first.folder().join("data").display()
    );
    let error = Argand::start(NOTHING, &[&data]).err().unwrap().to_string();
    assert!(error.contains("in use by process"), "{error}");
    assert_eq!(get(&first.url("/-/ready")).unwrap().status, 200);
}

#[test]
fn everything_is_below_the_prefix_where_there_is_one() {
    let configuration = SELF.replace("/exporters", "/mon/exporters");
    let argand = Argand::start_below(
        "/mon",
        &configuration,
        &["--web.external-url=http://x.example/mon/"],
    )
    .unwrap();
    argand.wait_for("up{job=\"node\"} == 1").unwrap();
    for (path, status) in [
        ("/-/ready", 200),
        ("/query", 200),
        ("/", 200),
        ("/nothing", 404),
    ] {
        assert_eq!(get(&argand.url(path)).unwrap().status, status, "{path}");
    }
    let outside = argand.server.url.trim_end_matches("/mon").to_owned();
    assert_eq!(
        get(&format!("{outside}/api/v1/query?query=up"))
            .unwrap()
            .status,
        404
    );
    assert_eq!(get(&format!("{outside}/")).unwrap().status, 200);
}
