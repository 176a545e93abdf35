//! The head as it was when the store was closed, so that the next start need not read the log.
//!
//! `chunk_snapshot.SSSSSS.OOOOOOOOOO/`, in upstream's format (memory-snapshot-on-shutdown), which
//! either program reads from the other: a log of its own with a record for each series, one for
//! what is deleted, and some for exemplars. The name says where the log ended: segment and offset.
//!
//! It is only a shortcut. It counts while nothing was written to the log since, is removed at every
//! start, and whatever is wrong with it leaves the log to be read instead. Beside the segments lies
//! a file `references` of this store, which upstream passes over:
//!
//! ```text
//! highest reference ever given, series records, chunks in head chunk files, CRC32C of the three
//! ```
//! as decimal numbers, separated by spaces. Chunks that are missing are in the log, which is read
//! then.
//!
//! A snapshot without it has no say in which references are free; the log is asked for that.

mod read;
mod record;
mod write;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use wal::Position;

pub(crate) use read::load;

/// What the names of snapshots begin with.
const PREFIX: &str = "chunk_snapshot.";
/// The file with the highest reference.
const REFERENCES: &str = "references";

/// What the file [`REFERENCES`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct References {
    highest: u64,
    records: u64,
    chunks: u64,
}

impl References {
    fn text(self) -> String {
        let numbers = format!("{} {} {}", self.highest, self.records, self.chunks);
        let sum = crate::crc32c(numbers.as_bytes());
        format!("{numbers} {sum}\n")
    }

    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split_whitespace();
        let mut next = || numbers.next()?.parse().ok();
        let found = Self {
            highest: next()?,
            records: next()?,
            chunks: next()?,
        };
        (found.text() == text).then_some(found)
    }
}

/// The folder of a snapshot of the head as of a place in the log.
fn path(dir: &Path, at: Position) -> PathBuf {
    dir.join(format!("{PREFIX}{:06}.{:010}", at.segment, at.offset))
}

/// The finished snapshot of the latest place, with that place.
fn latest(dir: &Path) -> io::Result<Option<(Position, PathBuf)>> {
    let finished = all(dir)?.into_iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?.strip_prefix(PREFIX)?;
        let (segment, offset) = name.split_once('.')?;
        let at = Position {
            segment: segment.parse().ok()?,
            offset: offset.parse().ok()?,
        };
        Some((at, path))
    });
    Ok(finished.max_by_key(|(at, _)| *at))
}

/// Everything in a data folder that is a snapshot or was to become one.
fn all(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let is_ours = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(PREFIX));
        if is_ours && entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Removes all snapshots: what comes now makes them out of date.
pub(crate) fn remove_all(dir: &Path) -> io::Result<()> {
    all(dir)?
        .iter()
        .try_for_each(|path| disk::remove_dir_all(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_back_and_damage_is_seen() {
        let given = References {
            chunks: 3,
            highest: 1 << 39,
            records: 577_000,
        };
        let text = given.text();
        assert_eq!(References::parse(&text), Some(given));
        for place in 0..text.len() {
            let mut damaged = text.clone().into_bytes();
            damaged[place] ^= 1;
            let damaged = String::from_utf8(damaged).unwrap();
            assert_eq!(References::parse(&damaged), None, "{damaged}");
        }
    }

    #[test]
    fn the_latest_place_wins_and_drafts_count_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let at = |segment, offset| Position { segment, offset };
        for at in [at(7, 10), at(7, 900), at(6, 5000)] {
            fs::create_dir(path(dir.path(), at)).unwrap();
        }
        let draft = path(dir.path(), at(9, 1)).with_extension("1.tmp");
        fs::create_dir(draft).unwrap();
        fs::write(dir.path().join("chunk_snapshot.file"), "").unwrap();
        assert_eq!(latest(dir.path()).unwrap().unwrap().0, at(7, 900));
        remove_all(dir.path()).unwrap();
        assert_eq!(latest(dir.path()).unwrap(), None);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
