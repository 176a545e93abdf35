//! The expected parts of the cases are what the original says.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use argand_tests::{Server, free_port, get, installed};
use model::histogram::buckets::buckets;
use model::{HistogramValue, LabelsBuilder};
use wire::exposition::{Entry, Format, Histograms, Parser, parse_series};

/// How long the original may take to say what it was told: it flushes several times a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// The part of a case behind `--- name`.
fn part<'a>(case: &'a str, name: &str) -> &'a str {
    let (_, behind) = case.split_once(&format!("--- {name}\n")).unwrap();
    behind.split("--- ").next().unwrap()
}

fn lines(text: &str) -> BTreeSet<String> {
    text.lines().map(str::to_owned).collect()
}

/// What the original exposes of a case's metrics, and of its own.
fn answered(text: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut metrics, mut own) = (BTreeSet::new(), BTreeSet::new());
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let name = if words[0] == "#" { words[2] } else { words[0] };
        if name.starts_with("statsd_") {
            own.insert(line.to_owned());
        } else if !["go_", "process_", "promhttp_"]
            .iter()
            .any(|other| name.starts_with(other))
        {
            metrics.insert(without_empty_labels(line));
        }
    }
    (metrics, own)
}

/// A label without a value is the same as none.
fn without_empty_labels(line: &str) -> String {
    let Some((name, rest)) = line.split_once('{') else {
        return line.to_owned();
    };
    let (labels, value) = rest.rsplit_once('}').unwrap();
    let kept: Vec<&str> = labels
        .split(',')
        .filter(|label| !label.ends_with("=\"\""))
        .collect();
    format!("{name}{{{}}}{value}", kept.join(","))
}

/// The native histograms of a body in protobuf, a line each.
fn native(body: &[u8]) -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    let mut parser = Parser::with_histograms(body, Format::Protobuf, Histograms::Native);
    while let Some(entry) = parser.next() {
        let Entry::Histogram(line) = entry.unwrap() else {
            continue;
        };
        let mut labels = LabelsBuilder::new();
        parse_series(line.series, Format::Protobuf, &mut labels).unwrap();
        let labels = labels.build();
        let HistogramValue::Integer(native) = line.value else {
            panic!("{labels} counts in floats");
        };
        // Gaps of a bucket or two are filled with buckets without counts.
        let counted = |(_, count): &(i32, u64)| *count > 0;
        let of = |spans, counts| -> Vec<(i32, u64)> {
            let all: &[u64] = counts;
            buckets(spans, all).filter(counted).collect()
        };
        told.insert(format!(
            "{}{} schema {} zero {} count {} positive {:?} negative {:?}",
            labels.metric().unwrap(),
            labels.without_metric(),
            native.schema,
            native.zero_count,
            native.count,
            of(&native.positive_spans, &native.positive),
            of(&native.negative_spans, &native.negative),
        ));
    }
    told
}

fn protobuf(url: &str) -> Vec<u8> {
    let accepted = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    let mut response = ureq::get(url).header("Accept", accepted).call().unwrap();
    response.body_mut().read_to_vec().unwrap()
}

fn check(program: &Path, case: &Path) {
    let text = std::fs::read_to_string(case).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mapping = folder.path().join("mapping.yml");
    std::fs::write(&mapping, part(&text, "mapping")).unwrap();
    let (web, port) = (free_port().unwrap(), free_port().unwrap());
    let mut command = Command::new(program);
    command
        .arg(format!("--web.listen-address=127.0.0.1:{web}"))
        .args(["--statsd.listen-udp=", "--statsd.event-flush-interval=20ms"])
        .arg(format!("--statsd.listen-tcp=127.0.0.1:{port}"))
        .arg(format!("--statsd.mapping-config={}", mapping.display()));
    let url = format!("http://127.0.0.1:{web}");
    let log = folder.path().join("original.log");
    let original = Server::start(command, url, "/metrics", &log).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(part(&text, "lines").as_bytes()).unwrap();
    drop(stream);
    let expected = (lines(part(&text, "metrics")), lines(part(&text, "own")));
    let began = Instant::now();
    loop {
        let answer = get(&format!("{}/metrics", original.url)).unwrap();
        let (metrics, own) = answered(&answer.text);
        if metrics == expected.0 && own.is_superset(&expected.1) {
            if text.contains("--- native\n") {
                let native = native(&protobuf(&format!("{}/metrics", original.url)));
                let expected = lines(part(&text, "native"));
                assert_eq!(native, expected, "{}", case.display());
            }
            break;
        }
        if began.elapsed() > PATIENCE {
            let differ: Vec<_> = metrics.symmetric_difference(&expected.0).collect();
            let missing: Vec<_> = expected.1.difference(&own).collect();
            panic!("{}: {differ:#?}, own {missing:#?}", case.display());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_original_answers_as_the_cases_say() {
    let Some(program) = installed("statsd_exporter") else {
        return;
    };
    let files = std::fs::read_dir(super::cases("statsd")).unwrap();
    let files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 10, "{files:?}");
    for case in files {
        check(&program, &case);
    }
}
