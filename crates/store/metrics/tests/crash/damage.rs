//! Damaged files of every kind.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use contract::{Select, Selection, StoreStatus};

use crate::common::ALL;
use crate::world::World;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Log,
    Checkpoint,
    HeadChunks,
    Snapshot,
    /// Any file of a block.
    Block,
}

fn files(folder: &Path, found: &mut Vec<(PathBuf, Kind)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
            continue;
        }
        let text = path.to_string_lossy();
        let is_number = path.extension().is_none();
        let kind = match () {
            () if text.contains(".damaged") || text.ends_with("lock") => continue,
            () if text.contains("/wal/checkpoint.") => Kind::Checkpoint,
            () if text.contains("/wal/") && is_number => Kind::Log,
            () if text.contains("/chunks_head/") => Kind::HeadChunks,
            () if text.contains("/chunk_snapshot.") => Kind::Snapshot,
            () if text.contains("/wal/") => continue,
            () => Kind::Block,
        };
        found.push((path, kind));
    }
}

impl World {
    /// Damages a file while the store is away, and sees what becomes of it.
    pub(crate) fn damage(&mut self) {
        // What dies unwritten in memory is in the log.
        self.end();
        let mut all = Vec::new();
        files(&self.folder(), &mut all);
        all.retain(|(path, _)| fs::metadata(path).unwrap().len() > 0);
        all.sort_by(|a, b| a.0.cmp(&b.0));
        // Each kind as often as another.
        let kinds = [
            Kind::Log,
            Kind::Checkpoint,
            Kind::HeadChunks,
            Kind::Snapshot,
            Kind::Block,
        ];
        let kind = kinds[self.random.below(kinds.len() as u64) as usize];
        all.retain(|&(_, other)| other == kind);
        if all.is_empty() {
            self.start();
            return;
        }
        let (path, _) = all[self.random.below(all.len() as u64) as usize].clone();
        println!("damage to {}", path.display());
        let whole = fs::read(&path).unwrap();
        let is_last = path == all[all.len() - 1].0;
        if kind == Kind::Log && is_last && self.random.once_in(3) {
            // The last write of a process that was killed.
            let mut torn = whole;
            let part = self.random.below(40);
            torn.extend((0..part).map(|n| if n == 0 { 1 } else { self.random.next() as u8 }));
            fs::write(&path, torn).unwrap();
            self.mount_again();
            self.start();
            self.check();
            return;
        }
        let mut damaged = whole.clone();
        let place = self.random.below(whole.len() as u64) as usize;
        damaged[place] ^= 1 << self.random.below(8);
        fs::write(&path, &damaged).unwrap();
        self.mount_again();
        self.start();
        match kind {
            Kind::Log | Kind::Checkpoint => self.check_log_damage(&path),
            // What the log lost before, the head chunks alone had.
            Kind::HeadChunks if self.is_log_damaged => self.forgive_named(),
            // The log has it all.
            Kind::HeadChunks | Kind::Snapshot => self.check(),
            Kind::Block => self.check_block_damage(&path, &whole),
        }
    }

    /// One record is lost at most: a batch, or the names of series that were created together.
    fn check_log_damage(&mut self, path: &Path) {
        self.is_log_damaged = true;
        let found = self.found();
        self.check_values(&found);
        let missing = self.missing(&found);
        if missing.is_empty() {
            return;
        }
        let store = self.store();
        assert!(store.corruptions() > 0);
        let damages = store.damages();
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_repaired = damages.iter().any(|one| one.file.contains(name));
        // The flags before a record are outside its checksum: it looks whole and of no known kind,
        // as one of a later version would, and only the log that has it is named.
        let is_unknown = damages.iter().any(|one| one.what.contains("records"));
        assert!(is_repaired || is_unknown, "{damages:?}");
        let times: BTreeSet<i64> = missing.iter().map(|point| point.1).collect();
        // Without its name nothing of a series can be told that is not in a block.
        let is_lost = |n: usize| {
            let first = missing.iter().filter(|point| point.0 == n).min();
            let later = found.range(*first.unwrap()..(n, i64::MAX));
            later.count() == 0
        };
        assert!(
            times.len() == 1 || missing.iter().all(|point| is_lost(point.0)),
            "{path:?}: one flipped bit took {missing:?}: {damages:?}"
        );
        self.forgive(&missing);
        // Once is enough: what was repaired is not found again.
        self.stop();
        self.start();
        let again = self.store().damages();
        assert!(again.is_empty() || is_unknown, "{again:?}");
    }

    /// What is missing was destroyed twice, and that is told.
    fn forgive_named(&mut self) {
        let found = self.found();
        self.check_values(&found);
        let missing = self.missing(&found);
        assert!(missing.is_empty() || !self.store().damages().is_empty());
        self.forgive(&missing);
    }

    /// A query fails and says why, or gives what was written; with the bit as it was all is well.
    fn check_block_damage(&mut self, path: &Path, whole: &[u8]) {
        let selection = Selection {
            matchers: &[],
            range: ALL,
            limit: 0,
        };
        let mut failures = 0;
        match self.store().select(&selection) {
            Err(_) => failures += 1,
            Ok(list) => {
                for place in 0..list.len() {
                    let mut columns = model::Columns::new();
                    failures += usize::from(list.read(place, &mut columns).is_err());
                }
            }
        }
        let damages = self.store().damages();
        if failures == 0 {
            let found = self.found();
            self.check_values(&found);
            let missing = self.missing(&found);
            // Upstream's meta.json has no checksum: a digit that became another cannot be seen, and
            // no field may be added to a file that is the same byte for byte.
            let is_unseen = path.ends_with("meta.json");
            assert!(
                missing.is_empty() || !damages.is_empty() || is_unseen,
                "{path:?} was damaged and {missing:?} are silently missing: {:?}",
                String::from_utf8_lossy(whole)
            );
        } else {
            assert!(!damages.is_empty(), "queries fail and nothing is named");
            assert!(self.store().corruptions() > 0);
        }
        self.stop();
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        let block = path
            .ancestors()
            .find(|folder| folder.parent() == Some(&self.folder()))
            .unwrap();
        let aside = block.with_file_name(format!("{}.damaged", name(block)));
        if aside.exists() {
            fs::rename(&aside, block).unwrap();
        }
        fs::write(path, whole).unwrap();
        self.mount_again();
        self.start();
    }
}
