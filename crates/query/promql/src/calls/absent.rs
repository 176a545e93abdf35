//! `absent` and `absent_over_time`: 1 where nothing is, labelled with what was asked for.

use model::{Labels, LabelsBuilder, MatchOp, Matcher};

use crate::ast::{Expr, ExprKind};
use crate::column::{ABSENT, Series, present};

/// One series that is 1 at the steps where nothing was seen; none where it never is.
pub(crate) fn series(argument: &Expr, seen: &[bool]) -> Vec<Series> {
    let values: Vec<f64> = seen
        .iter()
        .map(|seen| if *seen { ABSENT } else { 1.0 })
        .collect();
    if present(&values) == 0 {
        return Vec::new();
    }
    vec![Series::numbers(asked_for(argument), false, values)]
}

/// The labels that a selector's equality matchers fix. A second matcher on a label unfixes it; a
/// first that is not of equality does not count.
fn asked_for(argument: &Expr) -> Labels {
    let matchers: &[Matcher] = match &argument.bare().kind {
        ExprKind::Vector(selector) => &selector.matchers,
        ExprKind::Matrix(matrix) => &matrix.selector.matchers,
        _ => &[],
    };
    let mut labels = LabelsBuilder::new();
    let mut fixed: Vec<&str> = Vec::new();
    for matcher in matchers.iter().filter(|m| m.name() != model::METRIC_NAME) {
        if matcher.op() == MatchOp::Equal && !fixed.contains(&matcher.name()) {
            labels.set(matcher.name(), matcher.value());
            fixed.push(matcher.name());
        } else {
            labels.remove(matcher.name());
        }
    }
    labels.build()
}
