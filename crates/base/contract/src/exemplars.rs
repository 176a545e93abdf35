//! Exemplars: events that samples stand for, asked for by their series.

use model::{Exemplar, Labels, Matcher};

use crate::TimeRange;

/// Whoever keeps exemplars.
pub trait Exemplars: Send + Sync {
    /// The exemplars within a range of the series that all matchers fit: series in the order of
    /// labels, exemplars in the order they came. Every exemplar has a time.
    fn exemplars(&self, matchers: &[Matcher], range: TimeRange) -> Vec<(Labels, Vec<Exemplar>)>;
}
