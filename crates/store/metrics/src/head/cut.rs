//! What a view of the head gives to a block: series in the order of their labels, each with its
//! chunks.
//!
//! Chunks that lie wholly in the view's range are copied as they are, others are cut to it and
//! encoded again. The samples in the range must be final when the view is made: no appender may
//! add to them. One series is held at a time, beside four bytes a series for the order and a copy
//! of the label texts.

use contract::{SelectError, SeriesId, TimeRange};
use model::{Columns, Labels};

use super::dictionary::Dictionary;
use super::open::OpenChunk;
use super::read::HeadView;
use super::segments::Segments;
use super::series::FullChunk;
use super::{Head, slot_of};
use crate::block::ChunkData;
use crate::chunk;
use crate::columns::{Mark, cut_out, trim};

/// The encoding byte of XOR chunks.
const XOR: u8 = 1;

/// A view's series in the order of their labels.
pub(crate) struct Sorted<'a> {
    view: &'a HeadView,
    texts: Dictionary,
    /// Places in the view.
    order: Vec<u32>,
    /// The pairs that the series have.
    used: Vec<u32>,
}

/// The bytes of a chunk with the times of its first and last sample.
struct Raw {
    first: i64,
    last: i64,
    bytes: Vec<u8>,
}

/// What is gathered under the head's lock.
struct Gathered {
    /// Newest first.
    full: Vec<FullChunk>,
    open: Option<Raw>,
    deleted: Vec<(i64, i64)>,
}

impl Head {
    fn gather_all(&self, id: SeriesId, range: TimeRange) -> Option<Gathered> {
        let series = self.series(id)?;
        let open = &series.open;
        let has_open = open.count() > 0 && open.first <= range.end && open.last() >= range.start;
        let full = self
            .full
            .list(series.full)
            .take_while(|chunk| chunk.last() >= range.start)
            .filter(|chunk| chunk.first <= range.end);
        Some(Gathered {
            full: full.copied().collect(),
            open: has_open.then(|| {
                let mut bytes = Vec::new();
                open.copy(&self.segments, open.count(), &mut bytes);
                Raw {
                    first: open.first,
                    last: open.last(),
                    bytes,
                }
            }),
            deleted: self.deleted.get(&slot_of(id)).cloned().unwrap_or_default(),
        })
    }
}

impl<'a> Sorted<'a> {
    /// Sorts the series of a view; no lock is held meanwhile.
    pub(crate) fn new(view: &'a HeadView) -> Self {
        let texts = view.dictionary().read().clone();
        let mut is_used = vec![false; texts.len()];
        for place in 0..view.len() {
            for &pair in view.pairs(place) {
                if let Some(is_used) = is_used.get_mut(pair as usize) {
                    *is_used = true;
                }
            }
        }
        let mut used: Vec<u32> = (0..)
            .zip(&is_used)
            .filter_map(|(pair, &is_used)| is_used.then_some(pair))
            .collect();
        used.sort_unstable_by(|&a, &b| texts.get(a).cmp(&texts.get(b)));
        // Label sets compare as the ranks of their pairs do, which needs no text.
        let mut ranks = vec![0u32; texts.len()];
        for (rank, &pair) in (0..).zip(&used) {
            if let Some(place) = ranks.get_mut(pair as usize) {
                *place = rank;
            }
        }
        let rank = |pair: &u32| ranks.get(*pair as usize).copied().unwrap_or_default();
        let mut order: Vec<u32> = (0..view.len() as u32).collect();
        order.sort_unstable_by(|&a, &b| {
            let (a, b) = (view.pairs(a as usize), view.pairs(b as usize));
            a.iter().map(rank).cmp(b.iter().map(rank))
        });
        Self {
            view,
            texts,
            order,
            used,
        }
    }

    /// All label names and values, sorted, each once.
    pub(crate) fn symbols(&self) -> impl Iterator<Item = &str> {
        let mut symbols: Vec<&str> = self
            .used
            .iter()
            .flat_map(|&pair| <[&str; 2]>::from(self.texts.get(pair)))
            .collect();
        symbols.sort_unstable();
        symbols.dedup();
        symbols.into_iter()
    }

    /// The series that have samples in the view's range, with their chunks.
    pub(crate) fn series(
        &self,
    ) -> impl Iterator<Item = Result<(Labels, Vec<ChunkData>), SelectError>> {
        self.order.iter().filter_map(|&place| {
            let place = place as usize;
            match self.view.chunks(place) {
                Ok(chunks) if chunks.is_empty() => None,
                Ok(chunks) => Some(Ok((self.texts.labels(self.view.pairs(place)), chunks))),
                Err(error) => Some(Err(error)),
            }
        })
    }
}

impl HeadView {
    /// The chunks of a series, cut to the view's range.
    fn chunks(&self, place: usize) -> Result<Vec<ChunkData>, SelectError> {
        let range = self.range();
        let Some(id) = self.id(place) else {
            return Ok(Vec::new());
        };
        let Some(gathered) = self.head().read().gather_all(id, range) else {
            return Ok(Vec::new());
        };
        let mut chunks = Vec::with_capacity(gathered.full.len() + 1);
        for full in gathered.full.iter().rev() {
            let raw = self.with_full(full, |first, last, data| Raw {
                first,
                last,
                bytes: data.to_vec(),
            })?;
            add(raw, range, &gathered.deleted, &mut chunks, id)?;
        }
        if let Some(open) = gathered.open {
            add(open, range, &gathered.deleted, &mut chunks, id)?;
        }
        Ok(chunks)
    }
}

/// Adds a chunk as it is where all of it is wanted, and what is wanted of it elsewhere.
fn add(
    raw: Raw,
    range: TimeRange,
    deleted: &[(i64, i64)],
    chunks: &mut Vec<ChunkData>,
    id: SeriesId,
) -> Result<(), SelectError> {
    let is_inside = range.start <= raw.first && raw.last <= range.end;
    let is_whole = deleted
        .iter()
        .all(|&(first, last)| last < raw.first || raw.last < first);
    if is_inside && is_whole {
        let samples = raw.bytes.first_chunk().copied().map(u16::from_be_bytes);
        chunks.push(ChunkData {
            min: raw.first,
            max: raw.last,
            encoding: XOR,
            samples: u32::from(samples.unwrap_or_default()),
            bytes: raw.bytes,
        });
        return Ok(());
    }
    let mut columns = Columns::new();
    chunk::decode(&raw.bytes, &mut columns).map_err(|_| {
        SelectError::Corrupt(format!("chunk of the series in slot {}", slot_of(id)))
    })?;
    trim(&mut columns, Mark::default(), range);
    for &(first, last) in deleted {
        cut_out(&mut columns, Mark::default(), first, last);
    }
    encode(&columns, chunks);
    Ok(())
}

/// Adds the chunks that samples take.
pub(crate) fn encode(columns: &Columns, chunks: &mut Vec<ChunkData>) {
    let mut pool = Segments::default();
    let mut open = OpenChunk::default();
    for sample in columns.iter() {
        if open.is_full_for(sample.time) {
            chunks.push(finish(&mut open, &mut pool));
        }
        // No stretch to end at: the range has been cut already.
        open.push(&mut pool, sample.time, sample.value, i64::MAX);
    }
    if open.count() > 0 {
        chunks.push(finish(&mut open, &mut pool));
    }
}

fn finish(open: &mut OpenChunk, pool: &mut Segments) -> ChunkData {
    let mut bytes = Vec::new();
    open.copy(pool, open.count(), &mut bytes);
    let chunk = ChunkData {
        min: open.first,
        max: open.last(),
        encoding: XOR,
        samples: u32::from(open.count()),
        bytes,
    };
    open.clear(pool);
    chunk
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_outside_or_deleted_is_left_out_and_the_rest_is_kept() {
        let mut all = Columns::new();
        for step in 0..100 {
            all.push(step * 10, step as f64);
        }
        let mut whole = Vec::new();
        encode(&all, &mut whole);
        assert_eq!(whole.len(), 1);
        let check = |range: (i64, i64), deleted: &[(i64, i64)], expected: &[(i64, i64)]| {
            let raw = Raw {
                first: 0,
                last: 990,
                bytes: whole[0].bytes.clone(),
            };
            let range = TimeRange {
                start: range.0,
                end: range.1,
            };
            let mut cut = Vec::new();
            add(raw, range, deleted, &mut cut, SeriesId(0)).unwrap();
            let mut columns = Columns::new();
            for chunk in &cut {
                let before = columns.len();
                chunk::decode(&chunk.bytes, &mut columns).unwrap();
                assert_eq!(columns.len() - before, chunk.samples as usize);
                assert_eq!(columns.times[before], chunk.min);
                assert_eq!(columns.times.last(), Some(&chunk.max));
            }
            let times: Vec<i64> = expected
                .iter()
                .flat_map(|&(from, to)| (from..to).map(|step| step * 10))
                .collect();
            assert_eq!(columns.times, times);
        };
        check((0, 990), &[], &[(0, 100)]);
        check((5, 985), &[], &[(1, 99)]);
        check((-5, 2000), &[(2000, 3000)], &[(0, 100)]);
        let holes = [(100, 199), (500, 500)];
        check((0, 2000), &holes, &[(0, 10), (20, 50), (51, 100)]);
        check((2000, 3000), &[], &[]);
    }
}
