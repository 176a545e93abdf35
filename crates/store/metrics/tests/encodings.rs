//! What a Prometheus of 2026 writes with its newer encodings switched on is read: chunks of XOR2,
//! with and without start times, chunks of histograms with start times, records with start times,
//! and records packed with zstd.
//!
//! `data/newer_encodings` is of a real one (3.14, features xor2-encoding, st-storage and
//! histograms-st-encoding, wal-compression-type zstd). It scraped a target whose series all follow
//! from the number of the scrape, which the series `step` has:
//! a snapshot of its head as a block, and its log and head chunks as they were after the end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{ALL, check_chunks, copy, open};
use contract::{Select, Selection};
use metrics_store::{Store, StoreOptions};
use model::{Columns, HistogramValue, IntegerHistogram, Matcher, Span, is_stale};

fn fixture(name: &str) -> PathBuf {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/newer_encodings");
    data.join(name)
}

fn series(store: &Store, name: &str) -> Columns {
    let matchers = [Matcher::equal("__name__", name)];
    let selection = Selection {
        matchers: &matchers,
        range: ALL,
        limit: 0,
    };
    let list = store.select(&selection).unwrap();
    assert_eq!(list.len(), 1, "{name}");
    let mut columns = Columns::new();
    list.read(0, &mut columns).unwrap();
    check_chunks(list.as_ref(), 0, &columns, ALL);
    columns
}

/// What the target counts at a step.
fn histogram(step: u64) -> IntegerHistogram {
    IntegerHistogram {
        schema: 1,
        zero_threshold: 0.001,
        zero_count: 1,
        count: 4 * step + 3,
        sum: step as f64 * 1.5,
        positive_spans: vec![Span {
            offset: -1,
            length: 2,
        }],
        positive: vec![step + 1, 3 * step + 1],
        ..IntegerHistogram::default()
    }
}

fn check(store: &Store) {
    let steps = series(store, "step");
    assert!(steps.len() > 100, "{}", steps.len());
    let steps: BTreeMap<i64, u64> = steps
        .iter()
        .filter(|sample| !is_stale(sample.value))
        .map(|sample| (sample.time, sample.value as u64))
        .collect();
    assert!(
        steps
            .values()
            .zip(steps.values().skip(1))
            .all(|(a, b)| a + 1 == *b)
    );
    let follows = |name: &str, value: &dyn Fn(u64) -> f64| {
        let columns = series(store, name);
        let samples = columns.iter().filter(|sample| !is_stale(sample.value));
        let mut count = 0;
        for sample in samples {
            let step = steps[&sample.time];
            assert_eq!(sample.value, value(step), "{name} {step}");
            count += 1;
        }
        (count, columns.iter().filter(|s| is_stale(s.value)).count())
    };
    assert_eq!(follows("constant", &|_| 2.5).0, steps.len());
    assert_eq!(
        follows("wild", &|step| (step * step % 101) as f64 / 7.0).0,
        steps.len()
    );
    assert_eq!(
        follows("counted_total", &|step| 3.0 * step as f64).0,
        steps.len()
    );
    let (count, ends) = follows("comes_and_goes", &|step| (step % 3) as f64);
    let there = steps.values().filter(|&step| step % 20 < 10).count();
    assert_eq!(count, there);
    assert!(
        (there - 10) / 10 <= ends && ends <= there.div_ceil(10),
        "{ends}"
    );

    let histograms = series(store, "latency").histograms;
    let histograms = histograms.iter().filter(|sample| !sample.value.is_stale());
    let mut count = 0;
    for sample in histograms {
        let HistogramValue::Integer(found) = &sample.value else {
            panic!("{:?}", sample.value);
        };
        let expected = IntegerHistogram {
            hint: found.hint,
            ..histogram(steps[&sample.time])
        };
        assert_eq!(**found, expected);
        count += 1;
    }
    assert_eq!(count, steps.len());
}

#[test]
fn newer_encodings_are_read_from_a_block_and_from_head_and_log() {
    for name in ["block", "head"] {
        let dir = tempfile::tempdir().unwrap();
        copy(&fixture(name), dir.path());
        let store = open(&StoreOptions {
            retention_time: None,
            ..StoreOptions::new(dir.path())
        });
        check(&store);
    }
}
