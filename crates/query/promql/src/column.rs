//! Step columns: the values of one series at the steps of an evaluation.
//!
//! A step without a value holds [`ABSENT`]. That is the stale marker, which no operation yields
//! and no selector lets through, so that a column is a plain slice of numbers.

use model::{Labels, STALE_NAN_BITS};

use crate::QueryError;

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

/// One series at the steps of an evaluation.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) labels: Labels,
    /// The name is to go at the end of the query (delayed name removal).
    pub(crate) drop_name: bool,
    pub(crate) values: Vec<f64>,
}

/// The moments of an evaluation.
#[derive(Clone, Copy, Debug)]
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
pub(crate) fn merge_same_labels(series: Vec<Series>) -> Result<Vec<Series>, QueryError> {
    let mut places = std::collections::HashMap::with_capacity(series.len());
    let mut merged: Vec<Series> = Vec::with_capacity(series.len());
    for one in series {
        let place = *places.entry(one.labels.clone()).or_insert(merged.len());
        match merged.get_mut(place) {
            None => merged.push(one),
            Some(earlier) => {
                for (cell, value) in earlier.values.iter_mut().zip(one.values) {
                    if is_present(value) {
                        if is_present(*cell) {
                            return Err(QueryError::same_labelset());
                        }
                        *cell = value;
                    }
                }
            }
        }
    }
    Ok(merged)
}

/// Fails where two series have the same labels.
pub(crate) fn all_distinct(series: &[Series]) -> Result<(), QueryError> {
    let mut seen = std::collections::HashSet::with_capacity(series.len());
    if series.iter().all(|one| seen.insert(&one.labels)) {
        Ok(())
    } else {
        Err(QueryError::same_labelset())
    }
}
