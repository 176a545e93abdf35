//! Operators with a scalar on at least one side.

use super::operate::{Operator, holds, truth, value};
use crate::QueryError;
use crate::ast::{Binary, BinaryOp};
use crate::column::{ABSENT, Cell, Series, is_present, merge_same_labels};
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
    let operator = Operator::of(context, binary);
    for one in &mut vector {
        context.budget.check()?;
        if !one.histograms.is_empty() || op.is_trim() {
            each_cell(&operator, binary, one, scalar, swapped);
            continue;
        }
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
    vector.retain(|one| !one.is_vacant());
    if op.is_trim() || (op.is_comparison() && !binary.return_bool) {
        return Ok(vector);
    }
    let mut pace = context.budget.pace();
    for one in &mut vector {
        pace.step()?;
        let labels = std::mem::take(&mut one.labels);
        (one.labels, one.drop_name) = context.derived(labels);
    }
    if context.delayed_names {
        Ok(vector)
    } else {
        merge_same_labels(&context.budget, vector)
    }
}

/// A series that has histograms.
fn each_cell(
    operator: &Operator<'_>,
    binary: &Binary,
    one: &mut Series,
    scalar: &[f64],
    swapped: bool,
) {
    for (step, number) in scalar.iter().enumerate() {
        let Some(cell) = one.get(step) else { continue };
        let number = Cell::Number(*number);
        let outcome = if swapped {
            operator.apply(&number, &cell)
        } else {
            operator.apply(&cell, &number)
        };
        if let Some(complaint) = operator.take_complaint() {
            operator.tell(complaint);
        }
        match outcome {
            Some((_, held)) if binary.return_bool => one.set(step, Cell::Number(truth(held))),
            // What a comparison keeps is the vector's value on whichever side it stands.
            Some((_, true)) if binary.op.is_comparison() => {}
            Some((result, true)) => one.set(step, result),
            _ => one.clear(step),
        }
    }
}
