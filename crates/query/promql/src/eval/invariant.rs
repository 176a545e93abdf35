//! What has the same value at every step.

use crate::ast::{Expr, ExprKind};

/// Functions whose value depends on the step even where their arguments do not.
const STEP_FUNCTIONS: &[&str] = &[
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "hour",
    "minute",
    "month",
    "predict_linear",
    "time",
    "timestamp",
    "year",
    "start",
    "end",
    "step",
    "range",
];

/// Whether an expression has the same value at every step.
pub(crate) fn is_invariant(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Number { .. } | ExprKind::String(_) => false,
        _ => is_fixed(expr),
    }
}

fn is_fixed(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Number { .. } | ExprKind::String(_) => true,
        ExprKind::Vector(selector) => selector.at.is_some(),
        ExprKind::Matrix(matrix) => matrix.selector.at.is_some(),
        ExprKind::Subquery(subquery) => subquery.at.is_some(),
        ExprKind::Paren(inner) => is_fixed(inner),
        ExprKind::Unary { operand, .. } => is_fixed(operand),
        ExprKind::Binary(binary) => is_fixed(&binary.left) && is_fixed(&binary.right),
        ExprKind::Aggregate(aggregate) => {
            is_fixed(&aggregate.expr) && aggregate.param.as_ref().is_none_or(is_fixed)
        }
        ExprKind::Call(call) => {
            !STEP_FUNCTIONS.contains(&call.function.name) && call.args.iter().all(is_fixed)
        }
    }
}
