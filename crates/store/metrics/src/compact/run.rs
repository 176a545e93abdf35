//! Merging what the plan says, and putting the result in the place of its parents.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::merge::write_merged;
use super::plan::{plan, ranges};
use crate::block::{self, Block, BlockMeta, Compaction};
use crate::{Store, StoreError};

impl Store {
    /// Merges blocks until there is nothing to merge any more, then looks for blocks that others
    /// put into the folder. A thread of the store does so once a minute.
    pub fn compact_blocks(&self) -> Result<(), StoreError> {
        let _alone = self.merging.lock();
        while self.why_stop().is_none() {
            let chosen = self.planned();
            if chosen.is_empty() {
                return self.rescan();
            }
            self.meters.compactions_triggered.inc();
            let result = self.merge_blocks(&chosen);
            match &result {
                Ok(()) | Err(StoreError::Stopped { .. }) => {}
                Err(error) => {
                    self.meters.compactions_failed.inc();
                    if !error.may_pass() {
                        self.note_failure(&chosen);
                    }
                }
            }
            *self.trouble.merge.write() = match &result {
                Err(StoreError::Stopped { .. }) => return Ok(()),
                Err(error) => Some(format!(
                    "blocks cannot be merged and stay as they are: {error}"
                )),
                Ok(()) => None,
            };
            result?;
        }
        Ok(())
    }

    /// The blocks to merge next.
    fn planned(&self) -> Vec<Arc<Block>> {
        let persisted = self.persisted();
        let metas: Vec<&BlockMeta> = persisted.blocks.iter().map(|block| block.meta()).collect();
        let chosen = plan(&metas, &self.block_ranges());
        // Merged with others, a block of late samples says that the head begins behind it.
        let is_mixed = chosen.iter().any(|meta| !meta.is_out_of_order());
        let is_early =
            |meta: &&BlockMeta| meta.is_out_of_order() && meta.max_time > persisted.head_from;
        if is_mixed && chosen.iter().any(is_early) {
            return Vec::new();
        }
        let is_chosen = |block: &&Arc<Block>| chosen.iter().any(|m| std::ptr::eq(*m, block.meta()));
        persisted.blocks.iter().filter(is_chosen).cloned().collect()
    }

    /// The spans that blocks grow through.
    fn block_ranges(&self) -> Vec<i64> {
        let shortest = self.head.read().stretch();
        ranges(shortest, self.options.longest_block(self.retention().time))
    }

    fn merge_blocks(&self, parents: &[Arc<Block>]) -> Result<(), StoreError> {
        let metas: Vec<&BlockMeta> = parents.iter().map(|block| block.meta()).collect();
        let compaction = BlockMeta::merged(&metas);
        let begun = Instant::now();
        let is_vertical = metas.windows(2).any(|pair| match pair {
            [a, b] => b.min_time < a.max_time,
            _ => false,
        });
        let written = self.merge_into_one(parents, |_| compaction);
        self.meters
            .compaction_seconds
            .observe(begun.elapsed().as_secs_f64());
        let merged = written?;
        self.meters.compactions.inc();
        if is_vertical {
            self.meters.vertical_compactions.inc();
        }
        let (from, until) = (metas.first(), metas.iter().map(|meta| meta.max_time).max());
        tracing::info!(
            blocks = parents.len(),
            ulid = merged.as_ref().map(|block| block.meta().ulid.as_str()),
            from = from.map(|meta| meta.min_time),
            until,
            seconds = begun.elapsed().as_secs(),
            "blocks merged"
        );
        Ok(())
    }

    /// Makes one block of several and lets it take their place. For whoever holds `merging`.
    pub(crate) fn merge_into_one(
        &self,
        parents: &[Arc<Block>],
        compaction: impl FnOnce(&str) -> Compaction,
    ) -> Result<Option<Arc<Block>>, StoreError> {
        let dir = &self.options.dir;
        let blocks: Vec<&Block> = parents.iter().map(|block| &**block).collect();
        self.meters.populating.set(1.0);
        let written = write_merged(dir, &blocks, compaction, &|| self.why_stop());
        self.meters.populating.set(0.0);
        let merged = match written? {
            None => None,
            Some(meta) => {
                let folder = dir.join(&meta.ulid);
                match Block::open(&folder) {
                    Ok(block) => Some(Arc::new(block)),
                    Err(error) => {
                        // Its parents must not be taken for replaced by it.
                        block::delete(&folder)?;
                        return Err(error);
                    }
                }
            }
        };
        let _alone = self.maintenance.lock();
        // Retention may have taken some of them meanwhile.
        let left = self.exchange(parents, merged.clone());
        remove(&left);
        Ok(merged)
    }

    fn note_failure(&self, blocks: &[Arc<Block>]) {
        let _alone = self.maintenance.lock();
        let persisted = self.persisted();
        // Not those that retention took meanwhile.
        let is_left = |block: &&Arc<Block>| persisted.blocks.iter().any(|b| Arc::ptr_eq(b, block));
        for block in blocks.iter().filter(is_left) {
            let (marked, written) = block.with_failure();
            self.exchange(std::slice::from_ref(block), Some(Arc::new(marked)));
            if let Err(error) = written {
                tracing::warn!(%error, "a block cannot be marked; the next start tries to merge it again");
            }
        }
    }

    /// Why work on blocks should end now.
    pub(crate) fn why_stop(&self) -> Option<String> {
        if self.is_closed() {
            return Some("the store is being closed; the next start goes on".to_owned());
        }
        (self.orders.load(Ordering::Acquire) > 0)
            .then(|| "an operator's order comes first; it is begun again after that".to_owned())
    }

    /// Takes up blocks that others put into the folder, and lets go those that others removed. For
    /// whoever holds `merging`: a block that is being merged is none of others.
    pub(crate) fn rescan(&self) -> Result<(), StoreError> {
        let _alone = self.maintenance.lock();
        if self.is_closed() {
            return Ok(());
        }
        self.meters.reloads.inc();
        let result = self.take_up();
        if result.is_err() {
            self.meters.reload_failures.inc();
        }
        result
    }

    fn take_up(&self) -> Result<(), StoreError> {
        let dir = &self.options.dir;
        let mut names = block::names(dir)?;
        let persisted = self.persisted();
        let gone: Vec<Arc<Block>> = persisted
            .blocks
            .iter()
            .filter(|block| !names.remove(&block.meta().ulid))
            .cloned()
            .collect();
        if !gone.is_empty() {
            tracing::warn!(blocks = gone.len(), "blocks were removed by others");
            self.let_go(&gone);
        }
        let replaced = |name: &String| {
            let parents = persisted.blocks.iter();
            let mut parents = parents.flat_map(|block| &block.meta().compaction.parents);
            parents.any(|parent| parent.ulid == *name)
        };
        let mut failed = Ok(());
        for name in names {
            let folder = dir.join(&name);
            if replaced(&name) {
                block::delete(&folder)?;
                continue;
            }
            match Block::open(&folder) {
                Ok(block) => self.add_foreign(block),
                // It may still be on its way; the next look shows.
                Err(error) => failed = Err(error),
            }
        }
        failed
    }

    /// Adds a block that others made, in the place of those that they made it of.
    fn add_foreign(&self, block: Block) {
        let meta = block.meta();
        tracing::info!(ulid = meta.ulid, "a block was put into the folder");
        let parents = &meta.compaction.parents;
        let is_parent = |b: &&Arc<Block>| parents.iter().any(|p| p.ulid == b.meta().ulid);
        let persisted = self.persisted();
        let gone: Vec<Arc<Block>> = persisted.blocks.iter().filter(is_parent).cloned().collect();
        remove(&self.exchange(&gone, Some(Arc::new(block))));
    }
}

/// Deletes blocks that another holds. What is left of them goes with the next look or start.
fn remove(blocks: &[Arc<Block>]) {
    for block in blocks {
        if let Err(error) = block::delete(block.path()) {
            tracing::warn!(%error, "a block that was merged into another cannot be deleted");
        }
    }
}
