//! Sorting, which shows in instant answers alone.

use std::cmp::Ordering;

use model::Labels;

use crate::QueryError;
use crate::ast::{Call, Span};
use crate::column::{Series, Steps, drop_histograms};
use crate::eval::Context;
use crate::eval::call::arg;
use crate::sorting::sort_by;

pub(crate) fn sort(
    context: &Context<'_>,
    call: &Call,
    span: Span,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let mut series = context.vector(arg(call, 0)?, steps)?;
    if matches!(call.function.name, "sort" | "sort_desc") {
        // A histogram is neither more nor less than another.
        context.release(&series);
        drop_histograms(&mut series);
        context.hold(&mut series)?;
    }
    if steps.count != 1 {
        let text =
            "sort is ineffective for range queries since results are always ordered by labels";
        context.warn(span, text);
        return Ok(series);
    }
    let mut names = Vec::new();
    for argument in call.args.iter().skip(1) {
        names.push(context.string(argument)?);
    }
    let value = |one: &Series| one.values.first().copied().unwrap_or(f64::NAN);
    let budget = &context.budget;
    match call.function.name {
        "sort" => sort_by(budget, series, |a, b| rising(value(a), value(b))),
        "sort_desc" => sort_by(budget, series, |a, b| falling(value(a), value(b))),
        "sort_by_label" => sort_by(budget, series, |a, b| {
            by_labels(&a.labels, &b.labels, &names)
        }),
        _ => sort_by(budget, series, |a, b| {
            by_labels(&b.labels, &a.labels, &names)
        }),
    }
}

/// Rising, NaN behind all numbers.
pub(crate) fn rising(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b)
        .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Falling, NaN behind all numbers.
pub(crate) fn falling(a: f64, b: f64) -> Ordering {
    b.partial_cmp(&a)
        .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn by_labels(a: &Labels, b: &Labels, names: &[String]) -> Ordering {
    for name in names {
        let (a, b) = (a.get(name).unwrap_or(""), b.get(name).unwrap_or(""));
        match natural(a, b) {
            Ordering::Equal => {}
            other => return other,
        }
    }
    a.cmp(b)
}

/// As people sort: runs of digits compare as numbers.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    while !a.is_empty() && !b.is_empty() {
        let ((a_run, a_rest), (b_run, b_rest)) = (run(a), run(b));
        let ordering = match (number(a_run), number(b_run)) {
            (Some(x), Some(y)) => x.len().cmp(&y.len()).then_with(|| x.cmp(y)),
            _ => a_run.cmp(b_run),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
        (a, b) = (a_rest, b_rest);
    }
    a.len().cmp(&b.len())
}

/// Splits off the longest start that is all digits or all something else.
fn run(text: &str) -> (&str, &str) {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text
        .find(|c: char| c.is_ascii_digit() != digits)
        .unwrap_or(text.len());
    text.split_at(end)
}

/// The digits of a number without leading zeros.
fn number(run: &str) -> Option<&str> {
    run.starts_with(|c: char| c.is_ascii_digit())
        .then(|| run.trim_start_matches('0'))
}
