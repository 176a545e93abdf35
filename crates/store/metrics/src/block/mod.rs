//! Blocks: the samples of a stretch of time, written once, then only read.
//!
//! A block is a folder in Prometheus' format, named by a ULID:
//!
//! ```text
//! <ULID>/meta.json       which stretch, how much, out of which blocks   (meta)
//!        index           symbols, series, postings                      (index_write, index_read)
//!        chunks/000001   the chunks, in segments of at most 512 MiB     (segments)
//!        tombstones      what was deleted since                         (tombstones)
//! ```
//! In goes a stream of series in rising label order ([`write_block`]); out come the series that
//! matchers fit and their samples ([`Block`]). Invariants: a folder that has a ULID as its name is
//! whole and on the disk (it is written under another name and renamed); all bytes that are read
//! were checked against their CRC32C, so that damage is an error and never a wrong sample. What is
//! absent: deciding when blocks are cut, merged or removed.
#![allow(
    dead_code,
    unused_imports,
    reason = "the parts of the store that cut and merge blocks call what is here"
)]

mod check;
mod folder;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod index_read;
mod index_write;
mod marks;
mod matching;
mod meta;
mod out;
mod postings;
mod postings_table;
mod postings_write;
mod read;
mod section;
mod segments;
mod series;
mod symbols;
mod symbols_merge;
#[cfg(test)]
mod tests;
mod toc;
mod tombstones;
mod write;

pub(crate) use check::check_index;
pub(crate) use folder::{OpenedBlocks, delete, link, names, open_all};
pub(crate) use index_write::{IndexWriter, SeriesKey, SymbolPairs};
pub(crate) use marks::Interval;
pub(crate) use meta::{BlockMeta, Compaction, Parent, Stats};
pub(crate) use read::{Block, BlockSeries, SeriesWalk};
pub(crate) use segments::{HEADER as CHUNK_HEADER, chunk_at};
pub(crate) use series::ChunkMeta;
pub(crate) use symbols_merge::{SymbolMap, merged_symbols, symbol_maps};
pub(crate) use tombstones::check_tombstones;
pub(crate) use write::{
    BlockSpan, ChunkData, write_block, write_compacted, write_named, write_out_of_order,
};

/// The encoding of float samples that [`chunk`] reads.
pub(crate) const XOR: u8 = 1;
