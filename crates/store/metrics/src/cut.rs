//! Cutting blocks off the head: when its span exceeds one and a half blocks, the oldest becomes a
//! block on disk.
//!
//! The order makes every moment one that a crash may choose: first samples of the stretch are
//! refused, so that what it holds is final; then the block is written, and exists with the rename
//! of its folder; then queries find the stretch in the block and no longer in the head; at last
//! the head and the log forget it. A start finds the block and reads from the log what is later.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use contract::{SelectError, TimeRange};

use crate::block::{self, Block, BlockMeta, BlockSpan};
use crate::head::cut::{chunks, slots_in};
use crate::head::sorted::Sorted;
use crate::{Store, StoreError};

impl Store {
    /// Cuts blocks off the head while it is too long, then applies retention: what a thread of the
    /// store does once a minute. A failure leaves the head as it is.
    pub fn compact(&self) -> Result<(), StoreError> {
        let _alone = self.maintenance.lock();
        if self.is_closed() || !self.is_replayed() {
            return Ok(());
        }
        let cut = self.cut_all();
        let late = if self.late_due.load(Ordering::Acquire) {
            self.compact_late()
        } else {
            Ok(())
        };
        let log = self.shorten_log();
        let kept = self.retain();
        cut.and(late).and(log).and(kept)
    }

    /// Cuts blocks off the head while it is too long.
    pub(crate) fn cut_all(&self) -> Result<(), StoreError> {
        while !self.is_closed() {
            let Some((first, last)) = self.head.read().range() else {
                return Ok(());
            };
            let persisted = self.persisted().head_from;
            if first < persisted {
                // Written before, but the truncation failed.
                self.truncate(persisted)?;
                if self.head.read().range().is_some_and(|r| r.0 < persisted) {
                    return Ok(());
                }
                continue;
            }
            let stretch = self.head.read().stretch();
            // A sample from the future must not make those of the present too old.
            let last = last.min(self.options.clock.now());
            if last.saturating_sub(first) <= stretch / 2 * 3 {
                return Ok(());
            }
            self.meters.compactions_triggered.inc();
            let begun = Instant::now();
            let written = self.cut(first, stretch);
            self.meters
                .compaction_seconds
                .observe(begun.elapsed().as_secs_f64());
            match &written {
                Ok(_) => self.meters.compactions.inc(),
                Err(_) => self.meters.compactions_failed.inc(),
            }
            *self.trouble.cut.write() = written
                .as_ref()
                .err()
                .map(|error| format!("the head cannot be cut into blocks and grows: {error}"));
            let end = written?;
            self.late_due.store(true, Ordering::Release);
            self.truncate(end)?;
        }
        Ok(())
    }

    /// Makes a block of the head's samples up to the next multiple of `stretch` after `first`, which
    /// is answered: from now on queries look for what is earlier in the block.
    fn cut(&self, first: i64, stretch: i64) -> Result<i64, StoreError> {
        let into = first.checked_rem_euclid(stretch).unwrap_or_default();
        let end = first.saturating_sub(into).saturating_add(stretch);
        {
            // Whoever appends now has ended when the lock is ours.
            let _appender = self.appender.lock();
            self.oldest.fetch_max(end, Ordering::AcqRel);
        }
        let block = self.write_block(first, end)?;
        if let Some(block) = &block {
            let meta = block.meta();
            tracing::info!(ulid = %meta.ulid, from = first, until = end, "block cut off the head");
        }
        self.persist(block, end);
        Ok(end)
    }

    fn write_block(&self, first: i64, end: i64) -> Result<Option<Arc<Block>>, StoreError> {
        let dir = &self.options.dir;
        let Some(meta) = self.write_head(dir, first, end)? else {
            return Ok(None);
        };
        let folder = dir.join(&meta.ulid);
        match Block::open(&folder) {
            Ok(block) => Ok(Some(Arc::new(block))),
            Err(error) => {
                // Or the next attempt would leave a second one.
                block::delete(&folder)?;
                Err(error)
            }
        }
    }

    /// Writes the head's samples from `first` on and before `end` as a block into a folder. For
    /// whoever holds the maintenance lock.
    pub(crate) fn write_head(
        &self,
        into: &Path,
        first: i64,
        end: i64,
    ) -> Result<Option<BlockMeta>, StoreError> {
        let dir = &self.options.dir;
        let range = TimeRange {
            start: first,
            end: end.saturating_sub(1),
        };
        let sorted = Sorted::new(&self.head, slots_in(&self.head, range));
        let mut files = self.chunks.reader();
        let series = sorted.series_with(|slot| chunks(&self.head, slot, range, &mut files));
        let series = series.map(|series| {
            if self.is_closed() {
                return Err(StoreError::Block {
                    folder: dir.clone(),
                    reason: "the store is being closed; the next start cuts the head".to_owned(),
                });
            }
            let (key, chunks) = series.map_err(unreadable(dir))?;
            for chunk in &chunks {
                self.meters.new_chunk(chunk);
            }
            Ok((key, chunks))
        });
        let span = BlockSpan {
            min_time: first,
            max_time: end,
        };
        block::write_block(into, span, sorted.symbols(), series)
    }
}

pub(crate) fn unreadable(dir: &Path) -> impl Fn(SelectError) -> StoreError {
    let folder = dir.to_owned();
    move |error| StoreError::Block {
        folder: folder.clone(),
        reason: format!("the head cannot be read: {error}"),
    }
}
