//! Step columns: the values of one series at the steps of an evaluation.
//!
//! A step without a number holds [`ABSENT`]. That is the stale marker, which no operation yields
//! and no selector lets through, so that a column is a plain slice of numbers. Native histograms
//! stand beside it in [`Histograms`], which takes no memory where a series has none: whoever works
//! on numbers asks once a series whether it is empty. A step has a number or a histogram or
//! neither, never both.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::{FloatHistogram, Labels, STALE_NAN_BITS};
use rapidhash::fast::RandomState;

use crate::QueryError;
use crate::budget::Budget;
use crate::memory::Held;

/// What a series takes beside its labels and values, in bytes: itself, and its places in lists and
/// maps of operators.
const SERIES_OVERHEAD: usize = size_of::<Series>() + 64;

/// The cell of a step without a value.
pub(crate) const ABSENT: f64 = f64::from_bits(STALE_NAN_BITS);

#[inline]
pub(crate) fn is_present(value: f64) -> bool {
    value.to_bits() != STALE_NAN_BITS
}

/// How many steps have a value.
pub(crate) fn present(values: &[f64]) -> usize {
    values.iter().filter(|v| is_present(**v)).count()
}

/// The value of one step.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Number(f64),
    Histogram(Arc<FloatHistogram>),
}

impl Cell {
    pub(crate) fn histogram(histogram: FloatHistogram) -> Self {
        Self::Histogram(Arc::new(histogram))
    }

    /// `float` or `histogram`, as notes call it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "float",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// Samples that a histogram counts for in the budget: its memory in units of one number with its
/// time, 16 bytes.
pub(crate) fn weight(histogram: &FloatHistogram) -> usize {
    const FIXED_WORDS: usize = 22;
    let words = histogram.positive_spans.len()
        + histogram.negative_spans.len()
        + histogram.positive.len()
        + histogram.negative.len()
        + histogram.custom.len();
    (FIXED_WORDS + words) / 2
}

/// The histograms of a series by step; no memory where there is none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histograms(Vec<Option<Arc<FloatHistogram>>>);

impl Histograms {
    /// Whether no step can have one.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn get(&self, step: usize) -> Option<&Arc<FloatHistogram>> {
        self.0.get(step)?.as_ref()
    }

    pub(crate) fn set(&mut self, step: usize, histogram: Arc<FloatHistogram>) {
        if self.0.len() <= step {
            self.0.resize(step + 1, None);
        }
        if let Some(cell) = self.0.get_mut(step) {
            *cell = Some(histogram);
        }
    }

    pub(crate) fn take(&mut self, step: usize) -> Option<Arc<FloatHistogram>> {
        self.0.get_mut(step)?.take()
    }

    /// The histograms with their steps.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Arc<FloatHistogram>)> {
        let cells = self.0.iter().enumerate();
        cells.filter_map(|(step, cell)| Some((step, cell.as_ref()?)))
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.iter().count()
    }

    /// Bytes that they take, about; those that are shared count for each series.
    fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<usize>() + self.samples() * 16
    }

    /// What they count for in the budget.
    pub(crate) fn samples(&self) -> usize {
        self.iter().map(|(_, histogram)| weight(histogram)).sum()
    }
}

/// One series at the steps of an evaluation.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) labels: Labels,
    /// The name is to go at the end of the query (delayed name removal).
    pub(crate) drop_name: bool,
    pub(crate) values: Vec<f64>,
    pub(crate) histograms: Histograms,
    /// Its memory in the budget of the query, where it is counted.
    pub(crate) held: Held,
}

impl Series {
    /// A series of numbers.
    pub(crate) fn numbers(labels: Labels, drop_name: bool, values: Vec<f64>) -> Self {
        Self {
            labels,
            drop_name,
            values,
            histograms: Histograms::default(),
            held: Held::default(),
        }
    }

    /// Bytes that it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        let values = self.values.capacity() * size_of::<f64>();
        values + self.histograms.bytes() + self.labels.size() + SERIES_OVERHEAD
    }

    /// A series without any value yet.
    pub(crate) fn absent(labels: Labels, drop_name: bool, steps: &Steps) -> Self {
        Self::numbers(labels, drop_name, steps.absent())
    }

    pub(crate) fn get(&self, step: usize) -> Option<Cell> {
        if let Some(histogram) = self.histograms.get(step) {
            return Some(Cell::Histogram(Arc::clone(histogram)));
        }
        let value = *self.values.get(step)?;
        is_present(value).then_some(Cell::Number(value))
    }

    /// Whether a step has a value.
    pub(crate) fn has(&self, step: usize) -> bool {
        self.values.get(step).is_some_and(|v| is_present(*v)) || self.histograms.get(step).is_some()
    }

    pub(crate) fn set(&mut self, step: usize, cell: Cell) {
        match cell {
            Cell::Number(number) => {
                if let Some(value) = self.values.get_mut(step) {
                    *value = number;
                }
                self.histograms.take(step);
            }
            Cell::Histogram(histogram) => {
                if let Some(value) = self.values.get_mut(step) {
                    *value = ABSENT;
                }
                self.histograms.set(step, histogram);
            }
        }
    }

    /// Takes the value of a step away.
    pub(crate) fn clear(&mut self, step: usize) {
        if let Some(value) = self.values.get_mut(step) {
            *value = ABSENT;
        }
        self.histograms.take(step);
    }

    /// Whether no step has a value.
    pub(crate) fn is_vacant(&self) -> bool {
        present(&self.values) == 0 && self.histograms.count() == 0
    }

    /// What its values count for in the budget.
    pub(crate) fn samples(&self) -> usize {
        present(&self.values) + self.histograms.samples()
    }

    /// Marks the steps that have a value.
    pub(crate) fn mark(&self, seen: &mut [bool]) {
        for (seen, value) in seen.iter_mut().zip(&self.values) {
            *seen |= is_present(*value);
        }
        for (step, _) in self.histograms.iter() {
            if let Some(seen) = seen.get_mut(step) {
                *seen = true;
            }
        }
    }
}

/// The moments of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Steps {
    pub(crate) first: i64,
    pub(crate) step: i64,
    pub(crate) count: usize,
}

impl Steps {
    pub(crate) fn one(time: i64) -> Self {
        Self {
            first: time,
            step: 1,
            count: 1,
        }
    }

    pub(crate) fn between(first: i64, last: i64, step: i64) -> Self {
        let span = i128::from(last) - i128::from(first);
        let count = if span < 0 {
            0
        } else {
            span / i128::from(step.max(1)) + 1
        };
        Self {
            first,
            step,
            count: usize::try_from(count).unwrap_or(usize::MAX),
        }
    }

    pub(crate) fn at(&self, step: usize) -> i64 {
        self.first
            .saturating_add(self.step.saturating_mul(step as i64))
    }

    pub(crate) fn last(&self) -> i64 {
        self.at(self.count.saturating_sub(1))
    }

    pub(crate) fn times(&self) -> impl Iterator<Item = i64> {
        let steps = *self;
        (0..steps.count).map(move |step| steps.at(step))
    }

    pub(crate) fn absent(&self) -> Vec<f64> {
        vec![ABSENT; self.count]
    }
}

/// Joins series with the same labels that never have a value at the same step.
pub(crate) fn merge_same_labels(
    budget: &Budget,
    series: Vec<Series>,
) -> Result<Vec<Series>, QueryError> {
    let mut pace = budget.pace();
    let mut places = HashMap::with_capacity_and_hasher(series.len(), RandomState::default());
    let mut merged: Vec<Series> = Vec::with_capacity(series.len());
    for one in series {
        pace.step()?;
        let place = *places.entry(one.labels.clone()).or_insert(merged.len());
        match merged.get_mut(place) {
            None => merged.push(one),
            Some(earlier) => {
                for (step, value) in one.values.iter().enumerate() {
                    if is_present(*value) {
                        if earlier.has(step) {
                            return Err(QueryError::same_labelset());
                        }
                        earlier.set(step, Cell::Number(*value));
                    }
                }
                for (step, histogram) in one.histograms.iter() {
                    if earlier.has(step) {
                        return Err(QueryError::same_labelset());
                    }
                    earlier.set(step, Cell::Histogram(Arc::clone(histogram)));
                }
            }
        }
    }
    Ok(merged)
}

/// Fails where two series have the same labels.
pub(crate) fn all_distinct(budget: &Budget, series: &[Series]) -> Result<(), QueryError> {
    let mut pace = budget.pace();
    let mut seen = HashSet::with_capacity_and_hasher(series.len(), RandomState::default());
    for one in series {
        pace.step()?;
        if !seen.insert(&one.labels) {
            return Err(QueryError::same_labelset());
        }
    }
    Ok(())
}

/// Leaves numbers alone, and series that have some.
pub(crate) fn drop_histograms(series: &mut Vec<Series>) {
    series.iter_mut().for_each(|one| one.histograms.clear());
    series.retain(|one| present(&one.values) > 0);
}
