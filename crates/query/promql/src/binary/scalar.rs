//! Operators with a scalar on at least one side.

use super::operate::{holds, truth, value};
use crate::QueryError;
use crate::ast::{Binary, BinaryOp};
use crate::column::{ABSENT, Series, is_present, merge_same_labels, present};
use crate::eval::Context;

/// Two scalars; comparisons have `bool`.
pub(super) fn both(op: BinaryOp, left: &[f64], right: &[f64]) -> Vec<f64> {
    let pairs = left.iter().zip(right);
    if op.is_comparison() {
        pairs.map(|(l, r)| truth(holds(op, *l, *r))).collect()
    } else {
        pairs.map(|(l, r)| value(op, *l, *r)).collect()
    }
}

/// A vector and a scalar, which stands on the left where `swapped`. A comparison without `bool`
/// keeps the vector's values for which it holds.
pub(super) fn with_vector(
    context: &Context<'_>,
    binary: &Binary,
    mut vector: Vec<Series>,
    scalar: &[f64],
    swapped: bool,
) -> Result<Vec<Series>, QueryError> {
    let op = binary.op;
    for one in &mut vector {
        for (cell, scalar) in one.values.iter_mut().zip(scalar) {
            if !is_present(*cell) {
                continue;
            }
            let (left, right) = if swapped {
                (*scalar, *cell)
            } else {
                (*cell, *scalar)
            };
            *cell = if !op.is_comparison() {
                value(op, left, right)
            } else if binary.return_bool {
                truth(holds(op, left, right))
            } else if holds(op, left, right) {
                *cell
            } else {
                ABSENT
            };
        }
    }
    vector.retain(|one| present(&one.values) > 0);
    if op.is_comparison() && !binary.return_bool {
        return Ok(vector);
    }
    for one in &mut vector {
        let labels = std::mem::take(&mut one.labels);
        (one.labels, one.drop_name) = context.derived(labels);
    }
    if context.delayed_names {
        Ok(vector)
    } else {
        merge_same_labels(vector)
    }
}
