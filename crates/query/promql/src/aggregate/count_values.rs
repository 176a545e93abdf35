//! `count_values("label", …)`: how many series of a group have each value.

use model::number;

use crate::QueryError;
use crate::ast::Aggregate;
use crate::column::{Cell, Series, Steps, is_present};
use crate::eval::Context;
use crate::grouping::{Groups, Kept};
use crate::histogram::describe;

pub(super) fn eval(
    context: &Context<'_>,
    aggregate: &Aggregate,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let label = context
        .label_name(super::param(aggregate)?)?
        .map_err(|text| QueryError::execution(format!("invalid label name {text}")))?;
    let grouping = &aggregate.grouping;
    let kept = if grouping.without {
        super::kept(context, aggregate)
    } else {
        let mut names = grouping.labels.clone();
        names.push(label.to_owned());
        Kept::only(&names)
    };
    let series = context.vector(&aggregate.expr, steps)?;
    let mut groups = Groups::new(kept);
    let mut results: Vec<Series> = Vec::new();
    let mut pace = context.budget.pace();
    for one in &series {
        for step in 0..steps.count {
            pace.step()?;
            let Some(cell) = one.get(step) else { continue };
            let mut text = String::new();
            match cell {
                Cell::Number(value) => number::push_plain(&mut text, value),
                Cell::Histogram(histogram) => text = describe::text(&histogram),
            }
            let mut labels = one.labels.to_builder();
            let group = groups.place(&labels.set(label, &text).build());
            if group == results.len() {
                context.budget.hold(1)?;
                let labels = groups.labels(group);
                results.push(context.counted(Series::absent(labels, false, steps))?);
            }
            let cell = results
                .get_mut(group)
                .and_then(|one| one.values.get_mut(step));
            if let Some(cell) = cell {
                *cell = if is_present(*cell) { *cell + 1.0 } else { 1.0 };
            }
        }
    }
    context.release(&series);
    Ok(results)
}
