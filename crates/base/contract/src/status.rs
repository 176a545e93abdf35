//! What a store says about its size, for the status pages.

use crate::TimeRange;

/// A name with a count or a size.
pub type Cardinality = Vec<(String, u64)>;

/// The state of the part of a store that is still being written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadState {
    /// Series held.
    pub series: u64,
    /// Distinct label pairs over them.
    pub label_pairs: u64,
    /// Chunks held.
    pub chunks: u64,
    /// The span of the samples; `None` while there are none.
    pub range: Option<(i64, i64)>,
    /// The largest counts, most first: series by metric name.
    pub series_by_metric: Cardinality,
    /// Values by label name.
    pub values_by_label: Cardinality,
    /// Bytes of the values by label name.
    pub bytes_by_label: Cardinality,
    /// Series by `name=value`.
    pub series_by_pair: Cardinality,
}

/// Stored bytes that were found damaged, for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file or folder, as a path.
    pub file: String,
    /// What is wrong with it.
    pub what: String,
    /// When it was found, in milliseconds since the Unix epoch.
    pub found: i64,
    /// What was done about it, and what is left to do.
    pub done: String,
}

/// A store that can describe itself.
pub trait StoreStatus: Send + Sync {
    /// The head's state, each list cut to `limit` rows.
    fn head_state(&self, limit: usize) -> HeadState;

    /// The span of all that is stored; `None` while there is nothing.
    fn span(&self) -> Option<TimeRange>;

    /// Whether reading the log back has ended.
    fn is_ready(&self) -> bool;

    /// Reading the log back: segments (first, last, current). All equal once it has ended.
    fn replay_progress(&self) -> (u64, u64, u64);

    /// What each finished stretch of the store says about itself, by time: JSON objects as
    /// Prometheus' `meta.json` has them.
    fn blocks(&self) -> Vec<String> {
        Vec::new()
    }

    /// How often stored bytes were found damaged since the start.
    fn corruptions(&self) -> u64;

    /// The damage found since the start, oldest first; only the first of it where there is much.
    fn damages(&self) -> Vec<Damage> {
        Vec::new()
    }

    /// What the operator must know, such as "read-only: no space left"; empty when all is well.
    fn warnings(&self) -> Vec<String>;
}
