//! Aggregations that pick series: topk, bottomk, limitk, limit_ratio.

use super::{best, sampling};
use crate::QueryError;
use crate::ast::{Aggregate, AggregateOp, Span};
use crate::column::{Series, Steps, is_present};
use crate::eval::Context;

pub(super) fn eval(
    context: &Context<'_>,
    aggregate: &Aggregate,
    span: Span,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let op = aggregate.op;
    let expr = super::param(aggregate)?;
    let params = context.scalar(expr, steps)?;
    for param in &params {
        check(op, *param)?;
    }
    if op == AggregateOp::LimitRatio {
        for param in super::extremes(&params).filter(|param| param.abs() > 1.0) {
            let mut number = String::new();
            model::number::push_general(&mut number, param);
            let text = format!(
                "ratio value should be between -1 and 1, got {number}, capping to {}",
                param.signum()
            );
            context.warn(expr.bare().span, &text);
        }
    }
    let series = context.vector(&aggregate.expr, steps)?;
    let (_, members) = super::members(context, aggregate, &series)?;
    let ordered = matches!(op, AggregateOp::Topk | AggregateOp::Bottomk);
    let mut ignored = false;
    let mut picked: Vec<Series> = Vec::with_capacity(series.len());
    for one in &series {
        let absent = Series::absent(one.labels.clone(), one.drop_name, steps);
        picked.push(context.counted(absent)?);
    }
    let mut order = Vec::new();
    for places in &members {
        for (step, param) in params.iter().enumerate() {
            context.budget.check()?;
            let mut candidates: Vec<(usize, f64)> = places
                .iter()
                .filter(|place| series.get(**place).is_some_and(|one| one.has(step)))
                .map(|place| (*place, super::at(&series, *place, step)))
                .collect();
            if ordered && *param >= 1.0 {
                // Histograms are neither more nor less than others.
                let before = candidates.len();
                candidates.retain(|(_, value)| is_present(*value));
                ignored |= candidates.len() < before;
            }
            let candidates = select(context, op, *param, &series, candidates)?;
            for (place, _) in candidates {
                let cell = series.get(place).and_then(|one| one.get(step));
                if let (Some(one), Some(cell)) = (picked.get_mut(place), cell) {
                    one.set(step, cell);
                }
                if steps.count == 1 {
                    order.push(place);
                }
            }
        }
    }
    context.release(&series);
    if steps.count != 1 {
        order = (0..series.len()).collect();
    }
    if ignored {
        super::note_ignored(context, op, span);
    }
    let mut picked: Vec<Option<Series>> = picked.into_iter().map(Some).collect();
    let mut results: Vec<Series> = order
        .into_iter()
        .filter_map(|place| picked.get_mut(place)?.take())
        .filter(|one| !one.is_vacant())
        .collect();
    context.hold(&mut results)?;
    Ok(results)
}

fn check(op: AggregateOp, param: f64) -> Result<(), QueryError> {
    let ratio = op == AggregateOp::LimitRatio;
    if param.is_nan() {
        let what = if ratio { "Ratio" } else { "Parameter" };
        return Err(QueryError::execution(format!("{what} value is NaN")));
    }
    if !ratio {
        let overflow = if param >= i64::MAX as f64 {
            Some("overflows")
        } else if param <= i64::MIN as f64 {
            Some("underflows")
        } else {
            None
        };
        if let Some(overflow) = overflow {
            let mut number = String::new();
            model::number::push_general(&mut number, param);
            let text = format!("Scalar value {number} {overflow} int64");
            return Err(QueryError::execution(text));
        }
    }
    Ok(())
}

/// Leaves the picked ones of a group, best first.
fn select(
    context: &Context<'_>,
    op: AggregateOp,
    param: f64,
    series: &[Series],
    mut candidates: Vec<(usize, f64)>,
) -> Result<Vec<(usize, f64)>, QueryError> {
    context.budget.check()?;
    let count = if param < 1.0 { 0 } else { param as usize };
    match op {
        AggregateOp::Topk => best::keep(&mut candidates, count, |a, b| a < b),
        AggregateOp::Bottomk => best::keep(&mut candidates, count, |a, b| a > b),
        AggregateOp::Limitk => candidates.truncate(count),
        _ => {
            let mut packed = Vec::new();
            let ratio = param.clamp(-1.0, 1.0);
            candidates.retain(|(place, _)| {
                let one = series.get(*place);
                one.is_some_and(|one| in_ratio(ratio, sampling::place(&one.labels, &mut packed)))
            });
        }
    }
    Ok(candidates)
}

/// Whether a series at this place belongs to a share of all. A negative ratio means the series
/// that the complementary positive one leaves out.
fn in_ratio(ratio: f64, place: f64) -> bool {
    if ratio >= 0.0 {
        place < ratio
    } else {
        place >= 1.0 + ratio
    }
}
