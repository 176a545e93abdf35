//! Series that have ended: their open chunks leave the heap at once, instead of with the next cut.
//!
//! Under churn most of the head's series are ones that are over. What a series costs is mainly its
//! open chunk; written to a head chunk file it costs the entry that lists it.

use std::ops::Range;

use model::is_stale;

use super::Head;
use crate::head_chunks::HeadChunks;

impl Head {
    /// Writes out the open chunks of the series among `slots` whose end was marked before `time`.
    /// Answers how many there were. A series that comes back begins another chunk.
    pub(crate) fn retire_ended(
        &mut self,
        slots: Range<u32>,
        time: i64,
        files: &HeadChunks,
    ) -> usize {
        let mut retired = 0;
        for slot in slots {
            let Some(series) = self.slots.get(slot) else {
                continue;
            };
            let last = series.open.last_sample();
            let histograms = self.histograms.get(series.reference());
            if last.is_some_and(|(at, value)| at < time && is_stale(value)) {
                self.retire(slot, files);
            } else if histograms.is_some_and(|h| h.last() < time && h.last_value().is_stale()) {
                self.retire_histograms(slot, files);
            } else {
                continue;
            }
            self.ended.insert(slot);
            retired += 1;
        }
        retired
    }
}
