//! Is a data directory whole? Every checksum, and what must hold between files.
//!
//! In goes a directory; out come findings, each with its file and the offset in it. Checked are
//! the log with its checkpoints, the log of late samples, head chunks, snapshots of the head, and of
//! each block all of its files. Damage does not end the check: as much as can be reached is read.
//! What a server that died, or that is writing just now, leaves behind is a note and no damage.

mod block;
mod head;
mod log;

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::list::name_of;
use crate::StoreError;
use crate::files::folder_size;

/// Findings that are kept; more are only counted, so that a file of noise cannot fill the memory.
const MOST_FINDINGS: usize = 10_000;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file or folder, below the data directory.
    pub file: PathBuf,
    /// Where in it, in bytes; `None` where no place can be named.
    pub offset: Option<u64>,
    /// What is wrong.
    pub text: String,
    /// Whether something is lost or wrong; false of what a restart puts in order by itself.
    pub is_damage: bool,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_damage { "damaged" } else { "note" };
        write!(f, "{kind}: {}", self.file.display())?;
        if let Some(offset) = self.offset {
            write!(f, " at byte {offset}")?;
        }
        write!(f, ": {}", self.text)
    }
}

/// What was checked, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What was found, in the order of the check.
    pub findings: Vec<Finding>,
    /// Findings beyond those kept.
    pub more: u64,
    /// Blocks.
    pub blocks: u64,
    /// Series in blocks, each block's counted.
    pub series: u64,
    /// Chunks in blocks and head chunk files.
    pub chunks: u64,
    /// Samples in those chunks.
    pub samples: u64,
    /// Records of the logs.
    pub records: u64,
    /// Bytes of all files that were read.
    pub bytes: u64,
}

impl Report {
    /// Whether anything is damaged.
    pub fn is_damaged(&self) -> bool {
        self.more > 0 || self.findings.iter().any(|finding| finding.is_damage)
    }
}

/// One walk through a directory.
struct Check<'a> {
    root: &'a Path,
    report: Report,
    /// Bytes of the whole directory when the walk began.
    all: u64,
    /// Hears the file that is next, and the part of all bytes that is done, 0 to 1.
    progress: &'a mut dyn FnMut(&Path, f64),
    /// Series that records of the log name.
    references: HashSet<u64>,
}

/// Checks a data directory. `progress` hears which file is next and which part, 0 to 1, of all
/// bytes is done.
///
/// # Errors
/// Where the directory itself cannot be listed; what is wrong inside is a finding.
pub fn verify(dir: &Path, progress: &mut dyn FnMut(&Path, f64)) -> Result<Report, StoreError> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(dir).map_err(StoreError::io(dir))? {
        let path = entry.map_err(StoreError::io(dir))?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort_unstable();
    let mut check = Check {
        root: dir,
        report: Report::default(),
        all: folder_size(dir),
        progress,
        references: HashSet::new(),
    };
    // The log first: it names the series of all that is not in blocks.
    log::check_wal(&mut check, &dir.join("wal"));
    log::check_wbl(&mut check, &dir.join("wbl"));
    head::check(&mut check, &dir.join("chunks_head"));
    for folder in &folders {
        let name = name_of(folder);
        let (ulid, suffix) = name.split_once('.').unwrap_or((name, ""));
        if ulid::Ulid::from_string(ulid).is_ok() {
            match suffix {
                "" => block::check(&mut check, folder),
                _ => check.note(
                    folder,
                    None,
                    "a block that is not in use; a restart removes it, or it was set aside",
                ),
            }
        } else if name.starts_with("chunk_snapshot.") {
            log::check_snapshot(&mut check, folder);
        }
    }
    Ok(check.report)
}

impl Check<'_> {
    fn damage(&mut self, file: &Path, offset: impl Into<Option<u64>>, text: impl Into<String>) {
        self.add(file, offset.into(), text.into(), true);
    }

    fn note(&mut self, file: &Path, offset: impl Into<Option<u64>>, text: impl Into<String>) {
        self.add(file, offset.into(), text.into(), false);
    }

    fn add(&mut self, file: &Path, offset: Option<u64>, text: String, is_damage: bool) {
        let file = file.strip_prefix(self.root).unwrap_or(file).to_owned();
        let finding = Finding {
            file,
            offset,
            text,
            is_damage,
        };
        if self.report.findings.contains(&finding) {
            return;
        }
        if self.report.findings.len() < MOST_FINDINGS {
            self.report.findings.push(finding);
        } else {
            self.report.more += u64::from(is_damage);
        }
    }

    /// Says which file is next.
    fn begin(&mut self, file: &Path) {
        let done = self.report.bytes as f64 / self.all.max(1) as f64;
        let file = file.strip_prefix(self.root).unwrap_or(file);
        (self.progress)(file, done.min(1.0));
    }

    /// Counts the bytes of a file that was read.
    fn end(&mut self, bytes: u64) {
        self.report.bytes += bytes;
    }
}
