//! A real Prometheus pushes to Argand by remote write.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use argand_tests::{Argand, Server, free_port, installed, query};

/// Every sample of the last minutes up to a moment, by series.
fn samples(server: &str, at: &str) -> BTreeMap<String, String> {
    let text = format!("{{job=\"pushed\"}}[10m] @ {at}");
    let found = query(server, &text).unwrap();
    let one = |series: &serde_json::Value| {
        let mut metric = series["metric"].clone();
        metric.as_object_mut().unwrap().remove("replica");
        (metric.to_string(), series["values"].to_string())
    };
    found.iter().map(one).collect()
}

#[test]
fn what_prometheus_pushes_is_what_prometheus_has() {
    let Some(program) = installed("prometheus") else {
        return;
    };
    let flags = ["--web.enable-remote-write-receiver"];
    let argand = Argand::start("scrape_configs: []\n", &flags).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().unwrap();
    let configuration = format!(
        "global: {{scrape_interval: 200ms, scrape_timeout: 200ms, external_labels: {{replica: a}}}}\n\
         scrape_configs:\n\
         - job_name: pushed\n  static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n\
         remote_write:\n\
         - url: {}/api/v1/write\n  queue_config: {{batch_send_deadline: 100ms}}\n",
        argand.server.url
    );
    let file = folder.path().join("original.yml");
    std::fs::write(&file, configuration).unwrap();
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.path().join("data").display()
        ));
    let url = format!("http://127.0.0.1:{port}");
    let log = folder.path().join("original.log");
    let original = Server::start(command, url, "/-/ready", &log).unwrap();
    let enough = "count_over_time(up{job=\"pushed\"}[10m]) > 20";
    argand.wait_for(enough).unwrap();
    let newest = query(&original.url, "timestamp(up{job=\"pushed\"})").unwrap();
    let at = newest[0]["value"][1].as_str().unwrap().to_owned();
    let theirs = samples(&original.url, &at);
    assert!(theirs.len() > 200, "{}", theirs.len());
    let mut ours = BTreeMap::new();
    for _ in 0..100 {
        ours = samples(&argand.server.url, &at);
        if ours == theirs {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    for (series, values) in &theirs {
        assert_eq!(
            ours.get(series),
            Some(values),
            "{series}\n{}",
            original.log()
        );
    }
    assert_eq!(ours.len(), theirs.len());
}

#[test]
fn who_is_not_asked_for_takes_nothing() {
    let argand = Argand::start("scrape_configs: []\n", &[]).unwrap();
    let post = |argand: &Argand, body: &[u8]| {
        let url = argand.url("/api/v1/write");
        argand_tests::post(&url, "application/x-protobuf", body).unwrap()
    };
    let answer = post(&argand, b"");
    assert_eq!(answer.status, 404);
    assert!(answer.text.contains("--web.enable-remote-write-receiver"));
    let flags = ["--web.enable-remote-write-receiver"];
    let argand = Argand::start("scrape_configs: []\n", &flags).unwrap();
    let answer = post(&argand, b"no snappy");
    assert_eq!(answer.status, 400);
    assert!(answer.text.starts_with("snappy: "), "{}", answer.text);
    assert_eq!(post(&argand, &[0]).status, 204);
}
