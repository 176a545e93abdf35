//! The client library and Argand: what it exposes, scraped by Argand and by the original, and the
//! metrics of a job, pushed to Argand's gateway and kept by its store.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop at the first surprise"
)]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use argand_client::batch::BatchJobMetrics;
use argand_client::requests::RequestMetrics;
use argand_client::{Registry, TraceId, functions, process, serve, track_duration};
use argand_tests::{Argand, Server, free_port, get, get_json, installed, query};
use axum::Router;
use axum::routing::get as on_get;

/// How long until both have scraped.
const SCRAPED: Duration = Duration::from_secs(60);

#[track_duration(name = "order")]
async fn order() -> &'static str {
    "an order"
}

/// A service with everything that the library has, its requests answered before it is scraped.
fn service() -> SocketAddr {
    let registry = Registry::builder()
        .label("version", "1.2.0")
        .build()
        .unwrap();
    registry.exemplars_from(|| TraceId::new(0xabc));
    process::register(&registry).unwrap();
    functions::install(&registry).unwrap();
    let requests = RequestMetrics::new(&registry).unwrap();
    let users = registry
        .counter_family("logins_total", "Logins", ["user"])
        .unwrap();
    for user in ["a\"b", "c\\d", "e\nf", "# {g}"] {
        users.with([user]).inc();
    }
    let app = Router::new()
        .route("/orders/{id}", on_get(order))
        .layer(requests.layer())
        .merge(serve::axum::router(&registry));
    let (sender, receiver) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, app).await
        })
    });
    let address = receiver.recv().unwrap();
    for id in 0..3 {
        let answer = get(&format!("http://{address}/orders/{id}")).unwrap();
        assert_eq!(answer.status, 200);
    }
    address
}

/// The series of a server, without those of the scrape itself; waits until there are some.
fn series(server: &str) -> BTreeSet<String> {
    let began = Instant::now();
    loop {
        let found = query(server, "{job=\"service\",version=\"1.2.0\"}").unwrap();
        if !found.is_empty() {
            let metrics = found
                .iter()
                .map(|one| one.get("metric").unwrap().to_string());
            return metrics.collect();
        }
        assert!(
            began.elapsed() < SCRAPED,
            "{server} has not scraped the service"
        );
        thread::sleep(Duration::from_millis(100));
    }
}

fn value(server: &str, text: &str) -> String {
    let found = query(server, text).unwrap();
    let [only] = found.as_slice() else {
        panic!("{text}: {found:?}");
    };
    only.pointer("/value/1")
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn argand_and_the_original_read_the_same() {
    let address = service();
    let configuration = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: service\n  static_configs: [{{targets: ['{address}']}}]\n"
    );
    let argand = Argand::start(&configuration, &["--enable-feature=exemplar-storage"]).unwrap();
    let ours = series(&argand.server.url);
    for (text, expected) in [
        (
            "http_requests_total{route=\"/orders/{id}\",status=\"200\"}",
            "3",
        ),
        (
            "http_request_duration_seconds_count{route=\"/orders/{id}\"}",
            "3",
        ),
        ("http_request_duration_seconds_bucket{le=\"+Inf\"}", "3"),
        ("function_duration_seconds_count{function=\"order\"}", "3"),
        ("logins_total{user=\"e\\nf\"}", "1"),
        ("count(logins_total)", "4"),
    ] {
        assert_eq!(value(&argand.server.url, text), expected, "{text}");
    }
    // Exemplars come in OpenMetrics alone, which is what the scraper prefers.
    let exemplars = argand.url(
        "/api/v1/query_exemplars?query=http_request_duration_seconds_bucket&start=0&end=9999999999",
    );
    let exemplars = get_json(&exemplars).unwrap().to_string();
    assert!(
        exemplars.contains("00000000000000000000000000000abc"),
        "{exemplars}"
    );

    let Some(program) = installed("prometheus") else {
        println!("skipped: no prometheus");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prometheus.yml");
    std::fs::write(&file, &configuration).unwrap();
    let port = free_port().unwrap();
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.path().join("data").display()
        ))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let url = format!("http://127.0.0.1:{port}");
    let log = folder.path().join("log");
    let original = Server::start(command, url, "/-/ready", &log).unwrap();
    assert_eq!(series(&original.url), ours);
}

#[test]
fn a_job_is_pushed_and_kept() {
    let argand = Argand::start("global: {}\n", &[]).unwrap();
    let job = |run: &str| {
        BatchJobMetrics::builder("nightly/billing", &argand.url("/pushgateway"))
            .grouping("shard", run)
            .build()
            .unwrap()
    };
    let good = job("a b");
    good.track(|| good.record_records("invoice", 7));
    good.record_success();
    good.push_blocking().unwrap();
    let kept = argand
        .wait_for("batch_job_records_processed_total{job=\"nightly/billing\",shard=\"a b\"}")
        .unwrap();
    let [only] = kept.as_slice() else {
        panic!("{kept:?}");
    };
    assert_eq!(only.pointer("/value/1").unwrap(), "7");

    // A run that failed adds to what the last good one left.
    let failed = job("a b");
    failed.record_error("io");
    failed.push_add_blocking().unwrap();
    argand
        .wait_for("batch_job_errors_total{error_type=\"io\"} == 1")
        .unwrap();
    let success = "batch_job_last_success_timestamp_seconds{shard=\"a b\"}";
    assert_eq!(argand.query(success).unwrap().len(), 1);

    // What has no place in a path arrives as it was.
    let odd = job("");
    odd.record_success();
    odd.push_blocking().unwrap();
    argand
        .wait_for("batch_job_last_success_timestamp_seconds{shard=\"\"}")
        .unwrap();
    failed.delete_blocking().unwrap();
    let page = get(&argand.url("/pushgateway/metrics")).unwrap();
    assert!(!page.text.contains("shard=\"a b\""), "{}", page.text);
}
