//! Why a store cannot be opened or kept in order.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a store cannot be opened, or a task on its files failed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another process has the folder.
    #[error(
        "data folder {} is in use{holder}; stop the other process, or choose another folder",
        folder.display()
    )]
    Locked {
        /// The data folder.
        folder: PathBuf,
        /// ` by process 123`, where it is known.
        holder: String,
    },
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The log cannot be opened, read or written.
    #[error("write-ahead log in {}: {reason}", folder.display())]
    Log {
        /// The log's folder.
        folder: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A block cannot be read or written.
    #[error("blocks in {}: {reason}", folder.display())]
    Block {
        /// The data folder.
        folder: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Work on blocks was given up for something more urgent.
    #[error("work on blocks was given up: {reason}")]
    Stopped {
        /// What that was.
        reason: String,
    },
    /// An option has a value that makes no sense.
    #[error("option {name}: {reason}")]
    Option {
        /// The option.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl StoreError {
    /// Whether the cause may pass by itself, such as a full disk: nothing is wrong with the files.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Stopped { .. } => true,
            Self::Io { source, .. } => !matches!(
                source.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof
            ),
            _ => false,
        }
    }

    /// For `map_err`: an error of the file system at a path.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    /// For `map_err`: anything that is wrong with the log.
    pub(crate) fn log<E: std::fmt::Display>(folder: &Path) -> impl FnOnce(E) -> Self {
        let folder = folder.to_owned();
        move |reason| Self::Log {
            folder,
            reason: reason.to_string(),
        }
    }
}
