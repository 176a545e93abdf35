//! Parts of a query that stand in it more than once, such as the sum in `a / sum(b) + sum(b)`.

use std::collections::HashMap;

use super::{folds, is_stream};
use crate::ast::{Expr, ExprKind, Span};

/// Longer queries are evaluated as they stand, in bytes: parts are compared by their text, which
/// costs time in proportion to the text's length and the tree's height.
const LONGEST_TEXT: usize = 16 << 10;

/// Which parts are the same.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    /// By place in the query: which of the repeated parts it is.
    places: HashMap<(usize, usize), usize>,
    /// How often each stands in the query.
    counts: Vec<usize>,
}

impl Repeats {
    /// The parts that are evaluated to series, with equal text, and are held anyway: what is
    /// computed series by series and folded at once would have to be held only to be shared.
    pub(crate) fn find(expr: &Expr) -> Self {
        let mut found = Self::default();
        if expr.span.end.saturating_sub(expr.span.start) > LONGEST_TEXT {
            return found;
        }
        let mut known: HashMap<String, Vec<Span>> = HashMap::new();
        collect(expr, false, &mut known);
        for spans in known.into_values().filter(|spans| spans.len() > 1) {
            let part = found.counts.len();
            found.counts.push(spans.len());
            let places = spans.into_iter().map(|span| ((span.start, span.end), part));
            found.places.extend(places);
        }
        found
    }

    /// The number of the repeated part that a node is.
    pub(crate) fn part(&self, expr: &Expr) -> Option<usize> {
        if self.places.is_empty() || !can_repeat(expr) {
            return None;
        }
        let place = (expr.span.start, expr.span.end);
        self.places.get(&place).copied()
    }

    /// How often each part stands in the query, by its number.
    pub(crate) fn counts(&self) -> &[usize] {
        &self.counts
    }
}

fn can_repeat(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Vector(_) | ExprKind::Aggregate(_) | ExprKind::Call(_) | ExprKind::Binary(_)
    )
}

/// Notes all parts that read series; answers whether this one does.
fn collect(expr: &Expr, streamed: bool, known: &mut HashMap<String, Vec<Span>>) -> bool {
    let is_folded = match &expr.kind {
        ExprKind::Aggregate(aggregate) => folds(aggregate.op),
        ExprKind::Paren(_) => streamed,
        _ => false,
    };
    let mut reads = matches!(expr.kind, ExprKind::Vector(_) | ExprKind::Matrix(_));
    for child in expr.children() {
        reads |= collect(child, is_folded, known);
    }
    if reads && can_repeat(expr) && !(streamed && is_stream(expr)) {
        known.entry(expr.to_string()).or_default().push(expr.span);
    }
    reads
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_anyway_is_found_twice_and_what_streams_is_not() {
        let check = |query: &str, expected: &[usize]| {
            let expr = crate::parse(query).unwrap();
            let mut counts = Repeats::find(&expr).counts;
            counts.sort_unstable();
            assert_eq!(counts, expected, "{query}");
        };
        check("sum(a) / (sum(a) + sum(b))", &[2]);
        check("rate(a[5m]) / (rate(a[5m]) + rate(b[5m]))", &[2]);
        check("sum(rate(a[5m])) - count(rate(a[5m]))", &[]);
        check("a > 1 or a", &[2]);
        check("sum(a) > 1 and sum (a) > 1 and sum((a)) > 2", &[2, 2]);
        check("sum(a) by (x) / sum(a) by (y)", &[]);
        check("time() - time() + vector(1) + vector(1)", &[]);
        check("topk(1, a) or bottomk(1, a)", &[2]);
    }
}
