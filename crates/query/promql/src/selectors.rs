//! The selectors of a query, for whoever asks something else about the same series.

use crate::ast::{Expr, ExprKind, VectorSelector};

/// All selectors, in the order written.
pub fn selectors(expr: &Expr) -> Vec<&VectorSelector> {
    let mut found = Vec::new();
    collect(expr, &mut found);
    found
}

fn collect<'e>(expr: &'e Expr, found: &mut Vec<&'e VectorSelector>) {
    match &expr.kind {
        ExprKind::Number { .. } | ExprKind::String(_) => {}
        ExprKind::Vector(selector) => found.push(selector),
        ExprKind::Matrix(matrix) => found.push(&matrix.selector),
        ExprKind::Subquery(subquery) => collect(&subquery.expr, found),
        ExprKind::Paren(inner) => collect(inner, found),
        ExprKind::Unary { operand, .. } => collect(operand, found),
        ExprKind::Binary(binary) => {
            collect(&binary.left, found);
            collect(&binary.right, found);
        }
        ExprKind::Aggregate(aggregate) => {
            if let Some(param) = &aggregate.param {
                collect(param, found);
            }
            collect(&aggregate.expr, found);
        }
        ExprKind::Call(call) => {
            for arg in &call.args {
                collect(arg, found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_a_selector_is_seen() {
        let text = "sum by (x) (rate(a[5m])) / topk(scalar(b), -(c)) + max_over_time(d[1h:1m])";
        let expr = crate::parse(text).expect("a query");
        let names: Vec<_> = selectors(&expr)
            .iter()
            .filter_map(|selector| selector.name.as_deref())
            .collect();
        assert_eq!(names, ["a", "b", "c", "d"]);
    }
}
