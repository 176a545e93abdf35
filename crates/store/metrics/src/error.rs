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
    #[error("{}: {cause}", path.display())]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What the system said. It is in the text, and for that reason no source of the error:
        /// whoever prints a chain of sources would print it twice.
        cause: io::Error,
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
            Self::Io { cause, .. } => !matches!(
                cause.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof
            ),
            _ => false,
        }
    }

    /// For `map_err`: an error of the file system at a path.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { path, cause }
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

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    /// Printed as a chain of causes, as a command line does, each cause comes once.
    #[test]
    fn a_cause_is_told_once() {
        let error = StoreError::io(Path::new("/data/lock"))(io::Error::other("no such thing"));
        let mut told = error.to_string();
        let mut next = error.source();
        while let Some(cause) = next {
            told = format!("{told}: {cause}");
            next = cause.source();
        }
        assert_eq!(told, "/data/lock: no such thing");
    }
}
