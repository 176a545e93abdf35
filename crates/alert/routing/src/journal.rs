//! The log on the disk, under `alertmanager/` of the data folder: records go in as they happen, and
//! come back in order at the start.
//!
//! The files are those of the crate `wal`: segments with checksums, and a checkpoint, which is the
//! whole state as records and replaces the segments before it.
//!
//! Invariants: what [`Journal::append`] took survives the death of the process; what
//! [`Journal::sync`] confirmed survives the loss of power. Damage is named, repaired and passed
//! over, and never keeps the rest from being read.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use wal::{Options, Wal, WalError};

use crate::limits::COMPACT_BYTES;
use crate::record::Record;

/// What it is called in the log of the program.
const LOG: &str = "log of alerts and silences";

/// The log, open for writing.
pub(crate) struct Journal {
    wal: Mutex<Wal>,
    folder: PathBuf,
    /// Bytes that were written since the last checkpoint.
    since: AtomicU64,
    /// Bytes of the last checkpoint.
    checkpoint: AtomicU64,
    /// Whether anything was written since the last sync began.
    dirty: AtomicBool,
}

/// A checkpoint that is to be written: what holds before a segment.
pub(crate) struct Compaction {
    first_kept: u64,
    records: Vec<Vec<u8>>,
}

impl Journal {
    /// Reads the log of a folder, which is made where it is missing, hands each record to `take`,
    /// and opens it for writing. `now` names what damage is put aside under.
    pub(crate) fn open(
        folder: &Path,
        now: i64,
        mut take: impl FnMut(Record),
    ) -> Result<Self, WalError> {
        disk::create_dir_all(folder).map_err(|source| WalError::Io {
            action: "making the folder",
            path: folder.to_owned(),
            source,
        })?;
        let mut take = |bytes: &[u8]| Record::decode(bytes).map(&mut take).is_some();
        let last = wal::checkpoints(folder)?.pop();
        if let Some(checkpoint) = &last {
            wal::replay(&checkpoint.path, 0, now, LOG, &mut take)?;
        }
        let from = last.map_or(0, |checkpoint| checkpoint.number + 1);
        wal::replay(folder, from, now, LOG, &mut take)?;
        let wal = Wal::open(folder, Options::default())?;
        Ok(Self {
            since: AtomicU64::new(wal.size()?),
            wal: Mutex::new(wal),
            folder: folder.to_owned(),
            checkpoint: AtomicU64::new(0),
            dirty: AtomicBool::new(true),
        })
    }

    /// Writes records; all or none.
    pub(crate) fn append(&self, records: &[Record]) -> Result<(), WalError> {
        if records.is_empty() {
            return Ok(());
        }
        let bytes: Vec<Vec<u8>> = records.iter().map(Record::encode).collect();
        let parts: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
        self.wal.lock().log(&parts)?;
        self.dirty.store(true, Ordering::Relaxed);
        let written: usize = parts.iter().map(|part| part.len()).sum();
        self.since.fetch_add(written as u64, Ordering::Relaxed);
        Ok(())
    }

    /// Waits until the disk has all that was written so far. Blocks; writing goes on meanwhile.
    pub(crate) fn sync(&self) -> Result<(), WalError> {
        let handle = {
            let mut wal = self.wal.lock();
            self.dirty.store(false, Ordering::Relaxed);
            wal.sync_handle()
        };
        match handle.sync() {
            Ok(()) => {
                self.wal.lock().confirm(&handle);
                Ok(())
            }
            Err(_) => {
                // What the kernel may have dropped is written again.
                self.dirty.store(true, Ordering::Relaxed);
                self.wal.lock().sync_failed()
            }
        }
    }

    /// Whether anything was written since the last sync began, or that failed.
    pub(crate) fn is_dirty(&self) -> bool {
        self.dirty.load(Ordering::Relaxed)
    }

    /// Whether enough was written that a checkpoint would save room.
    pub(crate) fn wants_compaction(&self) -> bool {
        let limit = COMPACT_BYTES.max(2 * self.checkpoint.load(Ordering::Relaxed));
        self.since.load(Ordering::Relaxed) > limit
    }

    /// Begins a checkpoint of the state as it is at this moment; whoever calls this lets nobody
    /// append in between.
    pub(crate) fn begin_compaction(
        &self,
        state: impl Iterator<Item = Record>,
    ) -> Result<Compaction, WalError> {
        let first_kept = self.wal.lock().next_segment()?;
        let records = state.map(|record| record.encode()).collect();
        Ok(Compaction {
            first_kept,
            records,
        })
    }

    /// Writes the checkpoint and removes what it replaces. Until its folder has its name, the old
    /// files hold. Blocks; appending goes on meanwhile.
    pub(crate) fn finish_compaction(&self, compaction: &Compaction) -> Result<(), WalError> {
        let last = compaction.first_kept.saturating_sub(1);
        let path = wal::checkpoint_path(&self.folder, last);
        let draft = path.with_extension("tmp");
        let failed = |action, path: &Path| {
            let path = path.to_owned();
            move |source| WalError::Io {
                action,
                path,
                source,
            }
        };
        if draft.exists() {
            disk::remove_dir_all(&draft).map_err(failed("removing", &draft))?;
        }
        let mut log = Wal::open(&draft, Options::default())?;
        let parts: Vec<&[u8]> = compaction.records.iter().map(Vec::as_slice).collect();
        for some in parts.chunks(1024) {
            log.log(some)?;
        }
        let handle = log.sync_handle();
        handle.sync()?;
        let size = log.size()?;
        drop(log);
        let older = wal::checkpoints(&self.folder)?;
        disk::rename(&draft, &path).map_err(failed("naming the checkpoint", &draft))?;
        disk::sync_folder(&self.folder).map_err(failed("syncing", &self.folder))?;
        for old in older.iter().filter(|old| old.number < last) {
            disk::remove_dir_all(&old.path).map_err(failed("removing", &old.path))?;
        }
        self.wal.lock().truncate_before(compaction.first_kept)?;
        self.checkpoint.store(size, Ordering::Relaxed);
        self.since.store(0, Ordering::Relaxed);
        Ok(())
    }

    /// Bytes of the log, and of the last checkpoint that this process has written.
    pub(crate) fn sizes(&self) -> (u64, u64) {
        (
            self.since.load(Ordering::Relaxed),
            self.checkpoint.load(Ordering::Relaxed),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notification_log::{Target, Told};

    fn read_all(folder: &Path) -> Vec<i64> {
        let mut found = Vec::new();
        let take = |record| {
            if let Record::Alive(at) = record {
                found.push(at);
            }
        };
        drop(Journal::open(folder, 0, take).unwrap());
        found
    }

    #[test]
    fn records_survive_and_checkpoints_replace_them() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let journal = Journal::open(folder, 0, |_| {}).unwrap();
        journal
            .append(&[Record::Alive(1), Record::Alive(2)])
            .unwrap();
        journal.sync().unwrap();
        drop(journal);
        assert_eq!(read_all(folder), [1, 2]);

        let journal = Journal::open(folder, 0, |_| {}).unwrap();
        let compaction = journal
            .begin_compaction([Record::Alive(9)].into_iter())
            .unwrap();
        // Written while the checkpoint is: comes after it.
        journal.append(&[Record::Alive(10)]).unwrap();
        journal.finish_compaction(&compaction).unwrap();
        drop(journal);
        assert_eq!(read_all(folder), [9, 10]);
    }

    #[test]
    fn an_unfinished_checkpoint_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let journal = Journal::open(folder, 0, |_| {}).unwrap();
        journal.append(&[Record::Alive(1)]).unwrap();
        let compaction = journal
            .begin_compaction([Record::Alive(9)].into_iter())
            .unwrap();
        drop(journal);
        let draft = wal::checkpoint_path(folder, 0).with_extension("tmp");
        std::fs::create_dir(&draft).unwrap();
        std::fs::write(draft.join("00000000"), b"torn").unwrap();
        assert_eq!(read_all(folder), [1]);
        let journal = Journal::open(folder, 0, |_| {}).unwrap();
        let _ = compaction;
        let again = journal
            .begin_compaction([Record::Alive(8)].into_iter())
            .unwrap();
        journal.finish_compaction(&again).unwrap();
        drop(journal);
        assert_eq!(read_all(folder), [8]);
    }

    #[test]
    fn a_torn_end_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let journal = Journal::open(folder, 0, |_| {}).unwrap();
        journal.append(&[Record::Alive(1)]).unwrap();
        journal.append(&[Record::Alive(2)]).unwrap();
        drop(journal);
        let file = wal::segments(folder).unwrap().pop().unwrap().path;
        let bytes = std::fs::read(&file).unwrap();
        std::fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(read_all(folder), [1]);
        assert_eq!(read_all(folder), [1], "and stays so");
    }

    /// The bytes of the page's example; each line says its offset, its bytes and what they are.
    fn example() -> Vec<u8> {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/formats/alerts.md");
        let page = std::fs::read_to_string(page).unwrap();
        let (_, rest) = page.split_once("```bytes\n").unwrap();
        let mut bytes = Vec::new();
        for line in rest.split_once("```").unwrap().0.lines() {
            let (numbers, _) = line.split_once(';').unwrap();
            let mut words = numbers.split_whitespace();
            let offset = usize::from_str_radix(words.next().unwrap(), 16).unwrap();
            assert_eq!(offset, bytes.len(), "{line}");
            bytes.extend(words.map(|word| u8::from_str_radix(word, 16).unwrap()));
        }
        bytes
    }

    #[test]
    fn the_bytes_of_the_page_are_real() {
        let target = Target {
            group_key: "{}:{}".to_owned(),
            receiver: "ops".to_owned(),
            kind: "webhook".to_owned(),
            index: 0,
        };
        let told = Told {
            firing: vec![0x0102_0304_0506_0708],
            resolved: vec![],
            at: 1_700_000_000_000,
            expires: 1_700_028_800_000,
        };
        let expected = [
            Record::Notified(target, told),
            Record::Alive(1_700_000_030_000),
        ];
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("00000000"), example()).unwrap();
        let mut found = Vec::new();
        drop(Journal::open(folder.path(), 0, |record| found.push(record)).unwrap());
        assert_eq!(found, expected);
    }
}
