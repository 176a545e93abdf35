//! Selecting from the store: head and blocks as one.

mod chunks;
mod grouping;
mod merge;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use contract::{
    ChunkSink, LabelStamp, Patient, Select, SelectError, Selection, SeriesList, TimeRange, Touched,
    Watch,
};
use model::{Columns, Labels};

use crate::Store;
use crate::block::{Block, BlockSeries};
use crate::columns::{Mark, join};
use crate::damage::Damages;
use crate::head::read::{HeadView, Ranges};
use merge::{Piece, Rows};

/// Blocks that a thread may look at that must not wait: some ten microseconds.
const STAMPED_BLOCKS: usize = 1000;

/// A block with the series that were selected in it, in the order of labels.
struct Part {
    block: Arc<Block>,
    series: Vec<BlockSeries>,
}

/// The series that a selection found, in the head and in blocks.
struct Found {
    head: HeadView,
    /// By their first time; those of samples that came out of order behind the others.
    parts: Vec<Part>,
    /// What belongs together; `None` where the head alone has series.
    rows: Option<Rows>,
    range: TimeRange,
    damages: Arc<Damages>,
    watch: Arc<dyn Watch>,
    /// Chunks of blocks that were decoded.
    decoded: AtomicU64,
    /// Where full chunks of the head are.
    head_chunks: PathBuf,
}

impl SeriesList for Found {
    fn len(&self) -> usize {
        self.rows.as_ref().map_or(self.head.len(), Rows::len)
    }

    fn size(&self) -> usize {
        let rows = self.rows.as_ref().map_or(0, Rows::size);
        let parts = self.parts.iter().flat_map(|part| &part.series);
        self.head.size() + rows + parts.map(BlockSeries::size).sum::<usize>()
    }

    fn touched(&self) -> Touched {
        Touched {
            chunks: self.head.decoded() + self.decoded.load(Ordering::Relaxed),
            blocks: self.parts.len() as u64,
        }
    }

    fn labels(&self, place: usize) -> Labels {
        let Some(rows) = &self.rows else {
            return self.head.labels(place);
        };
        match (rows.labels(place), rows.get(place).1) {
            (Some(labels), _) => labels.clone(),
            (None, Some(head)) => self.head.labels(head),
            (None, None) => Labels::empty(),
        }
    }

    fn prepare(&self, places: Range<usize>) {
        match &self.rows {
            None => self.head.prepare(places),
            Some(rows) => self
                .head
                .prepare(places.filter_map(|place| rows.get(place).1)),
        }
    }

    fn group(&self, keeps: &dyn Fn(&str) -> bool) -> Vec<u32> {
        grouping::group(&self.head, self.rows.as_ref(), keeps)
    }

    fn read_newest(&self, place: usize, into: &mut Columns) -> Result<(), SelectError> {
        let head = match &self.rows {
            None => Some(place),
            // What the head has is newer than any block, but for samples out of order.
            Some(rows) => {
                let (pieces, head) = rows.get(place);
                head.filter(|_| pieces.iter().all(|piece| self.is_in_order(*piece)))
            }
        };
        match head {
            Some(head) if self.head.read_newest(head, into) => Ok(()),
            _ => self.read(place, into),
        }
    }

    fn read(&self, place: usize, into: &mut Columns) -> Result<(), SelectError> {
        let Some(rows) = &self.rows else {
            let read = self.head.read(place, into);
            return self.damages.seen(&self.head_chunks, read);
        };
        let start = Mark::end_of(into);
        let (pieces, head) = rows.get(place);
        // Of samples of one time the first that is read stays: those that came in order win,
        // whether or not blocks have been made of either.
        let (in_order, late) =
            pieces.split_at(pieces.partition_point(|piece| self.is_in_order(*piece)));
        self.read_pieces(in_order, start, into)?;
        if let Some(head) = head {
            let middle = Mark::end_of(into);
            let read = self.head.read_in_order(head, into);
            self.damages.seen(&self.head_chunks, read)?;
            join(into, start, middle);
        }
        self.read_pieces(late, start, into)?;
        if let Some(head) = head {
            let middle = Mark::end_of(into);
            let read = self.head.read_late(head, self.head.late_range(), into);
            self.damages.seen(&self.head_chunks, read)?;
            join(into, start, middle);
        }
        Ok(())
    }

    fn chunks(&self, place: usize, each: &mut ChunkSink<'_>) -> Result<(), SelectError> {
        self.packed(place, each)
    }
}

impl Found {
    fn is_in_order(&self, piece: Piece) -> bool {
        let part = self.parts.get(piece.block as usize);
        part.is_some_and(|part| !part.block.is_out_of_order())
    }

    fn read_pieces(
        &self,
        pieces: &[Piece],
        start: Mark,
        into: &mut Columns,
    ) -> Result<(), SelectError> {
        for piece in pieces {
            let Some(part) = self.parts.get(piece.block as usize) else {
                continue;
            };
            if let Some(series) = part.series.get(piece.place as usize) {
                let middle = Mark::end_of(into);
                let chunks = series.chunks().len() as u64;
                self.decoded.fetch_add(chunks, Ordering::Relaxed);
                let watch = self.watch.as_ref();
                let read = part.block.read_watched(series, self.range, watch, into);
                self.damages.seen(part.block.path(), read)?;
                join(into, start, middle);
            }
        }
        Ok(())
    }
}

impl Select for Store {
    fn select(&self, selection: &Selection<'_>) -> Result<Box<dyn SeriesList>, SelectError> {
        self.select_watched(selection, Arc::new(Patient))
    }

    fn select_watched(
        &self,
        selection: &Selection<'_>,
        watch: Arc<dyn Watch>,
    ) -> Result<Box<dyn SeriesList>, SelectError> {
        self.readable()?;
        let range = selection.range;
        // In this order: a truncation that does not wait for the pin has shown its block before.
        let pin = self.pin.lock().clone();
        let persisted = self.persisted();
        let mut parts = Vec::new();
        for block in persisted.overlapping(range) {
            let found = block.select_watched(selection.matchers, range, watch.as_ref());
            let series = self.damages.seen(block.path(), found)?;
            if !series.is_empty() {
                let block = block.clone();
                parts.push(Part { block, series });
            }
        }
        parts.sort_by_key(|part: &Part| part.block.is_out_of_order());
        let limit = match selection.limit {
            0 => usize::MAX,
            limit => limit,
        };
        let in_head = Ranges {
            in_order: TimeRange {
                start: range.start.max(persisted.head_from),
                end: range.end,
            },
            late: Some(range),
        };
        // A limit on the head alone could leave out the head's part of a series of the blocks.
        let head_limit = if parts.is_empty() { limit } else { usize::MAX };
        let head = HeadView::new(
            &self.head,
            &self.chunks,
            pin,
            selection.matchers,
            in_head,
            head_limit,
            Arc::clone(&watch),
        )?;
        let rows = if parts.is_empty() {
            None
        } else {
            Some(Rows::new(&head, &parts, limit, watch.as_ref())?)
        };
        Ok(Box::new(Found {
            head,
            parts,
            rows,
            range,
            damages: self.damages.clone(),
            watch,
            decoded: AtomicU64::new(0),
            head_chunks: self.options.dir.join("chunks_head"),
        }))
    }

    fn at_most(&self, selection: &Selection<'_>) -> Option<usize> {
        self.readable().ok()?;
        let persisted = Arc::clone(&*self.persisted.try_read()?);
        if persisted.overlapping(selection.range).next().is_some() {
            return None;
        }
        self.head.try_read()?.at_most(selection.matchers)
    }

    fn label_names(&self, selection: &Selection<'_>) -> Result<Vec<String>, SelectError> {
        self.readable()?;
        let mut names = BTreeSet::new();
        for block in self.persisted().overlapping(selection.range) {
            let found = block.label_names(selection.matchers);
            names.extend(self.damages.seen(block.path(), found)?);
        }
        let head = self.head.read();
        if head.overlaps(selection.range) {
            head.label_names(selection.matchers, &mut names);
        }
        Ok(names.into_iter().collect())
    }

    fn label_stamp(&self, range: TimeRange) -> Option<LabelStamp> {
        self.readable().ok()?;
        let persisted = Arc::clone(&*self.persisted.try_read()?);
        if persisted.blocks.len() > STAMPED_BLOCKS {
            return None;
        }
        let blocks = persisted.overlapping(range);
        let mut parts: Vec<u128> = blocks.map(|block| block.number()).collect::<Option<_>>()?;
        let head = self.head.try_read()?;
        if head.overlaps(range) {
            parts.push(u128::from(head.label_version()));
        }
        Some(LabelStamp(parts))
    }

    fn label_values(
        &self,
        name: &str,
        selection: &Selection<'_>,
    ) -> Result<Vec<String>, SelectError> {
        self.readable()?;
        let mut values = Vec::new();
        for block in self.persisted().overlapping(selection.range) {
            let found = block.label_values(name, selection.matchers);
            values.extend(self.damages.seen(block.path(), found)?);
        }
        let head = self.head.read();
        if head.overlaps(selection.range) {
            head.label_values(name, selection.matchers, &mut values);
        }
        drop(head);
        values.sort_unstable();
        values.dedup();
        Ok(values)
    }
}

impl Store {
    fn readable(&self) -> Result<(), SelectError> {
        if self.is_replayed() {
            Ok(())
        } else {
            Err(SelectError::NotReady)
        }
    }
}
