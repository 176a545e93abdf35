//! `and`, `or`, `unless`.

use std::sync::Arc;

use crate::QueryError;
use crate::ast::{BinaryOp, Matching};
use crate::column::{ABSENT, Cell, Series, Steps, merge_same_labels};
use crate::eval::Context;
use crate::grouping::{Groups, Kept};

/// Series of both sides by what they match on.
pub(super) fn kept(matching: &Matching) -> Kept {
    if matching.on {
        Kept::only(&matching.labels)
    } else {
        Kept::all_but(&matching.labels, false)
    }
}

pub(super) fn eval(
    context: &Context<'_>,
    op: BinaryOp,
    matching: &Matching,
    left: &[Series],
    right: &[Series],
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let mut groups = Groups::new(kept(matching));
    // The side that decides: at which steps a group has any series.
    let (chosen, deciding) = if op == BinaryOp::Or {
        (right, left)
    } else {
        (left, right)
    };
    let mut seen: Vec<Vec<bool>> = Vec::new();
    let mut held = context.budget.hold_bytes(0)?;
    for one in deciding {
        context.budget.check()?;
        let group = groups.place(&one.labels);
        if group == seen.len() {
            seen.push(vec![false; steps.count]);
            held.resize(seen.len() * (steps.count + size_of::<Vec<bool>>()))?;
        }
        if let Some(seen) = seen.get_mut(group) {
            one.mark(seen);
        }
    }
    let wanted = op == BinaryOp::And;
    let mut results = if op == BinaryOp::Or {
        left.to_vec()
    } else {
        Vec::new()
    };
    for one in chosen {
        context.budget.check()?;
        let seen = seen.get(groups.place(&one.labels));
        let seen_at = |step: usize| seen.and_then(|s| s.get(step)).copied().unwrap_or(false);
        let values = one.values.iter().enumerate().map(|(step, value)| {
            if seen_at(step) == wanted {
                *value
            } else {
                ABSENT
            }
        });
        let values: Vec<f64> = values.collect();
        let mut result = Series::numbers(one.labels.clone(), one.drop_name, values);
        for (step, histogram) in one.histograms.iter() {
            if seen_at(step) == wanted {
                result.set(step, Cell::Histogram(Arc::clone(histogram)));
            }
        }
        if !result.is_vacant() {
            results.push(context.counted(result)?);
        }
    }
    merge_same_labels(&context.budget, results)
}
