//! The failing disk keeps what a real one would keep.
#![cfg(feature = "faults")]
#![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]

use std::fs;
use std::path::Path;

use disk::File;
use disk::faults::{FaultDisk, Trouble};

/// The outcomes over many seeds of what `run` leaves of the file `name` after a loss of power.
fn outcomes(name: &str, run: impl Fn(&Path, &FaultDisk)) -> Vec<Option<Vec<u8>>> {
    let mut found: Vec<_> = (0..60)
        .map(|seed| {
            let dir = tempfile::tempdir().unwrap();
            let disk = FaultDisk::mount(dir.path(), seed).unwrap();
            run(dir.path(), &disk);
            disk.lose_power().unwrap();
            fs::read(dir.path().join(name)).ok()
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

fn file(dir: &Path, synced: bool) -> File {
    let file = File::create_new(&dir.join("a")).unwrap();
    file.write_all_at(b"one", 0).unwrap();
    if synced {
        file.sync().unwrap();
        disk::sync_folder(dir).unwrap();
    }
    file
}

#[test]
fn what_was_synced_stays_and_the_rest_is_chance() {
    let safe = outcomes("a", |dir, _| {
        file(dir, true);
    });
    assert_eq!(safe, [Some(b"one".to_vec())]);
    let unsafe_ = outcomes("a", |dir, _| {
        file(dir, false);
    });
    assert!(unsafe_.contains(&None), "the name was not synced");
    assert!(unsafe_.contains(&Some(Vec::new())), "nor the bytes");
    assert!(unsafe_.contains(&Some(b"one".to_vec())));
    let grown = outcomes("a", |dir, _| {
        file(dir, true).write_all_at(b"two", 3).unwrap();
    });
    assert!(grown.contains(&Some(b"one".to_vec())));
    assert!(grown.contains(&Some(b"onetwo".to_vec())));
    assert!(
        grown
            .iter()
            .flatten()
            .all(|bytes| bytes.starts_with(b"one"))
    );
}

#[test]
fn a_failed_sync_drops_bytes_for_good() {
    let found = outcomes("a", |dir, disk| {
        let file = file(dir, true);
        file.write_all_at(b"two", 3).unwrap();
        disk.arrange(Trouble::Unsynced, 0..1);
        file.sync().unwrap_err();
        file.write_all_at(b"three", 6).unwrap();
        file.sync().unwrap();
    });
    assert_eq!(found, [Some(b"one\0\0\0three".to_vec())]);
}

#[test]
fn names_change_at_one_stroke_and_are_durable_with_their_folder() {
    let rename = |dir: &Path| {
        file(dir, true);
        let other = File::create_new(&dir.join("b")).unwrap();
        other.write_all_at(b"other", 0).unwrap();
        other.sync().unwrap();
        disk::rename(&dir.join("b"), &dir.join("a")).unwrap();
    };
    let found = outcomes("a", |dir, _| rename(dir));
    assert_eq!(found, [Some(b"one".to_vec()), Some(b"other".to_vec())]);
    let found = outcomes("a", |dir, _| {
        rename(dir);
        disk::sync_folder(dir).unwrap();
    });
    assert_eq!(found, [Some(b"other".to_vec())]);
    // A folder's content goes with the folder.
    let found = outcomes("y/a", |dir, _| {
        disk::create_dir_all(&dir.join("x")).unwrap();
        file(&dir.join("x"), true);
        disk::rename(&dir.join("x"), &dir.join("y")).unwrap();
        disk::sync_folder(dir).unwrap();
    });
    assert_eq!(found, [Some(b"one".to_vec())]);
    let removed = outcomes("a", |dir, _| {
        file(dir, true);
        disk::remove_file(&dir.join("a")).unwrap();
    });
    assert_eq!(removed, [None, Some(b"one".to_vec())]);
}

#[test]
fn trouble_comes_when_it_was_arranged_for() {
    let dir = tempfile::tempdir().unwrap();
    let disk = FaultDisk::mount(dir.path(), 1).unwrap();
    let file = file(dir.path(), false);
    disk.arrange(Trouble::Full, 0..2);
    let full = file.write_all_at(b"two", 3).unwrap_err();
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    file.set_len(3).unwrap();
    file.write_all_at(b"two", 3).unwrap();
    assert_eq!(disk.failures(), 1);
    disk.arrange(Trouble::Dead, 0..u64::MAX);
    file.set_len(0).unwrap_err();
    disk::remove_file(&dir.path().join("a")).unwrap_err();
    assert_eq!(fs::read(dir.path().join("a")).unwrap(), b"onetwo");
    disk.heal();
    disk::remove_file(&dir.path().join("a")).unwrap();
}
