//! `kill -9` at many moments of appending, cutting, truncating and retaining: whatever was
//! acknowledged is there at the next start, once.
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

use common::child::{DONE, Running};
use common::{ALL, append, blocks, labels, open, options, read};
use contract::memory::MemoryStore;

const BLOCK: i64 = 60_000;
const START: i64 = 1_700_000_033_000;
const STEP: i64 = 1_000;
const SERIES: usize = 7;
/// Names the folder for the process that is to be killed.
const FOLDER: &str = "ARGAND_TEST_KILLED_WRITER";

fn value(step: i64, n: usize) -> f64 {
    (step * 31 + n as i64) as f64
}

/// The steps that are stored; each must be there for all series, with the right value.
fn stored(dir: &Path) -> i64 {
    let store = open(&options(dir, BLOCK));
    let found = read(&*store, &[], ALL);
    let steps = found.first().map_or(0, |(_, samples)| samples.len() as i64);
    for n in 0..if steps == 0 { 0 } else { SERIES } {
        let (_, samples) = found.iter().find(|(l, _)| *l == labels(n)).unwrap();
        let expected: common::Samples = (0..steps)
            .map(|step| (START + step * STEP, value(step, n).to_bits()))
            .collect();
        assert_eq!(*samples, expected);
    }
    steps
}

/// Not a test of its own: what runs in the process that is killed.
#[test]
fn writer() {
    let Some(dir) = std::env::var_os(FOLDER) else {
        return;
    };
    let dir = Path::new(&dir);
    let first = stored(dir);
    let (store, unused) = (open(&options(dir, BLOCK)), MemoryStore::new());
    let cutter = store.clone();
    std::thread::spawn(move || {
        loop {
            cutter.compact().unwrap();
        }
    });
    for step in first.. {
        let time = START + step * STEP;
        append(&*store, &unused, 0..SERIES, time, |n| value(step, n));
        println!("{DONE}{step}");
    }
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let mut steps = 0;
    for round in 0..25 {
        let mut child = Running::start("writer", &[(FOLDER, dir.path().as_os_str())]);
        // Anywhere in a block: rounds end at different places of it.
        let most = 3 + round * 23;
        let acknowledged = child.done().take(most).last();
        child.kill();
        let acknowledged = acknowledged.expect("the writer died on its own");
        let acknowledged: i64 = acknowledged.parse().unwrap();
        let now = stored(dir.path());
        assert!(now > acknowledged, "round {round}: {now} of {acknowledged}");
        assert!(now > steps);
        steps = now;
    }
    let store = open(&options(dir.path(), BLOCK));
    store.compact().unwrap();
    drop(store);
    let whole = (steps * STEP / BLOCK) as usize - 2;
    assert!(blocks(dir.path()).len() >= whole);
    assert_eq!(stored(dir.path()), steps);
}
