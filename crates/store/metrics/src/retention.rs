//! Retention: blocks that are too old, or too many for the disk, are deleted.
//!
//! A block goes whole, the oldest first. Queries that hold it read on: its files are mapped, and
//! the system frees them with the last mapping. The head and the log are never shortened here.

use std::sync::Arc;

use crate::block::{self, Block};
use crate::{Store, StoreError, files};

impl Store {
    /// Deletes the blocks that the options no longer keep.
    pub(crate) fn retain(&self) -> Result<(), StoreError> {
        let old = self.outdated();
        if !old.is_empty() {
            self.meters.time_retentions.inc();
            self.delete_blocks(&old, "older than the retention time")?;
        }
        let many = self.beyond_size();
        if !many.is_empty() {
            self.meters.size_retentions.inc();
            self.delete_blocks(&many, "beyond the retention size")?;
        }
        Ok(())
    }

    /// The time of retention in milliseconds.
    pub(crate) fn retention_ms(&self) -> Option<i64> {
        let time = self.options.retention_time.filter(|time| !time.is_zero())?;
        Some(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
    }

    /// The size of retention in bytes.
    pub(crate) fn retention_bytes(&self) -> Option<u64> {
        self.options.retention_size.filter(|&size| size > 0)
    }

    /// The blocks that end longer before the newest sample than the retention time.
    fn outdated(&self) -> Vec<Arc<Block>> {
        let Some(time) = self.retention_ms() else {
            return Vec::new();
        };
        let persisted = self.persisted();
        let head = self.head.read().range().map(|(_, last)| last);
        let newest = persisted.span().map(|span| span.end).max(head);
        // A sample from the future must not cost those of the past.
        let newest = newest.unwrap_or(i64::MIN).min(self.options.clock.now());
        let kept_from = newest.saturating_sub(time);
        persisted
            .blocks
            .iter()
            .filter(|block| block.meta().max_time <= kept_from)
            .cloned()
            .collect()
    }

    /// The oldest blocks, as many as must go for the rest to fit.
    fn beyond_size(&self) -> Vec<Arc<Block>> {
        let Some(limit) = self.retention_bytes() else {
            return Vec::new();
        };
        let persisted = self.persisted();
        let log = files::folder_size(&self.options.dir.join("wal"))
            + files::folder_size(&self.options.dir.join(crate::out_of_order::FOLDER));
        let mut taken = persisted.size() + log + self.chunks.size_on_disk();
        let mut oldest: Vec<&Arc<Block>> = persisted.blocks.iter().collect();
        oldest.sort_by_key(|block| block.meta().max_time);
        let mut gone = Vec::new();
        for block in oldest {
            if taken <= limit {
                break;
            }
            taken = taken.saturating_sub(block.size());
            gone.push(block.clone());
        }
        gone
    }

    fn delete_blocks(&self, gone: &[Arc<Block>], reason: &str) -> Result<(), StoreError> {
        self.let_go(gone);
        for block in gone {
            let meta = block.meta();
            tracing::info!(ulid = %meta.ulid, until = meta.max_time, "block deleted: {reason}");
            block::delete(block.path())?;
        }
        Ok(())
    }
}
