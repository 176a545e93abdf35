//! The chunks of a selected series: those of blocks and head as they are stored, where they follow
//! one another; packed anew where they lie among each other.

use chunk::pack;
use contract::{ChunkSink, SelectError, SeriesList as _};
use model::Columns;

use super::{Found, Piece};

impl Found {
    /// Hands on the chunks of a series.
    pub(super) fn packed(&self, place: usize, each: &mut ChunkSink<'_>) -> Result<(), SelectError> {
        let (pieces, head) = match &self.rows {
            None => (&[][..], Some(place)),
            Some(rows) => rows.get(place),
        };
        if !self.follow_one_another(pieces, head) {
            let mut columns = Columns::new();
            self.read(place, &mut columns)?;
            return pack(&columns, each);
        }
        for piece in pieces {
            if let Some(part) = self.parts.get(piece.block as usize)
                && let Some(series) = part.series.get(piece.place as usize)
            {
                let given = part
                    .block
                    .chunks(series, self.range, self.watch.as_ref(), each);
                self.damages.seen(part.block.path(), given)?;
            }
        }
        match head {
            None => Ok(()),
            Some(head) => {
                let given = self.head.chunks(head, each);
                self.damages.seen(&self.head_chunks, given)
            }
        }
    }

    /// Whether every chunk ends before the next one begins.
    fn follow_one_another(&self, pieces: &[Piece], head: Option<usize>) -> bool {
        let mut end = None;
        let blocks_do = pieces.iter().all(|piece| {
            let part = self.parts.get(piece.block as usize);
            let series = part.and_then(|part| part.series.get(piece.place as usize));
            let chunks = series.map_or(&[][..], |series| series.chunks());
            chunks.iter().all(|chunk| {
                let follows = end.is_none_or(|end| end < chunk.min);
                end = Some(chunk.max);
                follows
            })
        });
        blocks_do
            && head.is_none_or(|head| {
                let from = self.head.range().start;
                !self.head.has_late(head) && end.is_none_or(|end| end < from)
            })
    }
}
