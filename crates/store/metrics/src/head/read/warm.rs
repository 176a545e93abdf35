//! Bringing into the cache what is looked at next.
//!
//! The rows of the series that a query finds, their labels and their chunks lie far apart. Looked at
//! one after another each waits for memory; looked at side by side, many wait at once.

use std::hint::black_box;

use super::{Head, HeadView};
use crate::head::segments::Chain;

/// Series that are fetched at once.
pub(super) const SIDE_BY_SIDE: usize = 16;

/// Bytes that the processor fetches together.
const LINE: usize = 64;

/// Lines at the beginning of a full chunk, as long as most are.
const LINES: usize = 4;

impl Head {
    /// Fetches what [`Head::see`] looks at, of [`SIDE_BY_SIDE`] slots at most.
    pub(super) fn warm(&self, slots: impl Iterator<Item = u32>) {
        let mut rows = [None; SIDE_BY_SIDE];
        for (row, slot) in rows.iter_mut().zip(slots) {
            *row = self.slots.get(slot).map(|one| (one.labels, one.full));
        }
        let named = rows.iter().flatten().map(|&(labels, full)| {
            let newest = self.full.list(full).next();
            self.labels.get(labels).len() + newest.map_or(0, |chunk| chunk.span as usize)
        });
        black_box(named.sum::<usize>());
    }
}

impl HeadView {
    /// Brings the chunks of a few series into the cache.
    pub(crate) fn prepare(&self, places: impl Iterator<Item = usize>) {
        let head = self.head.read();
        let mut chains = [Chain::default(); SIDE_BY_SIDE];
        let mut full = [None; SIDE_BY_SIDE];
        let seen = places.filter_map(|place| self.series.get(place));
        for ((chain, full), seen) in chains.iter_mut().zip(&mut full).zip(seen) {
            if let Some(series) = head.series(seen.id) {
                *chain = series.open.chain();
            }
            *full = head.full.list(seen.full).next();
        }
        head.segments.warm(&mut chains);
        drop(head);
        let lines = full.iter().flatten().map(|chunk| {
            let file = self.maps.get(&chunk.file).map(|file| file.get(..));
            let file = file.flatten().unwrap_or_default();
            let line = |number| file.get(chunk.offset as usize + number * LINE);
            (0..LINES)
                .filter_map(line)
                .map(|byte| usize::from(*byte))
                .sum::<usize>()
        });
        black_box(lines.sum::<usize>());
    }
}
