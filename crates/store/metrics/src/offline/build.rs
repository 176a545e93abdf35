//! A block made of samples that somebody else has.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use model::Labels;
use thiserror::Error;

use super::list::{BlockFacts, open_block};
use crate::StoreError;
use crate::block::{BlockSpan, ChunkData, XOR, write_block};
use crate::head::open::{OpenChunk, Plan};
use crate::head::segments::Segments;

/// A sample that does not follow the one before it of its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OrderError {
    /// It is older.
    #[error("out of order sample")]
    OutOfOrder,
    /// It has the same time and another value.
    #[error("duplicate sample for timestamp")]
    Duplicate,
}

/// Gathers samples, encoded as they come, and writes them as one block.
///
/// In memory are the labels of the series and about two bytes a sample.
#[derive(Debug)]
pub struct BlockBuilder {
    /// Milliseconds whose multiples no chunk crosses.
    stretch: i64,
    pool: Segments,
    series: Vec<Building>,
    by_labels: HashMap<Labels, u32>,
    /// Times of the first and last sample of all.
    times: Option<(i64, i64)>,
}

#[derive(Debug)]
struct Building {
    labels: Labels,
    full: Vec<ChunkData>,
    open: OpenChunk,
}

impl BlockBuilder {
    /// An empty block. No chunk crosses a multiple of `stretch` milliseconds.
    pub fn new(stretch: i64) -> Self {
        Self {
            stretch: stretch.max(1),
            pool: Segments::default(),
            series: Vec::new(),
            by_labels: HashMap::new(),
            times: None,
        }
    }

    /// What [`BlockBuilder::add`] calls the series with these labels.
    pub fn series(&mut self, labels: &Labels) -> u32 {
        if let Some(&known) = self.by_labels.get(labels) {
            return known;
        }
        let place = u32::try_from(self.series.len()).unwrap_or(u32::MAX);
        self.series.push(Building {
            labels: labels.clone(),
            full: Vec::new(),
            open: OpenChunk::default(),
        });
        self.by_labels.insert(labels.clone(), place);
        place
    }

    /// Adds a sample of a series; one that is there already is passed over.
    ///
    /// # Errors
    /// Where the sample is not later than the series' last.
    pub fn add(&mut self, series: u32, time: i64, value: f64) -> Result<(), OrderError> {
        let Some(series) = self.series.get_mut(series as usize) else {
            return Ok(());
        };
        match series.open.last_sample() {
            Some((last, _)) if time < last => return Err(OrderError::OutOfOrder),
            Some((last, known)) if time == last => {
                let is_known = model::same_value(known, value);
                return if is_known {
                    Ok(())
                } else {
                    Err(OrderError::Duplicate)
                };
            }
            _ => {}
        }
        if series.open.is_full_for(time) {
            series.close(&mut self.pool);
        }
        let plan = Plan {
            stretch: self.stretch,
            phase: 0,
        };
        series.open.push(&mut self.pool, time, value, plan);
        let (first, last) = self.times.unwrap_or((time, time));
        self.times = Some((first.min(time), last.max(time)));
        Ok(())
    }

    /// Writes the block into a data directory; `None`, and nothing written, where no sample came.
    ///
    /// # Errors
    /// Where the files cannot be written.
    pub fn write(mut self, dir: &Path) -> Result<Option<BlockFacts>, StoreError> {
        let Some((first, last)) = self.times else {
            return Ok(None);
        };
        let span = BlockSpan {
            min_time: first,
            max_time: last.saturating_add(1),
        };
        self.series.sort_unstable_by(|a, b| a.labels.cmp(&b.labels));
        // Upstream counts the empty text of the postings of all series among the symbols.
        let mut symbols = BTreeSet::from([""]);
        let all: Vec<Labels> = self.series.iter().map(|s| s.labels.clone()).collect();
        symbols.extend(all.iter().flat_map(|l| l.iter()).flat_map(|(n, v)| [n, v]));
        let pool = &mut self.pool;
        let series = self.series.into_iter().map(|mut series| {
            series.close(pool);
            Ok((series.labels, series.full))
        });
        let Some(meta) = write_block(dir, span, symbols.into_iter(), series)? else {
            return Ok(None);
        };
        open_block(dir, &meta.ulid).map(|block| Some(BlockFacts::of(&block)))
    }
}

impl Building {
    /// Ends the open chunk, where it has samples.
    fn close(&mut self, pool: &mut Segments) {
        let count = self.open.count();
        if count == 0 {
            return;
        }
        let mut bytes = Vec::new();
        self.open.copy(pool, count, &mut bytes);
        self.full.push(ChunkData {
            min: self.open.first,
            max: self.open.last(),
            encoding: XOR,
            samples: count.into(),
            bytes,
        });
        self.open.clear(pool);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offline::DataDirectory;

    #[test]
    fn a_block_has_what_was_added_and_order_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mut builder = BlockBuilder::new(7_200_000);
        let (b, a) = (
            Labels::from_pairs([("n", "b")]),
            Labels::from_pairs([("n", "a")]),
        );
        for labels in [&b, &a] {
            let series = builder.series(labels);
            assert_eq!(builder.series(labels), series);
            for time in 0..300 {
                builder.add(series, time * 1000, time as f64).unwrap();
            }
            assert_eq!(builder.add(series, 299_000, 299.0), Ok(()));
            assert_eq!(
                builder.add(series, 299_000, 1.0),
                Err(OrderError::Duplicate)
            );
            assert_eq!(
                builder.add(series, 298_000, 1.0),
                Err(OrderError::OutOfOrder)
            );
        }
        let facts = builder.write(dir.path()).unwrap().unwrap();
        assert_eq!((facts.series, facts.samples), (2, 600));
        assert_eq!((facts.min_time, facts.max_time), (0, 299_001));
        let data = DataDirectory::open(dir.path(), i64::MAX).unwrap();
        let mut seen = Vec::new();
        let all = contract::TimeRange {
            start: i64::MIN,
            end: i64::MAX,
        };
        data.each_series(&[Vec::new()], all, |labels, columns| {
            seen.push((labels.clone(), columns.len()));
            Ok::<(), StoreError>(())
        })
        .unwrap();
        assert_eq!(seen, [(a, 300), (b, 300)]);
        assert_eq!(BlockBuilder::new(1).write(dir.path()).unwrap(), None);
    }
}
