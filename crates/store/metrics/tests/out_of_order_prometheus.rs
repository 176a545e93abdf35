//! Folders with samples out of order go between the real Prometheus and us, each killed before the
//! other opens what it left; answers must be equal.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use common::child::{DONE, Running};
use common::prometheus::Prometheus;
use common::{ALL, blocks, open, read};
use contract::{Append, Batch, Clock, PendingHistogram, PendingSample, SystemClock};
use metrics_store::{Store, StoreOptions};
use model::{Histogram, HistogramValue, IntegerHistogram, Labels, Matcher, Span};

const HOUR: i64 = 3_600_000;
const SERIES: usize = 5;
const CONFIG: &str = "storage: {tsdb: {out_of_order_time_window: 10h}}";

/// By the label `n`: times in milliseconds, and values.
type Answer = BTreeMap<String, Vec<(i64, f64)>>;
type Sample = (usize, i64, f64);

fn labels(n: usize) -> Labels {
    Labels::from_pairs([("__name__", "mixed".to_owned()), ("n", n.to_string())])
}

fn options(dir: &Path) -> StoreOptions {
    StoreOptions {
        out_of_order_window: Duration::from_secs(10 * 3600),
        ..StoreOptions::new(dir.join("data"))
    }
}

/// Batches of a series of runs: first some hours in order, then late ones in an order of their own.
/// Runs with other numbers have other times.
fn batches(now: i64, run: i64) -> Vec<Vec<Sample>> {
    let value = |n: usize, time: i64| ((time / 1000) % 100_000 + n as i64) as f64;
    let mut batches = Vec::new();
    for step in 0..200 {
        let time = now - 3 * HOUR + run * HOUR / 2 + step * 9_000;
        batches.push((0..SERIES).map(|n| (n, time, value(n, time))).collect());
    }
    for step in 0..300i64 {
        // Every number below 300 once, and no moment of those above: five hours and a half.
        let place = step * 7 % 300;
        let time = now - 8 * HOUR + place * 65_000 + 1 + run;
        let batch = (0..SERIES).filter(|n| !(step as usize + n).is_multiple_of(3));
        batches.push(batch.map(|n| (n, time, value(n, time))).collect());
    }
    batches
}

fn expected(now: i64, runs: &[i64]) -> Answer {
    let mut answer = Answer::new();
    for sample in runs.iter().flat_map(|&run| batches(now, run)).flatten() {
        let samples = answer.entry(sample.0.to_string()).or_default();
        samples.push((sample.1, sample.2));
    }
    for samples in answer.values_mut() {
        samples.sort_by_key(|sample| sample.0);
        assert!(samples.is_sorted_by(|a, b| a.0 < b.0));
    }
    answer
}

fn of_ours(store: &Store) -> Answer {
    let found = read(store, &[Matcher::equal("__name__", "mixed")], ALL);
    found
        .into_iter()
        .map(|(labels, samples)| {
            let samples = samples.into_iter().map(|(t, v)| (t, f64::from_bits(v)));
            (labels.get("n").unwrap().to_owned(), samples.collect())
        })
        .collect()
}

fn of_theirs(server: &Prometheus, now: i64) -> Answer {
    let path = format!(
        "/api/v1/query?query=mixed%5B100h%5D&time={}",
        now / 1000 + 1
    );
    let answer = server.get(&path).unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let json: serde_json::Value = serde_json::from_str(body).unwrap();
    let series = json["data"]["result"].as_array().unwrap();
    series
        .iter()
        .map(|series| {
            let samples = series["values"].as_array().unwrap().iter().map(|sample| {
                let time = (sample[0].as_f64().unwrap() * 1000.0).round() as i64;
                (time, sample[1].as_str().unwrap().parse().unwrap())
            });
            let n = series["metric"]["n"].as_str().unwrap().to_owned();
            (n, samples.collect())
        })
        .collect()
}

fn append(store: &Store, batch: &[Sample]) {
    let mut ids = Vec::new();
    let sets: Vec<Labels> = (0..SERIES).map(labels).collect();
    store.resolve(&sets, &mut ids).unwrap();
    let samples = batch.iter().map(|&(n, time, value)| PendingSample {
        series: ids[n],
        time,
        value,
    });
    let batch = Batch {
        samples: samples.collect(),
        ..Batch::default()
    };
    let outcome = store.append(&batch).unwrap();
    assert_eq!(outcome.rejected, []);
}

/// A field of a protobuf message that has a length.
fn field(out: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    out.push(number << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Sends a batch as a remote-write request of version 1.
fn push(server: &Prometheus, batch: &[Sample]) {
    let mut request = Vec::new();
    for &(n, time, value) in batch {
        let mut series = Vec::new();
        for (name, value) in labels(n).iter() {
            let mut label = Vec::new();
            field(&mut label, 1, name.as_bytes());
            field(&mut label, 2, value.as_bytes());
            field(&mut series, 1, &label);
        }
        let mut sample = vec![1 << 3 | 1];
        sample.extend(value.to_le_bytes());
        sample.push(2 << 3);
        varint(&mut sample, time as u64);
        field(&mut series, 2, &sample);
        field(&mut request, 1, &series);
    }
    let body = snap::raw::Encoder::new().compress_vec(&request).unwrap();
    let headers = "Content-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n\
                   X-Prometheus-Remote-Write-Version: 0.1.0\r\n";
    server.post("/api/v1/write", headers, &body);
}

fn start(dir: &Path, port: u16) -> Option<Prometheus> {
    Prometheus::start_with(dir, port, CONFIG, &["--web.enable-remote-write-receiver"])
}

/// Names the folder for the process that is to be killed.
const FOLDER: &str = "ARGAND_TEST_KILLED_LATE_WRITER";
const NOW: &str = "ARGAND_TEST_KILLED_LATE_WRITER_NOW";

/// Not a test of its own: what runs in the process that is killed.
#[test]
fn writer() {
    let Some(dir) = std::env::var_os(FOLDER) else {
        return;
    };
    let (now, run) = std::env::var(NOW)
        .unwrap()
        .split_once(' ')
        .map_or((0, 0), |(now, run)| {
            (now.parse().unwrap(), run.parse().unwrap())
        });
    let store = open(&options(Path::new(&dir)));
    for batch in batches(now, run) {
        append(&store, &batch);
    }
    println!("{DONE}");
    std::thread::sleep(Duration::from_secs(600));
}

/// Appends a run in a process of its own, which is killed.
fn write_and_kill(dir: &Path, now: i64, run: i64) {
    let when = OsString::from(format!("{now} {run}"));
    let mut child = Running::start("writer", &[(FOLDER, dir.as_os_str()), (NOW, &when)]);
    let is_done = child.lines().any(|line| line.contains(DONE));
    child.kill();
    assert!(is_done, "the writer died on its own");
}

#[test]
fn we_go_on_where_prometheus_was_killed_and_it_where_we_were() {
    let dir = tempfile::tempdir().unwrap();
    let now = SystemClock.now();
    let Some(server) = start(dir.path(), 21111) else {
        return;
    };
    for batch in batches(now, 0) {
        push(&server, &batch);
    }
    assert_eq!(of_theirs(&server, now), expected(now, &[0]));
    // Kills it.
    drop(server);
    let store = open(&options(dir.path()));
    assert_eq!(of_ours(&store), expected(now, &[0]));
    drop(store);
    write_and_kill(dir.path(), now, 1);
    let store = open(&options(dir.path()));
    assert_eq!(of_ours(&store), expected(now, &[0, 1]));
    drop(store);
    let server = start(dir.path(), 21111).unwrap();
    assert_eq!(of_theirs(&server, now), expected(now, &[0, 1]));
    for batch in batches(now, 2) {
        push(&server, &batch);
    }
    drop(server);
    let store = open(&options(dir.path()));
    let all = expected(now, &[0, 1, 2]);
    assert_eq!(of_ours(&store), all);
    store.compact_out_of_order().unwrap();
    assert_eq!(of_ours(&store), all);
    assert!(has_late_blocks(dir.path()));
    drop(store);
    let server = start(dir.path(), 21111).unwrap();
    assert_eq!(of_theirs(&server, now), all);
    drop(server);
    assert_eq!(of_ours(&open(&options(dir.path()))), all);
}

#[test]
fn prometheus_goes_on_where_we_were_killed_before_any_compaction() {
    let dir = tempfile::tempdir().unwrap();
    let now = SystemClock.now();
    write_and_kill(dir.path(), now, 0);
    let Some(server) = start(dir.path(), 21112) else {
        return;
    };
    assert_eq!(of_theirs(&server, now), expected(now, &[0]));
}

/// Whether a folder has blocks of late samples.
fn has_late_blocks(dir: &Path) -> bool {
    let data = dir.join("data");
    let meta = |name: String| std::fs::read_to_string(data.join(name).join("meta.json"));
    let mut metas = blocks(&data).into_iter().filter_map(|name| meta(name).ok());
    metas.any(|meta| meta.contains("from-out-of-order"))
}

#[test]
fn we_read_the_blocks_that_prometheus_made_of_late_samples() {
    let dir = tempfile::tempdir().unwrap();
    // Nobody takes samples from the future.
    let now = SystemClock.now() - HOUR;
    let Some(server) = start(dir.path(), 21113) else {
        return;
    };
    for batch in batches(now, 0) {
        push(&server, &batch);
    }
    // Makes the head long enough to be cut.
    for time in [now, now + HOUR / 2, now + HOUR] {
        push(&server, &[(SERIES, time, 1.0)]);
    }
    // Longer than the minute between two looks of Prometheus at its head.
    for _ in 0..900 {
        if has_late_blocks(dir.path()) {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(has_late_blocks(dir.path()));
    let theirs = of_theirs(&server, now);
    drop(server);
    let mut ours = of_ours(&open(&options(dir.path())));
    ours.remove(&SERIES.to_string());
    assert_eq!(ours, expected(now, &[0]));
    assert_eq!(theirs.len(), SERIES + 1);
}

/// A growing histogram with one span of three buckets.
fn histogram(step: i64) -> IntegerHistogram {
    let count = step as u64 + 1;
    Histogram {
        count: 6 * count,
        sum: count as f64 / 4.0,
        positive_spans: vec![Span {
            offset: 0,
            length: 3,
        }],
        positive: vec![count, 2 * count, 3 * count],
        ..Histogram::default()
    }
}

/// Steps and times of histograms: some in order, then others between and before them.
fn histograms(now: i64, run: i64) -> Vec<(i64, i64)> {
    let time = |step: i64| now - 4 * HOUR + step * 10_000;
    let in_order = (0..100).map(|step| 300 + run * 300 + step * 2);
    let late = (0..90).map(|step| 1 + run * 200 + step * 7 % 90 * 2);
    in_order
        .chain(late)
        .map(|step| (step, time(step)))
        .collect()
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Sends a histogram as a remote-write request of version 1.
fn push_histogram(server: &Prometheus, step: i64, time: i64) {
    let value = histogram(step);
    let (mut series, mut out) = (Vec::new(), Vec::new());
    for (name, value) in [("__name__", "late_histogram"), ("n", "0")] {
        let mut label = Vec::new();
        field(&mut label, 1, name.as_bytes());
        field(&mut label, 2, value.as_bytes());
        field(&mut series, 1, &label);
    }
    out.push(1 << 3);
    varint(&mut out, value.count);
    out.push(3 << 3 | 1);
    out.extend(value.sum.to_le_bytes());
    let (mut span, mut deltas) = (vec![2 << 3], Vec::new());
    varint(&mut span, 3);
    field(&mut out, 11, &span);
    let mut before = 0;
    for &count in &value.positive {
        varint(&mut deltas, zigzag(count as i64 - before));
        before = count as i64;
    }
    field(&mut out, 12, &deltas);
    out.push(15 << 3);
    varint(&mut out, time as u64);
    field(&mut series, 4, &out);
    let mut request = Vec::new();
    field(&mut request, 1, &series);
    let body = snap::raw::Encoder::new().compress_vec(&request).unwrap();
    let headers = "Content-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n\
                   X-Prometheus-Remote-Write-Version: 0.1.0\r\n";
    server.post("/api/v1/write", headers, &body);
}

fn append_histogram(store: &Store, step: i64, time: i64) {
    let mut ids = Vec::new();
    let labels = Labels::from_pairs([("__name__", "late_histogram"), ("n", "0")]);
    store.resolve(&[labels], &mut ids).unwrap();
    let batch = Batch {
        histograms: vec![PendingHistogram {
            series: ids[0],
            time,
            value: HistogramValue::Integer(Box::new(histogram(step))),
        }],
        ..Batch::default()
    };
    assert_eq!(store.append(&batch).unwrap().rejected, []);
}

/// Time, count and sum.
type Counted = Vec<(i64, f64, f64)>;

fn counted_by_us(store: &Store) -> Counted {
    let matchers = [Matcher::equal("__name__", "late_histogram")];
    let found = common::histograms::read(store, &matchers, ALL);
    assert_eq!(found.len(), 1);
    let list = contract::Select::select(
        store,
        &contract::Selection {
            matchers: &matchers,
            range: ALL,
            limit: 0,
        },
    );
    let mut columns = model::Columns::new();
    list.unwrap().read(0, &mut columns).unwrap();
    let samples = columns.histograms.into_iter().map(|sample| {
        let value = sample.value.into_float();
        assert_eq!(value.positive.len(), 3);
        (sample.time, value.count, value.sum)
    });
    samples.collect()
}

fn counted_by_them(server: &Prometheus, now: i64) -> Counted {
    let path = format!(
        "/api/v1/query?query=late_histogram%5B100h%5D&time={}",
        now / 1000 + 1
    );
    let answer = server.get(&path).unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let json: serde_json::Value = serde_json::from_str(body).unwrap();
    let samples = json["data"]["result"][0]["histograms"].as_array().unwrap();
    let number = |value: &serde_json::Value| value.as_str().unwrap().parse::<f64>().unwrap();
    let samples = samples.iter().map(|sample| {
        let time = (sample[0].as_f64().unwrap() * 1000.0).round() as i64;
        assert_eq!(sample[1]["buckets"].as_array().unwrap().len(), 3);
        (time, number(&sample[1]["count"]), number(&sample[1]["sum"]))
    });
    samples.collect()
}

#[test]
fn histograms_go_between_prometheus_and_us_as_well() {
    if std::env::var_os("ARGAND_PROMETHEUS_NEXT").is_none() {
        println!("skipped: ARGAND_PROMETHEUS_NEXT does not name a newer Prometheus");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let now = SystemClock.now();
    let expected = |runs: &[i64]| -> Counted {
        let mut all: Vec<_> = runs.iter().flat_map(|&run| histograms(now, run)).collect();
        all.sort_by_key(|one| one.1);
        assert!(all.is_sorted_by(|a, b| a.1 < b.1));
        let all = all.into_iter().map(|(step, time)| {
            let value = histogram(step);
            (time, value.count as f64, value.sum)
        });
        all.collect()
    };
    let flags = [
        "--web.enable-remote-write-receiver",
        "--enable-feature=native-histograms",
    ];
    let start = || Prometheus::start_with(dir.path(), 21114, CONFIG, &flags);
    let server = start().unwrap();
    for (step, time) in histograms(now, 0) {
        push_histogram(&server, step, time);
    }
    assert_eq!(counted_by_them(&server, now), expected(&[0]));
    drop(server);
    let store = open(&options(dir.path()));
    assert_eq!(counted_by_us(&store), expected(&[0]));
    for (step, time) in histograms(now, 1) {
        append_histogram(&store, step, time);
    }
    assert_eq!(counted_by_us(&store), expected(&[0, 1]));
    drop(store);
    let server = start().unwrap();
    assert_eq!(counted_by_them(&server, now), expected(&[0, 1]));
    drop(server);
    let store = open(&options(dir.path()));
    store.compact_out_of_order().unwrap();
    assert!(has_late_blocks(dir.path()));
    assert_eq!(counted_by_us(&store), expected(&[0, 1]));
    drop(store);
    let server = start().unwrap();
    assert_eq!(counted_by_them(&server, now), expected(&[0, 1]));
}
