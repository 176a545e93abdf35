//! Which series of head and blocks are one, and how their samples become one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use contract::SelectError;
use model::{Columns, Labels};

use super::Part;
use crate::head::read::HeadView;

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
}

impl Rows {
    /// Brings together what has the same labels; no more than `limit` rows.
    pub(super) fn new(head: &HeadView, parts: &[Part], limit: usize) -> Result<Self, SelectError> {
        let mut rows: Vec<Row> = Vec::new();
        let mut sets: Vec<Labels> = Vec::new();
        let mut pieces = Vec::new();
        let mut queue = Queue::new(parts)?;
        while let Some((labels, piece)) = queue.next()? {
            if sets.last() != Some(&labels) {
                if rows.len() == limit {
                    break;
                }
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
        Ok(Self { rows, pieces, sets })
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

/// Makes one rising column of two: from `start` to `middle`, and from there to the end. Of two
/// samples at one time the first column's stays.
pub(crate) fn join(columns: &mut Columns, start: usize, middle: usize) {
    let added = columns.times.get(middle).copied();
    let last = columns
        .times
        .get(start..middle)
        .and_then(|times| times.last().copied());
    match (last, added) {
        (Some(last), Some(added)) if added <= last => {}
        _ => return,
    }
    let late = (
        columns.times.split_off(middle),
        columns.values.split_off(middle),
    );
    let early = (
        columns.times.split_off(start),
        columns.values.split_off(start),
    );
    let mut early = early.0.into_iter().zip(early.1).peekable();
    let mut late = late.0.into_iter().zip(late.1).peekable();
    loop {
        let (time, value) = match (early.peek(), late.peek()) {
            (Some(a), Some(b)) if a.0 == b.0 => {
                late.next();
                continue;
            }
            (Some(a), Some(b)) if a.0 > b.0 => *b,
            (None, Some(b)) => *b,
            (Some(a), _) => *a,
            (None, None) => return,
        };
        if early.peek().is_some_and(|a| a.0 == time) {
            early.next();
        } else {
            late.next();
        }
        columns.push(time, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_join_without_a_time_twice() {
        let check = |early: &[i64], late: &[i64], expected: &[i64]| {
            let mut columns = Columns::new();
            columns.push(1000, 0.0);
            for &time in early {
                columns.push(time, 1.0);
            }
            let middle = columns.len();
            for &time in late {
                columns.push(time, 2.0);
            }
            join(&mut columns, 1, middle);
            assert_eq!(columns.times[1..], *expected);
            for sample in columns.iter().skip(1) {
                let of_early = early.contains(&sample.time);
                assert_eq!(sample.value, if of_early { 1.0 } else { 2.0 });
            }
            assert_eq!(columns.times.len(), columns.values.len());
        };
        check(&[1, 2], &[3, 4], &[1, 2, 3, 4]);
        check(&[1, 2], &[2, 3], &[1, 2, 3]);
        check(&[5, 7, 9], &[1, 5, 6, 9, 10], &[1, 5, 6, 7, 9, 10]);
        check(&[], &[1], &[1]);
        check(&[1], &[], &[1]);
        check(&[3, 4], &[1, 2], &[1, 2, 3, 4]);
    }
}
