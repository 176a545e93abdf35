//! Following a store's log: whoever sends on what is appended reads it here, from any place on,
//! however long ago that was.

use std::fmt;

use model::{Exemplar, FamilyKind, HistogramValue};
use thiserror::Error;

/// A place in a store's log, between two records. Places of one log are ordered as they were
/// written; one stays good over restarts for as long as its segment is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogPosition {
    /// The segment's number.
    pub segment: u64,
    /// Bytes from the segment's beginning.
    pub offset: u64,
}

impl fmt::Display for LogPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08}+{}", self.segment, self.offset)
    }
}

/// Why the log could not be followed.
#[derive(Debug, Error)]
pub enum FollowError {
    /// A segment could not be read; it is tried again.
    #[error("reading the log: {0}")]
    Unreadable(String),
    /// The log is not open, or not any more.
    #[error("the log is not open")]
    Closed,
}

/// What a record of the log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogKind {
    /// Names of series.
    Series,
    /// Samples.
    Samples,
    /// Native histograms.
    Histograms,
    /// Exemplars.
    Exemplars,
    /// Metadata of series.
    Metadata,
}

/// What the log calls a series. Not the [`crate::SeriesId`] of the running store; two references
/// may mean one series.
pub type LogReference = u64;

/// Whoever is told what the log holds.
pub trait LogSink {
    /// Whether records of a kind are read at all; others cost next to nothing.
    fn wants(&self, kind: LogKind) -> bool;

    /// A record begins. A reader that goes on from `at` is told of it again.
    fn begin(&mut self, at: LogPosition, kind: LogKind) {
        let _ = (at, kind);
    }

    /// The name of a series; what follows calls it by its reference. Labels are sorted by name. A
    /// name may be told again.
    fn series(&mut self, reference: LogReference, labels: &[(&str, &str)]);

    /// A sample: milliseconds since the Unix epoch, and the value.
    fn sample(&mut self, reference: LogReference, time: i64, value: f64);

    /// A native histogram.
    fn histogram(&mut self, reference: LogReference, time: i64, value: HistogramValue) {
        let _ = (reference, time, value);
    }

    /// An exemplar; its time is set.
    fn exemplar(&mut self, reference: LogReference, exemplar: Exemplar) {
        let _ = (reference, exemplar);
    }

    /// What is said about a series: kind, unit, help.
    fn metadata(&mut self, reference: LogReference, kind: FamilyKind, unit: &str, help: &str) {
        let _ = (reference, kind, unit, help);
    }

    /// A record has been told of; answers whether to go on.
    fn end(&mut self) -> bool {
        true
    }
}

/// What a store has taken since the start, for whoever compares it with what was sent on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Samples.
    pub samples: u64,
    /// Native histograms.
    pub histograms: u64,
    /// Exemplars.
    pub exemplars: u64,
    /// Time of the newest sample, in milliseconds since the epoch; `None` while there is none.
    pub newest: Option<i64>,
}

/// A store whose log can be followed.
///
/// Reading happens on the caller's thread and waits for the disk. What is damaged is passed over
/// and logged.
pub trait Follow: Send + Sync {
    /// The end of the log: where the next record will begin.
    ///
    /// # Errors
    /// Before the log is open and after it was closed.
    fn end(&self) -> Result<LogPosition, FollowError>;

    /// Tells the names of all series that records between `until` and the end may refer to without
    /// naming them themselves.
    ///
    /// # Errors
    /// Where the log cannot be read.
    fn names(&self, until: LogPosition, sink: &mut dyn LogSink) -> Result<(), FollowError>;

    /// Tells what was appended between two places, and answers how far it came: to `until`, or to
    /// the end of the record where the sink said so. Where `from` lies in a segment that is gone,
    /// reading begins at the oldest one there is.
    ///
    /// # Errors
    /// Where the log cannot be read.
    fn read(
        &self,
        from: LogPosition,
        until: LogPosition,
        sink: &mut dyn LogSink,
    ) -> Result<LogPosition, FollowError>;

    /// From now on the log is kept from this place on, with all names that are needed there;
    /// `None`: for the store's own purposes only.
    fn keep_from(&self, position: Option<LogPosition>);

    /// How much of the log is kept only by [`Follow::keep_from`] or is being written: bytes from a
    /// place to the end.
    ///
    /// # Errors
    /// Where the log cannot be read.
    fn bytes_from(&self, position: LogPosition) -> Result<u64, FollowError>;

    /// Names that were told of and are not among those that [`Follow::names`] tells at `until` may
    /// be forgotten when this number has changed.
    ///
    /// # Errors
    /// Where the log cannot be read.
    fn names_version(&self) -> Result<u64, FollowError>;

    /// What was taken so far.
    fn taken(&self) -> Taken;
}
