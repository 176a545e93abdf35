//! One series of the head, and the chunks that left it.

use std::collections::HashMap;

use super::open::OpenChunk;

/// No entry.
pub(crate) const NONE: u32 = u32::MAX;

/// Bits of a reference; the generation has the others of 64.
const REFERENCE_BITS: u32 = super::MOST_REFERENCES.trailing_zeros();

/// A slot of the arena: a series, or a place that waits for the next one. 64 bytes: what an append
/// touches is one line of the cache.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Series {
    /// The reference below the generation.
    name: u64,
    /// Where the labels lie in [`super::labels::LabelLists`].
    pub(crate) labels: u32,
    /// The newest full chunk in [`FullChunks`], or [`NONE`].
    pub(crate) full: u32,
    /// The chunk that grows.
    pub(crate) open: OpenChunk,
}

impl Series {
    /// Whether the slot holds a series.
    #[inline]
    pub(crate) fn is_alive(&self) -> bool {
        self.reference() != 0
    }

    /// The name in the log and in head chunk files; 0 while the slot is free.
    #[inline]
    pub(crate) fn reference(&self) -> u64 {
        self.name & (super::MOST_REFERENCES - 1)
    }

    /// How many series the slot held before, of 2²⁴; part of the id, so that an old id finds
    /// nothing.
    #[inline]
    pub(crate) fn generation(&self) -> u32 {
        (self.name >> REFERENCE_BITS) as u32
    }

    /// Puts a series into a free slot. Its reference is below [`super::MOST_REFERENCES`].
    pub(crate) fn begin(&mut self, reference: u64, labels: u32) {
        self.name |= reference;
        self.labels = labels;
        self.full = NONE;
    }

    /// Makes the slot free.
    pub(crate) fn end(&mut self) {
        let next = u64::from(self.generation()).wrapping_add(1);
        self.name = next << REFERENCE_BITS;
    }
}

/// A chunk that was written to a head chunk file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FullChunk {
    /// Time of its first sample.
    pub(crate) first: i64,
    /// Milliseconds from its first to its last sample.
    pub(crate) span: u32,
    /// Number of the file.
    pub(crate) file: u32,
    /// Where it begins in the file.
    pub(crate) offset: u32,
    /// The chunk before it, or [`NONE`].
    pub(crate) before: u32,
}

impl FullChunk {
    /// Time of its last sample.
    pub(crate) fn last(&self) -> i64 {
        self.first.saturating_add(i64::from(self.span))
    }
}

/// Bits of a file's number in an [`Entry`], and of an offset in it: files have 128 MiB at most, and
/// 2²¹ of them are 480 years of a file every two hours.
const FILE_BITS: u32 = 21;
const OFFSET_BITS: u32 = 27;
/// Bits of the time of a first sample: 4,460 years to both sides of 1970.
const TIME_BITS: u32 = 48;

/// A [`FullChunk`] in 20 bytes. Only chunks that fit are listed so, the others beside.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Time of the first sample: its lower and its higher bits.
    first: u32,
    first_high: u16,
    /// File and offset, split alike.
    place_high: u16,
    place: u32,
    span: u32,
    before: u32,
}

impl Entry {
    fn pack(chunk: &FullChunk) -> Option<Self> {
        let first = chunk.first.checked_add(1 << (TIME_BITS - 1))?;
        let is_fit = (0..1 << TIME_BITS).contains(&first)
            && chunk.file >> FILE_BITS == 0
            && chunk.offset >> OFFSET_BITS == 0;
        let place = u64::from(chunk.file) << OFFSET_BITS | u64::from(chunk.offset);
        is_fit.then_some(Self {
            first: first as u32,
            first_high: (first >> 32) as u16,
            place_high: (place >> 32) as u16,
            place: place as u32,
            span: chunk.span,
            before: chunk.before,
        })
    }

    fn unpack(self) -> FullChunk {
        let first = i64::from(self.first_high) << 32 | i64::from(self.first);
        let place = u64::from(self.place_high) << 32 | u64::from(self.place);
        FullChunk {
            first: first - (1 << (TIME_BITS - 1)),
            span: self.span,
            file: (place >> OFFSET_BITS) as u32,
            offset: place as u32 & ((1 << OFFSET_BITS) - 1),
            before: self.before,
        }
    }
}

/// The full chunks of all series: lists that lead from the newest to the oldest.
#[derive(Debug, Default)]
pub(crate) struct FullChunks {
    entries: super::paged::Paged<Entry>,
    /// By place: chunks of strange times or files, whose entries stand for nothing else.
    odd: HashMap<u32, FullChunk>,
    free: Vec<u32>,
}

impl FullChunks {
    /// Puts a chunk in front of the list that begins at `chunk.before`; answers the new front.
    pub(crate) fn add(&mut self, chunk: FullChunk) -> Option<u32> {
        let packed = Entry::pack(&chunk);
        let entry = packed.unwrap_or(Entry {
            first: 0,
            first_high: 0,
            place_high: 0,
            place: 0,
            span: 0,
            before: chunk.before,
        });
        let place = match self.free.pop() {
            Some(place) => {
                *self.entries.get_mut(place)? = entry;
                place
            }
            None => {
                let place = u32::try_from(self.entries.len()).ok();
                let place = place.filter(|&place| place != NONE)?;
                self.entries.push(entry);
                place
            }
        };
        if packed.is_none() {
            self.odd.insert(place, chunk);
        }
        Some(place)
    }

    fn get(&self, place: u32) -> Option<FullChunk> {
        let chunk = self.entries.get(place)?.unpack();
        if self.odd.is_empty() {
            return Some(chunk);
        }
        Some(match self.odd.get(&place) {
            Some(odd) => FullChunk {
                before: chunk.before,
                ..*odd
            },
            None => chunk,
        })
    }

    /// The chunks of a list, newest first.
    pub(crate) fn list(&self, front: u32) -> impl Iterator<Item = FullChunk> {
        let mut next = front;
        std::iter::from_fn(move || {
            let chunk = self.get(next)?;
            next = chunk.before;
            Some(chunk)
        })
    }

    /// Drops the chunks that end before `time` from the old end of a list; answers the new front
    /// and how many were dropped.
    pub(crate) fn drop_before(&mut self, front: u32, time: i64) -> (u32, usize) {
        let mut kept = NONE;
        let mut next = front;
        while let Some(entry) = self.get(next).filter(|e| e.last() >= time) {
            kept = next;
            next = entry.before;
        }
        let mut dropped = 0;
        let mut old = next;
        while let Some(entry) = self.entries.get(old) {
            self.free.push(old);
            self.odd.remove(&old);
            old = entry.before;
            dropped += 1;
        }
        match self.entries.get_mut(kept) {
            Some(entry) => {
                entry.before = NONE;
                (front, dropped)
            }
            None => (NONE, dropped),
        }
    }

    /// How many chunks are listed.
    pub(crate) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_slot_is_one_line_of_the_cache_and_forgets_its_series() {
        assert_eq!(size_of::<Series>(), 64);
        let mut series = Series::default();
        for generation in 0..3 {
            assert!(!series.is_alive());
            series.begin(crate::head::MOST_REFERENCES - 1, 7);
            assert_eq!(series.reference(), crate::head::MOST_REFERENCES - 1);
            assert_eq!(series.generation(), generation);
            series.end();
        }
    }

    proptest! {
        #[test]
        fn chunks_are_listed_as_they_are(given in proptest::collection::vec(
            (prop_oneof![any::<i64>(), 0i64..1 << 41], any::<u32>(), any::<u32>(), any::<u32>(),
             0u32..1 << 21, 0u32..1 << 27, any::<bool>()), 1..20)
        ) {
            let mut chunks = FullChunks::default();
            let mut front = NONE;
            let mut expected = Vec::new();
            for (first, span, file, offset, small_file, small_offset, is_small) in given {
                let (file, offset) =
                    if is_small { (small_file, small_offset) } else { (file, offset) };
                let chunk = FullChunk { first, span, file, offset, before: front };
                front = chunks.add(chunk).unwrap();
                expected.insert(0, chunk);
            }
            prop_assert_eq!(size_of::<Entry>(), 20);
            prop_assert_eq!(chunks.list(front).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn old_chunks_leave_at_the_end_of_the_list() {
        let mut chunks = FullChunks::default();
        let mut front = NONE;
        for first in 0..5 {
            let chunk = FullChunk {
                first: first * 10,
                span: 9,
                file: 1,
                offset: 0,
                before: front,
            };
            front = chunks.add(chunk).unwrap();
        }
        let firsts = |chunks: &FullChunks, front| -> Vec<i64> {
            chunks.list(front).map(|c| c.first).collect()
        };
        assert_eq!(firsts(&chunks, front), [40, 30, 20, 10, 0]);
        let (front, dropped) = chunks.drop_before(front, 20);
        assert_eq!((firsts(&chunks, front), dropped), (vec![40, 30, 20], 2));
        let (front, dropped) = chunks.drop_before(front, 100);
        assert_eq!((front, dropped, chunks.len()), (NONE, 3, 0));
    }
}
