//! Retention by time and by size.
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

use common::{ALL, append, blocks, metric, open, options, read};
use contract::memory::MemoryStore;
use contract::{Select, Selection, StoreStatus, TimeRange};
use metrics_store::StoreOptions;
use model::Columns;

const BLOCK: i64 = 120_000;
const START: i64 = 1_700_000_040_000;

/// A folder with blocks from `START` on, and what is in it.
fn filled(dir: &Path) -> MemoryStore {
    let (store, model) = (open(&options(dir, BLOCK)), MemoryStore::new());
    for step in 0..300 {
        append(&*store, &model, 0..8, START + step * 5_000, |n| {
            (step * n as i64) as f64
        });
    }
    store.compact().unwrap();
    store.close().unwrap();
    model
}

#[test]
fn blocks_older_than_the_time_go_and_queries_that_hold_them_end_right() {
    let dir = tempfile::tempdir().unwrap();
    let model = filled(dir.path());
    let before = blocks(dir.path()).len();
    let kept = 5 * BLOCK;
    let store = open(&StoreOptions {
        retention_time: Some(Duration::from_millis(kept as u64)),
        ..options(dir.path(), BLOCK)
    });
    let everything = read(&model, &[], ALL);
    let selection = Selection {
        matchers: &[],
        range: ALL,
        limit: 0,
    };
    let held = store.select(&selection).unwrap();
    store.compact().unwrap();
    let newest = START + 299 * 5_000;
    let first = (newest - kept).div_euclid(BLOCK) * BLOCK;
    assert!(blocks(dir.path()).len() < before);
    assert_eq!(store.span().unwrap().start, first);
    let rest = TimeRange {
        start: first,
        end: i64::MAX,
    };
    assert_eq!(read(&*store, &[], ALL), read(&model, &[], rest));
    assert_eq!(metric(&store, "prometheus_tsdb_time_retentions_total"), 1.0);
    assert_eq!(metric(&store, "prometheus_tsdb_size_retentions_total"), 0.0);
    assert_eq!(
        metric(&store, "prometheus_tsdb_retention_limit_seconds"),
        600.0
    );
    let mut samples = 0;
    for place in 0..held.len() {
        let mut columns = Columns::new();
        held.read(place, &mut columns).unwrap();
        samples += columns.len();
    }
    assert_eq!(
        samples,
        everything.iter().map(|(_, s)| s.len()).sum::<usize>()
    );
    // Nothing more goes while nothing comes.
    store.compact().unwrap();
    assert_eq!(metric(&store, "prometheus_tsdb_time_retentions_total"), 1.0);
}

#[test]
fn the_oldest_blocks_go_while_the_size_is_exceeded() {
    let dir = tempfile::tempdir().unwrap();
    let model = filled(dir.path());
    let names = blocks(dir.path());
    let store = open(&options(dir.path(), BLOCK));
    let all = metric(&store, "prometheus_tsdb_storage_blocks_bytes")
        + metric(&store, "prometheus_tsdb_wal_storage_size_bytes")
        + metric(&store, "prometheus_tsdb_head_chunks_storage_size_bytes");
    drop(store);
    // One byte too much costs the oldest block; a limit that nothing fits leaves the head.
    for (limit, left) in [(all as u64 - 1, names.len() - 1), (1, 0)] {
        let store = open(&StoreOptions {
            retention_size: Some(limit),
            ..options(dir.path(), BLOCK)
        });
        store.compact().unwrap();
        assert_eq!(blocks(dir.path()), names[names.len() - left..]);
        assert_eq!(metric(&store, "prometheus_tsdb_size_retentions_total"), 1.0);
        assert_eq!(
            metric(&store, "prometheus_tsdb_retention_limit_bytes"),
            limit as f64
        );
        assert_eq!(metric(&store, "prometheus_tsdb_blocks_loaded"), left as f64);
        let rest = TimeRange {
            start: store.span().unwrap().start,
            end: i64::MAX,
        };
        assert_eq!(read(&*store, &[], ALL), read(&model, &[], rest));
    }
}
