//! A query's syntax tree as JSON, for the tree view of the query page.
//!
//! Comes in: the tree that [`promql::parse_with`] gives. Goes out: one object a node, told apart
//! by `type`, with the fields that clients of upstream's `parse_query` read. Numbers are texts in
//! decimal notation; lengths of time are whole milliseconds, and 0 where an arithmetic expression
//! stands for one (its tree is then beside it, in the field that ends in `Expr`).

use model::{Matcher, number};
use promql::ast::{
    Aggregate, At, Binary, Call, Cardinality, DurationExpr, DurationOp, Expr, ExprKind, Matching,
    MatrixSelector, RangeMode, Subquery, VectorSelector,
};
use promql::functions::{Function, Variadic};
use serde_json::{Map, Value, json};

/// A node with all below it. Recurses as deep as the tree is high, which the parser bounds.
pub(crate) fn tree(expr: &Expr) -> Value {
    match &expr.kind {
        ExprKind::Number { value, .. } => json!({"type": "numberLiteral", "val": decimal(*value)}),
        ExprKind::String(text) => json!({"type": "stringLiteral", "val": text.as_str()}),
        ExprKind::Vector(selector) => vector(selector),
        ExprKind::Matrix(selector) => matrix(selector),
        ExprKind::Subquery(subquery) => subquery_node(subquery),
        ExprKind::Aggregate(aggregate) => aggregation(aggregate),
        ExprKind::Call(call) => call_node(call),
        ExprKind::Binary(binary) => binary_node(binary),
        ExprKind::Unary { negative, operand } => json!({
            "type": "unaryExpr",
            "op": if *negative { "-" } else { "+" },
            "expr": tree(operand),
        }),
        ExprKind::Paren(inner) => json!({"type": "parenExpr", "expr": tree(inner)}),
    }
}

fn decimal(value: f64) -> String {
    let mut out = String::new();
    number::push_plain(&mut out, value);
    out
}

fn vector(selector: &VectorSelector) -> Value {
    let mut node = selection(selector);
    node.insert("type".to_owned(), json!("vectorSelector"));
    Value::Object(node)
}

fn matrix(matrix: &MatrixSelector) -> Value {
    let mut node = selection(&matrix.selector);
    node.insert("type".to_owned(), json!("matrixSelector"));
    put_length(&mut node, "range", &matrix.range);
    Value::Object(node)
}

/// What selectors of instant and of range vectors have in common.
fn selection(selector: &VectorSelector) -> Map<String, Value> {
    let matchers: Vec<Value> = selector.matchers.iter().map(matcher).collect();
    let mut node = Map::new();
    let mut put = |name: &str, value| node.insert(name.to_owned(), value);
    put("name", json!(selector.name.as_deref().unwrap_or_default()));
    put("matchers", json!(matchers));
    put("anchored", json!(selector.mode == RangeMode::Anchored));
    put("smoothed", json!(selector.mode == RangeMode::Smoothed));
    put_at(&mut node, selector.at);
    put_length(&mut node, "offset", &selector.offset);
    node
}

fn matcher(matcher: &Matcher) -> Value {
    json!({
        "name": matcher.name(),
        "value": matcher.value(),
        "type": matcher.op().as_str(),
    })
}

fn subquery_node(subquery: &Subquery) -> Value {
    let mut node = Map::new();
    node.insert("type".to_owned(), json!("subquery"));
    node.insert("expr".to_owned(), tree(&subquery.expr));
    put_at(&mut node, subquery.at);
    put_length(&mut node, "range", &subquery.range);
    put_length(&mut node, "offset", &subquery.offset);
    let none = DurationExpr::Millis(0);
    put_length(&mut node, "step", subquery.step.as_ref().unwrap_or(&none));
    Value::Object(node)
}

fn put_at(node: &mut Map<String, Value>, at: Option<At>) {
    let (time, edge) = match at {
        None => (Value::Null, Value::Null),
        Some(At::Time(millis)) => (json!(millis), Value::Null),
        Some(At::Start) => (Value::Null, json!("start")),
        Some(At::End) => (Value::Null, json!("end")),
    };
    node.insert("timestamp".to_owned(), time);
    node.insert("startOrEnd".to_owned(), edge);
}

/// A length of time in its two fields.
fn put_length(node: &mut Map<String, Value>, field: &str, length: &DurationExpr) {
    let (millis, expr) = match length {
        DurationExpr::Millis(millis) => (*millis, Value::Null),
        arithmetic => (0, duration(arithmetic, false)),
    };
    node.insert(field.to_owned(), json!(millis));
    node.insert(format!("{field}Expr"), expr);
}

/// An arithmetic expression on lengths of time; `wrapped` where parentheses stand round it.
fn duration(expr: &DurationExpr, wrapped: bool) -> Value {
    let node = |op: &str, left: Value, right: Value| json!({"type": "durationExpr", "op": op, "lhs": left, "rhs": right, "wrapped": wrapped});
    let literal = |value: f64, duration: bool| json!({"type": "numberLiteral", "val": decimal(value), "duration": duration});
    match expr {
        DurationExpr::Millis(millis) => literal(*millis as f64 / 1000.0, true),
        DurationExpr::Number(value) => literal(*value, false),
        DurationExpr::Step => node("step", Value::Null, Value::Null),
        DurationExpr::Range => node("range", Value::Null, Value::Null),
        DurationExpr::Unary { negative, operand } => node(
            if *negative { "-" } else { "+" },
            Value::Null,
            duration(operand, false),
        ),
        DurationExpr::Binary { op, left, right } => node(
            duration_operator(*op),
            duration(left, false),
            duration(right, false),
        ),
        DurationExpr::Paren(inner) => duration(inner, true),
    }
}

fn duration_operator(op: DurationOp) -> &'static str {
    match op {
        DurationOp::Add => "+",
        DurationOp::Sub => "-",
        DurationOp::Mul => "*",
        DurationOp::Div => "/",
        DurationOp::Mod => "%",
        DurationOp::Pow => "^",
        DurationOp::Min => "min_of",
        DurationOp::Max => "max_of",
    }
}

fn aggregation(aggregate: &Aggregate) -> Value {
    json!({
        "type": "aggregation",
        "op": aggregate.op.as_str(),
        "expr": tree(&aggregate.expr),
        "param": aggregate.param.as_ref().map(tree),
        "grouping": aggregate.grouping.labels,
        "without": aggregate.grouping.without,
    })
}

fn call_node(call: &Call) -> Value {
    let args: Vec<Value> = call.args.iter().map(tree).collect();
    json!({"type": "call", "func": function(call.function), "args": args})
}

fn function(function: &Function) -> Value {
    let types: Vec<&str> = function.args.iter().map(|kind| kind.as_str()).collect();
    let variadic = match function.variadic {
        Variadic::No => json!(0),
        Variadic::UpTo(times) => json!(times),
        Variadic::Any => json!(-1),
    };
    json!({
        "name": function.name,
        "argTypes": types,
        "variadic": variadic,
        "returnType": function.returns.as_str(),
    })
}

fn binary_node(binary: &Binary) -> Value {
    json!({
        "type": "binaryExpr",
        "op": binary.op.as_str(),
        "lhs": tree(&binary.left),
        "rhs": tree(&binary.right),
        "matching": binary.matching.as_ref().map(matching),
        "bool": binary.return_bool,
    })
}

fn matching(matching: &Matching) -> Value {
    let cardinality = match matching.cardinality {
        Cardinality::OneToOne => "one-to-one",
        Cardinality::ManyToOne => "many-to-one",
        Cardinality::OneToMany => "one-to-many",
        Cardinality::ManyToMany => "many-to-many",
    };
    json!({
        "card": cardinality,
        "labels": matching.labels,
        "on": matching.on,
        "include": matching.include,
        "fillValues": {"lhs": matching.fill_left, "rhs": matching.fill_right},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, pointer: &str, expected: Value) {
        let expr = promql::parse_with(query, &promql::Features::ALL).expect(query);
        let tree = tree(&expr);
        assert_eq!(tree.pointer(pointer), Some(&expected), "{query}: {tree:#}");
    }

    #[test]
    fn the_fields_of_each_node() {
        for (query, pointer, expected) in [
            ("1e3", "", json!({"type": "numberLiteral", "val": "1000"})),
            ("'a'", "", json!({"type": "stringLiteral", "val": "a"})),
            ("-a", "/op", json!("-")),
            ("(a)", "/expr/name", json!("a")),
            (
                "a{b!~'c'}",
                "/matchers/0",
                json!({"name": "b", "value": "c", "type": "!~"}),
            ),
            ("a @ 1.5", "/timestamp", json!(1500)),
            ("a @ end()", "/startOrEnd", json!("end")),
            ("a offset -5m", "/offset", json!(-300_000)),
            ("a[5m] anchored", "/anchored", json!(true)),
            ("a[5m]", "/range", json!(300_000)),
            ("a[5m]", "/rangeExpr", Value::Null),
            ("a[5m*(2+1)]", "/rangeExpr/rhs/wrapped", json!(true)),
            ("a[5m:1m]", "/step", json!(60_000)),
            ("a[step()+1]", "/rangeExpr/lhs/op", json!("step")),
            ("topk by (x) (2, a)", "/param/val", json!("2")),
            ("sum without (x) (a)", "/grouping", json!(["x"])),
            ("round(a)", "/func/variadic", json!(1)),
            (
                "a * on (x) group_left (y) b",
                "/matching/card",
                json!("many-to-one"),
            ),
            (
                "a + fill_left (2) b",
                "/matching/fillValues/lhs",
                json!(2.0),
            ),
            ("1 + a", "/matching", Value::Null),
        ] {
            check(query, pointer, expected);
        }
    }
}
