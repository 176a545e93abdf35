//! `kill -9` at many moments of appending out of order, cutting and compacting: whatever was
//! acknowledged is there at the next start, and nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use common::child::{DONE, Running};
use common::{ALL, labels, open, read};
use contract::{Append, Batch, PendingSample};
use metrics_store::StoreOptions;
use model::Labels;

const BLOCK: i64 = 60_000;
const START: i64 = 1_700_000_033_000;
const STEP: i64 = 500;
const SERIES: usize = 5;
/// How far before the start late samples may lie, in seconds: a prime number.
const BEHIND: i64 = 1_009;
/// Steps from one whose late samples lie close together to the next.
const LEAP: i64 = 389;
/// Names the folder for the process that is to be killed.
const FOLDER: &str = "ARGAND_TEST_KILLED_OUT_OF_ORDER_WRITER";

fn options(dir: &Path) -> StoreOptions {
    StoreOptions {
        out_of_order_window: Duration::from_secs(24 * 3600),
        ..common::options(dir, BLOCK)
    }
}

/// The samples of a step: one in order for each series, and a late one for some.
fn samples(step: i64) -> Vec<(usize, i64, f64)> {
    let late = START - (step * LEAP % BEHIND + 1) * 1_000 - step / BEHIND - 1;
    let in_order = (0..SERIES).map(|n| (n, START + step * STEP));
    let behind = (0..SERIES).filter(|n| !(step as usize + n).is_multiple_of(3));
    let all = in_order.chain(behind.map(|n| (n, late)));
    all.map(|(n, time)| (n, time, (step * 7 + n as i64) as f64))
        .collect()
}

type Stored = BTreeSet<(usize, i64, u64)>;

fn stored(dir: &Path) -> Stored {
    let found = read(&*open(&options(dir)), &[], ALL);
    let numbers = (0..SERIES).map(|n| (n, labels(n)));
    let numbers: Vec<(usize, Labels)> = numbers.collect();
    let mut stored = Stored::new();
    for (labels, samples) in found {
        let (n, _) = numbers.iter().find(|(_, l)| *l == labels).unwrap();
        stored.extend(samples.into_iter().map(|(time, value)| (*n, time, value)));
    }
    stored
}

/// Not a test of its own: what runs in the process that is killed.
#[test]
fn writer() {
    let Some(dir) = std::env::var_os(FOLDER) else {
        return;
    };
    let store = open(&options(Path::new(&dir)));
    let newest = read(&*store, &[], ALL).into_iter();
    let newest = newest
        .filter_map(|(_, samples)| Some(samples.last()?.0))
        .max();
    let first = newest.map_or(0, |newest| (newest - START) / STEP + 1);
    let cutter = store.clone();
    std::thread::spawn(move || {
        for round in 0.. {
            cutter.compact().unwrap();
            if round % 5 == 0 {
                cutter.compact_out_of_order().unwrap();
            }
            std::thread::sleep(Duration::from_millis(3));
        }
    });
    let mut ids = Vec::new();
    let sets: Vec<Labels> = (0..SERIES).map(labels).collect();
    store.resolve(&sets, &mut ids).unwrap();
    for step in first.. {
        let samples = samples(step).into_iter();
        let samples = samples.map(|(n, time, value)| PendingSample {
            series: ids[n],
            time,
            value,
        });
        let batch = Batch {
            samples: samples.collect(),
            ..Batch::default()
        };
        assert_eq!(store.append(&batch).unwrap().rejected, []);
        println!("{DONE}{step}");
    }
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = Stored::new();
    let mut newest = 0;
    for round in 0..20 {
        let mut child = Running::start("writer", &[(FOLDER, dir.path().as_os_str())]);
        for step in child.done().take(3 + round * 23) {
            let step: i64 = step.parse().unwrap();
            newest = newest.max(step);
            let samples = samples(step).into_iter();
            acknowledged.extend(samples.map(|(n, time, value)| (n, time, value.to_bits())));
        }
        child.kill();
        let stored = stored(dir.path());
        let lost: Vec<_> = acknowledged.difference(&stored).collect();
        assert!(lost.is_empty(), "round {round}: {lost:?}");
        // A few steps more may be stored: those whose answers nobody read any more.
        let limit = (stored.iter().map(|one| one.1).max().unwrap() - START) / STEP;
        let offered: Stored = (0..=limit)
            .flat_map(samples)
            .map(|(n, time, value)| (n, time, value.to_bits()))
            .collect();
        let foreign: Vec<_> = stored.difference(&offered).collect();
        assert!(foreign.is_empty(), "round {round}: {foreign:?}");
    }
    assert!(newest > 1_000, "{newest}");
}
