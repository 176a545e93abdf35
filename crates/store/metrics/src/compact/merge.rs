//! The series of several blocks side by side, in label order, each once.

use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

use contract::SelectError;

use super::chunks::{Part, merge};
use crate::StoreError;
use crate::block::{
    self, Block, BlockMeta, BlockSpan, ChunkData, ChunkMeta, Compaction, Interval, SeriesWalk,
    SymbolMap, SymbolPairs, merged_symbols, symbol_maps,
};

/// Time between two lines of the log that say how far a compaction is.
const BETWEEN_REPORTS: Duration = Duration::from_secs(30);
/// Series between two times that what was read of the blocks may leave memory: some megabytes.
const BETWEEN_RELEASES: u64 = 16_384;
/// Series between two looks at the clock.
const BETWEEN_LOOKS: u64 = 1024;

/// One block as it is gone through.
#[derive(Debug)]
struct Source<'a> {
    block: &'a Block,
    walk: SeriesWalk<'a>,
    map: &'a SymbolMap,
    /// The series that comes next; meaningless once `is_over`.
    key: SymbolPairs,
    chunks: Vec<ChunkMeta>,
    deleted: &'a [Interval],
    is_over: bool,
}

impl<'a> Source<'a> {
    fn new(block: &'a Block, map: &'a SymbolMap) -> Result<Self, SelectError> {
        let mut source = Self {
            block,
            walk: block.walk()?,
            map,
            key: SymbolPairs::default(),
            chunks: Vec::new(),
            deleted: &[],
            is_over: false,
        };
        source.step()?;
        Ok(source)
    }

    fn step(&mut self) -> Result<(), SelectError> {
        let (key, map) = (&mut self.key.0, self.map);
        key.clear();
        let mut is_known = true;
        let label = |name, value| match (map.get(name), map.get(value)) {
            (Some(name), Some(value)) => key.push((name, value)),
            _ => is_known = false,
        };
        match self.walk.next(label, &mut self.chunks)? {
            Some(deleted) => self.deleted = deleted,
            None => self.is_over = true,
        }
        if is_known {
            return Ok(());
        }
        Err(SelectError::Corrupt(format!(
            "{}: a series has a symbol that is not in the symbols",
            self.block.path().display()
        )))
    }
}

/// The series of all sources.
struct Series<'a> {
    sources: Vec<Source<'a>>,
    is_broken: bool,
}

impl Series<'_> {
    fn step(&mut self) -> Result<Option<(SymbolPairs, Vec<ChunkData>)>, SelectError> {
        let living = self.sources.iter().filter(|source| !source.is_over);
        let Some(key) = living.map(|source| &source.key).min().cloned() else {
            return Ok(None);
        };
        let is_wanted = |source: &Source<'_>| !source.is_over && source.key == key;
        let having = self.sources.iter().filter(|source| is_wanted(source));
        let parts: Vec<Part<'_>> = having
            .map(|source| Part {
                block: source.block,
                chunks: &source.chunks,
                deleted: source.deleted,
            })
            .collect();
        let mut chunks = Vec::new();
        merge(&parts, &mut chunks)?;
        for source in &mut self.sources {
            if is_wanted(source) {
                source.step()?;
            }
        }
        Ok(Some((key, chunks)))
    }
}

impl Iterator for Series<'_> {
    type Item = Result<(SymbolPairs, Vec<ChunkData>), SelectError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_broken {
            return None;
        }
        let next = self.step();
        self.is_broken = next.is_err();
        next.transpose()
    }
}

/// Merges blocks into a new one in the folder `dir`; `None` where nothing of them is left.
/// `compaction` says of the new block's name where it comes from; `stop` says when to give up.
pub(super) fn write_merged(
    dir: &Path,
    blocks: &[&Block],
    compaction: impl FnOnce(&str) -> Compaction,
    stop: &dyn Fn() -> Option<String>,
) -> Result<Option<BlockMeta>, StoreError> {
    let unreadable = |error: SelectError| StoreError::Block {
        folder: dir.to_owned(),
        reason: format!("blocks cannot be merged: {error}"),
    };
    // Those that came in order first: their samples stay where others say something else.
    let mut blocks = blocks.to_vec();
    blocks.sort_by_key(|block| (block.is_out_of_order(), block.meta().min_time));
    let span = BlockSpan {
        min_time: blocks.iter().map(|b| b.meta().min_time).min().unwrap_or(0),
        max_time: blocks.iter().map(|b| b.meta().max_time).max().unwrap_or(0),
    };
    let maps = symbol_maps(&blocks);
    let sources = blocks.iter().zip(&maps);
    let sources: Result<Vec<Source<'_>>, SelectError> = sources
        .map(|(block, map)| Source::new(block, map))
        .collect();
    let sources = sources.map_err(unreadable)?;
    let most = sources.iter().map(|source| source.walk.len()).sum();
    let progress = Progress::new(most);
    let series = Series {
        sources,
        is_broken: false,
    };
    let series = series.map(|one| {
        if let Some(reason) = stop() {
            return Err(StoreError::Stopped { reason });
        }
        if progress.step().is_multiple_of(BETWEEN_RELEASES) {
            blocks.iter().for_each(|block| block.let_go());
        }
        one.map_err(unreadable)
    });
    block::write_named(dir, span, compaction, merged_symbols(&blocks), series)
}

/// How far a compaction is, told now and then.
struct Progress {
    begun: Instant,
    told: Cell<Instant>,
    done: Cell<u64>,
    most: usize,
}

impl Progress {
    fn new(most: usize) -> Self {
        let now = Instant::now();
        Self {
            begun: now,
            told: Cell::new(now),
            done: Cell::new(0),
            most,
        }
    }

    /// Counts a series; answers how many there were.
    fn step(&self) -> u64 {
        let done = self.done.get() + 1;
        self.done.set(done);
        if done.is_multiple_of(BETWEEN_LOOKS) && self.told.get().elapsed() > BETWEEN_REPORTS {
            self.told.set(Instant::now());
            tracing::info!(
                series = done,
                of_at_most = self.most,
                seconds = self.begun.elapsed().as_secs(),
                "blocks are being merged"
            );
        }
        done
    }
}
