//! The blocks that are open, and where the head begins behind them.
//!
//! Both are one value, so that a selection sees a stretch of time either in the head or in the
//! block it was cut into. Whoever holds the value keeps the blocks' files readable, also after
//! retention has deleted them.

use std::sync::Arc;

use contract::TimeRange;

use crate::Store;
use crate::block::Block;

/// What of the store lies in blocks.
#[derive(Clone)]
pub(crate) struct Persisted {
    /// By their first time.
    pub(crate) blocks: Vec<Arc<Block>>,
    /// Earlier samples of the head lie in blocks, as far as they are kept.
    pub(crate) head_from: i64,
}

impl Persisted {
    /// What was found in the data folder. The head begins behind the latest block, except where
    /// that was made of samples that came out of order and says nothing about the others.
    pub(crate) fn new(mut blocks: Vec<Arc<Block>>) -> Self {
        blocks.sort_by_key(|block| block.meta().min_time);
        let head_from = blocks
            .iter()
            .map(|block| block.meta())
            .filter(|meta| !meta.is_out_of_order())
            .map(|meta| meta.max_time)
            .max();
        Self {
            blocks,
            head_from: head_from.unwrap_or(i64::MIN),
        }
    }

    /// The blocks that have samples in a range.
    pub(crate) fn overlapping(&self, range: TimeRange) -> impl Iterator<Item = &Arc<Block>> {
        self.blocks
            .iter()
            .filter(move |block| block.range().overlaps(range))
    }

    /// The span of all blocks.
    pub(crate) fn span(&self) -> Option<TimeRange> {
        self.blocks
            .iter()
            .map(|block| block.range())
            .reduce(|all, one| TimeRange {
                start: all.start.min(one.start),
                end: all.end.max(one.end),
            })
    }

    /// Bytes of all blocks.
    pub(crate) fn size(&self) -> u64 {
        self.blocks.iter().map(|block| block.size()).sum()
    }
}

impl Store {
    /// The blocks as they are now.
    pub(crate) fn persisted(&self) -> Arc<Persisted> {
        self.persisted.read().clone()
    }

    /// Adds a block, and says that the head begins at `head_from` or later.
    pub(crate) fn persist(&self, block: Option<Arc<Block>>, head_from: i64) {
        let mut current = self.persisted.write();
        let mut next = Persisted::clone(&current);
        next.blocks.extend(block);
        next.blocks.sort_by_key(|block| block.meta().min_time);
        next.head_from = next.head_from.max(head_from);
        *current = Arc::new(next);
    }

    /// Puts a block in the place of others, at one stroke for queries. Answers those of the others
    /// that were still on the list.
    pub(crate) fn exchange(
        &self,
        gone: &[Arc<Block>],
        added: Option<Arc<Block>>,
    ) -> Vec<Arc<Block>> {
        let mut current = self.persisted.write();
        let mut next = Persisted::clone(&current);
        let is_gone = |block: &Arc<Block>| gone.iter().any(|gone| Arc::ptr_eq(gone, block));
        let (left, kept) = std::mem::take(&mut next.blocks)
            .into_iter()
            .partition(is_gone);
        next.blocks = kept;
        next.blocks.extend(added);
        next.blocks.sort_by_key(|block| block.meta().min_time);
        *current = Arc::new(next);
        left
    }

    /// Takes blocks off the list; who reads them goes on.
    pub(crate) fn let_go(&self, gone: &[Arc<Block>]) {
        let mut current = self.persisted.write();
        let mut next = Persisted::clone(&current);
        next.blocks
            .retain(|block| !gone.iter().any(|gone| Arc::ptr_eq(gone, block)));
        *current = Arc::new(next);
    }
}
