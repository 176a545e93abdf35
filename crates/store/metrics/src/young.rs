//! What is appended while the log of earlier runs is still being read back.
//!
//! Such samples go to a segment of the log behind all that is read back, and are applied to the
//! head from there once the older ones are in it. Until then the newest of each series is kept
//! here, so that those after it can be checked.

use std::collections::HashMap;

use model::HistogramValue;

/// The newest sample of each series of this run, by slot: 24 bytes each, until reading back ends.
#[derive(Debug, Default)]
pub(crate) struct Young {
    newest: Vec<Option<(i64, f64)>>,
    /// The newest histogram of the slots whose newest sample is one.
    histograms: HashMap<u32, HistogramValue>,
}

impl Young {
    /// The newest sample of a slot.
    #[inline]
    pub(crate) fn newest(&self, slot: u32) -> Option<(i64, f64)> {
        self.newest.get(slot as usize).copied().flatten()
    }

    /// The newest sample of a slot, where it is a histogram.
    pub(crate) fn histogram(&self, slot: u32) -> Option<&HistogramValue> {
        self.histograms.get(&slot)
    }

    /// Notes a histogram that is later than the newest sample of its slot.
    pub(crate) fn note_histogram(&mut self, slot: u32, time: i64, value: &HistogramValue) {
        // Its number is looked at by nobody who knows that there is a histogram.
        self.note(slot, time, f64::NAN);
        self.histograms.insert(slot, value.clone());
    }

    /// Notes a sample that is later than the newest of its slot.
    pub(crate) fn note(&mut self, slot: u32, time: i64, value: f64) {
        if !self.histograms.is_empty() {
            self.histograms.remove(&slot);
        }
        let place = slot as usize;
        if place >= self.newest.len() {
            self.newest.resize(place + 1, None);
        }
        if let Some(newest) = self.newest.get_mut(place) {
            *newest = Some((time, value));
        }
    }
}
