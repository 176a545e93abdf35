//! Native histograms between us and the real Prometheus, in every form on the disk.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::fs;
use std::path::Path;
use std::time::Duration;

use common::histograms::value;
use common::prometheus::{Prometheus, knows, promtool};
use common::target::{SERIES, Target};
use common::{ALL, blocks, copy, open};
use contract::{Append, Batch, Clock, PendingHistogram, Select, Selection, SystemClock};
use metrics_store::StoreOptions;
use model::{Columns, FloatHistogram, HistogramSample, Labels, Matcher, Span};
use serde_json::Value;

/// A histogram as the API prints it: count, sum, and the buckets that are not empty, each with
/// its bounds.
#[derive(Clone, Debug)]
struct Printed {
    time: i64,
    count: f64,
    sum: f64,
    buckets: Vec<[f64; 3]>,
}

impl PartialEq for Printed {
    fn eq(&self, other: &Self) -> bool {
        // Bounds are powers that either side rounds for itself.
        let near = |a: f64, b: f64| a == b || (a - b).abs() <= 1e-12 * a.abs();
        let same =
            |(a, b): (&[f64; 3], &[f64; 3])| near(a[0], b[0]) && near(a[1], b[1]) && a[2] == b[2];
        (self.time, self.count, self.sum, self.buckets.len())
            == (other.time, other.count, other.sum, other.buckets.len())
            && self.buckets.iter().zip(&other.buckets).all(same)
    }
}

fn ours(sample: &HistogramSample) -> Printed {
    let histogram = sample.value.clone().into_float();
    let mut buckets = Vec::new();
    let indices = |spans: &[Span]| {
        let mut next = 0;
        let mut all = Vec::new();
        for span in spans {
            next += i64::from(span.offset);
            all.extend(next..next + i64::from(span.length));
            next += i64::from(span.length);
        }
        all
    };
    let bounds = |histogram: &FloatHistogram, index: i64| {
        if histogram.is_custom() {
            let bound = |at: i64| histogram.custom.get(at as usize).copied();
            let lower = index.checked_sub(1).filter(|&at| at >= 0).and_then(bound);
            let upper = bound(index).unwrap_or(f64::INFINITY);
            return (lower.unwrap_or(f64::NEG_INFINITY), upper);
        }
        let step = 2f64.powi(-histogram.schema);
        let bound = |index: i64| 2f64.powf(index as f64 * step);
        (bound(index - 1), bound(index))
    };
    let negative = indices(&histogram.negative_spans);
    for (index, count) in negative.into_iter().zip(&histogram.negative).rev() {
        let (near, far) = bounds(&histogram, index);
        buckets.push([-far, -near, *count]);
    }
    let zero = histogram.zero_threshold;
    buckets.push([-zero, zero, histogram.zero_count]);
    let positive = indices(&histogram.positive_spans);
    for (index, count) in positive.into_iter().zip(&histogram.positive) {
        let (lower, upper) = bounds(&histogram, index);
        buckets.push([lower, upper, *count]);
    }
    buckets.retain(|bucket| bucket[2] != 0.0);
    Printed {
        time: sample.time,
        count: histogram.count,
        sum: histogram.sum,
        buckets,
    }
}

/// What our store has of a metric.
fn read(store: &dyn Select, matchers: &[Matcher]) -> Vec<Printed> {
    let selection = Selection {
        matchers,
        range: ALL,
        limit: 0,
    };
    let list = store.select(&selection).unwrap();
    let mut columns = Columns::new();
    for place in 0..list.len() {
        list.read(place, &mut columns).unwrap();
    }
    let histograms = columns.histograms.iter();
    histograms
        .filter(|s| !s.value.is_stale())
        .map(ours)
        .collect()
}

fn number(text: &Value) -> f64 {
    text.as_str().unwrap().parse().unwrap()
}

/// What Prometheus has of a metric.
fn ask(server: &Prometheus, selector: &str, time: i64) -> Vec<Printed> {
    let path = format!("/api/v1/query?time={time}&query={selector}");
    let answer = server.get(&path).unwrap();
    let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    let results = body["data"]["result"]
        .as_array()
        .unwrap_or_else(|| panic!("{body}"));
    let samples = results.iter().filter_map(|r| r["histograms"].as_array());
    let printed = |sample: &Value| {
        let histogram = &sample[1];
        let buckets = histogram["buckets"].as_array().into_iter().flatten();
        Printed {
            time: (sample[0].as_f64().unwrap() * 1000.0).round() as i64,
            count: number(&histogram["count"]),
            sum: number(&histogram["sum"]),
            buckets: buckets
                .map(|b| [number(&b[1]), number(&b[2]), number(&b[3])])
                .collect(),
        }
    };
    samples.flatten().map(printed).collect()
}

/// The configuration lines that make this version take native histograms, and its flags.
fn wanted(dir: &Path) -> (String, Vec<&'static str>, bool) {
    let mut lines = String::new();
    let mut flags = vec!["--web.enable-admin-api"];
    let line = "scrape_native_histograms: true";
    if knows(dir, line) {
        lines = format!("{line}, ");
    } else {
        flags.push("--enable-feature=native-histograms");
    }
    let line = "convert_classic_histograms_to_nhcb: true";
    let has_custom = knows(dir, line);
    if has_custom {
        lines = format!("{lines}{line}, ");
    }
    (lines, flags, has_custom)
}

#[test]
fn we_read_what_prometheus_scraped() {
    let dir = tempfile::tempdir().unwrap();
    let (lines, flags, has_custom) = wanted(dir.path());
    let target = Target::start(21001);
    let config = format!(
        "scrape_configs: [{{job_name: t, scrape_interval: 50ms, scrape_timeout: 50ms, {lines}\
         static_configs: [{{targets: ['127.0.0.1:21001']}}]}}]"
    );
    let Some(server) = Prometheus::start_with(dir.path(), 21002, &config, &flags) else {
        return;
    };
    let kinds: Vec<usize> = (0..SERIES).filter(|&n| n != 3 || has_custom).collect();
    let all = |server: &Prometheus| -> Vec<Vec<Printed>> {
        let later = SystemClock.now() / 1000 + 1;
        let of = |n: &usize| ask(server, &format!("h{n}%5B1h%5D"), later);
        kinds.iter().map(of).collect()
    };
    let mut theirs = all(&server);
    for _ in 0..600 {
        if theirs.iter().all(|samples| samples.len() > 130) {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
        theirs = all(&server);
    }
    assert!(theirs.iter().all(|samples| samples.len() > 130), "too few");
    server.post("/api/v1/admin/tsdb/snapshot", "", b"");
    let data = dir.path().join("data");
    // The log alone, a block, and head chunks with the rest of the log.
    let log = dir.path().join("log");
    copy(&data.join("wal"), &log.join("wal"));
    server.stop();
    drop(target);
    let snapshots = data.join("snapshots");
    let snapshot = fs::read_dir(&snapshots).unwrap().next().unwrap().unwrap();
    let head_chunks = fs::read_dir(data.join("chunks_head")).unwrap().count();
    assert!(head_chunks > 0);
    for (what, folder) in [("log", log), ("block", snapshot.path()), ("data", data)] {
        let store = open(&StoreOptions {
            retention_time: None,
            ..StoreOptions::new(&folder)
        });
        assert_eq!(blocks(&folder).len(), usize::from(what == "block"));
        for (n, theirs) in kinds.iter().zip(&theirs) {
            let ours = read(&*store, &[Matcher::equal("__name__", &format!("h{n}"))]);
            assert!(ours.len() >= theirs.len(), "{what} h{n}");
            for (ours, theirs) in ours.iter().zip(theirs) {
                assert_eq!(ours, theirs, "{what} h{n}");
            }
        }
    }
}

#[test]
fn prometheus_reads_what_we_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let options = StoreOptions {
        retention_time: None,
        ..StoreOptions::new(&data)
    };
    let (_, flags, has_custom) = wanted(dir.path());
    let kinds: Vec<usize> = (0..SERIES).filter(|&n| n != 3 || has_custom).collect();
    let store = open(&options);
    let sets: Vec<Labels> = kinds
        .iter()
        .map(|n| Labels::from_pairs([("__name__", "ours".to_owned()), ("n", n.to_string())]))
        .collect();
    let mut ids = Vec::new();
    store.resolve(&sets, &mut ids).unwrap();
    // Seven hours: blocks, head chunks, and the newest only in the log.
    let now = SystemClock.now();
    let steps = 7 * 60 * 2;
    for step in 0..steps {
        let pending = |(&n, &series): (&usize, _)| PendingHistogram {
            series,
            time: now - (steps - step) * 30_000,
            value: value(n, step as u64, 100),
        };
        let batch = Batch {
            histograms: kinds.iter().zip(&ids).map(pending).collect(),
            ..Batch::default()
        };
        assert_eq!(store.append(&batch).unwrap().stored, kinds.len());
    }
    store.compact().unwrap();
    let of = |n: &usize| vec![Matcher::equal("n", &n.to_string())];
    let ours: Vec<_> = kinds.iter().map(|n| read(&*store, &of(n))).collect();
    assert!(ours.iter().all(|samples| samples.len() == steps as usize));
    store.close().unwrap();
    drop(store);
    let written = blocks(&data);
    assert!(written.len() >= 2);
    assert!(fs::read_dir(data.join("chunks_head")).unwrap().count() > 0);
    for block in written {
        let said = promtool(&["tsdb", "analyze", data.to_str().unwrap(), &block]);
        let Some(said) = said else { return };
        let said = said.unwrap();
        assert!(said.contains(&block), "{said}");
    }
    let Some(server) = Prometheus::start_with(dir.path(), 21003, "{}", &flags) else {
        return;
    };
    for (n, ours) in kinds.iter().zip(&ours) {
        let selector = format!("ours%7Bn%3D%22{n}%22%7D%5B8h%5D");
        let theirs = ask(&server, &selector, now / 1000 + 1);
        assert_eq!(theirs.len(), ours.len(), "{n}");
        for (theirs, ours) in theirs.iter().zip(ours) {
            assert_eq!(theirs, ours, "{n}");
        }
    }
    // A query over all of them that needs their resets.
    let path = format!("/api/v1/query?time={}&query=rate(ours%5B7h%5D)", now / 1000);
    let rates = server.get(&path).unwrap();
    assert!(rates.contains("\"histogram\""), "{rates}");
}
