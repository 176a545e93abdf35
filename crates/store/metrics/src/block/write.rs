//! Writing a block.

use std::path::Path;

use chunk::Encoding;
use ulid::Ulid;

use super::folder::{CREATION, set_suffix};
use super::index_write::{IndexWriter, SeriesKey};
use super::meta::{BlockMeta, Compaction, Stats};
use super::out::{sync_folder, write_file};
use super::segments::{MOST_BYTES, SegmentWriter};
use super::series::ChunkMeta;
use super::tombstones;
use crate::StoreError;

/// A finished chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChunkData {
    /// Time of the first sample.
    pub(crate) min: i64,
    /// Time of the last sample.
    pub(crate) max: i64,
    /// The byte of its [`Encoding`].
    pub(crate) encoding: u8,
    /// How many samples it has.
    pub(crate) samples: u32,
    /// The data as in Prometheus' files, without the encoding byte.
    pub(crate) bytes: Vec<u8>,
}

/// The stretch of time that a block is for, as in `meta.json`: no sample lies outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockSpan {
    /// The first millisecond.
    pub(crate) min_time: i64,
    /// The millisecond after the last.
    pub(crate) max_time: i64,
}

/// Writes a block out of the head into the data folder `dir`.
///
/// `symbols` are all texts of the labels, sorted, none twice; more than are needed do no harm.
/// `series` come in rising label order, each with its chunks in rising order of time, all within
/// the span. In memory are the symbols, the postings and one series. Answers `None`, and leaves
/// nothing on the disk, where no sample came. The block has its name once all of it is on the disk.
pub(crate) fn write_block(
    dir: &Path,
    span: BlockSpan,
    symbols: impl Iterator<Item = impl AsRef<str>>,
    series: impl Iterator<Item = Result<(impl SeriesKey, Vec<ChunkData>), StoreError>>,
) -> Result<Option<BlockMeta>, StoreError> {
    write_compacted(dir, span, None, symbols, series)
}

/// Writes a block that was merged out of others, as [`write_block`]; `compaction` says which.
pub(crate) fn write_compacted(
    dir: &Path,
    span: BlockSpan,
    compaction: Option<Compaction>,
    symbols: impl Iterator<Item = impl AsRef<str>>,
    series: impl Iterator<Item = Result<(impl SeriesKey, Vec<ChunkData>), StoreError>>,
) -> Result<Option<BlockMeta>, StoreError> {
    let source = |ulid: &str| compaction.unwrap_or_else(|| Compaction::first(ulid));
    write_named(dir, span, source, symbols, series)
}

/// Writes a block of the head's samples that came out of order, as [`write_block`].
pub(crate) fn write_out_of_order(
    dir: &Path,
    span: BlockSpan,
    symbols: impl Iterator<Item = impl AsRef<str>>,
    series: impl Iterator<Item = Result<(impl SeriesKey, Vec<ChunkData>), StoreError>>,
) -> Result<Option<BlockMeta>, StoreError> {
    write_named(dir, span, Compaction::out_of_order, symbols, series)
}

/// Writes a block; `compaction` says of its name where it comes from.
pub(crate) fn write_named(
    dir: &Path,
    span: BlockSpan,
    compaction: impl FnOnce(&str) -> Compaction,
    symbols: impl Iterator<Item = impl AsRef<str>>,
    series: impl Iterator<Item = Result<(impl SeriesKey, Vec<ChunkData>), StoreError>>,
) -> Result<Option<BlockMeta>, StoreError> {
    let ulid = Ulid::generate().to_string();
    let path = dir.join(&ulid);
    let unfinished = set_suffix(&path, CREATION);
    let written = write_files(&unfinished, span, symbols, series).and_then(|stats| {
        if stats.num_samples == 0 {
            return Ok(None);
        }
        let compaction = compaction(&ulid);
        let times = (span.min_time, span.max_time);
        let meta = BlockMeta::new(ulid, times, stats, compaction);
        let bytes = meta
            .to_bytes()
            .map_err(|error| StoreError::io(&unfinished)(error.into()))?;
        write_file(unfinished.join("meta.json"), &bytes)?;
        sync_folder(&unfinished)?;
        disk::rename(&unfinished, &path).map_err(StoreError::io(&path))?;
        sync_folder(dir)?;
        Ok(Some(meta))
    });
    if !matches!(written, Ok(Some(_))) && unfinished.exists() {
        disk::remove_dir_all(&unfinished).map_err(StoreError::io(&unfinished))?;
    }
    written
}

/// Writes all files but `meta.json`.
fn write_files(
    folder: &Path,
    span: BlockSpan,
    symbols: impl Iterator<Item = impl AsRef<str>>,
    series: impl Iterator<Item = Result<(impl SeriesKey, Vec<ChunkData>), StoreError>>,
) -> Result<Stats, StoreError> {
    let chunk_folder = folder.join("chunks");
    disk::create_dir_all(&chunk_folder).map_err(StoreError::io(&chunk_folder))?;
    let mut segments = SegmentWriter::new(chunk_folder.clone(), MOST_BYTES);
    let mut index = IndexWriter::create(folder.join("index"), symbols)?;
    let mut stats = Stats::default();
    let mut metas = Vec::new();
    for one in series {
        let (key, chunks) = one?;
        if chunks.is_empty() {
            continue;
        }
        check(&chunks, span).map_err(|reason| StoreError::Block {
            folder: folder.to_owned(),
            reason: format!("series {key}: {reason}"),
        })?;
        metas.clear();
        for chunk in &chunks {
            metas.push(ChunkMeta {
                min: chunk.min,
                max: chunk.max,
                reference: segments.push(chunk)?,
            });
            stats.num_samples += u64::from(chunk.samples);
        }
        stats.num_chunks += metas.len() as u64;
        stats.num_series += 1;
        key.put(&mut index, &metas)?;
    }
    index.finish()?;
    segments.finish()?;
    sync_folder(&chunk_folder)?;
    write_file(folder.join("tombstones"), &tombstones::encode(&[]))?;
    Ok(stats)
}

/// What must hold of the chunks of a series.
fn check(chunks: &[ChunkData], span: BlockSpan) -> Result<(), String> {
    let mut earlier: Option<i64> = None;
    for chunk in chunks {
        let (min, max) = (chunk.min, chunk.max);
        if min > max || earlier.is_some_and(|earlier| min <= earlier) {
            return Err(format!(
                "its chunk from {min} to {max} does not follow the one before it"
            ));
        }
        if min < span.min_time || max >= span.max_time {
            return Err(format!(
                "its chunk from {min} to {max} is not within {} to {}",
                span.min_time, span.max_time
            ));
        }
        let encoding = Encoding::from_byte(chunk.encoding).ok();
        let says = encoding.map(|encoding| encoding.count(&chunk.bytes).map(u32::from));
        if chunk.samples == 0 || says.is_some_and(|says| says != Some(chunk.samples)) {
            return Err(format!(
                "its chunk from {min} to {max} has not the {} samples it is said to have",
                chunk.samples
            ));
        }
        earlier = Some(max);
    }
    Ok(())
}
