//! The store of metrics: head, log, chunks, index and blocks in Prometheus' own formats.
//!
//! [`Store`] takes batches ([`contract::Append`]) and answers selections ([`contract::Select`]).
//! A batch is checked, written to the log and then applied to the [head](head), under one lock:
//! what was acknowledged is in the log, and queries see a batch whole or not at all. Full chunks
//! leave the heap for [head chunk files](head_chunks). Samples that come [out of
//! order](out_of_order) have a log and chunks of their own.
//!
//! ```text
//! append ─> check ─> log (wal/) ─> head ─> chunks_head/
//!                                   └────> blocks (cut once a stretch is over) ─> longer blocks
//! select ─> head and blocks, each: postings ─> chunks ─> merged by labels and time
//! start  ─> names (log, or a snapshot of the head) ─> append ─> samples (log) ─> select
//! ```
//! Invariants: a directory of Prometheus opens here and one of ours opens there; no bytes on disk
//! make the store panic. What is absent: queries, scraping, start times of samples.

mod admin;
mod append;
mod block;
mod blocks;
mod checkpoint;
mod columns;
mod compact;
mod cut;
mod damage;
mod error;
mod exemplars;
mod files;
mod follow;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod head;
mod head_chunks;
mod meters;
mod metrics;
pub mod offline;
mod options;
mod out_of_order;
mod packed;
mod record;
mod replay;
mod retention;
mod select;
mod snapshot;
mod status;
mod store;
mod truncate;
mod upkeep;
mod validate;
mod young;

pub use error::StoreError;
pub use options::{StoreOptions, WalSync};
pub use retention::Retention;
pub use store::Store;

/// The CRC32C (Castagnoli) of some bytes, as all of Prometheus' files carry it.
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    let sum = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, bytes);
    // A 32-bit sum in 64 bits.
    sum as u32
}

/// The [`crc32c`] of bytes that come in pieces.
pub(crate) struct Checksum(crc_fast::Digest);

impl Checksum {
    pub(crate) fn new() -> Self {
        Self(crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc32Iscsi))
    }

    pub(crate) fn add(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    pub(crate) fn value(&self) -> u32 {
        self.0.finalize() as u32
    }
}
