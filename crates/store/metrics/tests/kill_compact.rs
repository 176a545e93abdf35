//! `kill -9` at many moments of merging, deleting and cleaning up: nothing that was stored is lost,
//! nothing comes twice, and what was deleted stays so.
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

use common::child::Running;
use common::{ALL, append, blocks, copy, open, options, read};
use contract::memory::MemoryStore;
use contract::{StoreAdmin, TimeRange};
use model::{MatchOp, Matcher};

const BLOCK: i64 = 60_000;
const START: i64 = 27 * BLOCK * 1000;
const STEP: i64 = 5_000;
/// Moments at which the process is killed.
const ROUNDS: u64 = 50;
/// Names the folder for the process that is to be killed.
const FOLDER: &str = "ARGAND_TEST_KILLED_MERGER";
/// What is said when the work begins.
const BEGUN: &str = "begun";
const ENDED: &str = "ended";

fn second() -> Vec<Matcher> {
    vec![Matcher::new("n", MatchOp::Equal, "2").unwrap()]
}

/// Not a test of its own: what runs in the process that is killed.
#[test]
fn merger() {
    let Some(dir) = std::env::var_os(FOLDER) else {
        return;
    };
    let store = open(&options(Path::new(&dir), BLOCK));
    println!("\n{BEGUN}");
    store.delete_series(&second(), ALL).unwrap();
    store.compact_blocks().unwrap();
    store.clean_tombstones().unwrap();
    println!("\n{ENDED}");
}

#[test]
fn nothing_is_lost_or_found_again_after_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let (source, model) = (dir.path().join("source"), MemoryStore::new());
    let store = open(&options(&source, BLOCK));
    for step in 0..14 * BLOCK / STEP {
        append(&*store, &model, 0..40, START + step * STEP, |n| {
            (step * n as i64) as f64
        });
    }
    store.compact().unwrap();
    store.close().unwrap();
    drop(store);
    assert!(blocks(&source).len() >= 12);
    let everything = read(&model, &[], ALL);
    let mut without = everything.clone();
    without.retain(|(labels, _)| labels.get("n") != Some("2"));

    let (mut at_once, mut half, mut ended) = (0, 0, 0);
    for round in 0..ROUNDS {
        let data = dir.path().join(round.to_string());
        copy(&source, &data);
        let mut child = Running::start("merger", &[(FOLDER, data.as_os_str())]);
        assert!(child.lines().any(|line| line == BEGUN));
        // Spread over the whole of the work by a fixed sequence.
        let micros = round * 7919 % ROUNDS * 6_000;
        std::thread::sleep(Duration::from_micros(micros));
        child.kill();
        let is_ended = child.lines().any(|line| line == ENDED);

        let store = open(&options(&data, BLOCK));
        let found = read(&*store, &[], ALL);
        // A deletion goes from block to block: of that series anything may be left while it runs.
        let rest: Vec<_> = found
            .iter()
            .filter(|(l, _)| l.get("n") != Some("2"))
            .collect();
        assert!(rest.into_iter().eq(&without), "round {round}");
        for (labels, samples) in &found {
            let (_, all) = everything.iter().find(|(l, _)| l == labels).unwrap();
            assert!(samples.iter().all(|sample| all.contains(sample)));
        }
        if is_ended {
            assert_eq!(found, without);
        }
        let count = blocks(&data).len();
        at_once += u32::from(count >= 12);
        half += u32::from(count < 12 && !is_ended);
        ended += u32::from(is_ended);
        // And the work can be taken up again.
        store.delete_series(&second(), ALL).unwrap();
        store.compact_blocks().unwrap();
        store.clean_tombstones().unwrap();
        assert_eq!(read(&*store, &[], ALL), without, "round {round}");
        let first = TimeRange {
            start: START,
            end: START,
        };
        assert_eq!(read(&*store, &[], first).len(), 39);
        store.close().unwrap();
        let rubbish = std::fs::read_dir(&data).unwrap().filter(|entry| {
            let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
            name.contains("tmp-for")
        });
        assert_eq!(rubbish.count(), 0, "round {round}");
        std::fs::remove_dir_all(&data).unwrap();
    }
    println!("killed before merging {at_once}, while merging {half}, afterwards {ended}");
}
