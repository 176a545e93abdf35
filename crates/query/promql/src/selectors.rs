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
        ExprKind::Vector(selector) => found.push(selector),
        ExprKind::Matrix(matrix) => found.push(&matrix.selector),
        _ => {}
    }
    for child in expr.children() {
        collect(child, found);
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
