//! The same query fixed to a moment by `@`: wherever it is asked from, its value is the same.

use crate::Features;
use crate::ast::{At, Expr, ExprKind};

/// Functions whose value depends on when they are asked, or on the moment of their argument.
const BOUND_TO_NOW: [&str; 15] = [
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "end",
    "hour",
    "minute",
    "month",
    "predict_linear",
    "range",
    "start",
    "step",
    "time",
    "timestamp",
    "year",
];

/// The query with `@ time` at every selector that has none, and further moments to ask it at; none
/// where its value depends on them nevertheless.
pub(super) fn fixed(query: &str, time: i64) -> Option<(String, Vec<i64>)> {
    let mut expr = crate::parse_with(query, &Features::ALL).ok()?;
    if !fix(&mut expr, time) {
        return None;
    }
    let moments = if time == 0 {
        vec![-1000, 0, 1000]
    } else {
        vec![-10 * time, 0, time / 5, time, 10 * time]
    };
    Some((expr.to_string(), moments))
}

/// Answers false where a function is bound to the moment of asking.
fn fix(expr: &mut Expr, time: i64) -> bool {
    let put = |at: &mut Option<At>| {
        if !matches!(at, Some(At::Time(_))) {
            *at = Some(At::Time(time));
        }
    };
    match &mut expr.kind {
        ExprKind::Number { .. } | ExprKind::String(_) => true,
        ExprKind::Vector(selector) => {
            put(&mut selector.at);
            true
        }
        ExprKind::Matrix(matrix) => {
            put(&mut matrix.selector.at);
            true
        }
        // What is inside is asked at the subquery's own moments.
        ExprKind::Subquery(subquery) => {
            put(&mut subquery.at);
            true
        }
        ExprKind::Aggregate(aggregate) => {
            let param = aggregate
                .param
                .as_mut()
                .is_none_or(|param| fix(param, time));
            fix(&mut aggregate.expr, time) && param
        }
        ExprKind::Call(call) => {
            !BOUND_TO_NOW.contains(&call.function.name)
                && call.args.iter_mut().all(|arg| fix(arg, time))
        }
        ExprKind::Binary(binary) => fix(&mut binary.left, time) && fix(&mut binary.right, time),
        ExprKind::Unary { operand, .. } => fix(operand, time),
        ExprKind::Paren(inner) => fix(inner, time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_selector_is_fixed_once() {
        for (query, expected) in [
            ("a + b @ 5", Some("a @ 10.000 + b @ 5.000")),
            ("rate(a[1m] @ end())", Some("rate(a[1m] @ 10.000)")),
            (
                "sum_over_time(a[1m:1s])",
                Some("sum_over_time(a[1m:1s] @ 10.000)"),
            ),
            ("a > time()", None),
        ] {
            let got = fixed(query, 10_000).map(|(query, _)| query);
            assert_eq!(got.as_deref(), expected, "{query}");
        }
    }
}
