//! A data directory without a running store: listed, read, checked, and blocks written into it.
//!
//! In goes the path of a directory that this store or Prometheus wrote; out come the facts of its
//! blocks ([`blocks`]), their statistics ([`analyze`]), all samples of blocks and head
//! ([`DataDirectory`]), what is damaged ([`verify`]), and new blocks ([`BlockBuilder`]).
//!
//! ```text
//! blocks ───────────────────────────────┐
//! checkpoint, log ─> packed samples ─┐  ├─> series by series, in label order
//! chunks_head ───> places of chunks ─┴──┘
//! ```
//! Invariants: reading takes no lock, creates no file and changes none, so that a server may have
//! the directory in use meanwhile; what is read is checked against its checksums. Files that a
//! server may still shorten are read, not mapped. What is absent: repair of any kind.

mod analyze;
mod build;
#[cfg(test)]
mod formats;
mod head;
mod head_file;
mod input;
mod list;
mod packed;
mod read;
mod verify;

pub use analyze::{Analysis, ChunkSizes, analyze};
pub use build::{BlockBuilder, OrderError};
pub use input::InputFile;
pub use list::{BlockFacts, blocks, last_block};
pub use read::DataDirectory;
pub use verify::{Finding, Report, verify};
