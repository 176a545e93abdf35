//! Makes a query that is answered differently small: a part of it, one moment, few series and
//! samples.

use promql::Features;
use promql::ast::{Expr, ExprKind};

use crate::Pair;
use crate::answers::{ask, moments};
use crate::data::{METRICS, Series, script};
use crate::queries::When;

/// The smallest found, as a text for people.
pub(crate) fn shrink(pair: &mut Pair<'_>, query: &str, when: When, data: &[Series]) -> String {
    let (mut query, mut when) = (query.to_owned(), when);
    while let Some((smaller, then)) = smaller(pair, &query, when) {
        (query, when) = (smaller, then);
    }
    let mut data: Vec<Series> = data
        .iter()
        .filter(|one| query.contains(one.metric()))
        .cloned()
        .collect();
    let prefix = reduce(pair, &query, when, &mut data);
    let difference = pair.difference(&renamed(&query, &prefix), when);
    let moment = match when {
        When::Instant(time) => format!("eval instant at {time}ms"),
        When::Range(start, end, step) => {
            format!("eval range from {start}ms to {end}ms step {step}ms")
        }
    };
    format!(
        "{}{moment} {query}\n  {}\n",
        script(&data),
        difference.unwrap_or_default()
    )
}

/// A smaller query that still differs.
fn smaller(pair: &Pair<'_>, query: &str, when: When) -> Option<(String, When)> {
    let expr = promql::parse_with(query, &Features::ALL).ok()?;
    if let When::Range(start, ..) = when {
        let theirs = ask(pair.theirs, query, when);
        let ours = ask(pair.ours, query, when);
        let at = moments(&theirs, &ours, pair.how.tolerance);
        for time in at.into_iter().take(3).chain([start]) {
            let when = When::Instant(time);
            if pair.difference(query, when).is_some() {
                return Some((query.to_owned(), when));
            }
        }
    }
    let differs = |text: &String| pair.difference(text, when).is_some();
    let parts = parts(&expr).into_iter().map(ToString::to_string);
    let found = parts.chain(without_parts(&expr)).find(differs)?;
    (found.len() < query.len()).then_some((found, when))
}

fn parts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Number { .. }
        | ExprKind::String(_)
        | ExprKind::Vector(_)
        | ExprKind::Matrix(_) => Vec::new(),
        ExprKind::Subquery(subquery) => vec![&subquery.expr],
        ExprKind::Aggregate(aggregate) => {
            let mut parts = vec![&aggregate.expr];
            parts.extend(aggregate.param.as_ref());
            parts
        }
        ExprKind::Call(call) => call.args.iter().collect(),
        ExprKind::Binary(binary) => vec![&binary.left, &binary.right],
        ExprKind::Unary { operand, .. } => vec![operand],
        ExprKind::Paren(inner) => vec![inner],
    }
}

/// The query with each node replaced by one of its own parts, where the types allow.
fn without_parts(expr: &Expr) -> Vec<String> {
    let whole = expr.to_string();
    let mut texts = Vec::new();
    let mut waiting = parts(expr);
    while let Some(node) = waiting.pop() {
        let (outer, kind) = (node.to_string(), node.value_type());
        for part in parts(node) {
            if part.value_type() == kind {
                texts.push(whole.replacen(&outer, &part.to_string(), 1));
            }
            waiting.push(part);
        }
    }
    texts
}

fn renamed(query: &str, prefix: &str) -> String {
    METRICS.iter().fold(query.to_owned(), |query, (metric, _)| {
        query.replace(metric, &format!("{prefix}{metric}"))
    })
}

/// Leaves out series and samples that the difference does not need; answers the prefix under which
/// the servers hold what is left.
fn reduce(pair: &mut Pair<'_>, query: &str, when: When, data: &mut Vec<Series>) -> String {
    let mut prefix = String::new();
    let mut part = data.len().div_ceil(2);
    while part > 0 {
        let mut start = 0;
        while start < data.len() && data.len() > 1 {
            let mut fewer = data.clone();
            fewer.drain(start..(start + part).min(data.len()));
            match held(pair, query, when, &fewer) {
                Some(under) => (*data, prefix) = (fewer, under),
                None => start += part,
            }
        }
        part /= 2;
    }
    let mut part = crate::data::POINTS / 2;
    while part > 0 {
        for start in (0..crate::data::POINTS).step_by(part) {
            let mut fewer = data.clone();
            let mut changed = false;
            for one in &mut fewer {
                for point in one.points.iter_mut().skip(start).take(part) {
                    changed |= point.take().is_some();
                }
            }
            let some_left = fewer
                .iter()
                .all(|one| one.points.iter().any(Option::is_some));
            if changed
                && some_left
                && let Some(under) = held(pair, query, when, &fewer)
            {
                (*data, prefix) = (fewer, under);
            }
        }
        part /= 2;
    }
    prefix
}

/// The prefix under which both hold these series, if they still differ over them.
fn held(pair: &mut Pair<'_>, query: &str, when: When, data: &[Series]) -> Option<String> {
    pair.copies += 1;
    let prefix = format!("copy{}_", pair.copies);
    let copies: Vec<Series> = data.iter().map(|one| one.renamed(&prefix)).collect();
    pair.write(&copies);
    pair.difference(&renamed(query, &prefix), when)?;
    Some(prefix)
}
