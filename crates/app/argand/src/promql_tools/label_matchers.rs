//! `argand promql label-matchers`: sets or takes away a label in every selector of a query.

use std::io::Write;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use model::{MatchOp, Matcher};
use promql::Features;
use promql::ast::{Expr, ExprKind, VectorSelector};

/// Edit label matchers contained within an existing PromQL query.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set a label matcher in the query.
    Set {
        /// Type of the label matcher to set.
        #[arg(short, long = "type", default_value = "=", value_parser = operator)]
        type_: MatchOp,
        /// PromQL query.
        query: String,
        /// Name of the label matcher to set.
        name: String,
        /// Value of the label matcher to set.
        value: String,
    },
    /// Delete a label from the query.
    Delete {
        /// PromQL query.
        query: String,
        /// Name of the label to delete.
        name: String,
    },
}

fn operator(text: &str) -> Result<MatchOp> {
    let known = [
        MatchOp::Equal,
        MatchOp::NotEqual,
        MatchOp::Regex,
        MatchOp::NotRegex,
    ];
    let mut known = known.into_iter();
    match known.find(|op| op.as_str() == text) {
        Some(op) => Ok(op),
        None => bail!("must be one of =,!=,=~,!~"),
    }
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    let edited = match &arguments.command {
        Command::Set {
            type_,
            query,
            name,
            value,
        } => {
            let matcher = Matcher::new(name, *type_, value).context("value")?;
            edit(query, &|selector| set(selector, &matcher))
        }
        Command::Delete { query, name } => edit(query, &|selector| delete(selector, name)),
    }?;
    Ok(writeln!(out, "{edited}")?)
}

/// The query with all its selectors edited, in its canonical form.
fn edit(query: &str, change: &dyn Fn(&mut VectorSelector)) -> Result<String> {
    let mut expr = promql::parse_with(query, &Features::ALL)?;
    each_selector(&mut expr, change);
    Ok(promql::prettify(&expr))
}

fn each_selector(expr: &mut Expr, change: &dyn Fn(&mut VectorSelector)) {
    match &mut expr.kind {
        ExprKind::Number { .. } | ExprKind::String(_) => {}
        ExprKind::Vector(selector) => change(selector),
        ExprKind::Matrix(matrix) => change(&mut matrix.selector),
        ExprKind::Subquery(subquery) => each_selector(&mut subquery.expr, change),
        ExprKind::Aggregate(aggregate) => {
            for inner in aggregate.param.iter_mut().chain([&mut aggregate.expr]) {
                each_selector(inner, change);
            }
        }
        ExprKind::Call(call) => {
            for inner in &mut call.args {
                each_selector(inner, change);
            }
        }
        ExprKind::Binary(binary) => {
            each_selector(&mut binary.left, change);
            each_selector(&mut binary.right, change);
        }
        ExprKind::Unary { operand, .. } => each_selector(operand, change),
        ExprKind::Paren(inner) => each_selector(inner, change),
    }
}

/// Puts a matcher in the place of those for its label, or behind all others.
fn set(selector: &mut VectorSelector, matcher: &Matcher) {
    let mut found = false;
    for known in &mut selector.matchers {
        if known.name() == matcher.name() {
            matcher.clone_into(known);
            found = true;
        }
    }
    if !found {
        selector.matchers.push(matcher.clone());
    }
}

fn delete(selector: &mut VectorSelector, label: &str) {
    selector.matchers.retain(|known| known.name() != label);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_selector_is_edited() {
        let matcher = Matcher::new("job", MatchOp::Regex, "a|b").unwrap();
        for (query, with, without) in [
            ("up", r#"up{job=~"a|b"}"#, "up"),
            (
                r#"rate(x{job="c", i="1"}[5m]) / -(up{job!="x"})"#,
                r#"rate(x{i="1",job=~"a|b"}[5m]) / -(up{job=~"a|b"})"#,
                r#"rate(x{i="1"}[5m]) / -(up)"#,
            ),
            (
                r#"topk(3, sum_over_time((a{job=""})[1h:]))"#,
                r#"topk(3, sum_over_time((a{job=~"a|b"})[1h:]))"#,
                "topk(3, sum_over_time((a)[1h:]))",
            ),
        ] {
            let set = edit(query, &|selector| set(selector, &matcher)).unwrap();
            assert_eq!(set, with);
            let deleted = edit(query, &|selector| delete(selector, "job")).unwrap();
            assert_eq!(deleted, without);
        }
    }
}
