//! Retention: blocks that are too old, or too many for the disk, are deleted.
//!
//! A block goes whole, the oldest first. Queries that hold it read on: its files are mapped, and
//! the system frees them with the last mapping. The head and the log are never shortened here.

use std::sync::Arc;
use std::time::Duration;

use crate::block::{self, Block};
use crate::{Store, StoreError, files};

/// How long samples are kept and how much room they may take; what is `None` or zero limits
/// nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Retention {
    /// Blocks that end longer ago than this are removed.
    pub time: Option<Duration>,
    /// The oldest blocks are removed while blocks, log and head chunks take more bytes than this.
    pub size: Option<u64>,
    /// As `size`, in percent of the disk; where it is given, `size` is not looked at.
    pub percentage: Option<f64>,
}

impl Store {
    /// The retention in force.
    pub fn retention(&self) -> Retention {
        *self.retention.read()
    }

    /// Changes retention; blocks go with the next look, within a minute.
    pub fn set_retention(&self, retention: Retention) {
        *self.retention.write() = retention;
    }

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
        let time = self.retention().time.filter(|time| !time.is_zero())?;
        Some(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
    }

    /// The share of the disk of retention, in percent.
    pub(crate) fn retention_percentage(&self) -> Option<f64> {
        self.retention().percentage.filter(|&percent| percent > 0.0)
    }

    /// The size of retention in bytes, as it was given.
    pub(crate) fn retention_bytes(&self) -> Option<u64> {
        self.retention().size.filter(|&size| size > 0)
    }

    /// The bytes that the store may take.
    fn bytes_allowed(&self) -> Option<u64> {
        let Some(percent) = self.retention_percentage() else {
            return self.retention_bytes();
        };
        match files::disk_size(&self.options.dir) {
            Ok(size) => Some((size as f64 * percent / 100.0) as u64),
            Err(error) => {
                tracing::warn!(%error, "the size of the disk is not known; the retention percentage is passed over");
                self.retention_bytes()
            }
        }
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
        let Some(limit) = self.bytes_allowed() else {
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
