//! Which blocks there are, and what they say of themselves.

use std::fs;
use std::path::{Path, PathBuf};

use ulid::Ulid;

use crate::StoreError;
use crate::block::{Block, BlockMeta};
use crate::files::folder_size;

/// What is known of a block without reading its series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockFacts {
    /// Its name, a ULID.
    pub ulid: String,
    /// The first millisecond of its stretch.
    pub min_time: i64,
    /// The millisecond after the last.
    pub max_time: i64,
    /// Samples, those deleted since included.
    pub samples: u64,
    /// Chunks.
    pub chunks: u64,
    /// Series.
    pub series: u64,
    /// Bytes of its index, chunks, tombstones and `meta.json`.
    pub bytes: u64,
}

impl BlockFacts {
    pub(super) fn of(block: &Block) -> Self {
        let meta = block.meta();
        let size = |name: &str| fs::metadata(block.path().join(name)).map_or(0, |file| file.len());
        Self {
            ulid: meta.ulid.clone(),
            min_time: meta.min_time,
            max_time: meta.max_time,
            samples: meta.stats.num_samples,
            chunks: meta.stats.num_chunks,
            series: meta.stats.num_series,
            bytes: folder_size(&block.path().join("chunks"))
                + size("index")
                + size("tombstones")
                + size("meta.json"),
        }
    }
}

/// The blocks of a data directory by their first time.
///
/// A folder whose `meta.json` cannot be read is no block, as upstream has it.
///
/// # Errors
/// Where the directory cannot be read, or a block is damaged and no other says that it replaces it.
pub fn blocks(dir: &Path) -> Result<Vec<BlockFacts>, StoreError> {
    Ok(open_blocks(dir)?.iter().map(BlockFacts::of).collect())
}

/// The name of the block that was written last.
///
/// # Errors
/// Where the directory cannot be read or has no block.
pub fn last_block(dir: &Path) -> Result<String, StoreError> {
    let newest = block_folders(dir)?
        .into_iter()
        .max_by_key(|(ulid, _)| ulid.timestamp_ms());
    match newest {
        Some((_, path)) => Ok(name_of(&path).to_owned()),
        None => Err(StoreError::Block {
            folder: dir.to_owned(),
            reason: "no blocks found".to_owned(),
        }),
    }
}

/// Opens one block by its name.
pub(super) fn open_block(dir: &Path, ulid: &str) -> Result<Block, StoreError> {
    let path = dir.join(ulid);
    if Ulid::from_string(ulid).is_err() || !path.is_dir() {
        return Err(StoreError::Block {
            folder: dir.to_owned(),
            reason: format!("invalid block ID {ulid}"),
        });
    }
    Block::open(&path)
}

/// Opens all blocks, by their first time.
pub(super) fn open_blocks(dir: &Path) -> Result<Vec<Block>, StoreError> {
    let mut opened: Vec<Block> = Vec::new();
    let mut damaged: Vec<(PathBuf, StoreError)> = Vec::new();
    for (_, path) in block_folders(dir)? {
        let meta = fs::read(path.join("meta.json"));
        let Ok(Ok(_)) = meta.map(|bytes| BlockMeta::parse(&bytes)) else {
            continue;
        };
        match Block::open(&path) {
            Ok(block) => opened.push(block),
            Err(error) => damaged.push((path, error)),
        }
    }
    let replaced = |path: &Path| {
        let mut parents = opened.iter().flat_map(|b| &b.meta().compaction.parents);
        parents.any(|parent| parent.ulid == name_of(path))
    };
    let lost = damaged.into_iter().find(|(path, _)| !replaced(path));
    if let Some((_, error)) = lost {
        return Err(error);
    }
    // Stable, and the folders came sorted: blocks of one first time stay in the order of names.
    opened.sort_by_key(|block| block.meta().min_time);
    Ok(opened)
}

/// The folders that have a ULID as their name, sorted.
pub(super) fn block_folders(dir: &Path) -> Result<Vec<(Ulid, PathBuf)>, StoreError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(StoreError::io(dir))? {
        let path = entry.map_err(StoreError::io(dir))?.path();
        if let Ok(ulid) = Ulid::from_string(name_of(&path))
            && path.is_dir()
        {
            found.push((ulid, path));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The last part of a path.
pub(super) fn name_of(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}
