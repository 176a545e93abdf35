//! Names in a log's directory: segments and checkpoints.

use std::fs;
use std::path::{Path, PathBuf};

use crate::WalError;

/// Fewest digits of a segment's name.
const DIGITS: usize = 8;
const CHECKPOINT_PREFIX: &str = "checkpoint.";

/// A segment's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its number.
    pub number: u64,
    /// Its file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

/// A checkpoint's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last segment whose content it replaces.
    pub number: u64,
    /// Its directory, itself a log to read.
    pub path: PathBuf,
}

/// The file of a segment.
pub fn segment_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:0DIGITS$}"))
}

/// The directory of a checkpoint.
pub fn checkpoint_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{CHECKPOINT_PREFIX}{number:0DIGITS$}"))
}

fn number(digits: &str) -> Option<u64> {
    let digital = digits.len() >= DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    if digital { digits.parse().ok() } else { None }
}

fn entries(dir: &Path) -> Result<Vec<fs::DirEntry>, WalError> {
    fs::read_dir(dir)
        .and_then(Iterator::collect)
        .map_err(|e| WalError::io("listing", dir, e))
}

/// The segments of a log by rising number; files with other names are passed over. A gap in the
/// numbers is an error.
pub fn segments(dir: &Path) -> Result<Vec<Segment>, WalError> {
    let mut found = Vec::new();
    for entry in entries(dir)? {
        let Some(number) = entry.file_name().to_str().and_then(number) else {
            continue;
        };
        let path = entry.path();
        let meta = entry
            .metadata()
            .map_err(|e| WalError::io("reading the size of", &path, e))?;
        if meta.is_file() {
            let bytes = meta.len();
            found.push(Segment {
                number,
                path,
                bytes,
            });
        }
    }
    found.sort_by_key(|segment| segment.number);
    for (one, next) in found.iter().zip(found.iter().skip(1)) {
        if one.number.checked_add(1) != Some(next.number) {
            let dir = dir.to_owned();
            let missing = one.number.saturating_add(1);
            let next = next.number;
            return Err(WalError::Gap { dir, missing, next });
        }
    }
    Ok(found)
}

/// The finished checkpoints in a log's directory by rising number.
pub fn checkpoints(dir: &Path) -> Result<Vec<Checkpoint>, WalError> {
    let mut found = Vec::new();
    for entry in entries(dir)? {
        let name = entry.file_name();
        let digits = name
            .to_str()
            .and_then(|n| n.strip_prefix(CHECKPOINT_PREFIX));
        if let Some(number) = digits.and_then(number) {
            let path = entry.path();
            if path.is_dir() {
                found.push(Checkpoint { number, path });
            }
        }
    }
    found.sort_by_key(|checkpoint| checkpoint.number);
    Ok(found)
}
