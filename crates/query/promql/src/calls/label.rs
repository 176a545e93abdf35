//! `label_replace` and `label_join`.

use model::{METRIC_NAME, Pattern, name};

use crate::QueryError;
use crate::ast::Call;
use crate::column::{Series, Steps, merge_same_labels};
use crate::eval::Context;
use crate::eval::call::arg;

pub(crate) fn replace(
    context: &Context<'_>,
    call: &Call,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let destination = context.string(arg(call, 1)?)?;
    let template = context.string(arg(call, 2)?)?;
    let source = context.string(arg(call, 3)?)?;
    let pattern = context.string(arg(call, 4)?)?;
    let pattern = Pattern::new(&pattern).map_err(|_| {
        let text = format!("invalid regular expression in label_replace(): {pattern}");
        QueryError::execution(text)
    })?;
    check_name("label_replace", &destination)?;
    let mut series = context.vector(arg(call, 0)?, steps)?;
    let mut value = String::new();
    for one in &mut series {
        context.budget.check()?;
        value.clear();
        if pattern.expand(one.labels.get(&source).unwrap_or(""), &template, &mut value) {
            set(one, &destination, &value);
            context.count_bytes(one)?;
        }
    }
    merge_same_labels(&context.budget, series)
}

pub(crate) fn join(
    context: &Context<'_>,
    call: &Call,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let destination = context.string(arg(call, 1)?)?;
    let separator = context.string(arg(call, 2)?)?;
    let mut sources = Vec::new();
    for argument in call.args.iter().skip(3) {
        let source = context.string(argument)?;
        if source.is_empty() {
            return Err(QueryError::execution(
                "invalid source label name in label_join(): ",
            ));
        }
        sources.push(source);
    }
    check_name("label_join", &destination)?;
    let mut series = context.vector(arg(call, 0)?, steps)?;
    for one in &mut series {
        let values: Vec<&str> = sources
            .iter()
            .map(|source| one.labels.get(source).unwrap_or(""))
            .collect();
        let value = values.join(&separator);
        set(one, &destination, &value);
        context.count_bytes(one)?;
    }
    merge_same_labels(&context.budget, series)
}

fn check_name(function: &str, label: &str) -> Result<(), QueryError> {
    if label.is_empty() {
        let text = format!(
            "invalid destination label name in {function}(): {}",
            name::quoted(label)
        );
        return Err(QueryError::execution(text));
    }
    Ok(())
}

/// Sets a label; a name that is set stays.
fn set(one: &mut Series, label: &str, value: &str) {
    let mut labels = one.labels.to_builder();
    labels.set(label, value);
    one.labels = labels.build();
    if label == METRIC_NAME {
        one.drop_name = false;
    }
}
