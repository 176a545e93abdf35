//! What the head gives to a block: the chunks of each series.
//!
//! Chunks that lie wholly in the range are copied as they are, others are cut to it and encoded
//! again. The samples in the range must be final: no appender may add to them. One series is held
//! at a time, beside four bytes a series for the [order](super::sorted).

use chunk::{Encoding, UnknownEncoding};
use contract::{SelectError, TimeRange};
use model::{Columns, ResetHint};
use parking_lot::RwLock;

use super::histograms::OpenHistograms;
use super::open::{OpenChunk, Plan};
use super::segments::Segments;
use super::series::FullChunk;
use super::sorted::UNDER_LOCK;
use super::{Head, read};
use crate::block::ChunkData;
use crate::columns::{Mark, cut_out, trim};
use crate::head_chunks::Reader;

/// Chunks that are cut are ended by whoever cuts them.
const UNPLANNED: Plan = Plan {
    stretch: i64::MAX,
    phase: 0,
};

/// The bytes of a chunk with the times of its first and last sample.
struct Raw {
    first: i64,
    last: i64,
    encoding: Encoding,
    bytes: Vec<u8>,
}

/// What is gathered under the head's lock.
struct Gathered {
    /// Newest first.
    full: Vec<FullChunk>,
    open: Option<Raw>,
    deleted: Vec<(i64, i64)>,
}

/// The slots of the series that may have samples in a range, rising.
pub(crate) fn slots_in(head: &RwLock<Head>, range: TimeRange) -> Vec<u32> {
    let all = head.read().postings.all().clone();
    let mut slots = Vec::with_capacity(usize::try_from(all.len()).unwrap_or_default());
    let mut rest = all.iter();
    loop {
        let head = head.read();
        let mut some = rest.by_ref().take(UNDER_LOCK).peekable();
        if some.peek().is_none() {
            return slots;
        }
        slots.extend(some.filter(|&slot| {
            let series = head.id(slot).and_then(|id| head.series(id));
            series.is_some_and(|series| head.may_overlap(series, range))
        }));
    }
}

impl Head {
    fn gather_all(&self, slot: u32, range: TimeRange) -> Option<Gathered> {
        let series = self.series(self.id(slot)?)?;
        let open = self.open_range(series);
        let open = open.filter(|&(first, last, _)| first <= range.end && last >= range.start);
        let full = self
            .full
            .list(series.full)
            .take_while(|chunk| chunk.last() >= range.start)
            .filter(|chunk| chunk.first <= range.end);
        Some(Gathered {
            full: full.collect(),
            open: open.and_then(|(first, last, count)| {
                let (encoding, bytes) = self.copy_open(series, count)?;
                Some(Raw {
                    first,
                    last,
                    encoding,
                    bytes,
                })
            }),
            deleted: self.deleted.get(&slot).cloned().unwrap_or_default(),
        })
    }
}

/// The chunks of a slot's series, cut to a range.
pub(crate) fn chunks(
    head: &RwLock<Head>,
    slot: u32,
    range: TimeRange,
    files: &mut Reader<'_>,
) -> Result<Vec<ChunkData>, SelectError> {
    let Some(gathered) = head.read().gather_all(slot, range) else {
        return Ok(Vec::new());
    };
    let mut chunks = Vec::with_capacity(gathered.full.len() + 1);
    for full in gathered.full.iter().rev() {
        let raw = files.read(full.file, full.offset, |chunk| {
            Ok(Raw {
                first: chunk.first,
                last: chunk.last,
                encoding: chunk.encoding?,
                bytes: chunk.data.to_vec(),
            })
        });
        let raw = raw
            .map_err(read::unmapped)?
            .ok_or_else(|| read::lost(full))?
            .map_err(|unknown: UnknownEncoding| {
                SelectError::Corrupt(format!("chunk of the series in slot {slot}: {unknown}"))
            })?;
        add(raw, range, &gathered.deleted, &mut chunks, slot)?;
    }
    if let Some(open) = gathered.open {
        add(open, range, &gathered.deleted, &mut chunks, slot)?;
    }
    Ok(chunks)
}

/// Adds a chunk as it is where all of it is wanted, and what is wanted of it elsewhere.
fn add(
    raw: Raw,
    range: TimeRange,
    deleted: &[(i64, i64)],
    chunks: &mut Vec<ChunkData>,
    slot: u32,
) -> Result<(), SelectError> {
    let is_inside = range.start <= raw.first && raw.last <= range.end;
    let is_whole = deleted
        .iter()
        .all(|&(first, last)| last < raw.first || raw.last < first);
    if is_inside && is_whole {
        let samples = raw.encoding.count(&raw.bytes);
        chunks.push(ChunkData {
            min: raw.first,
            max: raw.last,
            encoding: raw.encoding.byte(),
            samples: u32::from(samples.unwrap_or_default()),
            bytes: raw.bytes,
        });
        return Ok(());
    }
    let mut columns = Columns::new();
    raw.encoding
        .decode(&raw.bytes, &mut columns)
        .map_err(|_| SelectError::Corrupt(format!("chunk of the series in slot {slot}")))?;
    trim(&mut columns, Mark::default(), range);
    for &(first, last) in deleted {
        cut_out(&mut columns, Mark::default(), first, last);
    }
    encode(&columns, chunks);
    Ok(())
}

/// Adds the chunks that samples take, in the order of time.
pub(crate) fn encode(columns: &Columns, chunks: &mut Vec<ChunkData>) {
    let mut pool = Segments::default();
    let mut open = OpenChunk::default();
    let mut open_histograms: Option<OpenHistograms> = None;
    let mut numbers = columns.iter().peekable();
    let mut histograms = columns.histograms.iter().peekable();
    loop {
        let first = histograms.peek().map(|sample| sample.time);
        let is_first = |time| first.is_none_or(|first| time < first);
        if let Some(sample) = numbers.next_if(|sample| is_first(sample.time)) {
            chunks.extend(open_histograms.take().map(|open| finish_histograms(&open)));
            if open.is_full_for(sample.time) {
                chunks.push(finish(&mut open, &mut pool));
            }
            // No stretch to end at: the range has been cut already.
            open.push(&mut pool, sample.time, sample.value, UNPLANNED);
        } else if let Some(sample) = histograms.next() {
            if open.count() > 0 {
                chunks.push(finish(&mut open, &mut pool));
            }
            let pushed = open_histograms.as_mut();
            let reset = match pushed.map(|open| open.push(sample.time, &sample.value)) {
                Some(Ok(())) => continue,
                Some(Err(reset)) => reset,
                None => ResetHint::Unknown,
            };
            let next = OpenHistograms::new(sample.time, &sample.value, reset, i64::MAX);
            let full = open_histograms.replace(next);
            chunks.extend(full.map(|open| finish_histograms(&open)));
        } else {
            break;
        }
    }
    if open.count() > 0 {
        chunks.push(finish(&mut open, &mut pool));
    }
    chunks.extend(open_histograms.map(|open| finish_histograms(&open)));
}

fn finish_histograms(open: &OpenHistograms) -> ChunkData {
    let chunk = &open.chunk;
    let mut bytes = Vec::with_capacity(chunk.len());
    chunk.copy(chunk.count(), &mut bytes);
    ChunkData {
        min: chunk.first(),
        max: chunk.last(),
        encoding: chunk.encoding().byte(),
        samples: u32::from(chunk.count()),
        bytes,
    }
}

fn finish(open: &mut OpenChunk, pool: &mut Segments) -> ChunkData {
    let mut bytes = Vec::new();
    open.copy(pool, open.count(), &mut bytes);
    let chunk = ChunkData {
        min: open.first,
        max: open.last(),
        encoding: Encoding::Xor.byte(),
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
                encoding: Encoding::Xor,
                bytes: whole[0].bytes.clone(),
            };
            let range = TimeRange {
                start: range.0,
                end: range.1,
            };
            let mut cut = Vec::new();
            add(raw, range, deleted, &mut cut, 0).unwrap();
            let mut columns = Columns::new();
            for chunk in &cut {
                let before = columns.len();
                Encoding::Xor.decode(&chunk.bytes, &mut columns).unwrap();
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
