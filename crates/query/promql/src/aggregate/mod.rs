//! Aggregations: many series in, one a group out, or some of each group.

mod best;
mod count_values;
mod fold;
mod histograms;
mod pick;
mod quantile;
mod sampling;
mod top;

use crate::QueryError;
use crate::ast::{Aggregate, AggregateOp, Expr, Span};
use crate::column::{Series, Steps};
use crate::eval::Context;
use crate::grouping::{Groups, Kept};

pub(crate) fn eval(
    context: &Context<'_>,
    aggregate: &Aggregate,
    span: Span,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    match aggregate.op {
        AggregateOp::CountValues => count_values::eval(context, aggregate, steps),
        AggregateOp::Quantile => quantile::eval(context, aggregate, steps),
        AggregateOp::Topk
        | AggregateOp::Bottomk
        | AggregateOp::Limitk
        | AggregateOp::LimitRatio => pick::eval(context, aggregate, span, steps),
        _ => fold::eval(context, aggregate, steps),
    }
}

/// Says that the histograms in a group had no part in the result.
fn note_ignored(context: &Context<'_>, op: AggregateOp, span: Span) {
    let text = format!("ignored histogram in {} aggregation", op.as_str());
    context.info(span, &text);
}

/// The groups of an aggregation, none yet.
fn groups(context: &Context<'_>, aggregate: &Aggregate) -> Groups {
    Groups::new(kept(context, aggregate))
}

fn kept(context: &Context<'_>, aggregate: &Aggregate) -> Kept {
    let grouping = &aggregate.grouping;
    if grouping.without {
        Kept::all_but(&grouping.labels, context.type_and_unit)
    } else {
        Kept::only(&grouping.labels)
    }
}

/// The parameter of an operator that has one.
fn param(aggregate: &Aggregate) -> Result<&Expr, QueryError> {
    aggregate
        .param
        .as_ref()
        .ok_or_else(|| QueryError::execution("aggregation without parameter"))
}

/// How many series a parameter asks for.
fn count_of(param: f64) -> usize {
    if param < 1.0 { 0 } else { param as usize }
}

/// What upstream looks at of the values of a parameter: one that is NaN, the least, the greatest.
fn extremes(params: &[f64]) -> impl Iterator<Item = f64> {
    let nan = params.iter().copied().find(|param| param.is_nan());
    let numbers = || params.iter().copied().filter(|param| !param.is_nan());
    let (least, greatest) = (numbers().reduce(f64::min), numbers().reduce(f64::max));
    nan.into_iter().chain(greatest).chain(least)
}

/// Sorts series into groups: places by group.
fn members(
    context: &Context<'_>,
    aggregate: &Aggregate,
    series: &[Series],
) -> Result<(Groups, Vec<Vec<usize>>), QueryError> {
    let mut pace = context.budget.pace();
    let mut groups = groups(context, aggregate);
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (place, one) in series.iter().enumerate() {
        pace.step()?;
        let group = groups.place(&one.labels);
        if group == members.len() {
            members.push(Vec::new());
        }
        if let Some(list) = members.get_mut(group) {
            list.push(place);
        }
    }
    Ok((groups, members))
}

/// The value of a series at a step.
fn at(series: &[Series], place: usize, step: usize) -> f64 {
    let column = series.get(place).map(|one| one.values.as_slice());
    column
        .and_then(|c| c.get(step))
        .copied()
        .unwrap_or(crate::column::ABSENT)
}
