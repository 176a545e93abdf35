//! Which series of head and blocks are one, and how their samples become one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use contract::{SelectError, Watch};
use model::Labels;

use super::Part;
use crate::head::read::HeadView;

/// Series that are brought together before the watch is asked: a millisecond or so.
const SERIES_AT_ONCE: usize = 1024;

/// No series of the head.
const NONE: u32 = u32::MAX;

/// A series in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Piece {
    pub(super) block: u32,
    /// Among the block's selected series.
    pub(super) place: u32,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    /// Where its pieces end in [`Rows::pieces`]; they begin where those of the row before end.
    until: u32,
    /// Its place in the head's view, or [`NONE`].
    head: u32,
}

/// Series by label set, each once: first those of blocks in the order of labels, then those that
/// only the head has.
pub(super) struct Rows {
    rows: Vec<Row>,
    pieces: Vec<Piece>,
    /// The labels of the rows that have pieces.
    sets: Vec<Labels>,
    size: usize,
}

impl Rows {
    /// Brings together what has the same labels; no more than `limit` rows.
    pub(super) fn new(
        head: &HeadView,
        parts: &[Part],
        limit: usize,
        watch: &dyn Watch,
    ) -> Result<Self, SelectError> {
        let mut text = 0;
        let mut rows: Vec<Row> = Vec::new();
        let mut sets: Vec<Labels> = Vec::new();
        let mut pieces = Vec::new();
        let mut queue = Queue::new(parts)?;
        while let Some((labels, piece)) = queue.next()? {
            if sets.last() != Some(&labels) {
                if rows.len() == limit {
                    break;
                }
                if sets.len().is_multiple_of(SERIES_AT_ONCE)
                    && !watch.goes_on(Self::bytes(&rows, &pieces, &sets, text))
                {
                    return Err(SelectError::Stopped);
                }
                text += labels.size();
                sets.push(labels);
                rows.push(Row {
                    until: 0,
                    head: NONE,
                });
            }
            pieces.push(piece);
            if let Some(row) = rows.last_mut() {
                row.until = pieces.len() as u32;
            }
        }
        let until = pieces.len() as u32;
        let mut is_taken = vec![false; head.len()];
        head.find_all(&sets, |set, place| {
            if let Some(row) = rows.get_mut(set) {
                row.head = place as u32;
            }
            if let Some(is_taken) = is_taken.get_mut(place) {
                *is_taken = true;
            }
        });
        let others = (0..)
            .zip(&is_taken)
            .filter(|&(_, &is_taken)| !is_taken)
            .map(|(head, _)| Row { until, head })
            .take(limit.saturating_sub(rows.len()));
        rows.extend(others);
        Ok(Self {
            size: Self::bytes(&rows, &pieces, &sets, text),
            rows,
            pieces,
            sets,
        })
    }

    fn bytes(rows: &[Row], pieces: &[Piece], sets: &[Labels], text: usize) -> usize {
        // Each set has an allocation of its own, with its counts.
        let of_sets = sets.len() * (size_of::<Labels>() + 2 * size_of::<usize>());
        size_of_val(rows) + size_of_val(pieces) + of_sets + text
    }

    /// Bytes in memory, about.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// How many series there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The labels of a series; `None` where the head alone has it.
    pub(super) fn labels(&self, place: usize) -> Option<&Labels> {
        self.sets.get(place)
    }

    /// The pieces of a series and its place in the head.
    pub(super) fn get(&self, place: usize) -> (&[Piece], Option<usize>) {
        let Some(row) = self.rows.get(place) else {
            return (&[], None);
        };
        let before = place
            .checked_sub(1)
            .and_then(|before| self.rows.get(before));
        let from = before.map_or(0, |row| row.until as usize);
        let pieces = self.pieces.get(from..row.until as usize);
        let head = (row.head != NONE).then_some(row.head as usize);
        (pieces.unwrap_or_default(), head)
    }
}

/// The series of all blocks in the order of their labels, then of the blocks. The labels of one
/// series a block are held at a time.
struct Queue<'a> {
    parts: &'a [Part],
    next: BinaryHeap<Reverse<(Labels, Piece)>>,
}

impl<'a> Queue<'a> {
    fn new(parts: &'a [Part]) -> Result<Self, SelectError> {
        let mut queue = Self {
            parts,
            next: BinaryHeap::with_capacity(parts.len()),
        };
        for block in 0..parts.len() as u32 {
            queue.push(Piece { block, place: 0 })?;
        }
        Ok(queue)
    }

    fn push(&mut self, piece: Piece) -> Result<(), SelectError> {
        let Some(part) = self.parts.get(piece.block as usize) else {
            return Ok(());
        };
        if let Some(series) = part.series.get(piece.place as usize) {
            let labels = part.block.labels(series)?;
            self.next.push(Reverse((labels, piece)));
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<(Labels, Piece)>, SelectError> {
        let Some(Reverse((labels, piece))) = self.next.pop() else {
            return Ok(None);
        };
        let place = piece.place + 1;
        self.push(Piece { place, ..piece })?;
        Ok(Some((labels, piece)))
    }
}
