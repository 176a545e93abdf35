//! Counter reset hints as a store gives them back: it says "not reset" only inside a chunk, where
//! it has compared each histogram with the one before, and "unknown" at a chunk's start.

use model::{FloatHistogram, ResetHint};

use crate::histogram::reset::is_reset;

/// The hints of a series' histograms in the order of time; a number between them ends a chunk.
#[derive(Debug, Default)]
pub(super) struct Hints {
    /// The last histogram of the chunk that may go on.
    before: Option<FloatHistogram>,
}

impl Hints {
    /// A number stands here.
    pub(super) fn interrupt(&mut self) {
        self.before = None;
    }

    /// Gives a histogram the hint that it comes back with.
    pub(super) fn next(&mut self, mut histogram: FloatHistogram) -> FloatHistogram {
        if histogram.hint == ResetHint::Gauge {
            self.before = None;
            return histogram;
        }
        let goes_on = self.before.as_ref().is_some_and(|before| {
            histogram.schema == before.schema
                && histogram.zero_threshold == before.zero_threshold
                && histogram.custom == before.custom
                && !before.is_stale()
                && !is_reset(&histogram, before)
        });
        // What is kept for comparing has no hint: the hint is about the step to it.
        histogram.hint = ResetHint::Unknown;
        self.before = Some(histogram.clone());
        if goes_on {
            histogram.hint = ResetHint::NotReset;
        }
        histogram
    }
}
