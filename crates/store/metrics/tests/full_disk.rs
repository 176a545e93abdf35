//! A full disk: nothing acknowledged is lost, and room alone heals the store.
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
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use common::{ALL, blocks, labels, metric, open, read};
use contract::memory::MemoryStore;
use contract::{Append, AppendError, Batch, PendingSample, StoreStatus};
use metrics_store::StoreOptions;
use model::Labels;

/// A file system of its own, gone with the value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, with a reason printed, where mounting is not permitted.
    fn mount(at: &Path, size: &str) -> Option<Self> {
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(at)
            .output();
        match done {
            Ok(done) if done.status.success() => Some(Self(at.to_owned())),
            other => {
                let _ = writeln!(
                    std::io::stderr(),
                    "skipped: a small file system cannot be mounted: {other:?}"
                );
                None
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

const BLOCK: i64 = 120_000;
const START: i64 = 1_700_000_040_000;

#[test]
fn a_full_disk_makes_the_store_read_only_until_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(dir.path(), "8m") else {
        return;
    };
    let ballast = disk.0.join("ballast");
    fs::write(&ballast, vec![1; 5 << 20]).unwrap();
    let options = StoreOptions {
        min_block_duration: Duration::from_millis(BLOCK as u64),
        retention_time: None,
        ..StoreOptions::new(disk.0.join("data"))
    };
    let (store, model) = (open(&options), MemoryStore::new());
    let sets: Vec<Labels> = (0..200).map(labels).collect();
    let batch = |store: &dyn Append, step: i64| {
        let mut ids = Vec::new();
        store.resolve(&sets, &mut ids)?;
        let samples = ids.iter().zip(0i64..).map(|(&series, n)| PendingSample {
            series,
            time: START + step * 1_000,
            // Numbers that do not compress.
            value: f64::from_bits(
                (step * 1000 + n).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64) as u64 >> 2,
            ),
        });
        let samples = samples.collect();
        store.append(&Batch {
            samples,
            ..Batch::default()
        })
    };
    let mut step = 0;
    let refused = loop {
        match batch(&*store, step) {
            Ok(outcome) => assert_eq!(outcome.stored, 200),
            Err(error) => break error,
        }
        batch(&model, step).unwrap();
        step += 1;
        assert!(step < 100_000, "the disk does not fill");
    };
    assert!(step > 300, "too few to cut a block: {step}");
    let AppendError::ReadOnly(reason) = &refused else {
        panic!("{refused}");
    };
    assert!(reason.contains("free some space"), "{reason}");
    assert!(
        store.warnings()[0].contains("read-only"),
        "{:?}",
        store.warnings()
    );
    assert_eq!(read(&*store, &[], ALL), read(&model, &[], ALL));
    // No room for a block either.
    store.compact().unwrap_err();
    assert_eq!(blocks(&options.dir), Vec::<String>::new());
    assert!(metric(&store, "prometheus_tsdb_compactions_failed_total") > 0.0);
    assert_eq!(store.warnings().len(), 2);
    assert_eq!(read(&*store, &[], ALL), read(&model, &[], ALL));
    // Killed and started again on the full disk.
    let store = {
        drop(store);
        open(&options)
    };
    assert_eq!(read(&*store, &[], ALL), read(&model, &[], ALL));

    fs::remove_file(&ballast).unwrap();
    store.compact().unwrap();
    assert!(!blocks(&options.dir).is_empty());
    for later in step + 1..step + 20 {
        assert_eq!(batch(&*store, later).unwrap().stored, 200);
        batch(&model, later).unwrap();
    }
    assert_eq!(store.warnings(), Vec::<String>::new());
    assert_eq!(read(&*store, &[], ALL), read(&model, &[], ALL));
    drop(store);
    assert_eq!(read(&*open(&options), &[], ALL), read(&model, &[], ALL));
}
