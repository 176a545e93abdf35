//! What the receiver of remote write answers: the same requests to Argand and to a newer
//! Prometheus, whose status and counts of what was written must be the same.
//!
//! The table says what Prometheus 3.14 answers; one that `ARGAND_PROMETHEUS_NEXT`, a folder, names
//! is held against it, too. Prometheus 3.5 differs where it breaks off the connection, has no word
//! for a series without samples, or answers 500 to a histogram that does not add up.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod message;

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use argand_tests::{Argand, Server, free_port};
use message::{
    Histogram, exemplar_1, exemplar_2, histogram_1, histogram_2, metadata, request_1, request_2,
    sample, series_1, series_2,
};

const V1: &str = "application/x-protobuf";
const V2: &str = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
const MINUTE: i64 = 60_000;
const RECEIVER: &str = "--web.enable-remote-write-receiver";

/// A request and what is answered: the status, and how many samples, histograms and exemplars were
/// written, of which only version 2.0 tells.
struct Case {
    name: &'static str,
    kind: &'static str,
    encoding: &'static str,
    body: Vec<u8>,
    status: u16,
    written: Option<[u32; 3]>,
}

fn compressed(body: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(body).unwrap()
}

fn v1(name: &'static str, status: u16, series: &[Vec<u8>]) -> Case {
    Case {
        name,
        kind: V1,
        encoding: "snappy",
        body: compressed(&request_1(series)),
        status,
        written: None,
    }
}

fn v2(name: &'static str, status: u16, written: [u32; 3], series: &[Vec<u8>]) -> Case {
    Case {
        name,
        kind: V2,
        encoding: "snappy",
        body: compressed(&request_2(series)),
        status,
        written: Some(written),
    }
}

fn whole(name: &'static str, status: u16, kind: &'static str, body: &[u8]) -> Case {
    Case {
        name,
        kind,
        encoding: "snappy",
        body: body.to_vec(),
        status,
        written: None,
    }
}

/// Requests in an order in which each is what its name says.
fn cases(now: i64) -> Vec<Case> {
    let one = |name: &'static str, status: u16, labels: &[(&str, &str)], value: f64, time: i64| {
        v1(name, status, &[series_1(labels, &[sample(value, time)])])
    };
    let up: &[(&str, &str)] = &[("__name__", "up"), ("job", "a")];
    let empty = compressed(&[]);
    let histogram = Histogram {
        time: now,
        ..Histogram::default()
    };
    let native = |name: &'static str, status: u16, metric: &str, histogram: Histogram| {
        v1(
            name,
            status,
            &[series_1(
                &[("__name__", metric)],
                &[histogram_1(&histogram)],
            )],
        )
    };
    let cut = &request_1(&[series_1(up, &[sample(1.0, now)])]);
    let mut cases = vec![
        one("a sample", 204, up, 1.0, now - MINUTE),
        one("the same again", 204, up, 1.0, now - MINUTE),
        one("another value", 400, up, 2.0, now - MINUTE),
        one("out of order", 400, up, 2.0, now - 2 * MINUTE),
        one(
            "too old for a new series",
            400,
            &[("__name__", "old")],
            1.0,
            now - 1_440 * MINUTE,
        ),
        one(
            "too far ahead",
            400,
            &[("__name__", "ahead")],
            1.0,
            now + 20 * MINUTE,
        ),
        one("no name", 204, &[("job", "a")], 1.0, now),
        one(
            "a label twice",
            204,
            &[("__name__", "x"), ("a", "1"), ("a", "2")],
            1.0,
            now,
        ),
        one(
            "unsorted labels",
            204,
            &[("z", "1"), ("__name__", "unsorted")],
            1.0,
            now,
        ),
        one(
            "a label without a name",
            204,
            &[("__name__", "x"), ("", "2")],
            1.0,
            now,
        ),
        one(
            "a label without a value",
            204,
            &[("__name__", "y"), ("b", "")],
            1.0,
            now,
        ),
        v1("no series", 204, &[]),
        v1("no samples", 204, &[series_1(&[("__name__", "none")], &[])]),
        whole("cut", 400, V1, &compressed(&cut[..cut.len() - 2])),
        whole("no snappy", 400, V1, b"no snappy at all"),
        whole("no bytes", 400, V1, b""),
        whole("too large", 400, V1, &[0x80, 0x80, 0x80, 0x11, 0]),
        whole("no type", 204, "", &empty),
        whole("JSON", 415, "application/json", &empty),
        whole(
            "an unknown message",
            415,
            "application/x-protobuf;proto=x.Y",
            &empty,
        ),
        whole(
            "a parameter without a value",
            415,
            "application/x-protobuf;proto",
            &empty,
        ),
        Case {
            encoding: "br",
            ..whole("an unknown encoding", 415, V1, &empty)
        },
        Case {
            encoding: "",
            ..whole("no encoding", 204, V1, &empty)
        },
        native("a histogram", 204, "h1", histogram.clone()),
        native(
            "a count that is not that of its buckets",
            400,
            "h2",
            Histogram {
                count: 9,
                ..histogram.clone()
            },
        ),
        native(
            "more buckets than its spans say",
            400,
            "h3",
            Histogram {
                deltas: vec![1, 1, 1],
                ..histogram.clone()
            },
        ),
        native(
            "finer than is stored",
            204,
            "h4",
            Histogram {
                schema: 9,
                ..histogram.clone()
            },
        ),
        native(
            "a schema that nobody knows",
            400,
            "h5",
            Histogram {
                schema: 60,
                ..histogram.clone()
            },
        ),
        native(
            "custom buckets",
            204,
            "h6",
            Histogram {
                schema: -53,
                custom: vec![1.0, 2.0],
                ..histogram.clone()
            },
        ),
        native(
            "bounds that fall",
            400,
            "h7",
            Histogram {
                schema: -53,
                custom: vec![2.0, 1.0],
                ..histogram.clone()
            },
        ),
        v1(
            "an exemplar",
            204,
            &[series_1(
                &[("__name__", "e1")],
                &[sample(1.0, now), exemplar_1("trace_id", "1", now)],
            )],
        ),
    ];
    // Of the symbols: 1 is __name__, 2 rw2, 3 job, 4 a, 5 help, 6 unit, 7 is no UTF-8.
    let good = || sample(1.0, now);
    cases.extend([
        v2(
            "2.0: a sample",
            204,
            [1, 0, 0],
            &[series_2(&[1, 2, 3, 4], &[good()])],
        ),
        v2(
            "2.0: another value",
            400,
            [0, 0, 0],
            &[series_2(&[1, 2, 3, 4], &[sample(2.0, now)])],
        ),
        v2(
            "2.0: out of order, and one more",
            400,
            [1, 0, 0],
            &[series_2(
                &[1, 2, 3, 4],
                &[sample(2.0, now - MINUTE), sample(2.0, now + 1_000)],
            )],
        ),
        v2(
            "2.0: too far ahead",
            400,
            [0, 0, 0],
            &[series_2(&[1, 2, 3, 4], &[sample(2.0, now + 20 * MINUTE)])],
        ),
        v2(
            "2.0: no samples",
            400,
            [0, 0, 0],
            &[series_2(&[1, 2, 3, 5], &[])],
        ),
        v2(
            "2.0: no such symbol, and a good one",
            400,
            [1, 0, 0],
            &[series_2(&[1, 99], &[good()]), series_2(&[1, 6], &[good()])],
        ),
        v2(
            "2.0: a name without a value",
            400,
            [0, 0, 0],
            &[series_2(&[1, 2, 3], &[good()])],
        ),
        v2(
            "2.0: no name",
            400,
            [0, 0, 0],
            &[series_2(&[3, 4], &[good()])],
        ),
        v2(
            "2.0: no UTF-8",
            400,
            [0, 0, 0],
            &[series_2(&[1, 2, 3, 7], &[good()])],
        ),
        v2(
            "2.0: a label twice",
            400,
            [0, 0, 0],
            &[series_2(&[1, 2, 3, 4, 3, 5], &[good()])],
        ),
        v2(
            "2.0: metadata",
            204,
            [1, 0, 0],
            &[series_2(&[1, 4], &[good(), metadata(5, 6)])],
        ),
        v2(
            "2.0: metadata of no symbol",
            400,
            [0, 0, 0],
            &[series_2(&[1, 5], &[good(), metadata(55, 6)])],
        ),
        v2(
            "2.0: an exemplar",
            204,
            [1, 0, 1],
            &[series_2(
                &[1, 4],
                &[sample(1.0, now + 500), exemplar_2(&[3, 4], now)],
            )],
        ),
        v2(
            "2.0: an exemplar of no symbol",
            400,
            [1, 0, 0],
            &[series_2(
                &[1, 4],
                &[sample(1.0, now + 600), exemplar_2(&[3, 44], now)],
            )],
        ),
        v2(
            "2.0: histograms",
            204,
            [0, 1, 0],
            &[series_2(&[1, 4, 3, 5], &[histogram_2(&histogram)])],
        ),
        v2(
            "2.0: a bad histogram and a good one",
            400,
            [0, 1, 0],
            &[series_2(
                &[1, 4, 3, 6],
                &[
                    histogram_2(&Histogram {
                        count: 9,
                        ..histogram.clone()
                    }),
                    histogram_2(&Histogram {
                        time: now + 1,
                        ..histogram.clone()
                    }),
                ],
            )],
        ),
        v2("2.0: no series", 204, [0, 0, 0], &[]),
    ]);
    cases
}

/// The status and the counts of an answer, and its text.
fn send(server: &str, case: &Case) -> (u16, Option<[u32; 3]>, String) {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .new_agent();
    let mut request = agent
        .post(format!("{server}/api/v1/write"))
        .header("Content-Type", case.kind);
    if !case.encoding.is_empty() {
        request = request.header("Content-Encoding", case.encoding);
    }
    let mut answer = request.send(&case.body).unwrap();
    let count = |what: &str| {
        let name = format!("X-Prometheus-Remote-Write-{what}-Written");
        answer.headers().get(name)?.to_str().ok()?.parse().ok()
    };
    let written = ["Samples", "Histograms", "Exemplars"].map(count);
    let written = match written {
        [Some(samples), Some(histograms), Some(exemplars)] => {
            Some([samples, histograms, exemplars])
        }
        _ => None,
    };
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), written, text)
}

fn check(server: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    for case in cases(now.as_millis() as i64) {
        let (status, written, text) = send(server, &case);
        let expected = (case.status, case.written);
        assert_eq!((status, written), expected, "{}: {text}", case.name);
    }
}

#[test]
fn every_request_is_answered_as_upstream_does() {
    let argand = Argand::start("", &[RECEIVER]).unwrap();
    check(&argand.server.url);
}

#[test]
fn a_newer_prometheus_answers_as_the_table_says() {
    let Some(folder) = std::env::var_os("ARGAND_PROMETHEUS_NEXT") else {
        eprintln!("skipped: ARGAND_PROMETHEUS_NEXT does not name a newer Prometheus");
        return;
    };
    let program = std::path::Path::new(&folder).join("prometheus");
    let version = Command::new(&program).arg("--version").output().unwrap();
    let version = [version.stdout, version.stderr].concat();
    if String::from_utf8_lossy(&version).contains("version 3.5") {
        eprintln!("skipped: Prometheus 3.5 breaks off connections");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prometheus.yml");
    std::fs::write(&file, "").unwrap();
    let port = free_port().unwrap();
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.path().join("data").display()
        ))
        .args([RECEIVER, "--enable-feature=exemplar-storage"]);
    let url = format!("http://127.0.0.1:{port}");
    let log = folder.path().join("original.log");
    let server = Server::start(command, url, "/-/ready", &log).unwrap();
    check(&server.url);
}

#[test]
fn only_the_messages_that_are_named_are_taken() {
    let accepted = "--web.remote-write-receiver.accepted-protobuf-messages=prometheus.WriteRequest";
    let argand = Argand::start("", &[RECEIVER, accepted]).unwrap();
    let empty = compressed(&[]);
    for (kind, status) in [(V1, 204), (V2, 415)] {
        let answer = send(&argand.server.url, &whole("", status, kind, &empty));
        assert_eq!(answer.0, status, "{kind}: {}", answer.2);
    }
}
