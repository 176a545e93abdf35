//! The plan of a query as a tree of operators, for people and for the query page.

use std::fmt::{self, Display, Formatter};

use super::{Repeats, folds, is_stream};
use crate::ast::{Aggregate, Binary, Call, Cardinality, Expr, ExprKind, RangeMode, VectorSelector};
use crate::eval::invariant::is_invariant;
use crate::kernels::over_time::RangeFunction;
use crate::{Features, ParseError, parse_with};

/// An operator of a plan with what it takes its input from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanNode {
    /// What it does, such as `select`, `window rate`, `fold sum` or `join /`.
    pub operator: String,
    /// The part of the query, in canonical form on one line.
    pub text: String,
    /// What it is told, as name and value: matchers that go down to the store, which samples are
    /// read, the label columns it groups or matches by.
    pub details: Vec<(&'static str, String)>,
    /// Its value is the same at every step of a range query, and is computed at one.
    pub invariant: bool,
    /// It stands more than once in the query and is computed once.
    pub shared: bool,
    /// Its series go to the operator above one by one and are never held together.
    pub streamed: bool,
    /// Where its input comes from.
    pub children: Vec<PlanNode>,
}

/// Reads a query and says how it would be evaluated; nothing is evaluated.
pub fn explain(text: &str, features: &Features) -> Result<PlanNode, ParseError> {
    let expr = parse_with(text, features)?;
    let repeats = Repeats::find(&expr);
    Ok(node(&expr, &repeats, Above::default()))
}

/// What stands above a node.
#[derive(Clone, Copy, Default)]
struct Above {
    /// It takes series one by one.
    folds: bool,
    /// It is invariant, and so is all below it.
    invariant: bool,
}

fn node(expr: &Expr, repeats: &Repeats, above: Above) -> PlanNode {
    if let ExprKind::Paren(inner) = &expr.kind {
        return node(inner, repeats, above);
    }
    let invariant = is_invariant(expr);
    let folded = matches!(&expr.kind, ExprKind::Aggregate(aggregate) if folds(aggregate.op));
    let below = Above {
        folds: folded,
        invariant: above.invariant || invariant,
    };
    let (operator, details) = describe(expr);
    PlanNode {
        operator,
        text: expr.to_string(),
        details,
        invariant: invariant && !above.invariant,
        shared: repeats.part(expr).is_some(),
        streamed: above.folds && is_stream(expr),
        children: expr
            .children()
            .into_iter()
            .map(|child| node(child, repeats, below))
            .collect(),
    }
}

type Details = Vec<(&'static str, String)>;

fn describe(expr: &Expr) -> (String, Details) {
    match &expr.kind {
        ExprKind::Number { .. } => ("number".to_owned(), Vec::new()),
        ExprKind::String(_) => ("text".to_owned(), Vec::new()),
        ExprKind::Vector(selector) => {
            let mut details = selected(selector);
            details.push(("reads", "the newest sample within the lookback".to_owned()));
            ("select".to_owned(), details)
        }
        ExprKind::Matrix(matrix) => {
            let mut details = selected(&matrix.selector);
            details.push(("reads", format!("{} before each step", matrix.range)));
            ("select range".to_owned(), details)
        }
        ExprKind::Subquery(subquery) => {
            let step = subquery.step.as_ref().map(ToString::to_string);
            let step = step.unwrap_or_else(|| "the default".to_owned());
            let details = vec![("range", subquery.range.to_string()), ("step", step)];
            ("subquery".to_owned(), details)
        }
        ExprKind::Aggregate(aggregate) => aggregation(aggregate),
        ExprKind::Call(call) => called(call),
        ExprKind::Binary(binary) => operation(binary),
        ExprKind::Unary { negative, .. } => {
            let sign = if *negative { '-' } else { '+' };
            (format!("sign {sign}"), Vec::new())
        }
        ExprKind::Paren(_) => (String::new(), Vec::new()),
    }
}

fn selected(selector: &VectorSelector) -> Details {
    let matchers: Vec<String> = selector.matchers.iter().map(ToString::to_string).collect();
    let mut details = vec![("matchers", matchers.join(", "))];
    if selector.mode != RangeMode::Plain {
        details.push(("mode", selector.mode.as_str().to_owned()));
    }
    details
}

fn aggregation(aggregate: &Aggregate) -> (String, Details) {
    let way = if folds(aggregate.op) {
        "fold"
    } else {
        "gather"
    };
    let labels = aggregate.grouping.labels.join(", ");
    let columns = match (aggregate.grouping.without, labels.is_empty()) {
        (true, true) => "all but the name".to_owned(),
        (true, false) => format!("all but the name, {labels}"),
        (false, true) => "none".to_owned(),
        (false, false) => labels,
    };
    let operator = format!("{way} {}", aggregate.op.as_str());
    (operator, vec![("columns", columns)])
}

fn called(call: &Call) -> (String, Details) {
    let Some(function) = RangeFunction::find(call.function.name) else {
        return (format!("call {}", call.function.name), Vec::new());
    };
    let mut details = Vec::new();
    if function.looks_at_newest() {
        details.push(("at one step", "the newest sample alone".to_owned()));
    }
    (format!("window {}", call.function.name), details)
}

fn operation(binary: &Binary) -> (String, Details) {
    let op = binary.op.as_str();
    let Some(matching) = &binary.matching else {
        return (format!("each {op}"), Vec::new());
    };
    let labels = matching.labels.join(", ");
    let columns = match (matching.on, labels.is_empty()) {
        (true, true) => "none".to_owned(),
        (true, false) => labels,
        (false, true) => "all but the name".to_owned(),
        (false, false) => format!("all but the name, {labels}"),
    };
    let cardinality = match matching.cardinality {
        Cardinality::OneToOne => "one to one",
        Cardinality::ManyToOne => "many to one",
        Cardinality::OneToMany => "one to many",
        Cardinality::ManyToMany => "sets",
    };
    let details = vec![("columns", columns), ("matching", cardinality.to_owned())];
    (format!("join {op}"), details)
}

impl PlanNode {
    fn write(&self, f: &mut Formatter<'_>, first: &str, others: &str) -> fmt::Result {
        write!(f, "{first}{}", self.operator)?;
        if self.children.is_empty() {
            write!(f, " {}", self.text)?;
        }
        let mut notes: Vec<String> = self
            .details
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        let marks = [
            (self.invariant, "computed at one step"),
            (self.shared, "computed once, used more than once"),
            (self.streamed, "series by series"),
        ];
        let marks = marks.iter().filter(|(holds, _)| *holds);
        notes.extend(marks.map(|(_, text)| (*text).to_owned()));
        if !notes.is_empty() {
            write!(f, "  [{}]", notes.join("; "))?;
        }
        writeln!(f)?;
        for (place, child) in self.children.iter().enumerate() {
            let (branch, rest) = if place + 1 == self.children.len() {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            child.write(f, &format!("{others}{branch}"), &format!("{others}{rest}"))?;
        }
        Ok(())
    }
}

impl Display for PlanNode {
    /// One line an operator, what it takes its input from below it.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.write(f, "", "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_names_operators_columns_and_what_is_done_once() {
        let check = |query: &str, expected: &str| {
            let plan = explain(query, &Features::default()).unwrap();
            assert_eq!(plan.to_string(), expected, "{query}");
        };
        check(
            "sum by (mode) (rate(cpu{tier!=\"deep\"}[5m]))",
            "fold sum  [columns: mode]\n\
             └─ window rate  [series by series]\n\
             \u{20}  └─ select range cpu{tier!=\"deep\"}[5m]  [matchers: tier!=\"deep\", __name__=\"cpu\"; reads: 5m before each step]\n",
        );
        check(
            "sum(a) / (sum(a) + 2 * sum(b @ 0))",
            "join /  [columns: all but the name; matching: one to one]\n\
             ├─ fold sum  [columns: none; computed once, used more than once]\n\
             │  └─ select a  [matchers: __name__=\"a\"; reads: the newest sample within the lookback; series by series]\n\
             └─ join +  [columns: all but the name; matching: one to one]\n\
             \u{20}  ├─ fold sum  [columns: none; computed once, used more than once]\n\
             \u{20}  │  └─ select a  [matchers: __name__=\"a\"; reads: the newest sample within the lookback; series by series]\n\
             \u{20}  └─ each *  [computed at one step]\n\
             \u{20}     ├─ number 2\n\
             \u{20}     └─ fold sum  [columns: none]\n\
             \u{20}        └─ select b @ 0.000  [matchers: __name__=\"b\"; reads: the newest sample within the lookback; series by series]\n",
        );
        assert!(explain("sum(", &Features::default()).is_err());
    }
}
