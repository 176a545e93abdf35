//! Appending: whoever has samples hands them to a store.

use model::{Exemplar, FamilyKind, HistogramValue, Labels};
use thiserror::Error;

/// A store's short name of a series, good as long as the store runs.
///
/// The number says nothing outside the store that gave it. A series that ended may be forgotten;
/// its id then answers [`RejectReason::Gone`] and never means another series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId(pub u64);

/// One sample on its way into a store.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PendingSample {
    /// The series, from [`Append::resolve`].
    pub series: SeriesId,
    /// Milliseconds since the Unix epoch.
    pub time: i64,
    /// The value; the stale marker ends the series here.
    pub value: f64,
}

/// One exemplar on its way into a store.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingExemplar {
    /// The series it belongs to.
    pub series: SeriesId,
    /// The event; its time is filled in by whoever appends.
    pub exemplar: Exemplar,
}

/// One native histogram on its way into a store.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingHistogram {
    /// The series, from [`Append::resolve`].
    pub series: SeriesId,
    /// Milliseconds since the Unix epoch.
    pub time: i64,
    /// What was counted; a stale one ends the series here.
    pub value: HistogramValue,
}

/// What is said about a series, on its way into a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingMetadata {
    /// The series it describes.
    pub series: SeriesId,
    /// What its numbers mean.
    pub kind: FamilyKind,
    /// Such as `seconds`; empty where not said.
    pub unit: String,
    /// For people.
    pub help: String,
}

/// What one scrape or one pushed request brings; stored and seen by queries as a whole.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The samples, in the order of their source.
    pub samples: Vec<PendingSample>,
    /// The native histograms, in the order of their source. A series has one kind of sample a
    /// batch.
    pub histograms: Vec<PendingHistogram>,
    /// What is new about series; kept in the log, and nowhere else.
    pub metadata: Vec<PendingMetadata>,
    /// The exemplars.
    pub exemplars: Vec<PendingExemplar>,
}

impl Batch {
    /// Empties the batch and keeps its memory.
    pub fn clear(&mut self) {
        self.samples.clear();
        self.histograms.clear();
        self.metadata.clear();
        self.exemplars.clear();
    }
}

/// Why one sample was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RejectReason {
    /// The series already has a later sample.
    OutOfOrder,
    /// The series already has another value at this time.
    Duplicate,
    /// The sample is older than the store takes, which takes none out of order.
    OutOfBounds,
    /// The sample is older than the store takes out of order.
    TooOld,
    /// The sample lies further in the future than the store takes.
    TooFarAhead,
    /// The store has forgotten the series: resolve its labels again.
    Gone,
    /// The series is a new one, and the store takes no more.
    SeriesLimit,
    /// The histogram says something that cannot be: a count below zero, buckets that do not fit
    /// its spans or its count, bounds that do not rise, a schema that nobody knows.
    InvalidHistogram,
}

impl RejectReason {
    /// One phrase for logs and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OutOfOrder => "out of order sample",
            Self::Duplicate => "duplicate sample for timestamp",
            Self::OutOfBounds => "out of bounds",
            Self::TooOld => "too old sample",
            Self::TooFarAhead => "timestamp is too far in the future",
            Self::Gone => "series is no longer known",
            Self::InvalidHistogram => "histogram is not valid",
            Self::SeriesLimit => "limit of series reached (raise it with --storage.max-series)",
        }
    }
}

/// A sample that was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Its place in [`Batch::samples`], or behind them in [`Batch::histograms`]: the first histogram
    /// has the number of samples as its place.
    pub place: usize,
    /// Why.
    pub reason: RejectReason,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// How many samples were stored (a repetition of the last sample to the bit counts).
    pub stored: usize,
    /// The samples that were not, in rising order of their place. The others are stored.
    pub rejected: Vec<Rejection>,
}

/// Why nothing of a call was stored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AppendError {
    /// The log could not be written, and so nothing was acknowledged.
    #[error("write-ahead log: {0}")]
    Log(String),
    /// The store takes no samples now, with the reason and the remedy.
    #[error("the store is read-only: {0}")]
    ReadOnly(String),
    /// The store is closing.
    #[error("the store is closed")]
    Closed,
    /// New series were refused; existing ones go on.
    #[error("series limit of {limit} reached (raise it with --storage.max-series)")]
    SeriesLimit {
        /// The limit, in series.
        limit: u64,
    },
}

/// A store that takes samples.
pub trait Append: Send + Sync {
    /// Finds or creates a series for each label set and appends its id to `ids`, in order.
    ///
    /// The log knows a new series before its id is given out.
    fn resolve(&self, series: &[Labels], ids: &mut Vec<SeriesId>) -> Result<(), AppendError>;

    /// Stores a batch: one lock, one record in the log.
    ///
    /// When it answers `Ok`, every sample not listed as rejected survives the death of the
    /// process. Queries see the batch whole or not at all.
    fn append(&self, batch: &Batch) -> Result<Appended, AppendError>;
}
