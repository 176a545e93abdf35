//! Long queries over several lines.
//!
//! A node whose line is longer than [`MAX_COLUMNS`] is broken: its children stand on lines of
//! their own, two blanks deeper. A node that fits stays on its line.

use std::fmt::{self, Formatter};

use crate::ast::{Aggregate, Binary, Call, Expr, ExprKind, Subquery};

/// Widest line in bytes, indentation not counted.
const MAX_COLUMNS: usize = 100;

/// Writes a query over as many lines as it takes to keep each of them short.
pub fn prettify(expr: &Expr) -> String {
    let mut out = String::new();
    push(&mut out, expr, 0);
    out
}

/// What a function writes, as a text.
struct Written<F: Fn(&mut Formatter<'_>) -> fmt::Result>(F);

impl<F: Fn(&mut Formatter<'_>) -> fmt::Result> fmt::Display for Written<F> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}

fn indent(out: &mut String, level: usize) {
    out.extend(std::iter::repeat_n("  ", level));
}

/// Appends a node; its first line is indented too.
fn push(out: &mut String, expr: &Expr, level: usize) {
    let line = expr.to_string();
    let short = line.len() <= MAX_COLUMNS;
    match &expr.kind {
        ExprKind::Binary(binary) if !short => push_binary(out, binary, level),
        ExprKind::Aggregate(aggregate) if !short => push_aggregate(out, aggregate, level),
        ExprKind::Call(call) if !short => push_call(out, call, level),
        ExprKind::Paren(inner) if !short => {
            indent(out, level);
            out.push_str("(\n");
            push(out, inner, level + 1);
            close(out, level);
        }
        // Upstream does not indent a subquery that fits.
        ExprKind::Subquery(_) if short => out.push_str(&line),
        ExprKind::Subquery(subquery) => push_subquery(out, subquery, level),
        ExprKind::Unary { negative, operand } => {
            let mut inner = String::new();
            push(&mut inner, operand, level);
            indent(out, level);
            out.push(if *negative { '-' } else { '+' });
            out.push_str(inner.trim_start());
        }
        _ => {
            indent(out, level);
            out.push_str(&line);
        }
    }
}

fn close(out: &mut String, level: usize) {
    out.push('\n');
    indent(out, level);
    out.push(')');
}

fn push_binary(out: &mut String, binary: &Binary, level: usize) {
    push(out, &binary.left, level + 1);
    out.push('\n');
    indent(out, level);
    out.push_str(&Written(|f| super::write_operator(f, binary)).to_string());
    out.push('\n');
    push(out, &binary.right, level + 1);
}

fn push_aggregate(out: &mut String, aggregate: &Aggregate, level: usize) {
    indent(out, level);
    out.push_str(&Written(|f| super::write_aggregate_head(f, aggregate)).to_string());
    out.push_str("(\n");
    if let Some(param) = &aggregate.param {
        push(out, param, level + 1);
        out.push_str(",\n");
    }
    push(out, &aggregate.expr, level + 1);
    close(out, level);
}

fn push_call(out: &mut String, call: &Call, level: usize) {
    indent(out, level);
    out.push_str(call.function.name);
    out.push_str("(\n");
    for (place, arg) in call.args.iter().enumerate() {
        if place > 0 {
            out.push_str(",\n");
        }
        push(out, arg, level + 1);
    }
    close(out, level);
}

fn push_subquery(out: &mut String, subquery: &Subquery, level: usize) {
    push(out, &subquery.expr, level);
    out.push_str(&Written(|f| super::write_subquery_suffix(f, subquery)).to_string());
}
