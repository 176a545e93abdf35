//! Merging blocks, deleting samples and snapshots: queries answer as a plain model does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::path::Path;
use std::time::Duration;

use common::{ALL, append, blocks, copy, metric, open, read};
use contract::memory::MemoryStore;
use contract::{StoreAdmin, StoreStatus, TimeRange};
use metrics_store::{Retention, Store, StoreOptions};
use model::{Labels, MatchOp, Matcher};
use proptest::prelude::*;

const BLOCK: i64 = 60_000;
const START: i64 = 27 * BLOCK * 1000;
const STEP: i64 = 5_000;

fn options(dir: &Path) -> StoreOptions {
    StoreOptions {
        min_block_duration: Duration::from_millis(BLOCK as u64),
        retention_time: None,
        ..StoreOptions::new(dir)
    }
}

/// A folder with blocks of `count` spans, from the span `first` on, and what is in it.
fn filled(dir: &Path, first: i64, count: i64, model: &MemoryStore, value: f64) {
    let store = open(&options(dir));
    // What stays in the head is less than one and a half spans.
    let steps = (count + 1) * BLOCK / STEP + 4;
    for step in 0..steps {
        let time = START + first * BLOCK + step * STEP;
        // Series come and go.
        let from = (step / 20) as usize % 3;
        append(&*store, model, from..from + 7, time, |n| {
            value + (step * n as i64) as f64
        });
    }
    store.compact().unwrap();
    store.close().unwrap();
}

/// The spans of all blocks, in multiples of the shortest.
fn spans(store: &Store) -> Vec<(i64, i64)> {
    let mut spans: Vec<(i64, i64)> = store
        .blocks()
        .iter()
        .map(|json| {
            let meta: serde_json::Value = serde_json::from_str(json).unwrap();
            let time = |key: &str| (meta[key].as_i64().unwrap() - START).div_euclid(BLOCK);
            (
                time("minTime"),
                meta["maxTime"].as_i64().map_or(0, |t| (t - START) / BLOCK),
            )
        })
        .collect();
    spans.sort_unstable();
    spans
}

type Found = Vec<(Labels, common::Samples)>;

/// The model without what was deleted.
fn without(all: Found, deleted: &[(Vec<Matcher>, TimeRange)]) -> Found {
    let mut left: Found = all
        .into_iter()
        .map(|(labels, mut samples)| {
            for (matchers, range) in deleted {
                let fits = |m: &Matcher| m.matches(labels.get(m.name()).unwrap_or_default());
                if matchers.iter().all(fits) {
                    samples.retain(|&(time, _)| time < range.start || range.end < time);
                }
            }
            (labels, samples)
        })
        .collect();
    left.retain(|(_, samples)| !samples.is_empty());
    left
}

#[test]
fn blocks_grow_and_answers_stay() {
    let dir = tempfile::tempdir().unwrap();
    let model = MemoryStore::new();
    filled(dir.path(), 0, 13, &model, 0.0);
    let store = open(&options(dir.path()));
    let before = read(&*store, &[], ALL);
    assert_eq!(before, read(&model, &[], ALL));
    assert_eq!(spans(&store).len(), 13);
    store.compact_blocks().unwrap();
    assert_eq!(spans(&store), [(0, 9), (9, 12), (12, 13)]);
    assert_eq!(read(&*store, &[], ALL), before);
    assert_eq!(blocks(dir.path()).len(), 3);
    for (name, expected) in [
        ("prometheus_tsdb_compactions_total", 5.0),
        ("prometheus_tsdb_compactions_failed_total", 0.0),
        ("prometheus_tsdb_vertical_compactions_total", 0.0),
        ("prometheus_tsdb_blocks_loaded", 3.0),
        ("prometheus_tsdb_reloads_total", 1.0),
    ] {
        assert_eq!(metric(&store, name), expected, "{name}");
    }
    store.close().unwrap();
    drop(store);
    let store = open(&options(dir.path()));
    assert_eq!(read(&*store, &[], ALL), before);
}

#[test]
fn blocks_that_overlap_become_one_and_the_first_one_wins() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (dir.path().join("a"), dir.path().join("b"));
    let (early, late) = (MemoryStore::new(), MemoryStore::new());
    filled(&a, 0, 4, &early, 0.0);
    filled(&b, 2, 4, &late, 0.5);
    for name in blocks(&b) {
        copy(&b.join(&name), &a.join(&name));
    }
    let store = open(&options(&a));
    let before = read(&*store, &[], ALL);
    assert!(spans(&store).windows(2).any(|pair| pair[0] == pair[1]));
    store.compact_blocks().unwrap();
    assert!(!spans(&store).windows(2).any(|pair| pair[0].1 > pair[1].0));
    assert!(metric(&store, "prometheus_tsdb_vertical_compactions_total") > 0.0);
    assert_eq!(read(&*store, &[], ALL), before);
}

#[test]
fn blocks_of_others_are_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (dir.path().join("a"), dir.path().join("b"));
    let model = MemoryStore::new();
    filled(&a, 0, 1, &model, 0.0);
    let foreign = MemoryStore::new();
    filled(&b, 100, 1, &foreign, 0.0);
    let store = open(&options(&a));
    let name = blocks(&b).remove(0);
    copy(&b.join(&name), &a.join(&name));
    store.compact_blocks().unwrap();
    assert_eq!(metric(&store, "prometheus_tsdb_blocks_loaded"), 2.0);
    let range = TimeRange {
        start: START + 100 * BLOCK,
        end: START + 101 * BLOCK - 1,
    };
    assert_eq!(read(&*store, &[], range), read(&foreign, &[], range));
    std::fs::remove_dir_all(a.join(&name)).unwrap();
    store.compact_blocks().unwrap();
    assert_eq!(metric(&store, "prometheus_tsdb_blocks_loaded"), 1.0);
    assert_eq!(read(&*store, &[], range), []);
}

#[test]
fn a_block_that_cannot_be_merged_is_left_alone_and_answers_what_it_can() {
    let dir = tempfile::tempdir().unwrap();
    let model = MemoryStore::new();
    filled(dir.path(), 0, 7, &model, 0.0);
    let damaged = blocks(dir.path()).remove(1);
    let chunks = dir.path().join(&damaged).join("chunks/000001");
    let mut bytes = std::fs::read(&chunks).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&chunks, bytes).unwrap();
    let store = open(&options(dir.path()));
    assert!(store.compact_blocks().is_err());
    assert_eq!(spans(&store).len(), 7);
    assert!(!store.warnings().is_empty());
    // The next run leaves those three out and merges the next three; so does another start.
    store.compact_blocks().unwrap();
    assert_eq!(spans(&store), [(0, 1), (1, 2), (2, 3), (3, 6), (6, 7)]);
    assert_eq!(
        metric(&store, "prometheus_tsdb_compactions_failed_total"),
        1.0
    );
    store.close().unwrap();
    drop(store);
    let store = open(&options(dir.path()));
    store.compact_blocks().unwrap();
    assert_eq!(
        metric(&store, "prometheus_tsdb_compactions_failed_total"),
        0.0
    );
    assert_eq!(spans(&store).len(), 5);
}

#[test]
fn what_is_deleted_stays_deleted_and_its_bytes_go() {
    let dir = tempfile::tempdir().unwrap();
    let model = MemoryStore::new();
    filled(dir.path(), 0, 4, &model, 0.0);
    let matcher = |value: &str| Matcher::new("n", MatchOp::Equal, value).unwrap();
    let deleted = [
        (vec![matcher("2")], ALL),
        // From a block into the head.
        (
            vec![matcher("3")],
            TimeRange {
                start: START + BLOCK,
                end: START + 5 * BLOCK,
            },
        ),
        (
            vec![matcher("3")],
            TimeRange {
                start: START,
                end: START + 3,
            },
        ),
        (vec![matcher("nobody")], ALL),
    ];
    let expected = without(read(&model, &[], ALL), &deleted);
    let store = open(&options(dir.path()));
    for (matchers, range) in &deleted {
        store.delete_series(matchers, *range).unwrap();
    }
    assert_eq!(read(&*store, &[], ALL), expected);
    drop(store);
    let store = open(&options(dir.path()));
    assert_eq!(read(&*store, &[], ALL), expected);
    let before = blocks(dir.path());
    store.clean_tombstones().unwrap();
    assert_eq!(read(&*store, &[], ALL), expected);
    assert!(blocks(dir.path()).iter().all(|name| !before.contains(name)));
    store.clean_tombstones().unwrap();
    for json in store.blocks() {
        assert!(!json.contains("numTombstones"), "{json}");
    }
    store.delete_series(&[], ALL).unwrap();
    assert_eq!(read(&*store, &[], ALL), []);
    store.clean_tombstones().unwrap();
    assert_eq!(blocks(dir.path()), [""; 0]);
    drop(store);
    let store = open(&options(dir.path()));
    assert_eq!(read(&*store, &[], ALL), []);
}

/// A series has left the head, its samples are in a block and still in the log: deleted, it does
/// not come back where the blocks are taken away.
#[test]
fn what_left_the_head_stays_deleted_without_its_blocks() {
    let dir = tempfile::tempdir().unwrap();
    let model = MemoryStore::new();
    let folder = dir.path().join("data");
    let store = open(&options(&folder));
    for step in 0..BLOCK * 9 / 5 / STEP {
        let series = if step < 3 { 0..7 } else { 0..3 };
        append(&*store, &model, series, START + step * STEP, |n| {
            (step * n as i64) as f64
        });
    }
    store.compact().unwrap();
    assert_eq!((blocks(&folder).len(), store.head_state(1).series), (1, 3));
    let without_blocks = |from: &Path| {
        let aside = from.with_extension("without");
        copy(from, &aside);
        for block in blocks(&aside) {
            std::fs::remove_dir_all(aside.join(block)).unwrap();
        }
        read(&*open(&options(&aside)), &[], ALL)
    };
    let kept = dir.path().join("kept");
    copy(&folder, &kept);
    // Only what is in the log can come back.
    assert_eq!(without_blocks(&kept), read(&model, &[], ALL));
    let matchers = [Matcher::new("n", MatchOp::Regex, "[0456]").unwrap()];
    let range = TimeRange {
        start: START + 1,
        end: START + BLOCK / 2,
    };
    store.delete_series(&matchers, range).unwrap();
    drop(store);
    let deleted = [(matchers.to_vec(), range)];
    let expected = without(read(&model, &[], ALL), &deleted);
    assert_eq!(without_blocks(&folder), expected);
    // Who comes back later is not affected.
    let store = open(&options(&folder));
    assert_eq!(read(&*store, &[], ALL), expected);
    let again = START + BLOCK * 2;
    append(&*store, &model, 3..7, again, |n| n as f64);
    drop(store);
    let expected = without(read(&model, &[], ALL), &deleted);
    assert_eq!(read(&*open(&options(&folder)), &[], ALL), expected);
}

#[test]
fn a_snapshot_opens_as_a_folder_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let model = MemoryStore::new();
    filled(dir.path(), 0, 4, &model, 0.0);
    let store = open(&options(dir.path()));
    let everything = read(&*store, &[], ALL);
    for (skip_head, count) in [(false, 5), (true, 4)] {
        let name = store.snapshot(skip_head).unwrap();
        let (moment, random) = name.split_once('-').unwrap();
        assert!(moment.ends_with('Z') && random.len() == 16, "{name}");
        let folder = dir.path().join("snapshots").join(&name);
        assert_eq!(blocks(&folder).len(), count);
        let aside = dir.path().join(if skip_head { "x" } else { "y" });
        copy(&folder, &aside);
        let snapshot = open(&options(&aside));
        if !skip_head {
            assert_eq!(read(&*snapshot, &[], ALL), everything);
        }
        // Deleting here leaves the snapshot as it was.
        if skip_head {
            store.delete_series(&[], ALL).unwrap();
            drop(snapshot);
            let again = dir.path().join("z");
            copy(&folder, &again);
            let rest = TimeRange {
                start: i64::MIN,
                end: START + 4 * BLOCK - 1,
            };
            assert_eq!(
                read(&*open(&options(&again)), &[], rest),
                read(&model, &[], rest)
            );
        }
    }
}

#[test]
fn retention_changes_while_the_store_runs() {
    let dir = tempfile::tempdir().unwrap();
    let model = MemoryStore::new();
    filled(dir.path(), 0, 6, &model, 0.0);
    let store = open(&options(dir.path()));
    store.compact().unwrap();
    assert_eq!(spans(&store).len(), 6);
    store.set_retention(Retention {
        time: Some(Duration::from_millis(5 * BLOCK as u64)),
        ..Retention::default()
    });
    store.compact().unwrap();
    assert_eq!(spans(&store).first(), Some(&(2, 3)));
    store.set_retention(Retention {
        size: Some(u64::MAX),
        percentage: Some(1e-9),
        ..Retention::default()
    });
    assert!(metric(&store, "prometheus_tsdb_retention_limit_percentage") > 0.0);
    store.compact().unwrap();
    assert_eq!(spans(&store), []);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn any_order_of_deleting_and_merging_answers_as_the_model(
        orders in proptest::collection::vec((0usize..3, 0usize..9, 0i64..12 * 9, 0i64..60), 1..8),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let model = MemoryStore::new();
        filled(dir.path(), 0, 7, &model, 0.0);
        let mut store = open(&options(dir.path()));
        let mut deleted = Vec::new();
        for (order, n, from, length) in orders {
            match order {
                0 => {
                    let matchers = vec![Matcher::new("n", MatchOp::Equal, &n.to_string()).unwrap()];
                    let start = START + from * STEP;
                    let range = TimeRange { start, end: start + length * STEP };
                    store.delete_series(&matchers, range).unwrap();
                    deleted.push((matchers, range));
                }
                1 => store.compact_blocks().unwrap(),
                _ if n < 5 => store.clean_tombstones().unwrap(),
                _ => {
                    drop(store);
                    store = open(&options(dir.path()));
                }
            }
            let expected = without(read(&model, &[], ALL), &deleted);
            prop_assert_eq!(read(&*store, &[], ALL), expected);
        }
    }
}
