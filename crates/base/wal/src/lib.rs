//! The segmented, checksummed log under every store, in the format of Prometheus' WAL.
//!
//! Records go in as bytes and come out as bytes, in the order they were written; what they mean is
//! the business of the store above.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! let mut log = wal::Wal::open(dir.path(), wal::Options::default())?;
//! log.log(&[b"one", b"two"])?;
//! let mut reader = wal::Reader::open(dir.path(), 0..=u64::MAX)?;
//! assert_eq!(reader.next()?, Some(&b"one"[..]));
//! assert_eq!(reader.next()?, Some(&b"two"[..]));
//! assert_eq!(reader.next()?, None);
//! # Ok(())
//! # }
//! ```
//!
//! # Layout
//! A log is a directory of segments `00000000`, `00000001`, … without gaps. A checkpoint is a
//! directory `checkpoint.NNNNNNNN` of the same kind, where the number is the last segment whose
//! content it replaces. A segment is a run of pages of 32 KiB; only the last page may be shorter.
//! A record lies in one or more fragments, and no fragment crosses a page:
//!
//! | bytes | content |
//! |---|---|
//! | 1 | bits 0–2: 1 whole record, 2 first, 3 middle, 4 last fragment, 0 rest of the page is zeros; bit 3: record is compressed with snappy; bit 4: with zstd |
//! | 2 | length of the fragment, big-endian |
//! | 4 | CRC32C (Castagnoli) of the fragment, big-endian |
//! | n | the fragment |
//!
//! Where fewer than 7 bytes are left in a page they are zeros. A record lies in one segment.
//!
//! # Invariants
//! - When [`Wal::log`] returns, all of its records are in the kernel: they survive the death of
//!   the process. They survive the loss of power after the next [`SyncHandle::sync`].
//! - When [`Wal::log`] fails, none of its records stays in the log.
//! - A file whose sync failed is never trusted again: what was not known to be on the disk is
//!   written to another ([`Wal::sync_failed`]).
//! - Whatever lies before damage is read; damage is named by segment, offset and reason, and what
//!   can be read behind it is ([`Reader::resume`]). [`repair`] destroys nothing.
//!
//! What is absent: threads, timers, the meaning of records, and compressing with zstd (such
//! records are read).

mod error;
mod frame;
mod layout;
mod reader;
mod repair;
mod replay;
mod segment;
mod writer;

pub use error::{Corruption, WalError};
pub use layout::{Checkpoint, Segment, checkpoint_path, checkpoints, segment_path, segments};
pub use reader::Reader;
pub use repair::{Repaired, fill_gaps, repair};
pub use replay::replay;
pub use writer::{Options, Position, SyncHandle, Wal};

/// Bytes of a page; fixed by the format.
pub const PAGE_BYTES: usize = 32 * 1024;
/// Bytes of a segment unless told otherwise, as upstream has it.
pub const SEGMENT_BYTES: u64 = 128 * 1024 * 1024;
/// The largest record in bytes, before and after compression: several times the largest body that
/// a store takes (32 MiB), and small enough that a damaged length cannot exhaust the memory.
pub const MAX_RECORD_BYTES: usize = 128 * 1024 * 1024;
