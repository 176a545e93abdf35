//! What the references of the log stand for: series, and head chunks that wait for theirs.

use std::collections::HashMap;

use contract::SeriesId;

use crate::head::series::FullChunk;
use crate::head::{Head, slot_of};
use crate::head_chunks::Listed;

/// References below this are looked up in a plain list: 8 bytes each, 128 MiB at most.
const DENSE: u64 = 1 << 24;

/// Ids by reference; several references may mean one series.
#[derive(Default)]
pub(crate) struct Known {
    dense: Vec<Option<SeriesId>>,
    sparse: HashMap<u64, SeriesId>,
}

impl Known {
    pub(crate) fn insert(&mut self, reference: u64, id: SeriesId) {
        if reference >= DENSE {
            self.sparse.insert(reference, id);
            return;
        }
        let place = reference as usize;
        if place >= self.dense.len() {
            self.dense.resize(place + 1, None);
        }
        if let Some(known) = self.dense.get_mut(place) {
            *known = Some(id);
        }
    }

    #[inline]
    pub(crate) fn get(&self, reference: u64) -> Option<SeriesId> {
        match usize::try_from(reference)
            .ok()
            .and_then(|place| self.dense.get(place))
        {
            Some(known) => *known,
            None => self.sparse.get(&reference).copied(),
        }
    }
}

/// The head chunks of earlier runs, by reference and oldest first.
#[derive(Default)]
pub(crate) struct Waiting(Vec<Listed>);

impl Waiting {
    /// Chunks in the order they were written.
    pub(crate) fn new(mut chunks: Vec<Listed>) -> Self {
        chunks.sort_by_key(|chunk| chunk.reference);
        Self(chunks)
    }

    fn of(&self, reference: u64) -> impl Iterator<Item = &Listed> {
        let from = self.0.partition_point(|chunk| chunk.reference < reference);
        let rest = self.0.get(from..).unwrap_or_default().iter();
        rest.take_while(move |chunk| chunk.reference == reference)
    }

    /// The highest reference of all.
    pub(crate) fn highest(&self) -> u64 {
        self.0.last().map_or(0, |chunk| chunk.reference)
    }

    /// Lists the chunks of a reference under their series, but for those that a block holds.
    ///
    /// Chunks that overlap were written again, after a start on a disk that would not sync the
    /// first ones. Nothing is listed from there on: what lies behind the last listed chunk comes
    /// from the log, and between listed ones nothing would.
    pub(crate) fn list(&self, head: &mut Head, reference: u64, id: SeriesId, oldest: i64) {
        let found = self.of(reference).map(|chunk| FullChunk {
            first: chunk.first,
            span: u32::try_from(chunk.last.saturating_sub(chunk.first)).unwrap_or(u32::MAX),
            file: chunk.file,
            offset: chunk.offset,
            before: 0,
        });
        let mut found = found.filter(|full| full.last() >= oldest).peekable();
        if found.peek().is_none() {
            return;
        }
        let slot = slot_of(id);
        let mut known = head.take_full(slot);
        if known.is_empty() {
            add_in_order(head, slot, found);
            return;
        }
        // A series that went and came again has another reference since, and one run writes its
        // chunks under the old one and the next under the new one.
        known.extend(found);
        known.sort_by_key(|full| (full.file, full.offset));
        add_in_order(head, slot, known.into_iter());
    }
}

fn add_in_order(head: &mut Head, slot: u32, chunks: impl Iterator<Item = FullChunk>) {
    for full in chunks {
        if !head.is_next_full(slot, &full) {
            break;
        }
        head.add_full(slot, full);
    }
}
