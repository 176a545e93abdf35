//! Appending while the log of earlier runs is read back: nothing acknowledged is lost, whatever
//! ends the run, and nothing that is older than what is there gets in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use common::child::{DONE, Running};
use common::{ALL, append, labels, open, read};
use contract::memory::MemoryStore;
use contract::{Append, Batch, PendingSample, Select, SelectError, Selection, StoreStatus};
use metrics_store::{Store, StoreError, StoreOptions};
use proptest::prelude::*;

const START: i64 = 1_700_000_000_000;

/// Starts a store in a folder that one before may still hold for a moment.
fn start(options: &StoreOptions) -> Arc<Store> {
    loop {
        match Store::start(options.clone()) {
            Err(StoreError::Locked { .. }) => std::thread::yield_now(),
            store => return store.unwrap(),
        }
    }
}

#[test]
fn samples_are_taken_before_any_are_given() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions::new(dir.path());
    let model = MemoryStore::new();
    let store = open(&options);
    append(&*store, &model, 0..5, START, |n| n as f64);
    drop(store);

    let store = start(&options);
    let mut ids = Vec::new();
    assert!(store.resolve(&[labels(1)], &mut ids).is_err(), "not yet");
    store.admit().unwrap();
    assert!(!store.is_ready());
    append(&*store, &model, 3..9, START + 1, |n| n as f64 * 2.0);
    let selection = Selection {
        matchers: &[],
        range: ALL,
        limit: 0,
    };
    assert!(matches!(
        store.select(&selection).err(),
        Some(SelectError::NotReady)
    ));
    // As after an earlier sample of the same run.
    store.resolve(&[labels(4), labels(0)], &mut ids).unwrap();
    let outcome = |time, value| {
        let samples = vec![PendingSample {
            series: ids[0],
            time,
            value,
        }];
        store
            .append(&Batch {
                samples,
                ..Batch::default()
            })
            .unwrap()
            .stored
    };
    assert_eq!([outcome(START + 1, 8.0), outcome(START + 1, 9.0)], [1, 0]);
    // Acknowledged, for nobody knows yet that there is a later one; it gives way to that.
    let early = PendingSample {
        series: ids[1],
        time: START - 5,
        value: 7.0,
    };
    store
        .append(&Batch {
            samples: vec![early],
            ..Batch::default()
        })
        .unwrap();
    store.replay().unwrap();
    assert!(store.is_ready());
    assert_eq!(read(&*store, &[], ALL), read(&model, &[], ALL));
    // What was given out while the log was read back stays good.
    assert_eq!(outcome(START + 2, 1.0), 1);
}

#[test]
fn closing_ends_reading_back_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions::new(dir.path());
    let model = MemoryStore::new();
    for (run, is_closed) in [(0, true), (1, false), (2, true)] {
        let store = start(&options);
        store.admit().unwrap();
        append(&*store, &model, 0..7, START + run, |n| n as f64);
        if is_closed {
            store.close().unwrap();
        }
    }
    assert_eq!(read(&*open(&options), &[], ALL), read(&model, &[], ALL));
}

/// The names behind a damage are known as well before new series get references.
#[test]
fn new_series_take_no_reference_that_stands_behind_a_damage() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions::new(dir.path());
    let model = MemoryStore::new();
    let mut segments = Vec::new();
    for run in 0..4 {
        let store = open(&options);
        let unused = MemoryStore::new();
        // The first run's samples are the damaged ones.
        let counted = if run == 0 { &unused } else { &model };
        let series = run * 10..run * 10 + 10;
        append(&*store, counted, series, START + run as i64, |n| n as f64);
        drop(store);
        let segment = dir.path().join(format!("wal/{:08}", segments.len()));
        segments.push(segment);
    }
    let mut bytes = std::fs::read(&segments[0]).unwrap();
    let place = bytes.iter().rposition(|&byte| byte != 0).unwrap() - 20;
    bytes[place] ^= 1;
    std::fs::write(&segments[0], bytes).unwrap();
    let store = start(&options);
    store.admit().unwrap();
    append(&*store, &model, 40..60, START + 9, |n| n as f64);
    store.replay().unwrap();
    assert!(store.corruptions() > 0);
    assert_eq!(read(&*store, &[], ALL), read(&model, &[], ALL));
    drop(store);
    assert_eq!(read(&*open(&options), &[], ALL), read(&model, &[], ALL));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Runs that end anywhere: before the log was read back, after it, with or without a close.
    #[test]
    fn any_order_of_starts_and_appends_gives_what_was_appended(
        runs in proptest::collection::vec(
            (any::<bool>(), any::<bool>(), 0usize..6, 1usize..9, 1u8..6, 1u8..6), 1..7),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let options = StoreOptions::new(dir.path());
        let model = MemoryStore::new();
        let mut time = START;
        for (is_whole, is_closed, from, count, early, late) in runs {
            let store = start(&options);
            store.admit().unwrap();
            for _ in 0..early {
                time += 15_000;
                append(&*store, &model, from..from + count, time, |n| (n as f64) + time as f64);
            }
            if is_whole {
                store.replay().unwrap();
                for _ in 0..late {
                    time += 15_000;
                    append(&*store, &model, from..from + count, time, |n| n as f64);
                }
                prop_assert_eq!(read(&*store, &[], ALL), read(&model, &[], ALL));
            }
            if is_closed {
                store.close().unwrap();
            }
        }
        prop_assert_eq!(read(&*open(&options), &[], ALL), read(&model, &[], ALL));
    }
}

/// Names the folder for the process that is to be killed.
const FOLDER: &str = "ARGAND_TEST_KILLED_STARTER";
const SERIES: usize = 40;

/// Not a test of its own: what runs in the process that is killed. It appends from the first
/// moment on, while another of its threads reads the log back.
#[test]
fn starter() {
    let Some(dir) = std::env::var_os(FOLDER) else {
        return;
    };
    let store = start(&StoreOptions::new(Path::new(&dir)));
    store.admit().unwrap();
    let behind = store.clone();
    std::thread::spawn(move || behind.replay().unwrap());
    let sets: Vec<_> = (0..SERIES).map(labels).collect();
    let mut ids = Vec::new();
    store.resolve(&sets, &mut ids).unwrap();
    let first: i64 = std::env::var("FIRST").unwrap().parse().unwrap();
    for step in first.. {
        let samples = ids.iter().map(|&series| PendingSample {
            series,
            time: START + step,
            value: step as f64,
        });
        let batch = Batch {
            samples: samples.collect(),
            ..Batch::default()
        };
        assert_eq!(store.append(&batch).unwrap().stored, SERIES);
        println!("{DONE}{step} {}", store.is_ready());
    }
}

#[test]
fn kill_9_while_the_log_is_read_back_loses_nothing_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let (mut next, mut unready) = (0i64, 0);
    let mut acknowledged = Vec::new();
    for round in 0..12 {
        let first = OsString::from(next.to_string());
        let environment = [(FOLDER, dir.path().as_os_str()), ("FIRST", &first)];
        let mut child = Running::start("starter", &environment);
        // The first run writes a log that takes a while; some end before it was read back.
        let most = if round == 0 { 3000 } else { 1 + round * 7 };
        for line in child.done() {
            let (step, ready) = line.split_once(' ').unwrap();
            acknowledged.push(step.parse::<i64>().unwrap());
            unready += usize::from(ready == "false");
            if acknowledged.last().unwrap() - next >= most {
                break;
            }
        }
        child.kill();
        next = acknowledged.last().unwrap() + 100_000;
        let store = open(&StoreOptions::new(dir.path()));
        let found = read(&*store, &[], ALL);
        assert_eq!(found.len(), SERIES);
        for (_, samples) in &found {
            let times: std::collections::HashSet<i64> = samples.iter().map(|s| s.0).collect();
            assert!(
                acknowledged
                    .iter()
                    .all(|step| times.contains(&(START + step))),
                "round {round}"
            );
        }
    }
    assert!(
        unready > 0,
        "no sample was taken while the log was read back"
    );
}
