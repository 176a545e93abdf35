//! All samples of a data directory, series by series: blocks and head as one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;

use chunk::Encoding;
use contract::TimeRange;
use model::{Columns, HistogramSample, Labels, Matcher};

use super::head::OfflineHead;
use super::list::open_blocks;
use crate::StoreError;
use crate::block::{Block, BlockSeries};

/// What `meta.json` says of a block that was made of late samples alone.
const FROM_OUT_OF_ORDER: &str = "from-out-of-order";

/// A data directory, opened for reading.
#[derive(Debug)]
pub struct DataDirectory {
    blocks: Vec<Block>,
    head: OfflineHead,
}

/// The selected series of one source, in label order.
enum Source<'a> {
    Block(&'a Block, Vec<BlockSeries>),
    Head(&'a OfflineHead, Vec<u32>),
}

impl DataDirectory {
    /// Opens the blocks, and reads the log where samples up to `until` may lie behind the last of
    /// them. In memory are the head's labels and those of its samples that are in no full chunk.
    ///
    /// # Errors
    /// Where the directory cannot be read, a block is damaged, or the log is damaged before its end.
    pub fn open(dir: &Path, until: i64) -> Result<Self, StoreError> {
        let blocks = open_blocks(dir)?;
        let covered = covered(&blocks);
        let head = if covered <= until {
            OfflineHead::read(dir, covered)?
        } else {
            OfflineHead::default()
        };
        Ok(Self { blocks, head })
    }

    /// What was passed over in log and head chunks: unfinished last writes, records that do not
    /// decode.
    pub fn warnings(&self) -> &[String] {
        &self.head.warnings
    }

    /// Hands the samples in the range of every series that fits one of the sets to `each`, in
    /// label order; of two samples at one time the older block's stays.
    ///
    /// # Errors
    /// Damage that is found on the way, and whatever `each` answers.
    pub fn each_series<E: From<StoreError>>(
        &self,
        sets: &[Vec<Matcher>],
        range: TimeRange,
        mut each: impl FnMut(&Labels, &Columns) -> Result<(), E>,
    ) -> Result<(), E> {
        let sources = self.sources(sets, range)?;
        let mut next: BinaryHeap<Reverse<(Labels, usize, usize)>> = BinaryHeap::new();
        for (source, list) in sources.iter().enumerate() {
            next.extend(list.labels(0)?.map(|labels| Reverse((labels, source, 0))));
        }
        let mut columns = Columns::new();
        while let Some(Reverse((labels, source, place))) = next.pop() {
            if let Some(list) = sources.get(source) {
                list.samples(place, range, &mut columns)?;
                let after = list.labels(place + 1)?;
                next.extend(after.map(|labels| Reverse((labels, source, place + 1))));
            }
            let goes_on = next
                .peek()
                .is_some_and(|Reverse((other, ..))| *other == labels);
            if !goes_on {
                sort(&mut columns);
                if !columns.is_empty() {
                    each(&labels, &columns)?;
                }
                columns.clear();
            }
        }
        Ok(())
    }

    fn sources(
        &self,
        sets: &[Vec<Matcher>],
        range: TimeRange,
    ) -> Result<Vec<Source<'_>>, StoreError> {
        let mut sources = Vec::with_capacity(self.blocks.len() + 1);
        for block in &self.blocks {
            let mut found: Vec<BlockSeries> = Vec::new();
            for set in sets {
                let more = block.select(set, range).map_err(corrupt(block))?;
                found.extend(more);
            }
            if sets.len() > 1 {
                // References rise in label order.
                found.sort_by_key(BlockSeries::reference);
                found.dedup_by_key(|series| series.reference());
            }
            sources.push(Source::Block(block, found));
        }
        sources.push(Source::Head(&self.head, self.head.select(sets)));
        Ok(sources)
    }
}

impl Source<'_> {
    /// The labels of a selected series; `None` behind the last.
    fn labels(&self, place: usize) -> Result<Option<Labels>, StoreError> {
        match self {
            Self::Block(block, found) => found
                .get(place)
                .map(|series| block.labels(series).map_err(corrupt(block)))
                .transpose(),
            Self::Head(head, found) => Ok(found.get(place).map(|&series| head.labels(series))),
        }
    }

    /// Appends the samples of a selected series.
    fn samples(
        &self,
        place: usize,
        range: TimeRange,
        into: &mut Columns,
    ) -> Result<(), StoreError> {
        match self {
            Self::Block(block, found) => match found.get(place) {
                Some(series) => {
                    // What is there already must not be taken for this block's.
                    let mut own = Columns::new();
                    block
                        .read(series, range, &mut own)
                        .map_err(corrupt(block))?;
                    into.times.append(&mut own.times);
                    into.values.append(&mut own.values);
                    into.histograms.append(&mut own.histograms);
                    Ok(())
                }
                None => Ok(()),
            },
            Self::Head(head, found) => match found.get(place) {
                Some(&series) => head.samples(series, range, into),
                None => Ok(()),
            },
        }
    }
}

/// Up to where blocks have all that the log has. A block of late samples says nothing of it, as a
/// server has it too; upstream's tool leaves the log's samples out up to the end of such a block.
fn covered(blocks: &[Block]) -> i64 {
    let is_late = |block: &&Block| {
        let hints = block.meta().compaction.extra.get("hints");
        let hints = hints.and_then(|hints| hints.as_array());
        hints.is_some_and(|hints| hints.iter().any(|hint| hint == FROM_OUT_OF_ORDER))
    };
    let in_order = blocks.iter().filter(|block| !is_late(block));
    let ends = in_order.map(|block| block.meta().max_time);
    ends.max().unwrap_or(i64::MIN)
}

/// For `map_err`: what a block says of its bytes.
pub(super) fn corrupt<E: std::fmt::Display>(block: &Block) -> impl FnOnce(E) -> StoreError {
    let folder = block.path().to_owned();
    move |error| StoreError::Block {
        folder,
        reason: error.to_string(),
    }
}

/// Decodes the data of a chunk; says what is wrong.
pub(super) fn decode(
    encoding: u8,
    data: &[u8],
    range: TimeRange,
    into: &mut Columns,
) -> Result<(), String> {
    let encoding = Encoding::from_byte(encoding).map_err(|error| error.to_string())?;
    encoding
        .decode_range(data, range.start, range.end, into)
        .map_err(|error| error.to_string())
}

/// Sorts numbers and histograms by time and keeps the first of each time.
fn sort(columns: &mut Columns) {
    if !columns.times.is_sorted_by(|a, b| a < b) {
        let mut samples: Vec<(i64, f64)> = columns.iter().map(|s| (s.time, s.value)).collect();
        samples.sort_by_key(|sample| sample.0);
        samples.dedup_by_key(|sample| sample.0);
        columns.times.clear();
        columns.values.clear();
        for (time, value) in samples {
            columns.push(time, value);
        }
    }
    let times = |sample: &HistogramSample| sample.time;
    columns.histograms.sort_by_key(times);
    columns.histograms.dedup_by_key(|sample| sample.time);
}
