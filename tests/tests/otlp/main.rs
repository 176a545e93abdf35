//! What becomes of OTLP metrics: the same requests to Argand and to a newer Prometheus, whose
//! series and values must be the same, under every strategy of names.
//!
//! `cases.json` and `deltas.json` hold requests written by hand, in which `"@60"` stands for a
//! minute after the moment the test chose; [`random`] makes further ones. A newer Prometheus is
//! found by `ARGAND_PROMETHEUS_NEXT`, a folder. What it made of those by hand stands in
//! `golden.txt`, which Argand is held against in any case; `ARGAND_GOLDEN=write` writes it anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod grpc;
mod random;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use argand_tests::{Answer, Argand, Server, free_port, query};
use serde_json::Value;
use tempfile::TempDir;

const PATH: &str = "/api/v1/otlp/v1/metrics";
const RECEIVER: &str = "--web.enable-otlp-receiver";

/// One way to translate: a name, the section, further features.
struct Setup {
    name: &'static str,
    otlp: &'static str,
    features: &'static str,
}

const SETUPS: [Setup; 6] = [
    Setup {
        name: "default",
        otlp: "{}",
        features: "",
    },
    Setup {
        name: "without suffixes",
        otlp: "{translation_strategy: UnderscoreEscapingWithoutSuffixes, \
               promote_all_resource_attributes: true, \
               ignore_resource_attributes: [cloud.region], \
               keep_identifying_resource_attributes: true, promote_scope_metadata: true}",
        features: "",
    },
    Setup {
        name: "unescaped",
        otlp: "{translation_strategy: NoUTF8EscapingWithSuffixes, \
               promote_resource_attributes: [host.name, service.name, cloud.region, a.b], \
               convert_histograms_to_nhcb: true}",
        features: "",
    },
    Setup {
        name: "untranslated",
        otlp: "{translation_strategy: NoTranslation, promote_scope_metadata: true}",
        features: "type-and-unit-labels,otlp-native-delta-ingestion",
    },
    Setup {
        name: "single underscores",
        otlp: "{label_name_underscore_sanitization: false, \
               label_name_preserve_multiple_underscores: false, \
               promote_all_resource_attributes: true, promote_scope_metadata: true}",
        features: "type-and-unit-labels",
    },
    Setup {
        name: "deltas added up",
        otlp: "{}",
        features: "otlp-deltatocumulative",
    },
];

/// A moment a few minutes ago, in seconds: samples around it are neither too old nor ahead.
fn base() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs() / 60 * 60 - 300
}

/// The requests of a file, each with its name.
fn requests(file: &str, base: u64) -> Vec<(String, String)> {
    let cases: Vec<Value> = serde_json::from_str(file).unwrap();
    let one = |case: &Value| {
        let name = case["name"].as_str().unwrap().to_owned();
        (name, dated(&case["body"].to_string(), base))
    };
    cases.iter().map(one).collect()
}

/// A request in which times are told in seconds after `base`, with those of the clock.
fn dated(body: &str, base: u64) -> String {
    let mut parts = body.split("\"@");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (after, rest) = part.split_once('"').unwrap();
        let seconds = base.checked_add_signed(after.parse().unwrap()).unwrap();
        write!(text, "\"{seconds}000000000\"{rest}").unwrap();
    }
    text
}

fn post(url: &str, kind: &str, encoding: Option<&str>, body: &[u8]) -> Answer {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .new_agent();
    let mut request = agent.post(url).header("Content-Type", kind);
    if let Some(encoding) = encoding {
        request = request.header("Content-Encoding", encoding);
    }
    let mut answer = request.send(body).unwrap();
    Answer {
        status: answer.status().as_u16(),
        text: answer.body_mut().read_to_string().unwrap(),
    }
}

fn features(setup: &Setup) -> String {
    format!("--enable-feature=exemplar-storage,{}", setup.features)
}

/// All requests of a setup: by hand in JSON, and made up in protobuf.
fn send_all(server: &str, setup: &Setup, base: u64) {
    let url = format!("{server}{PATH}");
    let mut written = requests(include_str!("cases.json"), base);
    if setup.features.contains("delta") {
        written.extend(requests(include_str!("deltas.json"), base));
    }
    for (name, body) in written {
        let answer = post(&url, "application/json", None, body.as_bytes());
        assert_eq!(
            (answer.status, answer.text.len() < 3),
            (200, true),
            "{name}: {}",
            answer.text
        );
    }
    for (number, body) in random::requests().into_iter().enumerate() {
        let body = dated(&body, base);
        let mut protobuf = Vec::new();
        wire::otlp::from_json(body.as_bytes(), &mut protobuf).unwrap();
        let answer = post(&url, "application/x-protobuf", None, &protobuf);
        assert_eq!(
            (answer.status, &*answer.text),
            (200, ""),
            "request {number}: {body}"
        );
    }
}

/// All series of a server with their samples, times told in seconds after `base`.
fn series(server: &str, base: u64) -> BTreeMap<String, String> {
    let text = format!("{{__name__=~\".+\"}}[30m] @ {}", base + 600);
    let found = query(server, &text).unwrap();
    let one = |series: &Value| {
        let mut shown = String::new();
        for kind in ["values", "histograms"] {
            for sample in series[kind].as_array().into_iter().flatten() {
                let after = sample[0].as_f64().unwrap() - base as f64;
                write!(shown, " {after}:{}", numbers(&sample[1])).unwrap();
            }
        }
        (series["metric"].to_string(), shown)
    };
    found.iter().map(one).collect()
}

/// A value with its numbers in one form: two shortest decimals may lie as close to a bound.
fn numbers(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{:?}", text.parse::<f64>().unwrap()),
        Value::Array(list) => {
            let list: Vec<String> = list.iter().map(numbers).collect();
            format!("[{}]", list.join(" "))
        }
        Value::Object(map) => {
            let pairs = map
                .iter()
                .map(|(key, value)| format!("{key}={}", numbers(value)));
            pairs.collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

/// What Argand makes of all requests.
fn argand(setup: &Setup, base: u64) -> BTreeMap<String, String> {
    let configuration = format!("otlp: {}\n", setup.otlp);
    let argand = Argand::start(&configuration, &[RECEIVER, &features(setup)]).unwrap();
    send_all(&argand.server.url, setup, base);
    series(&argand.server.url, base)
}

/// What a newer Prometheus makes of them.
fn original(program: &Path, setup: &Setup, base: u64) -> BTreeMap<String, String> {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("prometheus.yml");
    std::fs::write(&file, format!("otlp: {}\n", setup.otlp)).unwrap();
    let port = free_port().unwrap();
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.path().join("data").display()
        ))
        .args([RECEIVER, &features(setup)]);
    let url = format!("http://127.0.0.1:{port}");
    let log = folder.path().join("original.log");
    let server = Server::start(command, url, "/-/ready", &log).unwrap();
    send_all(&server.url, setup, base);
    series(&server.url, base)
}

/// A newer Prometheus that has a receiver, which not every build of it has.
fn newer() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("ARGAND_PROMETHEUS_NEXT") else {
        eprintln!("skipped: ARGAND_PROMETHEUS_NEXT does not name a newer Prometheus");
        return None;
    };
    let program = PathBuf::from(folder).join("prometheus");
    let help = Command::new(&program).arg("--help").output().unwrap();
    let help = [help.stdout, help.stderr].concat();
    if !String::from_utf8_lossy(&help).contains("enable-otlp-receiver") {
        eprintln!("skipped: {} has no receiver for OTLP", program.display());
        return None;
    }
    Some(program)
}

fn assert_same(name: &str, ours: &BTreeMap<String, String>, theirs: &BTreeMap<String, String>) {
    assert!(theirs.len() > 50, "{name}: {} series", theirs.len());
    for (series, samples) in theirs {
        assert_eq!(ours.get(series), Some(samples), "{name}: {series}");
    }
    let more = ours.keys().find(|series| !theirs.contains_key(*series));
    assert_eq!(more, None, "{name}");
}

/// The golden table: under each setup's name, series and samples in a line each.
fn golden() -> BTreeMap<String, BTreeMap<String, String>> {
    let mut table: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut name = String::new();
    for line in include_str!("golden.txt").lines() {
        match line.split_once('\t') {
            Some((series, samples)) => {
                let setup = table.entry(name.clone()).or_default();
                setup.insert(series.to_owned(), samples.to_owned());
            }
            None => line.clone_into(&mut name),
        }
    }
    table
}

#[test]
fn series_and_values_are_those_of_prometheus() {
    let newer = newer();
    let golden = golden();
    let writes = std::env::var("ARGAND_GOLDEN").is_ok_and(|asked| asked == "write");
    let mut written = String::new();
    for setup in &SETUPS {
        let base = base();
        let ours = argand(setup, base);
        if let Some(program) = &newer {
            let theirs = original(program, setup, base);
            assert_same(setup.name, &ours, &theirs);
            println!("{}: {} series agree", setup.name, theirs.len());
        }
        writeln!(written, "{}", setup.name).unwrap();
        let mut by_hand = ours;
        by_hand.retain(|series, _| !series.contains(random::JOB));
        for (series, samples) in &by_hand {
            writeln!(written, "{series}\t{samples}").unwrap();
        }
        if !writes {
            assert_same(setup.name, &by_hand, &golden[setup.name]);
        }
    }
    if writes {
        let original = newer.is_some();
        assert!(
            original,
            "the table is written where a newer Prometheus agrees with it"
        );
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/otlp/golden.txt");
        std::fs::write(file, written).unwrap();
    }
}

#[test]
fn requests_are_answered_by_what_they_are() {
    let point = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[
        {"name":"good","gauge":{"dataPoints":[{"timeUnixNano":"@0","asInt":1}]}},
        {"name":"bad","sum":{"aggregationTemporality":1,"dataPoints":[{"asInt":1}]}}]}]}]}"#;
    let point = dated(point, base());
    let json = "application/json";
    let argand = Argand::start("", &[]).unwrap();
    let off = post(&argand.url(PATH), json, None, b"{}");
    assert_eq!(off.status, 404);
    assert!(off.text.contains("--web.enable-otlp-receiver"));
    let argand = Argand::start("", &[RECEIVER]).unwrap();
    let check = |kind: &str, encoding: Option<&str>, body: &[u8], status: u16, text: &str| {
        let answer = post(&argand.url(PATH), kind, encoding, body);
        assert_eq!(
            answer.status, status,
            "{kind} {encoding:?}: {}",
            answer.text
        );
        assert!(
            answer.text.contains(text),
            "{kind} {encoding:?}: {}",
            answer.text
        );
    };
    check(json, None, b"{}", 200, "{}");
    check("application/x-protobuf", None, b"", 200, "");
    let partial = r#""rejectedDataPoints":"1""#;
    check(json, None, point.as_bytes(), 200, partial);
    let mut protobuf = Vec::new();
    wire::otlp::from_json(point.as_bytes(), &mut protobuf).unwrap();
    let reason = "invalid temporality and type combination";
    check("application/x-protobuf", None, &protobuf, 200, reason);
    check(
        "text/plain",
        None,
        b"{}",
        400,
        "unsupported content type: text/plain",
    );
    check(json, Some("br"), b"{}", 400, "unsupported compression: br");
    check(json, Some("gzip"), b"{}", 400, "gzip: ");
    check(json, None, b"{", 400, "JSON at byte 1");
    check(
        "application/x-protobuf",
        None,
        b"\x0a\x05",
        400,
        "the message is cut",
    );
    let large = vec![b' '; (32 << 20) + 1];
    check(json, None, &large, 413, "exceeds the 33554432 bytes limit");
}

#[test]
fn calls_of_grpc_are_answered_on_the_same_port() {
    let argand = Argand::start("", &[RECEIVER]).unwrap();
    let request = dated(
        r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"called","gauge":
        {"dataPoints":[{"timeUnixNano":"@0","asDouble":2.5}]}}]}]}]}"#,
        base(),
    );
    let mut protobuf = Vec::new();
    wire::otlp::from_json(request.as_bytes(), &mut protobuf).unwrap();
    let answer = grpc::call(&argand.server.url, &protobuf);
    assert_eq!(
        (answer.status.as_str(), answer.message.as_slice()),
        ("0", &[][..])
    );
    assert_eq!(argand.wait_for("called[1h]").unwrap().len(), 1);
    let answer = grpc::call(&argand.server.url, b"\x0a\x05");
    assert_eq!(answer.status, "3");
    let argand = Argand::start("", &[]).unwrap();
    assert_eq!(grpc::call(&argand.server.url, &protobuf).status, "12");
}

#[test]
fn exporters_of_opentelemetry_are_understood() {
    let Some(python) = std::env::var_os("ARGAND_OTEL_PYTHON") else {
        eprintln!("skipped: ARGAND_OTEL_PYTHON names no Python with opentelemetry-exporter-otlp");
        return;
    };
    let argand = Argand::start("", &[RECEIVER]).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/otlp/exporter.py");
    let mut command = Command::new(python);
    let status = command
        .arg(script)
        .arg(&argand.server.url)
        .status()
        .unwrap();
    assert!(status.success());
    for (text, expected) in [
        ("smoke_requests_total{path=\"/\"}", "3"),
        ("smoke_queue", "-2"),
        ("smoke_latency_seconds_bucket{le=\"5\"}", "2"),
        ("histogram_count(exp_latency_seconds)", "3"),
    ] {
        let found = argand.query(text).unwrap();
        let values: Vec<&Value> = found.iter().map(|series| &series["value"][1]).collect();
        assert_eq!(values, [expected; 4], "{text}");
    }
}
