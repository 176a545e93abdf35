//! Queries that want too much, too many at once, and those that nobody waits for any more: the
//! server goes on, and the logs tell.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use argand_tests::{
    Answer, Argand, Page, Server, Target, free_port, get, get_json, installed, post, query,
};
use serde_json::Value;

const FORM: &str = "application/x-www-form-urlencoded";

/// Series of the target that is watched.
const SERIES: usize = 1000;

/// How long a test waits for what must come, debug builds on busy machines included.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs for hours: 7 · 10^12 samples looked at, of one series that takes 29 MB.
const ENDLESS: &str = "sum_over_time(sum_over_time(vector(time())[1h:1ms])[33m:1ms])";

/// A target that counts how often it was scraped, and a configuration that watches it.
fn load() -> (Target, String, Arc<AtomicUsize>) {
    let mut page = String::from("# TYPE work_total counter\n");
    for series in 0..SERIES {
        let _ = writeln!(page, "work_total{{part=\"{series}\"}} {series}");
    }
    let scrapes = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&scrapes);
    let target = Target::start(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Page::text(page.clone())
    })
    .unwrap();
    let configuration = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n  - job_name: load\n    static_configs: [{{targets: ['{}']}}]\n",
        target.address
    );
    (target, configuration, scrapes)
}

fn ask(argand: &Argand, query: &str) -> Answer {
    ask_with(argand, query, "")
}

fn ask_with(argand: &Argand, query: &str, more: &str) -> Answer {
    let body = format!("query={}{more}", encoded(query));
    post(&argand.url("/api/v1/query"), FORM, body.as_bytes()).unwrap()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < PATIENCE,
            "{what}: not within {PATIENCE:?}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A number of `/metrics`.
fn metric(argand: &Argand, name: &str) -> f64 {
    let page = get(&argand.url("/metrics")).unwrap().text;
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap().parse().unwrap()
}

/// Every scrape that the target answered has been stored, and none failed.
fn no_scrape_was_missed(argand: &Argand, scrapes: &AtomicUsize) {
    let number = |text: &str| -> f64 {
        let found = argand.query(text).unwrap();
        found[0]["value"][1].as_str().unwrap().parse().unwrap()
    };
    let answered = scrapes.load(Ordering::Relaxed);
    assert_eq!(number("min_over_time(up{job=\"load\"}[1h])"), 1.0);
    // The last one may be on its way into the store.
    let stored = number("count_over_time(up{job=\"load\"}[1h])") as usize;
    assert!(stored + 1 >= answered, "{stored} of {answered} scrapes");
    let series = number("min_over_time(scrape_samples_scraped{job=\"load\"}[1h])");
    assert_eq!(series as usize, SERIES);
}

#[test]
fn a_query_over_a_billion_samples_fails_and_the_server_goes_on() {
    let (_target, configuration, scrapes) = load();
    let flags = [
        "--query.max-memory-per-query=64MB",
        "--query.timeout=2s",
        "--query.max-concurrency=4",
    ];
    let argand = Argand::start(&configuration, &flags).unwrap();
    argand.wait_for("count(work_total) == 1000").unwrap();
    let cases = [
        // 3.6 · 10^9 values of a thousand series: the columns do not fit.
        (
            "sum(count_over_time(work_total[1h:1ms]))",
            422,
            "execution",
            "--query.max-memory-per-query",
        ),
        // 10^12 values of one: more than a query may hold.
        (
            "count_over_time(vector(1)[30y:1ms])",
            422,
            "execution",
            "too many samples",
        ),
        // Fits, and never ends.
        (ENDLESS, 503, "timeout", "query timed out"),
    ];
    let before = scrapes.load(Ordering::Relaxed);
    std::thread::scope(|scope| {
        for (query, status, kind, text) in cases {
            let argand = &argand;
            scope.spawn(move || {
                let answer = ask(argand, query);
                assert_eq!(answer.status, status, "{query}: {}", answer.text);
                let json: Value = serde_json::from_str(&answer.text).unwrap();
                assert_eq!(json["errorType"], kind, "{query}: {}", answer.text);
                let error = json["error"].as_str().unwrap();
                assert!(error.contains(text), "{query}: {error}");
            });
        }
        // Others are answered meanwhile, and targets scraped.
        for _ in 0..20 {
            assert_eq!(ask(&argand, "sum(up)").status, 200);
        }
        until("three more scrapes", || {
            scrapes.load(Ordering::Relaxed) >= before + 3
        });
    });
    no_scrape_was_missed(&argand, &scrapes);
    // What the queries held has been given back.
    assert_eq!(metric(&argand, "prometheus_engine_queries"), 0.0);
    assert_eq!(metric(&argand, "argand_engine_memory_bytes"), 0.0);
    assert_eq!(
        metric(&argand, "argand_engine_queries_out_of_memory_total"),
        1.0
    );
}

#[test]
fn a_hundred_queries_at_once_are_all_answered() {
    let (_target, configuration, scrapes) = load();
    let argand = Argand::start(&configuration, &["--query.max-concurrency=3"]).unwrap();
    argand.wait_for("count(work_total) == 1000").unwrap();
    std::thread::scope(|scope| {
        for number in 0..100 {
            let argand = &argand;
            scope.spawn(move || {
                let query = format!("count(work_total{{part=~\".*{}.*\"}} >= 0)", number % 9 + 1);
                let answer = ask(argand, &query);
                assert_eq!(answer.status, 200, "{}", answer.text);
                assert!(answer.text.contains(r#""271"#), "{}", answer.text);
            });
        }
    });
    no_scrape_was_missed(&argand, &scrapes);
}

#[test]
fn the_queue_is_bounded() {
    let flags = ["--query.max-concurrency=1", "--query.max-queue=1"];
    let (_target, configuration, _) = load();
    let argand = Argand::start(&configuration, &flags).unwrap();
    let requests: Vec<TcpStream> = (0..2).map(|_| send(&argand, ENDLESS)).collect();
    until("one runs and one waits", || {
        metric(&argand, "prometheus_engine_queries") == 2.0
    });
    let refused = ask(&argand, "up");
    assert_eq!(refused.status, 503, "{}", refused.text);
    assert!(
        refused.text.contains("--query.max-queue"),
        "{}",
        refused.text
    );
    drop(requests);
    until("a place is free", || ask(&argand, "up").status == 200);
}

/// Sends a query and does not wait for its answer.
fn send(argand: &Argand, query: &str) -> TcpStream {
    let address = argand.server.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let path = format!("/api/v1/query?query={}", encoded(query));
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    stream
}

#[test]
fn a_query_ends_when_its_client_goes_away() {
    let (_target, configuration, _) = load();
    let argand = Argand::start(&configuration, &["--query.timeout=1h"]).unwrap();
    argand.wait_for("count(work_total) == 1000").unwrap();
    for query in [ENDLESS, "count_over_time(work_total[10h:10ms])"] {
        let stream = send(&argand, query);
        until("the query runs", || {
            metric(&argand, "prometheus_engine_queries") == 1.0
        });
        drop(stream);
        until("the query has ended", || {
            metric(&argand, "prometheus_engine_queries") == 0.0
        });
    }
}

#[test]
fn what_ran_when_the_process_died_is_logged_by_the_next() {
    let (_target, configuration, _) = load();
    let folder = tempfile::tempdir().unwrap();
    let mut argand = Argand::start_in(folder.path(), &configuration, &[]).unwrap();
    assert_eq!(ask(&argand, "up").status, 200);
    let _request = send(&argand, ENDLESS);
    until("the query runs", || {
        metric(&argand, "prometheus_engine_queries") == 1.0
    });
    let active = folder.path().join("data/queries.active");
    until("the query is noted", || {
        String::from_utf8_lossy(&std::fs::read(&active).unwrap()).contains(ENDLESS)
    });
    argand.server.kill();
    let argand = Argand::start_in(folder.path(), &configuration, &[]).unwrap();
    let log = argand.server.log();
    let line = log.lines().find(|line| line.contains("didn't finish"));
    let line = line.unwrap_or_else(|| panic!("{log}"));
    assert!(
        line.contains(ENDLESS) && line.contains("timestamp_sec"),
        "{line}"
    );
    assert!(!line.contains(r#"\"up\""#), "{line}");
    let left = std::fs::read(&active).unwrap();
    assert_eq!(left.len(), 1 + 20 * 1000);
    assert_eq!(left.iter().filter(|byte| **byte != 0).count(), 1);
}

/// The lines of a log of queries.
fn logged(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

#[test]
fn queries_are_logged_where_a_file_is_named_and_slow_ones_always() {
    let (_target, configuration, _) = load();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queries.log");
    let global = format!("global: {{query_log_file: '{}', ", path.display());
    let configuration = configuration.replace("global: {", &global);
    let flags = ["--web.enable-lifecycle", "--query.slow-log-threshold=1ms"];
    let argand = Argand::start(&configuration, &flags).unwrap();
    assert_eq!(ask_with(&argand, "1 + 1", "&time=1.5").status, 200);
    assert_eq!(
        ask(&argand, "up / ignoring(job) group_left up[5m]").status,
        400
    );
    let range = "/api/v1/query_range?query=up&start=10&end=20&step=5";
    assert_eq!(get(&argand.url(range)).unwrap().status, 200);
    let lines = logged(&path);
    assert_eq!(lines.len(), 2, "a text that is no query is none: {lines:?}");
    let expected = serde_json::json!({
        "query": "1 + 1",
        "start": "1970-01-01T00:00:01.500Z",
        "end": "1970-01-01T00:00:01.500Z",
        "step": 0,
    });
    assert_eq!(lines[0]["params"], expected);
    let request = serde_json::json!({
        "clientIP": "127.0.0.1",
        "method": "POST",
        "path": "/api/v1/query",
    });
    assert_eq!(lines[0]["httpRequest"], request);
    assert_eq!(lines[1]["params"]["step"], 5);
    assert_eq!(lines[1]["httpRequest"]["path"], "/api/v1/query_range");
    assert_eq!(metric(&argand, "prometheus_engine_query_log_enabled"), 1.0);

    // A file that was moved away is made anew by a reload.
    let moved = folder.path().join("moved.log");
    std::fs::rename(&path, &moved).unwrap();
    assert_eq!(post(&argand.url("/-/reload"), "", b"").unwrap().status, 200);
    let slow = "sum_over_time(vector(1)[100s:1ms])";
    assert_eq!(ask(&argand, slow).status, 200);
    assert_eq!((logged(&moved).len(), logged(&path).len()), (2, 1));

    let log = argand.server.log();
    let line = log.lines().find(|line| line.contains("slow query"));
    let line = line.unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("level=WARN") && line.contains(slow), "{line}");
    for field in ["params=", "stats=", "httpRequest="] {
        assert!(line.contains(field), "{line}");
    }
}

/// The paths of all fields of an object.
fn fields(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                fields(value, &format!("{path}/{name}"), found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

fn statistics(server: &str) -> (Vec<String>, Value) {
    let path = "/api/v1/query?query=sum_over_time(vector(1)%5B10s:1s%5D)&time=100&stats=all";
    let answer = get_json(&format!("{server}{path}")).unwrap();
    let stats = answer["data"]["stats"].clone();
    let mut found = Vec::new();
    fields(&stats, "", &mut found);
    (found, stats)
}

#[test]
fn statistics_have_the_fields_of_the_original() {
    let feature = "--enable-feature=promql-per-step-stats";
    let (_target, configuration, _) = load();
    let argand = Argand::start(&configuration, &[feature]).unwrap();
    let (ours, stats) = statistics(&argand.server.url);
    assert_eq!(stats["samples"]["totalQueryableSamples"], 10);
    let by_step = serde_json::json!([[100, 10]]);
    assert_eq!(stats["samples"]["totalQueryableSamplesPerStep"], by_step);
    for field in ["peakBytes", "series", "chunks", "blocks"] {
        assert!(stats["work"][field].is_u64(), "{field}: {stats}");
    }
    let Some(program) = installed("prometheus") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prometheus.yml");
    std::fs::write(&file, "global: {}\n").unwrap();
    let port = free_port().unwrap();
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.path().join("data").display()
        ))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg(feature);
    let url = format!("http://127.0.0.1:{port}");
    let original = Server::start(command, url, "/-/ready", &folder.path().join("log")).unwrap();
    until("it answers", || query(&original.url, "1").is_ok());
    let (theirs, _) = statistics(&original.url);
    assert!(theirs.len() >= 9, "{theirs:?}");
    for field in theirs {
        assert!(ours.contains(&field), "{field} is not among {ours:?}");
    }
}
