//! The crash matrix: many seeded runs of appends, cuts, restarts, kills, losses of power, full and
//! failing disks and damaged files. After each of them the store opens, gives what was
//! acknowledged, and names what damage took.
//!
//! `ARGAND_CRASH_RUNS` says how many runs, `ARGAND_CRASH_SEED` names the first seed: with one run
//! it repeats a failure. The seed of a failing run is printed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "tests may stop at the first surprise"
)]

#[path = "../common/mod.rs"]
mod common;
mod damage;
mod world;

use world::World;

/// Runs where nobody says how many: about a minute.
const RUNS: u64 = 300;

fn number(variable: &str, usual: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().expect("a number"),
        Err(_) => usual,
    }
}

/// Names the seed of a run that fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "to repeat: ARGAND_CRASH_RUNS=1 ARGAND_CRASH_SEED={} cargo test -p \
                 argand-metrics-store --test crash",
                self.0
            );
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_and_damage_is_named() {
    let first = number("ARGAND_CRASH_SEED", 1);
    for seed in first..first + number("ARGAND_CRASH_RUNS", RUNS) {
        let named = Seed(seed);
        World::new(seed).run();
        drop(named);
    }
}
