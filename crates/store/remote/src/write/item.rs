//! What waits in a queue: one sample, histogram or exemplar, and where the log has it.

use std::sync::Arc;

use contract::LogPosition;
use model::{Exemplar, HistogramValue};
use wire::remote::write::Metadata;

/// A series as one queue sends it.
#[derive(Debug)]
pub(super) struct Series {
    /// Which shard it goes to. Of the labels as the log has them: it must be the same after a
    /// restart, whatever relabelling does by then.
    pub(super) hash: u64,
    /// Its labels as requests have them.
    pub(super) labels: Box<[u8]>,
    /// What the log says of it.
    pub(super) metadata: Option<Arc<Metadata>>,
}

/// What an item brings.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Number(f64),
    Histogram(Arc<HistogramValue>),
    Exemplar(Arc<Exemplar>),
}

/// Which of the counters an item is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sample,
    Histogram,
    Exemplar,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Sample, Self::Histogram, Self::Exemplar];
}

impl Value {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Number(_) => Kind::Sample,
            Self::Histogram(_) => Kind::Histogram,
            Self::Exemplar(_) => Kind::Exemplar,
        }
    }
}

/// One thing to send.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) series: Arc<Series>,
    /// Where the log has it.
    pub(super) mark: Mark,
    /// In milliseconds since the epoch.
    pub(super) time: i64,
    pub(super) value: Value,
}

/// A [`LogPosition`] in eight bytes: an item has one, and there are many. Segments are far shorter
/// than 4 GiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u64);

impl From<LogPosition> for Place {
    fn from(position: LogPosition) -> Self {
        let segment = position.segment.min(u64::from(u32::MAX));
        Self(segment << 32 | position.offset.min(u64::from(u32::MAX)))
    }
}

impl From<Place> for LogPosition {
    fn from(place: Place) -> Self {
        Self {
            segment: place.0 >> 32,
            offset: place.0 & u64::from(u32::MAX),
        }
    }
}

/// A sample's place in the log: its record, and how many others come before it there. Cutting a
/// batch inside a record loses and repeats nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    /// Where the record begins.
    pub(super) at: Place,
    pub(super) nth: u32,
}

impl From<LogPosition> for Mark {
    fn from(position: LogPosition) -> Self {
        Self {
            at: position.into(),
            nth: 0,
        }
    }
}
