//! The chunks of one series out of several blocks as those of one.
//!
//! A chunk that overlaps no other and of which nothing was deleted is passed on as it lies on the
//! disk, whatever its encoding. Others are decoded together and encoded again. Of samples at one
//! time that of the first part stays, as in queries.

use contract::SelectError;
use model::Columns;

use super::encode::encode;
use crate::block::{Block, ChunkData, ChunkMeta, Interval};
use crate::columns::{Mark, cut_out, put_in_order, trim};

/// What one block has of the series.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// Where its chunks are.
    pub(super) block: &'a Block,
    /// Oldest first; they may overlap.
    pub(super) chunks: &'a [ChunkMeta],
    /// The deleted stretches.
    pub(super) deleted: &'a [Interval],
}

/// A chunk with the part that has it.
#[derive(Clone, Copy, Debug)]
struct Piece {
    part: usize,
    meta: ChunkMeta,
}

impl Part<'_> {
    /// Whether all samples of a chunk stay.
    fn keeps_all(&self, meta: &ChunkMeta) -> bool {
        let range = self.block.range();
        let is_met = |&(first, last): &Interval| first <= meta.max && meta.min <= last;
        range.start <= meta.min && meta.max <= range.end && !self.deleted.iter().any(is_met)
    }

    /// Whether no sample of a chunk can stay.
    fn keeps_none(&self, meta: &ChunkMeta) -> bool {
        let range = self.block.range();
        meta.max < range.start
            || range.end < meta.min
            || self
                .deleted
                .iter()
                .any(|&(first, last)| first <= meta.min && meta.max <= last)
    }
}

/// Appends the merged chunks to `out`.
pub(super) fn merge(parts: &[Part<'_>], out: &mut Vec<ChunkData>) -> Result<(), SelectError> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        let kept = part.chunks.iter().filter(|meta| !part.keeps_none(meta));
        pieces.extend(kept.map(|&meta| Piece { part: place, meta }));
    }
    pieces.sort_by_key(|piece| (piece.meta.min, piece.meta.max, piece.part));
    let mut rest = pieces.as_slice();
    while let Some(first) = rest.first() {
        let mut until = first.meta.max;
        let count = rest
            .iter()
            .take_while(|piece| {
                let is_joined = piece.meta.min <= until;
                until = until.max(piece.meta.max);
                is_joined
            })
            .count();
        let (group, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        rest = after;
        merge_group(parts, group, out)?;
    }
    Ok(())
}

/// Merges chunks that overlap, each the next.
fn merge_group(
    parts: &[Part<'_>],
    group: &[Piece],
    out: &mut Vec<ChunkData>,
) -> Result<(), SelectError> {
    if let Some(whole) = as_one(parts, group)? {
        out.push(whole);
        return Ok(());
    }
    let mut columns = Columns::new();
    for (place, part) in parts.iter().enumerate() {
        let own = group.iter().filter(|piece| piece.part == place);
        let own: Vec<ChunkMeta> = own.map(|piece| piece.meta).collect();
        let start = Mark::end_of(&columns);
        part.block.decode(&own, &mut columns)?;
        put_in_order(&mut columns, start);
        trim(&mut columns, start, part.block.range());
        for &(first, last) in part.deleted {
            cut_out(&mut columns, start, first, last);
        }
    }
    put_in_order(&mut columns, Mark::default());
    encode(&columns, out);
    Ok(())
}

/// The chunk that stands for the group unchanged: its only one, or one that all parts have alike.
fn as_one(parts: &[Part<'_>], group: &[Piece]) -> Result<Option<ChunkData>, SelectError> {
    let mut found: Option<ChunkData> = None;
    for piece in group {
        let Some(part) = parts.get(piece.part) else {
            return Ok(None);
        };
        let differs = found
            .as_ref()
            .is_some_and(|found| (found.min, found.max) != (piece.meta.min, piece.meta.max));
        if differs || !part.keeps_all(&piece.meta) {
            return Ok(None);
        }
        let chunk = part.block.chunk(&piece.meta)?;
        match &found {
            None => found = Some(chunk),
            Some(found) if *found == chunk => {}
            Some(_) => return Ok(None),
        }
    }
    Ok(found)
}
