//! Merged blocks under the real Prometheus: it answers from ours as from its own, merges ours, and
//! of one folder both programs merge the same blocks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use common::prometheus::Prometheus;
use common::{ALL, blocks, copy, open, read};
use contract::{StoreAdmin, StoreStatus, TimeRange};
use metrics_store::{Store, StoreOptions};
use model::{MatchOp, Matcher};

const HOUR: i64 = 3_600;
/// A multiple of 18 hours, in seconds.
const START: i64 = 18 * HOUR * 26_000;

fn options(dir: &Path) -> StoreOptions {
    StoreOptions {
        retention_time: None,
        ..StoreOptions::new(dir)
    }
}

/// What promtool prints, which must be content; `None` where it is not installed.
fn promtool(arguments: &[&str]) -> Option<String> {
    Some(common::prometheus::promtool(arguments)?.unwrap())
}

/// Adds blocks of the original's making, of samples every five minutes, to a folder.
fn backfill(dir: &Path, from_hour: i64, hours: i64, series: usize) -> Option<()> {
    let mut text = String::from("# TYPE m gauge\n");
    for n in 0..series {
        for step in 0..hours * 12 {
            let seconds = START + from_hour * HOUR + step * 300;
            // The same wherever blocks overlap: which of two values stays is no rule of upstream's,
            // but follows from where its chunks happen to end.
            let value = (from_hour * 12 + step) * n as i64;
            writeln!(text, "m{{n=\"{n}\"}} {value} {seconds}").unwrap();
        }
    }
    text.push_str("# EOF\n");
    let file = dir.join("samples.txt");
    std::fs::write(&file, text).unwrap();
    let data = dir.join("data");
    promtool(&[
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        file.to_str().unwrap(),
        data.to_str().unwrap(),
    ])
    .map(|_| ())
}

/// The lines that promtool dumps of a folder, sorted.
fn dump(data: &Path) -> Vec<String> {
    // Older versions dump nothing of a folder without one.
    std::fs::create_dir_all(data.join("wal")).unwrap();
    let text = promtool(&["tsdb", "dump", data.to_str().unwrap()]).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// The spans in hours and the levels of all blocks, but for those that go just now.
fn shape(data: &Path) -> Vec<(i64, i64, i64, u64)> {
    let mut shape: Vec<_> = blocks(data)
        .iter()
        .filter_map(|name| {
            let bytes = std::fs::read(data.join(name).join("meta.json")).ok()?;
            let meta: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            let hour = |key: &str| meta[key].as_i64().unwrap() / 1000 / HOUR - START / HOUR;
            Some((
                hour("minTime"),
                hour("maxTime"),
                meta["compaction"]["level"].as_i64().unwrap(),
                meta["stats"]["numSamples"].as_u64().unwrap(),
            ))
        })
        .collect();
    shape.sort_unstable();
    shape
}

fn merged(data: &Path) -> std::sync::Arc<Store> {
    let store = open(&options(data));
    store.compact_blocks().unwrap();
    store
}

/// Waits until a Prometheus has merged all it wants.
fn merge_there(dir: &Path, port: u16, flags: &[&str]) -> Option<()> {
    let server = Prometheus::start_with(dir, port, "", flags)?;
    let mut last = shape(&dir.join("data"));
    let mut same = 0;
    // It looks once a minute, for the first time a minute after its start.
    for _ in 0..200 {
        std::thread::sleep(Duration::from_secs(1));
        let now = shape(&dir.join("data"));
        same = if now == last { same + 1 } else { 0 };
        last = now;
        let ran = server.get("/metrics").unwrap_or_default();
        let ran = ran.lines().any(|line| {
            line.strip_prefix("prometheus_tsdb_compactions_total ")
                .is_some_and(|count| count != "0")
        });
        if ran && same > 5 {
            return Some(());
        }
    }
    panic!("prometheus merges nothing: {last:?}");
}

#[test]
fn the_original_reads_merged_blocks_as_it_read_their_parents() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    if backfill(dir.path(), 0, 40, 7).is_none() {
        return;
    }
    backfill(dir.path(), 17, 9, 9).unwrap();
    let before = dump(&data);
    let store = merged(&data);
    assert!(shape(&data).len() < 7, "{:?}", shape(&data));
    let matchers = [Matcher::new("n", MatchOp::Equal, "3").unwrap()];
    let range = TimeRange {
        start: (START + 7 * HOUR) * 1000,
        end: (START + 20 * HOUR) * 1000,
    };
    store.close().unwrap();
    drop(store);
    assert_eq!(dump(&data), before);
    for name in blocks(&data) {
        promtool(&["tsdb", "analyze", data.to_str().unwrap(), &name]).unwrap();
    }
    promtool(&["tsdb", "list", data.to_str().unwrap()]).unwrap();

    // Tombstones of ours hide samples there as well, and so does writing the blocks again.
    let store = open(&options(&data));
    store.delete_series(&matchers, range).unwrap();
    let left = dump(&data);
    assert_eq!(before.len() - left.len(), 13 * 12 + 1);
    store.clean_tombstones().unwrap();
    assert_eq!(dump(&data), left);
    // A snapshot is a data folder.
    let snapshot = store.snapshot(false).unwrap();
    assert_eq!(dump(&data.join("snapshots").join(snapshot)), left);
    assert_eq!(store.warnings(), [""; 0]);
}

#[test]
#[ignore = "waits for minutes; cargo xtask test runs it beside the others"]
fn both_merge_the_same_blocks_and_go_on_from_each_others() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    if backfill(a.path(), 2, 30, 5).is_none() {
        return;
    }
    // A gap, and blocks that overlap.
    backfill(a.path(), 36, 9, 5).unwrap();
    backfill(a.path(), 37, 3, 6).unwrap();
    let (ours, theirs) = (a.path().join("data"), b.path().join("data"));
    copy(&ours, &theirs);
    let before = dump(&ours);
    let store = merged(&ours);
    store.close().unwrap();
    drop(store);
    let flags = ["--storage.tsdb.retention.time=100y"];
    if merge_there(b.path(), 21201, &flags).is_none() {
        return;
    }
    assert_eq!(shape(&ours), shape(&theirs));
    assert_eq!(dump(&ours), before);
    assert_eq!(dump(&theirs), before);

    // Further blocks behind what the other program has merged.
    backfill(a.path(), 46, 20, 5).unwrap();
    backfill(b.path(), 46, 20, 5).unwrap();
    let before = dump(&theirs);
    let store = merged(&theirs);
    assert_eq!(read(&*store, &[], ALL).len(), 6);
    store.close().unwrap();
    drop(store);
    merge_there(a.path(), 21202, &flags).unwrap();
    assert_eq!(shape(&ours), shape(&theirs));
    assert_eq!(dump(&theirs), before);
    assert_eq!(dump(&ours), before);
}
