//! Reading a block.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chunk::{Chunk, Encoding};
use contract::{ChunkSink, Patient, SelectError, TimeRange, Watch};
use model::{Columns, Labels, Matcher};
use ulid::Ulid;

use super::index_read::Index;
use super::matching::matching;
use super::meta::BlockMeta;
use super::postings::Postings;
use super::segments::Segments;
use super::series::ChunkMeta;
use super::tombstones::{self, Tombstones};
use super::write::ChunkData;
use crate::StoreError;
use crate::columns::{Mark, cut_out, put_in_order};
use crate::head::read::{CHUNKS_AT_ONCE, held_by};
use crate::packed::give;

/// Series that are looked up before the watch is asked: less than a millisecond.
const SERIES_AT_ONCE: usize = 1024;

/// An open block: its files mapped, a sample of its tables in memory.
#[derive(Debug)]
pub(crate) struct Block {
    path: PathBuf,
    meta: BlockMeta,
    size: u64,
    index: Arc<Index>,
    segments: Arc<Segments>,
    tombstones: Tombstones,
}

/// A series that a selection found in a block, with its chunks in the range.
#[derive(Clone, Debug)]
pub(crate) struct BlockSeries {
    reference: u32,
    chunks: Box<[ChunkMeta]>,
}

impl BlockSeries {
    /// Bytes that one takes with its few chunks, about.
    const SIZE: usize = size_of::<Self>() + 4 * size_of::<ChunkMeta>();

    /// Bytes that it takes.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.chunks)
    }

    /// What the index calls the series: rising in label order within one block.
    pub(crate) fn reference(&self) -> u32 {
        self.reference
    }

    /// Its chunks in the range, oldest first.
    pub(crate) fn chunks(&self) -> &[ChunkMeta] {
        &self.chunks
    }
}

impl Block {
    /// Whether it was made of samples that came out of order.
    pub(crate) fn is_out_of_order(&self) -> bool {
        self.meta.is_out_of_order()
    }

    /// Opens the block in a folder; its tables are checked.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let wrong = |reason: String| StoreError::Block {
            folder: path.to_owned(),
            reason,
        };
        let read = |name: &str| {
            let path = path.join(name);
            std::fs::read(&path).map_err(StoreError::io(&path))
        };
        let meta = BlockMeta::parse(&read("meta.json")?).map_err(wrong)?;
        let tombstones = match read("tombstones") {
            Ok(bytes) => tombstones::parse(&bytes)
                .ok_or_else(|| wrong("the file tombstones is damaged".to_owned()))?,
            Err(StoreError::Io { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
                Tombstones::new()
            }
            Err(error) => return Err(error),
        };
        Ok(Self {
            path: path.to_owned(),
            size: crate::files::folder_size(path),
            index: Arc::new(Index::open(&path.join("index"))?),
            segments: Arc::new(Segments::open(&path.join("chunks"))?),
            meta,
            tombstones,
        })
    }

    /// Lets the block leave memory until it is read again: whoever reads all of it once would
    /// otherwise fill memory with it.
    pub(crate) fn let_go(&self) {
        self.index.let_go();
        self.segments.let_go();
    }

    /// The same files with other marks.
    pub(super) fn with(&self, meta: BlockMeta, tombstones: Tombstones) -> Self {
        Self {
            path: self.path.clone(),
            meta,
            size: crate::files::folder_size(&self.path),
            index: self.index.clone(),
            segments: self.segments.clone(),
            tombstones,
        }
    }

    /// All deleted stretches.
    pub(super) fn tombstones(&self) -> &Tombstones {
        &self.tombstones
    }

    /// Whether anything was deleted from it.
    pub(crate) fn has_tombstones(&self) -> bool {
        !self.tombstones.is_empty()
    }

    /// Goes through all series.
    pub(crate) fn walk(&self) -> Result<SeriesWalk<'_>, SelectError> {
        Ok(SeriesWalk {
            block: self,
            postings: self.index.all()?,
            next: 0,
        })
    }

    /// What the block says about itself.
    pub(crate) fn meta(&self) -> &BlockMeta {
        &self.meta
    }

    /// Its name as a number; `None` where that is no ULID.
    pub(crate) fn number(&self) -> Option<u128> {
        Ulid::from_string(&self.meta.ulid).ok().map(u128::from)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of its files.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The stretch of time it is for.
    pub(crate) fn range(&self) -> TimeRange {
        TimeRange {
            start: self.meta.min_time,
            end: self.meta.max_time.saturating_sub(1),
        }
    }

    /// The series that all matchers fit and that have a chunk in the range, in label order.
    pub(crate) fn select(
        &self,
        matchers: &[Matcher],
        range: TimeRange,
    ) -> Result<Vec<BlockSeries>, SelectError> {
        self.select_watched(matchers, range, &Patient)
    }

    /// The same; stops where the watch does not go on.
    pub(crate) fn select_watched(
        &self,
        matchers: &[Matcher],
        range: TimeRange,
        watch: &dyn Watch,
    ) -> Result<Vec<BlockSeries>, SelectError> {
        if !self.range().overlaps(range) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let mut chunks = Vec::new();
        for (done, reference) in matching(&self.index, matchers, watch)?
            .into_iter()
            .enumerate()
        {
            if done % SERIES_AT_ONCE == 0 && !watch.goes_on(found.len() * BlockSeries::SIZE) {
                return Err(SelectError::Stopped);
            }
            chunks.clear();
            self.index.chunks(reference, |chunk| {
                if chunk.min <= range.end && chunk.max >= range.start {
                    chunks.push(chunk);
                }
            })?;
            if !chunks.is_empty() {
                found.push(BlockSeries {
                    reference,
                    chunks: chunks.as_slice().into(),
                });
            }
        }
        Ok(found)
    }

    /// The labels of a series.
    pub(crate) fn labels(&self, series: &BlockSeries) -> Result<Labels, SelectError> {
        self.index.labels(series.reference)
    }

    /// Appends the samples of a series in the range that were not deleted. The range must lie
    /// within that of the selection.
    pub(crate) fn read(
        &self,
        series: &BlockSeries,
        range: TimeRange,
        into: &mut Columns,
    ) -> Result<(), SelectError> {
        self.read_watched(series, range, &Patient, into)
    }

    /// The same; stops where the watch does not go on.
    pub(crate) fn read_watched(
        &self,
        series: &BlockSeries,
        range: TimeRange,
        watch: &dyn Watch,
        into: &mut Columns,
    ) -> Result<(), SelectError> {
        let start = Mark::end_of(into);
        for (done, meta) in series.chunks.iter().enumerate() {
            if done % CHUNKS_AT_ONCE == CHUNKS_AT_ONCE - 1 && !watch.goes_on(held_by(into)) {
                return Err(SelectError::Stopped);
            }
            if meta.max < range.start || meta.min > range.end {
                continue;
            }
            let name = || match self.labels(series) {
                Ok(labels) => format!("series {labels}: "),
                Err(error) => format!("a series without labels ({error}): "),
            };
            self.decode_chunk(meta, range, into, name)?;
        }
        put_in_order(into, start);
        for &(first, last) in self.deleted(series) {
            cut_out(into, start, first, last);
        }
        Ok(())
    }

    /// Hands on the chunks of a series with what [`Block::read`] would append; they must follow one
    /// another. Stops where the watch does not go on.
    pub(crate) fn chunks(
        &self,
        series: &BlockSeries,
        range: TimeRange,
        watch: &dyn Watch,
        each: &mut ChunkSink<'_>,
    ) -> Result<(), SelectError> {
        for (done, meta) in series.chunks.iter().enumerate() {
            if done % CHUNKS_AT_ONCE == CHUNKS_AT_ONCE - 1 && !watch.goes_on(0) {
                return Err(SelectError::Stopped);
            }
            let (encoding, data) = self.segments.chunk(meta.reference)?;
            let encoding = Encoding::from_byte(encoding)
                .map_err(|error| self.bad_chunk("", meta, &error.to_string()))?;
            let chunk = Chunk {
                first: meta.min,
                last: meta.max,
                encoding,
                data,
            };
            give(chunk, range, self.deleted(series), each)?;
        }
        Ok(())
    }

    /// Appends all samples of chunks, one after the other, deleted ones included.
    pub(crate) fn decode(
        &self,
        chunks: &[ChunkMeta],
        into: &mut Columns,
    ) -> Result<(), SelectError> {
        let all = TimeRange {
            start: i64::MIN,
            end: i64::MAX,
        };
        chunks
            .iter()
            .try_for_each(|meta| self.decode_chunk(meta, all, into, String::new))
    }

    /// Appends the samples of a chunk in the range; `name` says for an error whose it is.
    fn decode_chunk(
        &self,
        meta: &ChunkMeta,
        range: TimeRange,
        into: &mut Columns,
        name: impl FnOnce() -> String,
    ) -> Result<(), SelectError> {
        let (encoding, data) = self.segments.chunk(meta.reference)?;
        Encoding::from_byte(encoding)
            .map_err(|error| error.to_string())
            .and_then(|encoding| {
                let decoded = encoding.decode_range(data, range.start, range.end, into);
                decoded.map_err(|error| error.to_string())
            })
            .map_err(|reason| self.bad_chunk(&name(), meta, &reason))
    }

    /// A chunk of a series as it is stored, whatever its encoding: to be written to another block.
    pub(crate) fn chunk(&self, meta: &ChunkMeta) -> Result<ChunkData, SelectError> {
        let (encoding, data) = self.segments.chunk(meta.reference)?;
        let counted = match Encoding::from_byte(encoding) {
            Ok(known) => known.count(data),
            // Where others have their count, too.
            Err(_) => Encoding::Xor.count(data),
        };
        let samples = counted.ok_or_else(|| self.bad_chunk("", meta, "it has no count"))?;
        Ok(ChunkData {
            min: meta.min,
            max: meta.max,
            encoding,
            samples: samples.into(),
            bytes: data.to_vec(),
        })
    }

    /// All texts of labels, sorted.
    pub(crate) fn symbols(&self) -> impl Iterator<Item = &str> {
        self.index.symbols()
    }

    /// The names of all labels of the series that fit, sorted.
    pub(crate) fn label_names(&self, matchers: &[Matcher]) -> Result<Vec<String>, SelectError> {
        if matchers.is_empty() {
            return Ok(self.index.names().map(str::to_owned).collect());
        }
        self.distinct(matchers, |name, _| Some(name))
    }

    /// The values of a label over the series that fit, sorted.
    pub(crate) fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
    ) -> Result<Vec<String>, SelectError> {
        if matchers.is_empty() {
            let values = self.index.values(name).into_iter();
            return Ok(values.map(str::to_owned).collect());
        }
        // Each name has one symbol, so that its text is compared once.
        let mut known: Option<u32> = None;
        let mut others: HashSet<u32> = HashSet::new();
        self.distinct(matchers, |symbol, value| {
            if known != Some(symbol) {
                if others.contains(&symbol) {
                    return None;
                }
                if self.index.symbol(symbol) != Ok(name) {
                    others.insert(symbol);
                    return None;
                }
                known = Some(symbol);
            }
            Some(value)
        })
    }

    /// The texts of the symbols that `pick` chooses from the labels of the series that fit.
    fn distinct(
        &self,
        matchers: &[Matcher],
        mut pick: impl FnMut(u32, u32) -> Option<u32>,
    ) -> Result<Vec<String>, SelectError> {
        let mut symbols: HashSet<u32> = HashSet::new();
        for reference in matching(&self.index, matchers, &Patient)? {
            self.index.label_symbols(reference, |name, value| {
                symbols.extend(pick(name, value));
            })?;
        }
        // Symbols are sorted as their texts are.
        let mut symbols: Vec<u32> = symbols.into_iter().collect();
        symbols.sort_unstable();
        symbols
            .into_iter()
            .map(|symbol| self.index.symbol(symbol).map(str::to_owned))
            .collect()
    }

    /// The deleted stretches of a series, both times included.
    pub(crate) fn deleted(&self, series: &BlockSeries) -> &[(i64, i64)] {
        self.tombstones
            .get(&series.reference)
            .map_or(&[], Vec::as_slice)
    }

    fn bad_chunk(&self, series: &str, meta: &ChunkMeta, reason: &str) -> SelectError {
        SelectError::Corrupt(format!(
            "{}: {series}the chunk from {} to {} cannot be decoded: {reason}",
            self.path.display(),
            meta.min,
            meta.max
        ))
    }
}

/// All series of a block, in label order.
#[derive(Debug)]
pub(crate) struct SeriesWalk<'a> {
    block: &'a Block,
    postings: Postings<'a>,
    next: usize,
}

impl<'a> SeriesWalk<'a> {
    /// How many series there are.
    pub(crate) fn len(&self) -> usize {
        self.postings.len()
    }

    /// The next series: its labels' symbols are handed to `label`, its chunks put into `chunks`.
    /// Answers its deleted stretches; `None` at the end.
    pub(crate) fn next(
        &mut self,
        label: impl FnMut(u32, u32),
        chunks: &mut Vec<ChunkMeta>,
    ) -> Result<Option<&'a [(i64, i64)]>, SelectError> {
        let Some(reference) = self.postings.get(self.next) else {
            return Ok(None);
        };
        self.next += 1;
        chunks.clear();
        let index = &self.block.index;
        index.series(reference, label, |chunk| chunks.push(chunk))?;
        let deleted = self.block.tombstones.get(&reference);
        Ok(Some(deleted.map_or(&[], Vec::as_slice)))
    }
}
