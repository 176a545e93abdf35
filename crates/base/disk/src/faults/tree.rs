//! What a disk would hold after a loss of power, beside what it shows now.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Component, Path};

use super::Random;

/// A file or folder, whatever its name.
pub(super) type Id = u64;
type Names = BTreeMap<OsString, Id>;

/// Bytes that survive or are lost together.
const PAGE: u64 = 4096;

#[derive(Debug)]
enum Node {
    File(Content),
    Folder(Entries),
}

#[derive(Debug, Default)]
struct Content {
    durable: Vec<u8>,
    /// Ranges that were written since and that a sync will make durable.
    dirty: Vec<Range<u64>>,
}

#[derive(Debug, Default)]
struct Entries {
    now: Names,
    /// The durable names, and those after each change since but the last.
    before: Vec<Names>,
}

impl Entries {
    fn change(&mut self, change: impl FnOnce(&mut Names)) {
        self.before.push(self.now.clone());
        change(&mut self.now);
    }
}

/// The files and folders of a disk.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: HashMap<Id, Node>,
    root: Id,
}

impl Tree {
    /// What lies in a folder, all of it durable.
    pub(super) fn read(folder: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.root = tree.read_node(folder)?;
        Ok(tree)
    }

    fn add(&mut self, node: Node) -> Id {
        let id = self.nodes.len() as Id;
        self.nodes.insert(id, node);
        id
    }

    fn read_node(&mut self, path: &Path) -> io::Result<Id> {
        if !path.is_dir() {
            let content = Content {
                durable: fs::read(path)?,
                dirty: Vec::new(),
            };
            return Ok(self.add(Node::File(content)));
        }
        let mut entries = Entries::default();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let id = self.read_node(&entry.path())?;
            entries.now.insert(entry.file_name(), id);
        }
        Ok(self.add(Node::Folder(entries)))
    }

    fn entries(&mut self, id: Id) -> io::Result<&mut Entries> {
        match self.nodes.get_mut(&id) {
            Some(Node::Folder(entries)) => Ok(entries),
            _ => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// Finds a path, and takes for durable what of it was made past this crate.
    pub(super) fn adopt(&mut self, path: &Path, disk: &Path) -> io::Result<Id> {
        let mut id = self.root;
        let mut real = disk.to_owned();
        for part in path.components() {
            let Component::Normal(name) = part else {
                continue;
            };
            real.push(name);
            id = match self.entries(id)?.now.get(name) {
                Some(&known) => known,
                None => {
                    let found = self.read_node(&real)?;
                    let entries = self.entries(id)?;
                    for names in entries.before.iter_mut().chain([&mut entries.now]) {
                        names.insert(name.to_owned(), found);
                    }
                    found
                }
            };
        }
        Ok(id)
    }

    fn find(&self, path: &Path) -> Option<Id> {
        path.components()
            .try_fold(self.root, |id, part| match part {
                Component::Normal(name) => match self.nodes.get(&id)? {
                    Node::Folder(entries) => entries.now.get(name).copied(),
                    Node::File(_) => None,
                },
                _ => Some(id),
            })
    }

    fn above<'a>(&mut self, path: &'a Path) -> Option<(&mut Entries, &'a OsStr)> {
        let name = path.file_name()?;
        let id = self.find(path.parent()?)?;
        Some((self.entries(id).ok()?, name))
    }

    /// A file that was opened, or made.
    pub(super) fn open(&mut self, path: &Path, disk: &Path, is_new: bool) -> io::Result<Id> {
        if !is_new {
            return self.adopt(path, disk);
        }
        if let Some(above) = path.parent() {
            self.adopt(above, disk)?;
        }
        let id = self.add(Node::File(Content::default()));
        self.put(path, id)?;
        Ok(id)
    }

    pub(super) fn create_dir(&mut self, path: &Path) -> io::Result<()> {
        let id = self.add(Node::Folder(Entries::default()));
        self.put(path, id)
    }

    pub(super) fn put(&mut self, path: &Path, id: Id) -> io::Result<()> {
        let (entries, name) = self.above(path).ok_or(io::ErrorKind::NotFound)?;
        entries.change(|names| {
            names.insert(name.to_owned(), id);
        });
        Ok(())
    }

    pub(super) fn remove(&mut self, path: &Path) {
        if let Some((entries, name)) = self.above(path) {
            entries.change(|names| {
                names.remove(name);
            });
        }
    }

    /// Within one folder this is one change, which a loss of power leaves whole or undone.
    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let id = self.find(from).ok_or(io::ErrorKind::NotFound)?;
        if from.parent() != to.parent() {
            self.remove(from);
            return self.put(to, id);
        }
        let (old, (entries, name)) = (
            from.file_name().unwrap_or_default(),
            self.above(to).ok_or(io::ErrorKind::NotFound)?,
        );
        entries.change(|names| {
            names.remove(old);
            names.insert(name.to_owned(), id);
        });
        Ok(())
    }

    pub(super) fn sync_folder(&mut self, path: &Path) {
        let id = self.find(path).unwrap_or(self.root);
        if let Ok(entries) = self.entries(id) {
            entries.before.clear();
        }
    }

    pub(super) fn set_dirty(&mut self, id: Id, range: Range<u64>) {
        if let Some(Node::File(content)) = self.nodes.get_mut(&id) {
            content.dirty.push(range);
        }
    }

    /// The changes since the last sync will never reach the disk.
    pub(super) fn drop_dirty(&mut self, id: Id) {
        if let Some(Node::File(content)) = self.nodes.get_mut(&id) {
            content.dirty.clear();
        }
    }

    pub(super) fn sync(&mut self, id: Id, file: &fs::File) -> io::Result<()> {
        if let Some(Node::File(content)) = self.nodes.get_mut(&id) {
            let mut now = vec![0; file.metadata()?.len() as usize];
            file.read_exact_at(&mut now, 0)?;
            for range in std::mem::take(&mut content.dirty) {
                copy(&now, &mut content.durable, &range);
            }
            content.durable.resize(now.len(), 0);
        }
        Ok(())
    }

    /// Makes of the real folder what a loss of power leaves.
    pub(super) fn lose_power(&mut self, folder: &Path, random: &mut Random) -> io::Result<()> {
        let mut shown = HashMap::new();
        self.gather(self.root, folder, &mut shown);
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                fs::remove_dir_all(&path)?;
            } else {
                fs::remove_file(&path)?;
            }
        }
        self.rebuild(self.root, folder, &shown, random)?;
        *self = Self::read(folder)?;
        Ok(())
    }

    /// What the files have now.
    fn gather(&self, id: Id, path: &Path, shown: &mut HashMap<Id, Vec<u8>>) {
        match self.nodes.get(&id) {
            Some(Node::Folder(entries)) => {
                for (name, &id) in &entries.now {
                    self.gather(id, &path.join(name), shown);
                }
            }
            _ => {
                if let Ok(bytes) = fs::read(path) {
                    shown.insert(id, bytes);
                }
            }
        }
    }

    fn rebuild(
        &self,
        id: Id,
        path: &Path,
        shown: &HashMap<Id, Vec<u8>>,
        random: &mut Random,
    ) -> io::Result<()> {
        match self.nodes.get(&id) {
            Some(Node::Folder(entries)) => {
                // Changes reach the disk in their order, nobody knows how many.
                let reached = random.below(entries.before.len() as u64 + 1) as usize;
                let names = entries.before.get(reached).unwrap_or(&entries.now);
                fs::create_dir_all(path)?;
                for (name, &id) in names {
                    self.rebuild(id, &path.join(name), shown, random)?;
                }
                Ok(())
            }
            Some(Node::File(content)) => {
                let now = shown.get(&id).unwrap_or(&content.durable);
                fs::write(path, content.after_power_loss(now, random))
            }
            None => Ok(()),
        }
    }
}

impl Content {
    /// The durable bytes, and chance's share of those that were not.
    fn after_power_loss(&self, now: &[u8], random: &mut Random) -> Vec<u8> {
        let mut left = self.durable.clone();
        for dirty in &self.dirty {
            let end = dirty.end.min(now.len().max(left.len()) as u64);
            match random.below(4) {
                0 => {}
                1 => copy(now, &mut left, dirty),
                // Some of its pages, or its beginning.
                2 => {
                    let mut start = dirty.start;
                    while start < end {
                        let next = (start / PAGE + 1) * PAGE;
                        if random.once_in(2) {
                            copy(now, &mut left, &(start..next.min(end)));
                        }
                        start = next;
                    }
                }
                _ => {
                    let part = random.below(end.saturating_sub(dirty.start) + 1);
                    copy(now, &mut left, &(dirty.start..dirty.start + part));
                }
            }
        }
        left
    }
}

/// Copies a range, as far as `from` has it; what `from` is too short for goes where the range is
/// without end.
fn copy(from: &[u8], to: &mut Vec<u8>, range: &Range<u64>) {
    let length = from.len() as u64;
    if range.end == u64::MAX {
        to.truncate(from.len());
    }
    let (start, end) = (
        range.start.min(length) as usize,
        range.end.min(length) as usize,
    );
    if to.len() < end {
        to.resize(end, 0);
    }
    if let (Some(from), Some(to)) = (from.get(start..end), to.get_mut(start..end)) {
        to.copy_from_slice(from);
    }
}
