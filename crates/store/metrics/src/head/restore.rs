//! The head as an earlier run left it: what a snapshot takes, and what a start brings back.

use contract::SeriesId;
use model::Labels;

use super::open::OpenChunk;
use super::series::{FullChunk, Series};
use super::{Head, MOST_REFERENCES};

impl Head {
    /// Finds or creates the series of a log record, whose labels are mostly in the order that the
    /// head keeps. `pairs` is memory to use again.
    pub(crate) fn enter(
        &mut self,
        labels: &[(&str, &str)],
        reference: u64,
        pairs: &mut Vec<u32>,
    ) -> Option<SeriesId> {
        if reference == 0 || reference >= MOST_REFERENCES {
            return None;
        }
        pairs.clear();
        let is_plain =
            labels.is_sorted_by(|a, b| a.0 < b.0) && labels.iter().all(|pair| !pair.1.is_empty());
        if is_plain {
            self.intern(labels.iter().copied(), pairs)?;
        } else {
            let sorted = Labels::from_pairs(labels.iter().copied());
            self.intern(sorted.iter(), pairs)?;
        }
        self.note_reference(reference);
        match self.find_pairs(pairs) {
            None => self.create_pairs(pairs, reference),
            found => found,
        }
    }

    /// Whether a full chunk lies behind the others of a series, and before what is still open.
    pub(crate) fn is_next_full(&self, slot: u32, full: &FullChunk) -> bool {
        let Some(series) = self.slots.get(slot) else {
            return false;
        };
        let newest = self.full.list(series.full).next();
        let open = self.open_range(series);
        newest.is_none_or(|newest| newest.last() < full.first)
            && open.is_none_or(|(first, ..)| full.last() < first)
    }

    /// Takes the full chunks of a series off its list; oldest first.
    pub(crate) fn take_full(&mut self, slot: u32) -> Vec<FullChunk> {
        let Some(series) = self.slots.get_mut(slot) else {
            return Vec::new();
        };
        let mut taken: Vec<FullChunk> = self.full.list(series.full).collect();
        taken.reverse();
        if !taken.is_empty() {
            (series.full, _) = self.full.drop_before(series.full, i64::MAX);
        }
        taken
    }

    /// All series with their slots.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u32, &Series)> {
        (0..)
            .zip(self.slots.iter())
            .filter(|(_, series)| series.is_alive())
    }

    /// All that is deleted: reference of the series, first and last time.
    pub(crate) fn all_deleted(&self) -> impl Iterator<Item = (u64, i64, i64)> {
        self.deleted.iter().flat_map(|(&slot, stretches)| {
            let series = self.slots.get(slot).filter(|series| series.is_alive());
            let stretches = stretches.iter();
            stretches.filter_map(move |&(first, last)| Some((series?.reference(), first, last)))
        })
    }

    /// Appends the bytes of a series' open chunk of numbers.
    pub(crate) fn copy_numbers(&self, series: &Series, out: &mut Vec<u8>) {
        series.open.copy(&self.segments, series.open.count(), out);
    }

    /// Gives a series that has no open chunk one of an earlier run, later than its full ones.
    /// `None` for bytes that cannot be that.
    pub(crate) fn restore_open(
        &mut self,
        slot: u32,
        (first, last): (i64, i64),
        value: f64,
        bytes: &[u8],
    ) -> Option<()> {
        let is_next = self.is_after_last(slot, first);
        let series = self.slots.get_mut(slot)?;
        if !is_next || series.open.count() > 0 {
            return None;
        }
        series.open = OpenChunk::restore(&mut self.segments, (first, last), value, bytes)?;
        self.open_chunks += 1;
        self.span = (self.span.0.min(first), self.span.1.max(last));
        Some(())
    }

    /// Makes room for finding this many series.
    pub(crate) fn expect_series(&mut self, count: u64) {
        self.by_labels.expect(count);
    }
}
