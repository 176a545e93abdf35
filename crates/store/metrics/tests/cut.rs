//! Cutting blocks off the head: answers stay those of the model at every stage.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::{ALL, append, blocks, copy, labels, metric, open, options, read};
use contract::memory::MemoryStore;
use contract::{Select, Selection, StoreStatus, TimeRange};
use metrics_store::{Store, StoreOptions};
use model::{Columns, MatchOp, Matcher};
use proptest::prelude::*;

/// Blocks of two minutes.
const BLOCK: i64 = 120_000;
/// A moment that is no multiple of it.
const START: i64 = 1_700_000_033_000;

/// Compares all answers that could differ.
fn compare(store: &Store, model: &MemoryStore, around: i64) {
    let matchers = [
        vec![],
        vec![Matcher::equal("odd", "yes")],
        vec![Matcher::new("n", MatchOp::NotRegex, "1.*|3").unwrap()],
        vec![Matcher::equal("odd", ""), Matcher::equal("__name__", "m2")],
    ];
    let ranges = [
        ALL,
        TimeRange {
            start: around - 3 * BLOCK,
            end: around - BLOCK,
        },
        TimeRange {
            start: around - 7,
            end: around + BLOCK / 2,
        },
    ];
    for matchers in &matchers {
        for range in ranges {
            assert_eq!(read(store, matchers, range), read(model, matchers, range));
        }
        let selection = Selection {
            matchers,
            range: ALL,
            limit: 0,
        };
        assert_eq!(
            store.label_names(&selection).unwrap(),
            model.label_names(&selection).unwrap()
        );
        assert_eq!(
            store.label_values("n", &selection).unwrap(),
            model.label_values("n", &selection).unwrap()
        );
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// Scrapes of some series.
    Append {
        from: usize,
        to: usize,
        times: i64,
    },
    Compact,
    Close,
    Kill,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0usize..5, 5usize..12, 1i64..40).prop_map(|(from, to, times)| Step::Append { from, to, times }),
        3 => Just(Step::Compact),
        1 => Just(Step::Close),
        1 => Just(Step::Kill),
    ];
    proptest::collection::vec(step, 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn answers_are_the_models_whatever_happens(steps in steps(), pause in 1i64..20_000) {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path(), BLOCK);
        let model = MemoryStore::new();
        let mut store = open(&options);
        let mut now = START;
        for step in steps {
            match step {
                Step::Append { from, to, times } => {
                    for _ in 0..times {
                        now += pause;
                        append(&*store, &model, from..to, now, |n| (now % 77) as f64 * n as f64);
                    }
                }
                Step::Compact => store.compact().unwrap(),
                Step::Close => {
                    store.close().unwrap();
                    drop(store);
                    store = open(&options);
                }
                Step::Kill => {
                    drop(store);
                    store = open(&options);
                }
            }
            compare(&store, &model, now);
        }
    }
}

#[test]
fn a_head_is_cut_into_aligned_blocks_and_short_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let (store, model) = (open(&options(dir.path(), BLOCK)), MemoryStore::new());
    for step in 0..200 {
        // Series 8 and 9 end early.
        let last = if step < 40 { 10 } else { 8 };
        append(&*store, &model, 0..last, START + step * 5_000, |n| n as f64);
    }
    let whole = store.span();
    store.compact().unwrap();
    let (first, last) = store.head_state(1).range.unwrap();
    assert!(
        first % BLOCK < 5_000,
        "the first sample behind a border: {first}"
    );
    assert!(last - first <= BLOCK * 3 / 2);
    assert_eq!(store.head_state(1).series, 8);
    let span = store.span().unwrap();
    assert_eq!(Some(span.start), whole.map(|whole| whole.start));
    let made = blocks(dir.path()).len();
    assert_eq!(made as i64, first / BLOCK - START / BLOCK);
    for (name, value) in [
        ("prometheus_tsdb_blocks_loaded", made as f64),
        ("prometheus_tsdb_compactions_total", made as f64),
        ("prometheus_tsdb_compactions_failed_total", 0.0),
        ("prometheus_tsdb_lowest_timestamp", START as f64),
        ("prometheus_tsdb_head_truncations_total", made as f64),
    ] {
        assert_eq!(metric(&store, name), value, "{name}");
    }
    assert!(metric(&store, "prometheus_tsdb_storage_blocks_bytes") > 0.0);
    compare(&store, &model, first);
    // A second look finds nothing to do.
    store.compact().unwrap();
    assert_eq!(blocks(dir.path()).len(), made);
    assert_eq!(store.warnings(), Vec::<String>::new());
}

#[test]
fn a_crash_between_block_and_truncation_neither_doubles_nor_loses() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (store, model) = (open(&options(&data, BLOCK)), MemoryStore::new());
    // Enough samples that full chunks lie in chunks_head; they end where blocks do.
    for step in 0..900 {
        append(&*store, &model, 0..6, START + step * 700, |n| {
            step as f64 * n as f64
        });
    }
    let before = dir.path().join("before");
    // What is in buffers is in the log as well, as after a kill.
    copy(&data, &before);
    store.compact().unwrap();
    assert!(blocks(&data).len() >= 3);
    for (name, wal, chunks) in [
        ("written", &before, &before),
        ("chunks shortened", &before, &data),
        ("log shortened", &data, &data),
        ("chunks lost", &before, &dir.path().join("nowhere")),
    ] {
        let after = dir.path().join(name);
        fs::create_dir(&after).unwrap();
        for block in blocks(&data) {
            copy(&data.join(&block), &after.join(block));
        }
        copy(&wal.join("wal"), &after.join("wal"));
        if chunks.exists() {
            copy(&chunks.join("chunks_head"), &after.join("chunks_head"));
        }
        let store = open(&options(&after, BLOCK));
        compare(&store, &model, START + 300_000);
        let (first, _) = store.head_state(1).range.unwrap();
        assert!(first % BLOCK < 700, "{name}: {first}");
        store.compact().unwrap();
        compare(&store, &model, START + 300_000);
    }
    // The same with only the first block written.
    let after = dir.path().join("first block");
    copy(&before, &after);
    let first = &blocks(&data)[0];
    copy(&data.join(first), &after.join(first));
    let store = open(&options(&after, BLOCK));
    compare(&store, &model, START + 300_000);
    store.compact().unwrap();
    compare(&store, &model, START + 300_000);
    assert_eq!(blocks(&after).len(), blocks(&data).len());
}

#[test]
fn a_query_that_began_before_a_cut_ends_right() {
    let dir = tempfile::tempdir().unwrap();
    let (store, model) = (open(&options(dir.path(), BLOCK)), MemoryStore::new());
    for step in 0..100 {
        append(&*store, &model, 0..10, START + step * 5_000, |n| n as f64);
    }
    let expected = read(&model, &[], ALL);
    let selection = Selection {
        matchers: &[],
        range: ALL,
        limit: 0,
    };
    let early = store.select(&selection).unwrap();
    let cutting = {
        let store = store.clone();
        std::thread::spawn(move || store.compact().unwrap())
    };
    // The first block is there while the head still has its samples.
    while metric(&store, "prometheus_tsdb_blocks_loaded") == 0.0 {
        std::thread::yield_now();
    }
    let during = store.select(&selection).unwrap();
    let check = |list: &dyn contract::SeriesList| {
        let mut found: Vec<_> = (0..list.len())
            .map(|place| {
                let mut columns = Columns::new();
                list.read(place, &mut columns).unwrap();
                let samples: common::Samples = columns
                    .iter()
                    .map(|s| (s.time, s.value.to_bits()))
                    .collect();
                (list.labels(place), samples)
            })
            .collect();
        found.sort();
        assert_eq!(found, expected);
    };
    check(&*early);
    check(&*during);
    drop(early);
    // Its head begins where the first block ends, so it may be read after the truncation, too.
    while metric(&store, "prometheus_tsdb_head_truncations_total") == 0.0 {
        std::thread::yield_now();
    }
    check(&*during);
    drop(during);
    cutting.join().unwrap();
    assert_eq!(read(&*store, &[], ALL), expected);
}

#[test]
fn queries_and_appends_go_on_while_blocks_are_cut() {
    let dir = tempfile::tempdir().unwrap();
    let (store, model) = (
        open(&options(dir.path(), BLOCK)),
        Arc::new(MemoryStore::new()),
    );
    append(&*store, &model, 0..40, START, |n| n as f64);
    let done = Arc::new(AtomicBool::new(false));
    let reader = {
        let (store, done) = (store.clone(), done.clone());
        std::thread::spawn(move || {
            let mut before = 0;
            while !done.load(Ordering::Acquire) {
                let found = read(&*store, &[Matcher::equal("n", "7")], ALL);
                let count = found[0].1.len();
                assert!(count >= before, "{count} samples after {before}");
                before = count;
            }
        })
    };
    let cutter = {
        let (store, done) = (store.clone(), done.clone());
        std::thread::spawn(move || {
            while !done.load(Ordering::Acquire) {
                store.compact().unwrap();
            }
        })
    };
    for step in 1..1500 {
        append(&*store, &model, 0..40, START + step * 1_000, |n| {
            (step * n as i64) as f64
        });
    }
    done.store(true, Ordering::Release);
    reader.join().unwrap();
    cutter.join().unwrap();
    store.compact().unwrap();
    assert!(blocks(dir.path()).len() >= 11);
    compare(&store, &model, START + 800_000);
    drop(store);
    compare(&open(&options(dir.path(), BLOCK)), &model, START + 800_000);
}

#[test]
fn a_failed_cut_leaves_everything_as_it_is_and_is_made_up_for() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (store, model) = (open(&options(&data, BLOCK)), MemoryStore::new());
    for step in 0..100 {
        append(&*store, &model, 0..5, START + step * 5_000, |n| n as f64);
    }
    // The folder is no folder for a moment.
    let away = dir.path().join("away");
    fs::rename(&data, &away).unwrap();
    fs::write(&data, "").unwrap();
    store.compact().unwrap_err();
    assert_eq!(
        metric(&store, "prometheus_tsdb_compactions_failed_total"),
        1.0
    );
    assert!(
        store.warnings()[0].contains("cannot be cut"),
        "{:?}",
        store.warnings()
    );
    fs::remove_file(&data).unwrap();
    fs::rename(&away, &data).unwrap();
    compare(&store, &model, START + 100_000);
    store.compact().unwrap();
    assert_eq!(store.warnings(), Vec::<String>::new());
    assert!(blocks(&data).len() >= 3);
    compare(&store, &model, START + 100_000);
}

#[test]
fn a_limit_takes_whole_series() {
    let dir = tempfile::tempdir().unwrap();
    let (store, model) = (open(&options(dir.path(), BLOCK)), MemoryStore::new());
    for step in 0..100 {
        let from = if step < 50 { 0 } else { 5 };
        append(&*store, &model, from..10, START + step * 5_000, |n| {
            n as f64
        });
    }
    store.compact().unwrap();
    let all = read(&model, &[], ALL);
    for limit in [1, 4, 9, 10, 20] {
        let selection = Selection {
            matchers: &[],
            range: ALL,
            limit,
        };
        let list = store.select(&selection).unwrap();
        assert_eq!(list.len(), limit.min(10));
        for place in 0..list.len() {
            let mut columns = Columns::new();
            list.read(place, &mut columns).unwrap();
            let (_, samples) = all.iter().find(|(l, _)| *l == list.labels(place)).unwrap();
            assert_eq!(columns.len(), samples.len());
        }
    }
    assert!(all.iter().any(|(l, _)| *l == labels(0)));
}

/// A clock that stands still.
struct Stopped(i64);

impl contract::Clock for Stopped {
    fn now(&self) -> i64 {
        self.0
    }
}

#[test]
fn a_sample_from_the_future_does_not_make_the_present_too_old() {
    let dir = tempfile::tempdir().unwrap();
    let now = START + 3 * BLOCK;
    let options = StoreOptions {
        clock: Arc::new(Stopped(now)),
        retention_time: Some(Duration::from_secs(3600)),
        ..options(dir.path(), BLOCK)
    };
    let (store, model) = (open(&options), MemoryStore::new());
    for step in 0..3 * BLOCK / 5_000 {
        append(&*store, &model, 0..5, START + step * 5_000, |n| n as f64);
    }
    let hours_ahead = 20 * 3_600_000;
    append(&*store, &model, 7..8, now + hours_ahead, |n| n as f64);
    store.compact().unwrap();
    assert!(!blocks(dir.path()).is_empty());
    append(&*store, &model, 0..5, now, |n| n as f64);
    compare(&store, &model, now);
    store.compact().unwrap();
    drop(store);
    compare(&open(&options), &model, now);
}

#[test]
fn a_damaged_block_is_set_aside_and_named_and_the_rest_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let (store, model) = (open(&options(dir.path(), BLOCK)), MemoryStore::new());
    for step in 0..100 {
        append(&*store, &model, 0..5, START + step * 5_000, |n| n as f64);
    }
    store.compact().unwrap();
    let end_of_first = START.div_euclid(BLOCK) * BLOCK + BLOCK;
    drop(store);
    let first = &blocks(dir.path())[0];
    let index = dir.path().join(first).join("index");
    let mut bytes = fs::read(&index).unwrap();
    let end = bytes.len() - 1;
    bytes[end] ^= 1;
    fs::write(&index, bytes).unwrap();
    let store = open(&options(dir.path(), BLOCK));
    let warnings = store.warnings();
    assert!(warnings[0].contains("1 damaged"), "{warnings:?}");
    assert!(dir.path().join(format!("{first}.damaged")).exists());
    let rest = TimeRange {
        start: end_of_first,
        end: i64::MAX,
    };
    assert_eq!(read(&*store, &[], ALL), read(&model, &[], rest));
}
