//! `quantile(q, …)` over the series of a group.

use crate::QueryError;
use crate::ast::Aggregate;
use crate::column::{Series, Steps, is_present, present};
use crate::eval::Context;
use crate::kernels::quantile::{is_quantile, quantile};

pub(super) fn eval(
    context: &Context<'_>,
    aggregate: &Aggregate,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let param = super::param(aggregate)?;
    let ranks = context.scalar(param, steps)?;
    let series = context.vector(&aggregate.expr, steps)?;
    super::extremes(&ranks)
        .filter(|q| !is_quantile(*q))
        .for_each(|q| context.warn_quantile(q, param));
    if series.iter().any(|one| one.histograms.count() > 0) {
        super::note_ignored(context, aggregate.op, aggregate.expr.bare().span);
    }
    let (groups, members) = super::members(context, aggregate, &series)?;
    let mut results = Vec::with_capacity(groups.len());
    let mut values = Vec::new();
    for (group, places) in members.iter().enumerate() {
        let mut column = steps.absent();
        for (step, (cell, q)) in column.iter_mut().zip(&ranks).enumerate() {
            context.budget.check()?;
            values.clear();
            let all = places.iter().map(|place| super::at(&series, *place, step));
            values.extend(all.filter(|v| is_present(*v)));
            if !values.is_empty() {
                *cell = quantile(*q, &mut values);
            }
        }
        if present(&column) > 0 {
            let mut members = places.iter().filter_map(|place| series.get(*place));
            let drop_name = members.any(|one| one.drop_name);
            let result = Series::numbers(groups.labels(group), drop_name, column);
            results.push(context.counted(result)?);
        }
    }
    context.release(&series);
    context.hold(&mut results)?;
    Ok(results)
}
