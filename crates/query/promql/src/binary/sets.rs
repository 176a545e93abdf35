//! `and`, `or`, `unless`.

use crate::QueryError;
use crate::ast::{BinaryOp, Matching};
use crate::column::{ABSENT, Series, Steps, is_present, merge_same_labels, present};
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
    for one in deciding {
        let group = groups.place(&one.labels);
        if group == seen.len() {
            seen.push(vec![false; steps.count]);
        }
        if let Some(seen) = seen.get_mut(group) {
            for (seen, value) in seen.iter_mut().zip(&one.values) {
                *seen |= is_present(*value);
            }
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
        if present(&values) > 0 {
            let (labels, drop_name) = (one.labels.clone(), one.drop_name);
            results.push(Series {
                labels,
                drop_name,
                values,
            });
        }
    }
    merge_same_labels(results)
}
