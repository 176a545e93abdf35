//! The log on the disk: every push as it came, and now and then all groups anew.
//!
//! The files are those of the crate `wal`: segments with checksums, and a checkpoint, which is all
//! groups as records and replaces the segments before it.
//!
//! Invariants: what [`Journal::append`] took survives the death of the process; what
//! [`Journal::sync`] confirmed survives the loss of power. Damage is named, repaired and passed
//! over, and never keeps the rest from being read.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use wal::{Options, Wal, WalError};
use wire::families::write_protobuf;

use crate::group::Group;
use crate::record::{Event, Form, Record};

/// What it is called in the log of the program.
const LOG: &str = "log of pushes";

/// Bytes that the log grows by before it is made anew, at least; else twice the last checkpoint.
const COMPACT_BYTES: u64 = 64 << 20;

/// The file in the folder that says by its lock that somebody has it.
const LOCK: &str = "lock";

/// Records of a checkpoint that are written at once.
const WRITTEN_AT_ONCE: usize = 64;

/// The log, open for writing.
pub(crate) struct Journal {
    wal: Mutex<Wal>,
    folder: PathBuf,
    /// Held as long as the log is: nobody else opens it.
    _lock: File,
    /// Bytes that were written since the last checkpoint.
    since: AtomicU64,
    /// Bytes of the last checkpoint.
    checkpoint: AtomicU64,
    /// Whether anything was written since the last sync began.
    dirty: AtomicBool,
}

impl Journal {
    /// Reads the log of a folder, which is made where it is missing, hands each record to `take`,
    /// and opens it for writing. `now` names what damage is put aside under.
    pub(crate) fn open(
        folder: &Path,
        now: i64,
        mut take: impl FnMut(Record<'_>),
    ) -> Result<Self, WalError> {
        disk::create_dir_all(folder).map_err(failed("making the folder", folder))?;
        let lock = lock(folder)?;
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
            _lock: lock,
            checkpoint: AtomicU64::new(0),
            dirty: AtomicBool::new(true),
        })
    }

    /// Writes records; all or none.
    pub(crate) fn append(&self, records: &[&[u8]]) -> Result<(), WalError> {
        self.wal.lock().log(records)?;
        self.dirty.store(true, Ordering::Relaxed);
        let written: usize = records.iter().map(|record| record.len()).sum();
        self.since.fetch_add(written as u64, Ordering::Relaxed);
        Ok(())
    }

    /// Waits until the disk has all that was written so far. Blocks; writing goes on meanwhile.
    pub(crate) fn sync(&self) -> Result<(), WalError> {
        if !self.dirty.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let handle = self.wal.lock().sync_handle();
        if handle.sync().is_ok() {
            self.wal.lock().confirm(&handle);
            return Ok(());
        }
        // What the kernel may have dropped is written again.
        self.dirty.store(true, Ordering::Relaxed);
        self.wal.lock().sync_failed()
    }

    /// Whether enough was written that a checkpoint would save room.
    pub(crate) fn wants_compaction(&self) -> bool {
        let limit = COMPACT_BYTES.max(2 * self.checkpoint.load(Ordering::Relaxed));
        self.since.load(Ordering::Relaxed) > limit
    }

    /// Begins a checkpoint: what is appended from now on comes behind it. Whoever calls this lets
    /// nobody append before all groups are in hand. Answers the first segment that is kept.
    pub(crate) fn begin_compaction(&self) -> Result<u64, WalError> {
        let first_kept = self.wal.lock().next_segment()?;
        self.since.store(0, Ordering::Relaxed);
        Ok(first_kept)
    }

    /// Writes the checkpoint and removes what it replaces. Until its folder has its name, the old
    /// files hold. Blocks; appending goes on meanwhile.
    pub(crate) fn finish_compaction(
        &self,
        first_kept: u64,
        groups: &[Arc<Group>],
    ) -> Result<(), WalError> {
        let last = first_kept.saturating_sub(1);
        let path = wal::checkpoint_path(&self.folder, last);
        let draft = path.with_extension("tmp");
        if draft.exists() {
            disk::remove_dir_all(&draft).map_err(failed("removing", &draft))?;
        }
        let mut log = Wal::open(&draft, Options::default())?;
        for some in groups.chunks(WRITTEN_AT_ONCE) {
            let mut records = Vec::new();
            some.iter()
                .for_each(|group| write_group(group, &mut records));
            let parts: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
            log.log(&parts)?;
        }
        log.sync_handle().sync()?;
        let size = log.size()?;
        drop(log);
        let older = wal::checkpoints(&self.folder)?;
        disk::rename(&draft, &path).map_err(failed("naming the checkpoint", &draft))?;
        disk::sync_folder(&self.folder).map_err(failed("syncing", &self.folder))?;
        for old in older.iter().filter(|old| old.number < last) {
            disk::remove_dir_all(&old.path).map_err(failed("removing", &old.path))?;
        }
        self.wal.lock().truncate_before(first_kept)?;
        self.checkpoint.store(size, Ordering::Relaxed);
        Ok(())
    }

    /// Bytes of the log since the last checkpoint, and of that.
    pub(crate) fn sizes(&self) -> (u64, u64) {
        (
            self.since.load(Ordering::Relaxed),
            self.checkpoint.load(Ordering::Relaxed),
        )
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> WalError {
    let path = path.to_owned();
    move |source| WalError::Io {
        action,
        path,
        source,
    }
}

/// Keeps other processes out of a folder.
fn lock(folder: &Path) -> Result<File, WalError> {
    let path = folder.join(LOCK);
    let file = File::create(&path).map_err(failed("making the lock", &path))?;
    let locked = file.try_lock().map_err(std::io::Error::from);
    locked.map_err(failed("locking (another process has the folder)", &path))?;
    Ok(file)
}

/// The records from which a group comes back: one for all families of one moment.
fn write_group(group: &Group, records: &mut Vec<Vec<u8>>) {
    let mut times: Vec<i64> = group.families.iter().map(|held| held.time).collect();
    // The last push may have brought nothing.
    times.push(group.pushed);
    times.sort_unstable();
    times.dedup();
    for time in times.into_iter().filter(|time| *time != 0) {
        let mut body = Vec::new();
        let families = group.families.iter().filter(|held| held.time == time);
        families.for_each(|held| write_protobuf(&held.family, &mut body));
        let event = Event::Pushed {
            replaces: false,
            expires: group.expires,
            form: Form::Protobuf,
            body: &body,
        };
        records.push(record_of(group, time, event));
    }
    if group.failed != 0 {
        records.push(record_of(group, group.failed, Event::Refused));
    }
}

fn record_of(group: &Group, time: i64, event: Event<'_>) -> Vec<u8> {
    let record = Record {
        time,
        labels: group.labels.clone(),
        event,
    };
    let mut bytes = Vec::new();
    record.encode(&mut bytes);
    bytes
}
