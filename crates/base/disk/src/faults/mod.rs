//! A disk that fails: for tests of what a store makes of that.
//!
//! [`FaultDisk::mount`] puts a folder on such a disk, as one would mount a file system there. What
//! is written through this crate below that folder is written for real, so that reading and
//! mapping need not know; beside it the disk keeps what would be left after a loss of power: bytes
//! as of the last sync of their file, names as of the last sync of their folder.
//!
//! Operations are counted, and trouble is arranged for a range of that count. All choices come
//! from a seed: a run on one thread repeats to the byte.
//!
//! What is absent: failing reads, and trouble with files that are written past this crate, which
//! the disk takes for durable from the first moment it meets them.

mod random;
mod tree;

use std::fs;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

pub use random::Random;

use crate::file::Opening;
use tree::{Id, Tree};

/// How many disks are mounted: while there is none, nobody takes the lock.
static COUNT: AtomicUsize = AtomicUsize::new(0);
static MOUNTED: Mutex<Vec<(PathBuf, Weak<FaultDisk>)>> = Mutex::new(Vec::new());

/// What may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No operation does anything any more: the process was killed. A write that meets this first
    /// may be done in part.
    Dead,
    /// There is no room: what makes files or writes to them fails, perhaps after a part.
    Full,
    /// Every write fails, perhaps after a part, and every sync.
    Broken,
    /// Syncs of files fail, and drop what was not synced: a later sync that succeeds says nothing
    /// about it.
    Unsynced,
}

/// A folder whose disk fails on request.
#[derive(Debug)]
pub struct FaultDisk {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    random: Random,
    operations: u64,
    /// How many operations met trouble.
    failures: u64,
    plan: Vec<(Range<u64>, Trouble)>,
    tree: Tree,
}

/// What an operation does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Takes room.
    Write,
    /// Takes none: removing, renaming, shortening.
    Order,
    /// Waits for a file's bytes.
    Sync,
}

/// The disk that a path lies on.
pub(crate) fn at(path: &Path) -> Option<Arc<FaultDisk>> {
    if COUNT.load(Ordering::Relaxed) == 0 {
        return None;
    }
    let mounted = MOUNTED.lock().unwrap_or_else(PoisonError::into_inner);
    // Only a handle to the disk that is asked for: the last handle to another, dropped in here,
    // would wait for the lock that this holds.
    mounted
        .iter()
        .filter(|(folder, _)| path.starts_with(folder))
        .find_map(|(_, disk)| disk.upgrade())
}

impl FaultDisk {
    /// Puts a folder that exists on a disk of its own, on which nothing fails yet. All that is
    /// there counts as durable. The disk is gone with the last handle to it.
    pub fn mount(folder: &Path, seed: u64) -> io::Result<Arc<Self>> {
        let state = State {
            random: Random::new(seed),
            operations: 0,
            failures: 0,
            plan: Vec::new(),
            tree: Tree::read(folder)?,
        };
        let disk = Arc::new(Self {
            folder: folder.to_owned(),
            state: Mutex::new(state),
        });
        let mut mounted = MOUNTED.lock().unwrap_or_else(PoisonError::into_inner);
        mounted.push((disk.folder.clone(), Arc::downgrade(&disk)));
        COUNT.fetch_add(1, Ordering::Relaxed);
        Ok(disk)
    }

    /// How many operations there were.
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// How many operations met trouble since the disk was last [healed](Self::heal).
    pub fn failures(&self) -> u64 {
        self.lock().failures
    }

    /// Arranges trouble for a range of operations, counted from now.
    pub fn arrange(&self, trouble: Trouble, after: Range<u64>) {
        let mut state = self.lock();
        let now = state.operations;
        let range = now.saturating_add(after.start)..now.saturating_add(after.end);
        state.plan.push((range, trouble));
    }

    /// From now on nothing fails; what was lost stays lost.
    pub fn heal(&self) {
        let mut state = self.lock();
        state.plan.clear();
        state.failures = 0;
    }

    /// What a loss of power leaves: all that was synced, and of the rest as much as chance has it.
    /// Nobody may have a file of the folder open or mapped. The disk is healed.
    pub fn lose_power(&self) -> io::Result<()> {
        self.heal();
        let mut state = self.lock();
        let State { random, tree, .. } = &mut *state;
        tree.lose_power(&self.folder, random)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.folder).unwrap_or(path)
    }

    pub(crate) fn open(
        self: Arc<Self>,
        path: &Path,
        opening: Opening,
    ) -> io::Result<(fs::File, Watched)> {
        let mut state = self.lock();
        let makes = !path.exists();
        state.pass(if makes { Kind::Write } else { Kind::Order })?;
        let file = opening.open(path)?;
        let id = state.tree.open(self.relative(path), &self.folder, makes)?;
        if opening == Opening::Emptied && !makes {
            state.tree.set_dirty(id, 0..u64::MAX);
        }
        drop(state);
        Ok((file, Watched { disk: self, id }))
    }

    pub(crate) fn create_dir(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.pass(Kind::Write)?;
        fs::create_dir(folder)?;
        state.tree.create_dir(self.relative(folder))
    }

    pub(crate) fn hard_link(&self, file: &Path, name: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.pass(Kind::Write)?;
        fs::hard_link(file, name)?;
        let id = state.tree.open(self.relative(file), &self.folder, false)?;
        state.tree.put(self.relative(name), id)
    }

    pub(crate) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.pass(Kind::Order)?;
        state.tree.adopt(self.relative(from), &self.folder)?;
        fs::rename(from, to)?;
        state.tree.rename(self.relative(from), self.relative(to))
    }

    pub(crate) fn remove(&self, path: &Path, folder: bool) -> io::Result<()> {
        let mut state = self.lock();
        state.pass(Kind::Order)?;
        if folder {
            fs::remove_dir_all(path)?;
        } else {
            fs::remove_file(path)?;
        }
        state.tree.remove(self.relative(path));
        Ok(())
    }

    pub(crate) fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.pass(Kind::Order)?;
        state.tree.sync_folder(self.relative(folder));
        Ok(())
    }
}

impl Drop for FaultDisk {
    fn drop(&mut self) {
        let mut mounted = MOUNTED.lock().unwrap_or_else(PoisonError::into_inner);
        mounted.retain(|(_, disk)| disk.strong_count() > 0);
        COUNT.fetch_sub(1, Ordering::Relaxed);
    }
}

impl State {
    /// Whether the operation that was counted last met the end of the process.
    fn is_dead(&self) -> bool {
        let last = self.operations.saturating_sub(1);
        let dead = |(range, trouble): &(Range<u64>, Trouble)| {
            *trouble == Trouble::Dead && range.contains(&last)
        };
        self.plan.iter().any(dead)
    }

    /// Counts an operation and says whether it goes well.
    fn pass(&mut self, kind: Kind) -> io::Result<()> {
        let now = self.operations;
        self.operations += 1;
        let is_met = |trouble| match trouble {
            Trouble::Dead => true,
            Trouble::Full => kind == Kind::Write,
            Trouble::Broken => kind != Kind::Order,
            Trouble::Unsynced => kind == Kind::Sync,
        };
        let met = self
            .plan
            .iter()
            .find(|(range, trouble)| range.contains(&now) && is_met(*trouble));
        let Some(&(_, trouble)) = met else {
            return Ok(());
        };
        self.failures += 1;
        Err(match trouble {
            Trouble::Full => io::Error::from(io::ErrorKind::StorageFull),
            _ => io::Error::other("input/output error on a failing disk"),
        })
    }
}

/// A file of a failing disk.
#[derive(Debug)]
pub(crate) struct Watched {
    disk: Arc<FaultDisk>,
    id: Id,
}

impl Watched {
    pub(crate) fn write(&self, file: &fs::File, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        let failed_before = state.failures > 0;
        let passed = state.pass(Kind::Write);
        let written = match &passed {
            Ok(()) => bytes,
            // Killed earlier, it writes nothing at all; a full or broken disk may take some.
            Err(_) if failed_before => &[],
            Err(_) => {
                let part = state.random.below(bytes.len() as u64 + 1) as usize;
                bytes.get(..part).unwrap_or_default()
            }
        };
        if !written.is_empty() {
            file.write_all_at(written, offset)?;
            let end = offset + written.len() as u64;
            state.tree.set_dirty(self.id, offset..end);
        }
        passed
    }

    pub(crate) fn set_len(&self, file: &fs::File, length: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        state.pass(Kind::Order)?;
        file.set_len(length)?;
        // Zeros that come in are a change, too.
        state.tree.set_dirty(self.id, length..u64::MAX);
        Ok(())
    }

    pub(crate) fn sync(&self, file: &fs::File) -> io::Result<()> {
        let mut state = self.disk.lock();
        let passed = state.pass(Kind::Sync);
        match &passed {
            Ok(()) => state.tree.sync(self.id, file)?,
            // A process that is dead syncs nothing, and drops nothing.
            Err(_) if state.is_dead() => {}
            Err(_) => state.tree.drop_dirty(self.id),
        }
        passed
    }
}
