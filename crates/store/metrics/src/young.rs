//! What is appended while the log of earlier runs is still being read back.
//!
//! Such samples go to a segment of the log behind all that is read back, and are applied to the
//! head from there once the older ones are in it. Until then the newest of each series is kept
//! here, so that those after it can be checked.

/// The newest sample of each series of this run, by slot: 24 bytes each, until reading back ends.
#[derive(Debug, Default)]
pub(crate) struct Young {
    newest: Vec<Option<(i64, f64)>>,
}

impl Young {
    /// The newest sample of a slot.
    #[inline]
    pub(crate) fn newest(&self, slot: u32) -> Option<(i64, f64)> {
        self.newest.get(slot as usize).copied().flatten()
    }

    /// Notes a sample that is later than the newest of its slot.
    pub(crate) fn note(&mut self, slot: u32, time: i64, value: f64) {
        let place = slot as usize;
        if place >= self.newest.len() {
            self.newest.resize(place + 1, None);
        }
        if let Some(newest) = self.newest.get_mut(place) {
            *newest = Some((time, value));
        }
    }
}
