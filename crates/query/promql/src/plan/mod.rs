//! The plan of a query: what its tree says of the way it will be evaluated.
//!
//! In goes a checked tree. Out come the parts that stand in it more than once and are evaluated
//! once ([`repeats`]), and the whole as a tree of operators for people ([`explain`]). Invariants: a
//! plan follows from the text alone, and the evaluation asks the same functions that the
//! explanation does. What is absent: costs and choices between ways, since there is one way.

mod explain;
mod repeats;

pub use explain::{PlanNode, explain};
pub(crate) use repeats::Repeats;

use crate::ast::{AggregateOp, Expr, ExprKind};
use crate::kernels::over_time::RangeFunction;

/// Whether an aggregation takes the columns of series one by one, as they are computed, and never
/// holds them together.
pub(crate) fn folds(op: AggregateOp) -> bool {
    !op.takes_param()
}

/// Whether the series of an expression can be computed one by one.
pub(crate) fn is_stream(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Paren(inner) => is_stream(inner),
        ExprKind::Vector(_) => true,
        ExprKind::Call(call) => RangeFunction::find(call.function.name).is_some(),
        _ => false,
    }
}
