//! Where columns come from: a list of series of which any one can be computed at any time.

use std::ops::Range;
use std::sync::Arc;

use model::{Columns, FloatHistogram, Labels};

use super::Context;
use crate::QueryError;
use crate::column::{Histograms, Series, weight};
use crate::grouping::{Groups, Kept};

/// From one sample of a stored series to the next, as far as nothing is known of it, in
/// milliseconds.
const INTERVAL: i64 = 15_000;

/// How many samples a stored series has in so many milliseconds, about.
pub(super) fn samples_in(span: i64) -> usize {
    usize::try_from(span / INTERVAL).unwrap_or_default()
}

/// Buffers that a thread uses again for each series.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) samples: Columns,
    /// The histograms of `samples`, as queries reckon, without stale markers.
    pub(crate) histograms: Vec<(i64, Arc<FloatHistogram>)>,
}

impl Scratch {
    /// Bytes of the buffers.
    pub(crate) fn bytes(&self) -> usize {
        let samples = &self.samples;
        let words = samples.times.capacity()
            + samples.values.capacity()
            + samples.starts.capacity()
            + samples.histogram_starts.capacity();
        let histograms = self.histograms.iter().map(|(_, one)| weight(one) * 16);
        words * size_of::<u64>() + histograms.sum::<usize>()
    }
}

/// Where a column goes: as many cells as there are steps, and no histograms yet.
pub(crate) struct Out<'o> {
    pub(crate) values: &'o mut [f64],
    pub(crate) histograms: &'o mut Histograms,
}

/// Series that can be computed one by one, by many threads.
pub(crate) trait Source: Sync {
    fn len(&self) -> usize;

    /// The labels of a series, and whether its name is to be dropped at the end.
    fn labels(&self, place: usize) -> (Labels, bool);

    /// Whether the name of a series is to be dropped at the end, as [`Source::labels`] has it.
    fn drops_name(&self, place: usize) -> bool;

    /// How many samples go into a column of so many steps, about.
    fn depth(&self, width: usize) -> usize;

    /// Says that the calling thread will fill these columns next.
    fn prepare(&self, _places: Range<usize>) {}

    /// Whether two of the series may have the same labels, which no result may.
    fn may_repeat(&self) -> bool {
        false
    }

    /// Sorts the series into groups by the labels that are kept: a number for each by place,
    /// below [`Source::len`], equal where the kept labels are.
    fn group(&self, kept: &Kept) -> Vec<u32> {
        let mut groups = Groups::new(kept.clone());
        (0..self.len())
            .map(|place| groups.place(&self.labels(place).0) as u32)
            .collect()
    }

    /// Writes the series' value at each step to `out`.
    fn fill(&self, place: usize, scratch: &mut Scratch, out: Out<'_>) -> Result<(), QueryError>;
}

/// Watches over series that may have the same labels once their names are dropped.
pub(crate) struct Distinct {
    /// Equal where labels are; empty where they never are.
    numbers: Vec<u32>,
    seen: Vec<bool>,
}

impl Distinct {
    pub(crate) fn of(context: &Context<'_>, source: &dyn Source) -> Self {
        if !source.may_repeat() {
            return Self {
                numbers: Vec::new(),
                seen: Vec::new(),
            };
        }
        let numbers = source.group(&Kept::all_but(&[], context.type_and_unit));
        Self {
            seen: vec![false; numbers.len()],
            numbers,
        }
    }

    /// Notes that a series has a value; fails where another with the same labels has one.
    pub(crate) fn see(&mut self, place: usize) -> Result<(), QueryError> {
        let Some(number) = self.numbers.get(place) else {
            return Ok(());
        };
        match self.seen.get_mut(*number as usize) {
            Some(seen) if *seen => Err(QueryError::same_labelset()),
            Some(seen) => {
                *seen = true;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Source for Vec<Series> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn depth(&self, width: usize) -> usize {
        width
    }

    fn labels(&self, place: usize) -> (Labels, bool) {
        self.get(place)
            .map(|one| (one.labels.clone(), one.drop_name))
            .unwrap_or_default()
    }

    fn drops_name(&self, place: usize) -> bool {
        self.get(place).is_some_and(|one| one.drop_name)
    }

    fn fill(&self, place: usize, _: &mut Scratch, out: Out<'_>) -> Result<(), QueryError> {
        if let Some(one) = self.get(place) {
            for (cell, value) in out.values.iter_mut().zip(&one.values) {
                *cell = *value;
            }
            out.histograms.clone_from(&one.histograms);
        }
        Ok(())
    }
}
