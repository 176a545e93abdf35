//! Least and greatest values of windows that move along.
//!
//! A window's candidates are the values that no later value of it beats: each enters once and
//! leaves once, so that a series costs time in proportion to its samples, however much its windows
//! overlap. Any number beats NaN; of equal values the earliest stands, as a look at the whole
//! window would find.

use std::collections::VecDeque;
use std::ops::Range;

/// The candidates of a window.
#[derive(Debug, Default)]
pub(super) struct Extreme {
    /// Places and values, each beaten by those before it or equal to them.
    candidates: VecDeque<(usize, f64)>,
    /// Place behind the last value that was looked at.
    seen: usize,
}

impl Extreme {
    /// The extreme value of a window that begins and ends no earlier than the one before.
    pub(super) fn move_to(
        &mut self,
        values: &[f64],
        window: Range<usize>,
        beats: impl Fn(f64, f64) -> bool,
    ) -> f64 {
        // What lies between two windows is in neither.
        self.seen = self.seen.max(window.start);
        let fresh = values.get(self.seen..window.end).unwrap_or_default();
        for (place, &value) in (self.seen..).zip(fresh) {
            if value.is_nan() {
                continue;
            }
            while self
                .candidates
                .back()
                .is_some_and(|last| beats(value, last.1))
            {
                self.candidates.pop_back();
            }
            self.candidates.push_back((place, value));
        }
        self.seen = self.seen.max(window.end);
        while self
            .candidates
            .front()
            .is_some_and(|first| first.0 < window.start)
        {
            self.candidates.pop_front();
        }
        match self.candidates.front() {
            Some((_, value)) => *value,
            // All are NaN, and the last one stands.
            None => {
                let last = window.end.checked_sub(1).and_then(|last| values.get(last));
                last.copied().unwrap_or(f64::NAN)
            }
        }
    }
}
