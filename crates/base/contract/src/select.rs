//! Selecting: whoever answers queries asks a store for series.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use chunk::Chunk;
use model::{Columns, Labels, Matcher};
use thiserror::Error;

/// A stretch of time in milliseconds since the Unix epoch, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// The first millisecond.
    pub start: i64,
    /// The last millisecond.
    pub end: i64,
}

impl TimeRange {
    /// Whether the moment lies inside.
    pub fn contains(self, time: i64) -> bool {
        self.start <= time && time <= self.end
    }

    /// Whether the two share a millisecond.
    pub fn overlaps(self, other: Self) -> bool {
        self.start <= other.end && other.start <= self.end
    }
}

/// Which series are asked for, and when.
#[derive(Clone, Debug)]
pub struct Selection<'a> {
    /// All must hold.
    pub matchers: &'a [Matcher],
    /// Samples outside are not wanted.
    pub range: TimeRange,
    /// No more series than this are wanted; the store may stop looking there. 0 means all.
    pub limit: usize,
}

/// Why a selection failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SelectError {
    /// Stored bytes do not add up; says which file and where.
    #[error("corrupt data: {0}")]
    Corrupt(String),
    /// A file could not be read.
    #[error("reading: {0}")]
    Io(String),
    /// The store is not ready yet.
    #[error("the store is not ready")]
    NotReady,
    /// The [`Watch`] did not want it to go on.
    #[error("nobody waits for the answer any more")]
    Stopped,
}

/// Watches over long work for whoever asked for it, who may go away, run out of time or have no
/// room for more.
pub trait Watch: Send + Sync {
    /// Whether to go on, where the work at hand holds so many bytes by now. Cheap, but not free:
    /// asked every few thousand values, series or samples.
    fn goes_on(&self, held: usize) -> bool;
}

/// Whoever waits for ever.
#[derive(Clone, Copy, Debug, Default)]
pub struct Patient;

impl Watch for Patient {
    fn goes_on(&self, _: usize) -> bool {
        true
    }
}

/// Stands for a state of the labels of a store, see [`Select::label_stamp`]: names of the parts
/// that were looked at, and of the state of those that change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelStamp(pub Vec<u128>);

/// Parts of a store that a selection read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Encoded chunks of samples.
    pub chunks: u64,
    /// Blocks with series of the selection.
    pub blocks: u64,
}

/// Takes the chunks of a series one after the other; an error ends the reading.
pub type ChunkSink<'a> = dyn FnMut(Chunk<'_>) -> Result<(), SelectError> + 'a;

/// The series that a selection found: a view that later appends do not change.
///
/// Series may come in any order; no label set comes twice. Reading is independent for each
/// series, so that many threads may read one list.
pub trait SeriesList: Send + Sync {
    /// How many series were found. Some of them may have no sample in the range.
    fn len(&self) -> usize;

    /// Whether none was found.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that the list itself takes in memory, about: what was found, not what is read later.
    fn size(&self) -> usize {
        0
    }

    /// What was read so far of the store's own parts.
    fn touched(&self) -> Touched {
        Touched::default()
    }

    /// What an asker must know of what was found, such as that a part of the store did not answer.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    /// The labels of a series; the empty set for a place beyond the end.
    fn labels(&self, place: usize) -> Labels;

    /// Appends the samples of a series within the selection's range to `into`, stale markers
    /// included. A place beyond the end has no samples.
    fn read(&self, place: usize, into: &mut Columns) -> Result<(), SelectError>;

    /// Appends at least the newest sample that [`SeriesList::read`] would append, and perhaps
    /// earlier ones. A store that knows the newest sample need not decode a chunk for it.
    fn read_newest(&self, place: usize, into: &mut Columns) -> Result<(), SelectError> {
        self.read(place, into)
    }

    /// Hands the samples that [`SeriesList::read`] would append to `each`, packed in chunks that
    /// rise in time. A store that has them packed need not unpack them.
    fn chunks(&self, place: usize, each: &mut ChunkSink<'_>) -> Result<(), SelectError> {
        let mut columns = Columns::new();
        self.read(place, &mut columns)?;
        chunk::pack(&columns, each)
    }

    /// Says that the calling thread will read these series next, a few at a time: a store may fetch
    /// what it needs of them at once rather than wait for the memory series by series.
    fn prepare(&self, _places: Range<usize>) {}

    /// Sorts the series into groups by those of their labels whose names `keeps` answers true
    /// for: a number for each series by place, below [`SeriesList::len`], equal where the kept
    /// labels are. A store that knows labels by number need not make texts of them.
    fn group(&self, keeps: &dyn Fn(&str) -> bool) -> Vec<u32> {
        let mut known: HashMap<Labels, u32> = HashMap::new();
        let numbers = (0..self.len()).map(|place| {
            let kept = self.labels(place).filtered(keeps);
            let next = known.len() as u32;
            *known.entry(kept).or_insert(next)
        });
        numbers.collect()
    }
}

/// A store that can be asked.
pub trait Select: Send + Sync {
    /// Finds the series that all matchers fit and that may have samples in the range.
    fn select(&self, selection: &Selection<'_>) -> Result<Box<dyn SeriesList>, SelectError>;

    /// The same, given up with [`SelectError::Stopped`] soon after the watch does not want it to go
    /// on: while series are looked for, and later while one is read. A store whose answers are
    /// never long need not ask.
    fn select_watched(
        &self,
        selection: &Selection<'_>,
        watch: Arc<dyn Watch>,
    ) -> Result<Box<dyn SeriesList>, SelectError> {
        drop(watch);
        self.select(selection)
    }

    /// How many series a selection finds at most, for threads that must not wait: `None` where that
    /// is not told in microseconds, would take waiting for others, or where samples of the range do
    /// not lie in memory.
    fn at_most(&self, _selection: &Selection<'_>) -> Option<usize> {
        None
    }

    /// The names of all labels of the selected series, sorted. Without matchers: of all series.
    /// The range is held against parts of the store, such as a block, not against each series.
    fn label_names(&self, selection: &Selection<'_>) -> Result<Vec<String>, SelectError>;

    /// What the names and values of labels of all series in a range hang on, for threads that must
    /// not wait: as long as it is the same, so are the answers of [`Select::label_names`] and
    /// [`Select::label_values`] without matchers. `None` where it is not known, or would take
    /// waiting for others or looking at much.
    fn label_stamp(&self, _range: TimeRange) -> Option<LabelStamp> {
        None
    }

    /// The values of one label over the selected series, sorted. Without matchers: of all series.
    fn label_values(
        &self,
        name: &str,
        selection: &Selection<'_>,
    ) -> Result<Vec<String>, SelectError>;
}
