//! Snapshots of the head: a start that reads one finds what the log would give; one that is
//! damaged or out of date costs nothing but time; Prometheus reads ours and we read its.
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
use std::path::{Path, PathBuf};

use common::prometheus::Prometheus;
use common::{ALL, append, copy, labels, metric, open, read};
use contract::memory::MemoryStore;
use contract::{
    Append, Batch, Clock, Exemplars as _, PendingExemplar, PendingSample, StoreStatus, SystemClock,
    TimeRange,
};
use disk::faults::{FaultDisk, Trouble};
use metrics_store::{Store, StoreOptions};
use model::{Exemplar, Labels};

const STEP: i64 = 15_000;

fn snapshot(dir: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut found = entries.filter(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("chunk_snapshot.")
    });
    found.next()
}

/// Takes the log away but for the last segment, whose place the snapshot names: what is found then
/// comes from the snapshot.
fn empty_log(dir: &Path) {
    let mut segments: Vec<PathBuf> = fs::read_dir(dir.join("wal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    segments.sort();
    segments.pop();
    assert!(!segments.is_empty());
    for segment in segments {
        fs::write(segment, "").unwrap();
    }
}

/// A folder with chunks of every state, deletions in the log aside; closed.
fn written(dir: &Path, model: &MemoryStore, start: i64) {
    let options = StoreOptions::new(dir);
    let store = open(&options);
    for step in 0..300 {
        let series = if step % 2 == 0 { 0..20 } else { 3..11 };
        append(&*store, model, series, start + step * STEP, |n| {
            (n as f64) * 0.1 + step as f64
        });
    }
    let mut ids = Vec::new();
    store.resolve(&[labels(5)], &mut ids).unwrap();
    let exemplar = Exemplar {
        labels: Labels::from_pairs([("trace_id", "abc")]),
        value: 1.5,
        time: Some(start + 7),
    };
    let exemplars = vec![PendingExemplar {
        series: ids[0],
        exemplar,
    }];
    store
        .append(&Batch {
            exemplars,
            ..Batch::default()
        })
        .unwrap();
    drop(store);
    // So that the log has more than one segment.
    let store = open(&options);
    append(&*store, model, 0..5, start + 300 * STEP, |n| n as f64);
    store.close().unwrap();
}

#[test]
fn the_next_start_needs_no_log() {
    let dir = tempfile::tempdir().unwrap();
    let model = MemoryStore::new();
    written(dir.path(), &model, 1_700_000_000_000);
    let options = StoreOptions::new(dir.path());
    empty_log(dir.path());
    let store = open(&options);
    assert_eq!(snapshot(dir.path()), None, "it is out of date from now on");
    assert_eq!(read(&*store, &[], ALL), read(&model, &[], ALL));
    let exemplars = store.exemplars(&[], ALL);
    assert_eq!((exemplars.len(), &exemplars[0].0), (1, &labels(5)));
    assert_eq!(store.corruptions(), 0);
    // Series go on under their references, new ones get others, and all of it again.
    let later = 1_700_000_000_000 + 400 * STEP;
    append(&*store, &model, 0..30, later, |n| n as f64);
    store.close().unwrap();
    drop(store);
    let store = open(&options);
    append(&*store, &model, 0..30, later + STEP, |n| n as f64);
    assert_eq!(read(&*store, &[], ALL), read(&model, &[], ALL));
}

#[test]
fn a_damaged_snapshot_is_counted_and_the_log_read() {
    let dir = tempfile::tempdir().unwrap();
    let model = MemoryStore::new();
    let whole = dir.path().join("whole");
    written(&whole, &model, 1_700_000_000_000);
    let files = [("references", 3), ("00000000", 20), ("00000000", 2000)];
    for (round, (file, place)) in files.into_iter().enumerate() {
        let folder = dir.path().join(round.to_string());
        copy(&whole, &folder);
        let file = snapshot(&folder).unwrap().join(file);
        let mut bytes = fs::read(&file).unwrap();
        bytes[place] ^= 1;
        fs::write(&file, bytes).unwrap();
        let store = open(&StoreOptions::new(&folder));
        assert_eq!(read(&*store, &[], ALL), read(&model, &[], ALL));
        assert_eq!(
            metric(&store, "prometheus_tsdb_snapshot_replay_error_total"),
            1.0
        );
        assert_eq!(snapshot(&folder), None);
    }
    // Half of it, but cut between two records.
    let folder = dir.path().join("half");
    copy(&whole, &folder);
    fs::write(snapshot(&folder).unwrap().join("00000000"), "").unwrap();
    let store = open(&StoreOptions::new(&folder));
    assert_eq!(read(&*store, &[], ALL), read(&model, &[], ALL));
    assert_eq!(
        metric(&store, "prometheus_tsdb_snapshot_replay_error_total"),
        1.0
    );
}

#[test]
fn a_snapshot_of_an_earlier_log_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let model = MemoryStore::new();
    let folder = dir.path().join("data");
    written(&folder, &model, 1_700_000_000_000);
    let kept = snapshot(&folder).unwrap();
    let aside = dir.path().join("aside");
    copy(&kept, &aside);
    let options = StoreOptions::new(&folder);
    let store = open(&options);
    append(
        &*store,
        &model,
        0..30,
        1_700_000_000_000 + 400 * STEP,
        |n| n as f64,
    );
    drop(store);
    copy(&aside, &kept);
    let store = open(&options);
    assert_eq!(read(&*store, &[], ALL), read(&model, &[], ALL));
    assert_eq!(
        metric(&store, "prometheus_tsdb_snapshot_replay_error_total"),
        0.0
    );
    assert_eq!(snapshot(&folder), None);
}

/// The names of series are lost with a record of the log, and the disk is full when they are to be
/// written again, from any of its operations on: samples wait until there is room for the names,
/// and are found after that.
#[test]
fn samples_wait_for_names_that_the_log_lost() {
    let dir = tempfile::tempdir().unwrap();
    let start = 1_700_000_000_000;
    let later = start + 400 * STEP;
    let whole = dir.path().join("whole");
    written(&whole, &MemoryStore::new(), start);
    let mut segments: Vec<PathBuf> = fs::read_dir(whole.join("wal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    segments.sort();
    let mut bytes = fs::read(&segments[0]).unwrap();
    // Within the first record.
    bytes[20] ^= 1;
    fs::write(&segments[0], bytes).unwrap();

    let mut waited = 0;
    for operation in 0.. {
        let folder = dir.path().join(operation.to_string());
        copy(&whole, &folder);
        let full = FaultDisk::mount(&folder, operation).unwrap();
        full.arrange(Trouble::Full, operation..u64::MAX);
        let options = StoreOptions::new(&folder);
        let Ok(store) = Store::open(options.clone()) else {
            continue;
        };
        let had_room = full.failures() == 0;
        let model = MemoryStore::new();
        append(&MemoryStore::new(), &model, 0..20, later, |n| n as f64);
        let mut ids = Vec::new();
        let sets: Vec<Labels> = (0..20).map(labels).collect();
        store.resolve(&sets, &mut ids).unwrap();
        let samples = ids.iter().zip(0..).map(|(&series, n)| PendingSample {
            series,
            time: later,
            value: f64::from(n),
        });
        let batch = Batch {
            samples: samples.collect(),
            ..Batch::default()
        };
        if !had_room {
            waited += 1;
            store.append(&batch).unwrap_err();
        }
        full.heal();
        assert_eq!(store.append(&batch).unwrap().stored, 20);
        // As after a crash: without a snapshot.
        drop(store);
        let store = open(&options);
        let range = TimeRange {
            start: later,
            end: later,
        };
        assert_eq!(
            read(&*store, &[], range),
            read(&model, &[], ALL),
            "{operation}"
        );
        drop(store);
        fs::remove_dir_all(&folder).unwrap();
        if had_room {
            break;
        }
    }
    assert!(waited > 0, "the names found room in every case");
}

const FLAG: &str = "--enable-feature=memory-snapshot-on-shutdown";

#[test]
fn prometheus_reads_our_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("data");
    let model = MemoryStore::new();
    let start = SystemClock.now() - 305 * STEP;
    written(&folder, &model, start);
    empty_log(&folder);
    let Some(server) = Prometheus::start_flagged(dir.path(), 21311, &[FLAG]) else {
        return;
    };
    let expected: usize = read(&model, &[], ALL).iter().map(|(_, s)| s.len()).sum();
    let time = SystemClock.now() / 1000;
    let query = "sum(count_over_time(%7B__name__=~%22m%5B0-9%5D%22%7D%5B3h%5D))";
    let answer = server
        .get(&format!("/api/v1/query?time={time}&query={query}"))
        .unwrap();
    assert!(
        answer.contains(&format!(r#""{expected}"]"#)),
        "{expected}: {answer}"
    );
}

#[test]
fn we_read_the_snapshot_of_prometheus() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("data");
    // The first run's log is taken away before the third.
    for _ in 0..2 {
        let Some(server) = Prometheus::start_flagged(dir.path(), 21312, &[FLAG]) else {
            return;
        };
        for _ in 0..100 {
            let count = server
                .get("/api/v1/query?query=count_over_time(up%5B5m%5D)")
                .unwrap();
            if count.contains(r#""3"]"#) || count.contains(r#""4"]"#) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        server.end();
    }
    let whole = dir.path().join("whole");
    copy(&folder, &whole);
    fs::remove_dir_all(snapshot(&whole).unwrap()).unwrap();
    let from_log = read(&*open(&StoreOptions::new(&whole)), &[], ALL);
    let short = dir.path().join("short");
    copy(&folder, &short);
    empty_log(&short);
    assert_eq!(read(&*open(&StoreOptions::new(&short)), &[], ALL), from_log);
    let store = open(&StoreOptions::new(&folder));
    assert_eq!(
        metric(&store, "prometheus_tsdb_snapshot_replay_error_total"),
        0.0
    );
    assert!(from_log.len() > 100);
    assert_eq!(read(&*store, &[], ALL), from_log);
    let model = MemoryStore::new();
    append(&*store, &model, 0..3, SystemClock.now(), |n| n as f64);
    drop(store);
    // The new series did not take references that the log has for others.
    let again = read(&*open(&StoreOptions::new(&folder)), &[], ALL);
    assert_eq!(again.len(), from_log.len() + 3);
}
