//! The blocks of a data folder: opening all, and removing one.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ulid::Ulid;

use super::out::{copy_file, sync_folder};
use super::read::Block;
use crate::StoreError;
use crate::damage::Damages;

/// What the name of a block ends in while it is being written; upstream's, which removes them too.
pub(super) const CREATION: &str = "tmp-for-creation";
/// What the name of a block ends in while it is being removed; upstream's.
const DELETION: &str = "tmp-for-deletion";
/// What the name of a block ends in that cannot be read.
const DAMAGED: &str = "damaged";

/// The blocks of a data folder.
#[derive(Debug, Default)]
pub(crate) struct OpenedBlocks {
    /// By their first time.
    pub(crate) blocks: Vec<Arc<Block>>,
    /// How many could not be read and were set aside.
    pub(crate) damaged: u64,
}

/// Opens all blocks of a data folder. What earlier runs left half written or half removed goes; a
/// block that is damaged is renamed to `<ULID>.damaged` and logged.
pub(crate) fn open_all(dir: &Path, damages: &Damages) -> Result<OpenedBlocks, StoreError> {
    let mut opened = OpenedBlocks::default();
    for entry in fs::read_dir(dir).map_err(StoreError::io(dir))? {
        let path = entry.map_err(StoreError::io(dir))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let (ulid, suffix) = name.split_once('.').unwrap_or((name, ""));
        if Ulid::from_string(ulid).is_err() || !path.is_dir() {
            continue;
        }
        match suffix {
            CREATION | DELETION => {
                if let Err(error) = disk::remove_dir_all(&path) {
                    tracing::warn!(block = name, %error, "half a block cannot be removed yet");
                }
            }
            "" => match Block::open(&path) {
                Ok(block) => opened.blocks.push(Arc::new(block)),
                Err(error) if is_damage(&error) => {
                    let aside = set_suffix(&path, DAMAGED);
                    let done = match disk::rename(&path, &aside) {
                        Ok(()) => format!("the block is set aside as {}", aside.display()),
                        Err(why) => format!("the block is left out; renaming it failed: {why}"),
                    };
                    damages.note(&path, &error.to_string(), &done);
                    opened.damaged += 1;
                }
                Err(error) => return Err(error),
            },
            _ => {}
        }
    }
    remove_replaced(&mut opened.blocks)?;
    opened.blocks.sort_by(|a, b| key(a).cmp(&key(b)));
    Ok(opened)
}

/// Removes the blocks that others were merged out of, and those that are marked as all deleted:
/// what an earlier run had no time for.
fn remove_replaced(blocks: &mut Vec<Arc<Block>>) -> Result<(), StoreError> {
    let parents: HashSet<String> = blocks
        .iter()
        .flat_map(|block| &block.meta().compaction.parents)
        .map(|parent| parent.ulid.clone())
        .collect();
    let (gone, kept) = std::mem::take(blocks).into_iter().partition(|block| {
        let meta = block.meta();
        meta.compaction.deletable || parents.contains(&meta.ulid)
    });
    *blocks = kept;
    let gone: Vec<Arc<Block>> = gone;
    for block in gone {
        tracing::info!(ulid = %block.meta().ulid, "block deleted: a merged one holds all of it");
        delete(block.path())?;
    }
    Ok(())
}

/// The names of the blocks that are in a data folder now.
pub(crate) fn names(dir: &Path) -> Result<HashSet<String>, StoreError> {
    let mut names = HashSet::new();
    for entry in fs::read_dir(dir).map_err(StoreError::io(dir))? {
        let entry = entry.map_err(StoreError::io(dir))?;
        let name = entry.file_name().into_string().unwrap_or_default();
        // A block that is being copied here has its meta.json last.
        if Ulid::from_string(&name).is_ok() && entry.path().join("meta.json").is_file() {
            names.insert(name);
        }
    }
    Ok(names)
}

/// Removes a block. It first loses its name, so that half a block is never taken for one. Who has
/// it open can go on reading.
pub(crate) fn delete(path: &Path) -> Result<(), StoreError> {
    let doomed = set_suffix(path, DELETION);
    disk::rename(path, &doomed).map_err(StoreError::io(path))?;
    if let Some(dir) = path.parent() {
        sync_folder(dir)?;
    }
    disk::remove_dir_all(&doomed).map_err(StoreError::io(&doomed))
}

/// Gives the files of a block second names in a folder of its own name in `into`; copies them where
/// the two folders are not on one file system.
pub(crate) fn link(block: &Path, into: &Path) -> Result<(), StoreError> {
    let target = into.join(block.file_name().unwrap_or_default());
    link_folder(block, &target)
}

fn link_folder(from: &Path, to: &Path) -> Result<(), StoreError> {
    disk::create_dir_all(to).map_err(StoreError::io(to))?;
    for entry in fs::read_dir(from).map_err(StoreError::io(from))? {
        let path = entry.map_err(StoreError::io(from))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            link_folder(&path, &target)?;
        } else if disk::hard_link(&path, &target).is_err() {
            copy_file(&path, &target)?;
        }
    }
    sync_folder(to)
}

/// A path with a suffix behind its name.
pub(super) fn set_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

fn key(block: &Block) -> (i64, i64, &str) {
    let meta = block.meta();
    (meta.min_time, meta.max_time, &meta.ulid)
}

/// Whether an error comes from the bytes of the block; others, such as too many open files, say
/// nothing about it.
fn is_damage(error: &StoreError) -> bool {
    match error {
        StoreError::Block { .. } => true,
        StoreError::Io { cause, .. } => {
            let is_ours = matches!(
                cause.kind(),
                ErrorKind::PermissionDenied | ErrorKind::OutOfMemory | ErrorKind::Interrupted
            );
            let errno = cause.raw_os_error().unwrap_or_default();
            let lacks = [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE];
            !is_ours && !lacks.iter().any(|lack| lack.raw_os_error() == errno)
        }
        _ => false,
    }
}
