//! What can go wrong with a log.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::MAX_RECORD_BYTES;

/// Why the log could not be written, read or put in order.
#[derive(Debug, Error)]
pub enum WalError {
    /// The operating system refused.
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Bytes of a segment do not add up.
    #[error(transparent)]
    Corrupt(#[from] Corruption),
    /// A segment between others is missing.
    #[error("log {}: segment {missing:08} is missing; restore it, or move the later ones away", dir.display())]
    Gap {
        /// The log's directory.
        dir: PathBuf,
        /// The first number without a file.
        missing: u64,
        /// The next number with one.
        next: u64,
    },
    /// A sync failed before, and what was not synced could not be written again.
    #[error(
        "log segment {} could not be synced, and cannot be trusted since; a loss of power would \
         lose what was written to it; see to the disk",
        path.display()
    )]
    Suspect {
        /// The first segment concerned.
        path: PathBuf,
    },
    /// A record larger than any reader would take.
    #[error(
        "a log record of {bytes} bytes exceeds the limit of {MAX_RECORD_BYTES}; write it in parts"
    )]
    TooLarge {
        /// The record's size.
        bytes: usize,
    },
}

impl WalError {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = path.into();
        Self::Io {
            action,
            path,
            source,
        }
    }
}

/// Damage found while reading.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("log segment {} is {} at byte {offset}: {reason}", path.display(), if *torn { "torn" } else { "corrupt" })]
pub struct Corruption {
    /// The segment's file.
    pub path: PathBuf,
    /// The segment's number.
    pub segment: u64,
    /// Where the damaged fragment begins, in bytes.
    pub offset: u64,
    /// Where the last good record of this segment ends: the bytes before are worth keeping.
    pub good_until: u64,
    /// What is wrong.
    pub reason: String,
    /// Whether this is merely the unfinished last write of a process or machine that died: the
    /// damage lies at the very end of the last segment. Nothing that was acknowledged and synced
    /// is lost then.
    pub torn: bool,
}
