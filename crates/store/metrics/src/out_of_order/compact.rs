//! Making blocks of the late samples, one for each stretch that has any.
//!
//! The order makes every moment one that a crash may choose: all buffers become chunks, and the
//! log begins a segment; the blocks are written; queries find them; at last the chunks and the
//! segments of before are dropped. A start between these steps finds samples twice, in a block and
//! in the log, which is once for queries.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use contract::{SelectError, TimeRange};

use crate::block::{self, Block, BlockSpan, ChunkData};
use crate::cut::unreadable;
use crate::head::cut::encode;
use crate::head::read::HeadView;
use crate::head::sorted::Sorted;
use crate::{Store, StoreError};

/// What a compaction takes: chunks in the files up to `file`, and what the log has before `segment`.
#[derive(Clone, Copy, Debug)]
struct Until {
    file: u32,
    segment: Option<u64>,
}

impl Store {
    /// Makes blocks of all samples that came out of order, and empties their log. The store does
    /// so by itself whenever it has cut the head.
    pub fn compact_out_of_order(&self) -> Result<(), StoreError> {
        let _alone = self.maintenance.lock();
        if self.is_closed() || !self.is_replayed() {
            return Ok(());
        }
        self.compact_late()
    }

    /// [`Store::compact_out_of_order`] for whoever holds the maintenance lock.
    pub(crate) fn compact_late(&self) -> Result<(), StoreError> {
        let Some(until) = self.settle()? else {
            return Ok(());
        };
        let blocks = self.write_late_blocks(until)?;
        for block in blocks {
            let meta = block.meta();
            tracing::info!(ulid = %meta.ulid, from = meta.min_time, until = meta.max_time, "block made of samples that came out of order");
            self.meters.compactions.inc();
            self.persist(Some(block), i64::MIN);
        }
        if !self.wait_for_queries() {
            return Ok(());
        }
        self.drop_settled(until)
    }

    /// Makes chunks of all buffers and begins a segment of the log, so that what came before can be
    /// told from what comes now; `None` where nothing came before.
    fn settle(&self) -> Result<Option<Until>, StoreError> {
        let mut appender = self.appender.lock();
        let wbl = self.options.dir.join(super::FOLDER);
        let segment = match &mut appender.late_log {
            Some(log) => Some(log.next_segment().map_err(StoreError::log(&wbl))?),
            None => None,
        };
        // Only appenders change what is late, and none of them runs now.
        let mut changed = Vec::new();
        {
            let head = self.head.read();
            if segment.is_none() && head.out_of_order.span().is_none() {
                return Ok(None);
            }
            for (slot, late) in head.out_of_order.iter() {
                let series = head.id(slot).and_then(|id| head.series(id));
                if let Some(series) = series.filter(|_| late.buffered().is_some()) {
                    let mut late = late.copy();
                    late.cut(series.reference(), &self.chunks);
                    changed.push((slot, late));
                }
            }
        }
        let mut head = self.head.write();
        for (slot, late) in changed {
            head.out_of_order.put(slot, late);
        }
        drop(head);
        let folder = self.options.dir.join("chunks_head");
        self.chunks.flush().map_err(StoreError::io(&folder))?;
        let file = self.chunks.rotate();
        Ok(Some(Until { file, segment }))
    }

    fn write_late_blocks(&self, until: Until) -> Result<Vec<Arc<Block>>, StoreError> {
        let dir = &self.options.dir;
        let pin = self.pin.lock().clone();
        let view =
            HeadView::late(&self.head, &self.chunks, pin, until.file).map_err(unreadable(dir))?;
        let sorted = Sorted::new(view.head(), view.slots().collect());
        let mut blocks = Vec::new();
        for span in self.spans(&view) {
            let written = self.write_late_block(&view, &sorted, span);
            match written {
                Ok(block) => blocks.extend(block),
                Err(error) => {
                    // Or the next attempt would write them once more.
                    for block in &blocks {
                        block::delete(Block::path(block))?;
                    }
                    return Err(error);
                }
            }
        }
        Ok(blocks)
    }

    /// The stretches that have late samples.
    fn spans(&self, view: &HeadView) -> Vec<BlockSpan> {
        let stretch = self.head.read().stretch();
        let number = |time: i64| time.checked_div_euclid(stretch).unwrap_or_default();
        let mut numbers = BTreeSet::new();
        for chunk in (0..view.len()).flat_map(|place| view.late_chunks(place)) {
            numbers.extend(number(chunk.first)..=number(chunk.last));
        }
        let span = |number: i64| BlockSpan {
            min_time: number.saturating_mul(stretch),
            max_time: number.saturating_add(1).saturating_mul(stretch),
        };
        numbers.into_iter().map(span).collect()
    }

    fn write_late_block(
        &self,
        view: &HeadView,
        sorted: &Sorted<'_>,
        span: BlockSpan,
    ) -> Result<Option<Arc<Block>>, StoreError> {
        let dir = &self.options.dir;
        let range = TimeRange {
            start: span.min_time,
            end: span.max_time.saturating_sub(1),
        };
        let series = sorted.series_with(|slot| match view.place_of(slot) {
            Some(place) => chunks(view, place, range),
            None => Ok(Vec::new()),
        });
        let series = series.map(|series| {
            if self.is_closed() {
                return Err(StoreError::Block {
                    folder: dir.clone(),
                    reason: "the store is being closed; the next cut of the head repeats this"
                        .to_owned(),
                });
            }
            series.map_err(unreadable(dir))
        });
        let Some(meta) = block::write_out_of_order(dir, span, sorted.symbols(), series)? else {
            return Ok(None);
        };
        let folder = dir.join(&meta.ulid);
        match Block::open(&folder) {
            Ok(block) => Ok(Some(Arc::new(block))),
            Err(error) => {
                block::delete(&folder)?;
                Err(error)
            }
        }
    }

    /// Forgets what the blocks now hold.
    fn drop_settled(&self, until: Until) -> Result<(), StoreError> {
        let wbl = self.options.dir.join(super::FOLDER);
        {
            let mut appender = self.appender.lock();
            self.head.write().out_of_order.drop_files(until.file);
            if let (Some(log), Some(segment)) = (&mut appender.late_log, until.segment) {
                log.truncate_before(segment)
                    .map_err(StoreError::log(&wbl))?;
            }
        }
        let folder = self.options.dir.join("chunks_head");
        self.chunks.release_late(until.file);
        let removed = self.chunks.remove_before(self.persisted().head_from);
        self.late_due.store(false, Ordering::Release);
        removed.map(|_| ()).map_err(StoreError::io(&folder))
    }
}

/// The chunks of a series of late samples, for a block of a range.
fn chunks(view: &HeadView, place: usize, range: TimeRange) -> Result<Vec<ChunkData>, SelectError> {
    let mut columns = model::Columns::new();
    view.read_late(place, range, &mut columns)?;
    let mut chunks = Vec::new();
    encode(&columns, &mut chunks);
    Ok(chunks)
}
