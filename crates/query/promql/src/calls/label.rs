//! `label_replace` and `label_join`.

use model::{METRIC_NAME, Pattern};

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
    let template = context.string(arg(call, 2)?)?;
    let source = context.string(arg(call, 3)?)?;
    let pattern = context.string(arg(call, 4)?)?;
    let pattern = Pattern::new(&pattern).map_err(|_| {
        let text = format!("invalid regular expression in label_replace(): {pattern}");
        QueryError::execution(text)
    })?;
    let destination = name(context, call, 1, "destination")?;
    let mut series = context.vector(arg(call, 0)?, steps)?;
    let mut value = String::new();
    for one in &mut series {
        context.budget.check()?;
        value.clear();
        if pattern.expand(one.labels.get(&source).unwrap_or(""), &template, &mut value) {
            set(one, destination, &value);
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
    let separator = context.string(arg(call, 2)?)?;
    let mut sources = Vec::new();
    for place in 3..call.args.len() {
        sources.push(name(context, call, place, "source")?);
    }
    let destination = name(context, call, 1, "destination")?;
    let mut series = context.vector(arg(call, 0)?, steps)?;
    for one in &mut series {
        let values: Vec<&str> = sources
            .iter()
            .map(|source| one.labels.get(source).unwrap_or(""))
            .collect();
        let value = values.join(&separator);
        set(one, destination, &value);
        context.count_bytes(one)?;
    }
    merge_same_labels(&context.budget, series)
}

/// The argument that names a label.
fn name<'c>(
    context: &Context<'_>,
    call: &'c Call,
    place: usize,
    role: &str,
) -> Result<&'c str, QueryError> {
    context.label_name(arg(call, place)?)?.map_err(|text| {
        let (function, text) = (call.function.name, text.as_str());
        let text = format!("invalid {role} label name in {function}(): {text}");
        QueryError::execution(text)
    })
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
