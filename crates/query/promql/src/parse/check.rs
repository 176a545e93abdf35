//! Types: what is passed to functions and operators must fit them.
//!
//! The order of the checks is upstream's, for only the first fault is reported.

use model::{METRIC_NAME, name::quoted};

use super::error::{Fault, Parsed};
use crate::ast::{
    Aggregate, AggregateOp, Binary, Call, Cardinality, Expr, ExprKind, Matching, Span, ValueType,
    VectorSelector,
};

/// Checks a tree and gives the type of its value.
pub(super) fn check(expr: &Expr, text: &str) -> Parsed<ValueType> {
    let span = expr.span;
    match &expr.kind {
        ExprKind::Number { .. } | ExprKind::String(_) => {}
        ExprKind::Vector(selector) => self::selector(selector, span, false)?,
        ExprKind::Matrix(matrix) => selector(&matrix.selector, matrix.selector_span, false)?,
        ExprKind::Paren(inner) => return check(inner, text),
        ExprKind::Aggregate(node) => aggregate(node, text)?,
        ExprKind::Call(node) => call(node, span, text)?,
        ExprKind::Binary(node) => return binary(node, span, text),
        ExprKind::Unary { operand, .. } => {
            let got = check(operand, text)?;
            if !is_number(got) {
                return Err(Fault::new(
                    span,
                    format!(
                        "unary expression only allowed on expressions of type scalar or instant \
                         vector, got \"{}\"",
                        got.documented()
                    ),
                ));
            }
            return Ok(got);
        }
        ExprKind::Subquery(node) => {
            let got = check(&node.expr, text)?;
            if got != ValueType::Vector {
                let got = got.as_str();
                return Err(Fault::new(
                    span,
                    format!("subquery is only allowed on instant vector, got {got} instead"),
                ));
            }
        }
    }
    Ok(expr.value_type())
}

fn is_number(kind: ValueType) -> bool {
    matches!(kind, ValueType::Scalar | ValueType::Vector)
}

fn expect(expr: &Expr, text: &str, want: ValueType, context: &str) -> Parsed<()> {
    let got = check(expr, text)?;
    if got == want {
        return Ok(());
    }
    let (want, got) = (want.documented(), got.documented());
    let message = format!("expected type {want} in {context}, got {got}");
    Err(Fault::new(expr.span, message))
}

fn aggregate(node: &Aggregate, text: &str) -> Parsed<()> {
    expect(
        &node.expr,
        text,
        ValueType::Vector,
        "aggregation expression",
    )?;
    let want = match node.op {
        AggregateOp::CountValues => ValueType::String,
        _ => ValueType::Scalar,
    };
    match &node.param {
        Some(param) => expect(param, text, want, "aggregation parameter"),
        None => Ok(()),
    }
}

fn binary(node: &Binary, span: Span, text: &str) -> Parsed<ValueType> {
    let left = check(&node.left, text)?;
    let right = check(&node.right, text)?;
    let (op, name) = (node.op, node.op.as_str());
    let at_operator = |message: String| Err(Fault::new(operator_span(node, text), message));
    let at_node = |message: String| Err(Fault::new(span, message));
    let scalars = left == ValueType::Scalar && right == ValueType::Scalar;
    let vectors = left == ValueType::Vector && right == ValueType::Vector;
    if node.return_bool && !op.is_comparison() {
        return at_operator("bool modifier can only be used on comparison operators".to_owned());
    }
    if op.is_comparison() && !node.return_bool && scalars {
        return at_operator("comparisons between scalars must use BOOL modifier".to_owned());
    }
    if let Some(label) = node.matching.as_ref().and_then(doubled_label) {
        let label = quoted(label);
        return at_operator(format!(
            "label {label} must not occur in ON and GROUP clause at once"
        ));
    }
    for (side, got) in [(&node.left, left), (&node.right, right)] {
        if !is_number(got) {
            let message = "binary expression must contain only scalar and instant vector types";
            return Err(Fault::new(side.span, message));
        }
    }
    if let Some(matching) = &node.matching {
        let filled = matching.fill_left.is_some() || matching.fill_right.is_some();
        if !vectors && !matching.labels.is_empty() {
            return at_node("vector matching only allowed between instant vectors".to_owned());
        }
        if !vectors && filled {
            let message = "filling in missing series only allowed between instant vectors";
            return at_node(message.to_owned());
        }
        if vectors && op.is_set() && matching.cardinality != Cardinality::ManyToMany {
            return at_node(format!(
                "no grouping allowed for {} operation",
                quoted(name)
            ));
        }
        if vectors && op.is_set() && filled {
            return at_node("filling in missing series not allowed for set operators".to_owned());
        }
    }
    if op.is_set() && (left == ValueType::Scalar || right == ValueType::Scalar) {
        let name = quoted(name);
        return at_node(format!(
            "set operator {name} not allowed in binary scalar expression"
        ));
    }
    Ok(if scalars {
        ValueType::Scalar
    } else {
        ValueType::Vector
    })
}

/// A label that stands in `on (…)` and in `group_left (…)` or `group_right (…)`.
fn doubled_label(matching: &Matching) -> Option<&String> {
    let mut labels = matching.labels.iter();
    labels.find(|label| matching.on && matching.include.contains(label))
}

/// Where the operator stands: behind the left side and the blanks that follow it.
fn operator_span(node: &Binary, text: &str) -> Span {
    let (left, right) = (node.left.span.end, node.right.span.start);
    let between = text.get(left..right).unwrap_or_default();
    let start = left + (between.len() - between.trim_start().len());
    let end = left + between.trim_end().len();
    Span { start, end }
}

fn call(node: &Call, span: Span, text: &str) -> Parsed<()> {
    let function = node.function;
    let name = quoted(function.name);
    let got = node.args.len();
    let (least, most) = (function.min_args(), function.max_args());
    let fault = |message: String| Err(Fault::new(span, message));
    if most == Some(least) && got != least {
        return fault(format!(
            "expected {least} argument(s) in call to {name}, got {got}"
        ));
    }
    if got < least {
        return fault(format!(
            "expected at least {least} argument(s) in call to {name}, got {got}"
        ));
    }
    if let Some(most) = most.filter(|most| got > *most) {
        return fault(format!(
            "expected at most {most} argument(s) in call to {name}, got {got}"
        ));
    }
    let context = format!("call to function {name}");
    for (place, arg) in node.args.iter().enumerate() {
        if function.name == "info" && place == 1 {
            label_selector(arg, span, &context)?;
            continue;
        }
        if let Some(want) = function.arg(place) {
            expect(arg, text, want, &context)?;
        }
    }
    Ok(())
}

/// The second argument of `info`: matchers without a metric's name, all of which may be empty.
fn label_selector(arg: &Expr, call: Span, context: &str) -> Parsed<()> {
    let got = arg.value_type();
    if got != ValueType::Vector {
        let (want, got) = (ValueType::Vector.documented(), got.documented());
        let message = format!("expected type {want} in {context}, got {got}");
        return Err(Fault::new(call, message));
    }
    match &arg.kind {
        ExprKind::Vector(found) if found.name.is_none() => selector(found, arg.span, true),
        ExprKind::Vector(_) => {
            let message = "expected label selectors only, got vector selector instead";
            Err(Fault::new(arg.span, message))
        }
        _ => Err(Fault::new(arg.span, "expected label selectors only")),
    }
}

fn selector(selector: &VectorSelector, span: Span, may_be_empty: bool) -> Parsed<()> {
    if let Some(name) = &selector.name {
        // The name's own matcher is the last one.
        let others = selector
            .matchers
            .split_last()
            .map_or(&[][..], |(_, rest)| rest);
        return match others.iter().find(|m| m.name() == METRIC_NAME) {
            None => Ok(()),
            Some(other) => {
                let (name, other) = (quoted(name), quoted(other.value()));
                let message = format!("metric name must not be set twice: {name} or {other}");
                Err(Fault::new(span, message))
            }
        };
    }
    if !may_be_empty && selector.matchers.iter().all(model::Matcher::matches_absent) {
        let message = "vector selector must contain at least one non-empty matcher";
        return Err(Fault::new(span, message));
    }
    Ok(())
}
