//! Queries for rules and templates: the engine and a store behind [`contract::Query`].
//!
//! In comes a query's text, out goes a list of points; a number without labels is one point. Texts
//! and series of samples are no answer to a rule.

use std::sync::Arc;

use contract::{PreparedQuery, Query, QueryFault, QueryPoint, Reads, Select};
use model::{Labels, METRIC_NAME, MatchOp};

use crate::ast::{Expr, ExprKind, VectorSelector};
use crate::{CancelToken, Engine, InstantSample, Origin, Prepared, QueryError, QueryOptions};
use crate::{SampleValue, Value};

/// What `info` reads where it is not told which metrics.
const DEFAULT_INFO_METRIC: &str = "target_info";

/// Evaluates the queries of rules and templates with one engine over one store.
#[derive(Clone)]
pub struct RuleQueries(Arc<Shared>);

struct Shared {
    engine: Arc<Engine>,
    select: Arc<dyn Select>,
    cancel: CancelToken,
}

impl RuleQueries {
    /// Queries over a store; all of them end once `cancel` is canceled, as at the program's end.
    pub fn new(engine: Arc<Engine>, select: Arc<dyn Select>, cancel: CancelToken) -> Self {
        Self(Arc::new(Shared {
            engine,
            select,
            cancel,
        }))
    }
}

impl Query for RuleQueries {
    fn prepare(&self, text: &str) -> Result<Arc<dyn PreparedQuery>, QueryFault> {
        let query = self.0.engine.prepare(text).map_err(fault)?;
        Ok(Arc::new(RuleQuery {
            text: query.expr().to_string(),
            reads: reads(query.expr()),
            query,
            shared: Arc::clone(&self.0),
        }))
    }
}

/// One query that has been read.
struct RuleQuery {
    text: String,
    reads: Reads,
    query: Prepared,
    shared: Arc<Shared>,
}

impl PreparedQuery for RuleQuery {
    fn text(&self) -> &str {
        &self.text
    }

    fn reads(&self) -> Reads {
        self.reads.clone()
    }

    fn at(&self, time: i64) -> Result<Vec<QueryPoint>, QueryFault> {
        let options = QueryOptions {
            cancel: self.shared.cancel.clone(),
            origin: Origin::Rules,
            ..QueryOptions::default()
        };
        let select = self.shared.select.as_ref();
        let result = self
            .shared
            .engine
            .instant_prepared(select, &self.query, time, &options);
        match result.map_err(fault)?.value {
            Value::Vector(samples) => Ok(samples.into_iter().map(point).collect()),
            Value::Scalar(sample) => Ok(vec![QueryPoint {
                labels: Labels::empty(),
                value: sample.value,
                histogram: None,
            }]),
            Value::String { .. } | Value::Matrix(_) => Err(QueryFault::Failed(
                "rule result is not a vector or scalar".to_owned(),
            )),
        }
    }
}

fn point(sample: InstantSample) -> QueryPoint {
    let (value, histogram) = match sample.value {
        SampleValue::Float(number) => (number, None),
        SampleValue::Histogram(histogram) => (0.0, Some(histogram)),
    };
    QueryPoint {
        labels: sample.labels,
        value,
        histogram,
    }
}

fn fault(error: QueryError) -> QueryFault {
    match error {
        QueryError::Parse(error) => QueryFault::Malformed(error.to_string()),
        QueryError::Canceled(_) => QueryFault::Cancelled,
        other => QueryFault::Failed(other.to_string()),
    }
}

fn reads(expr: &Expr) -> Reads {
    let mut names = Vec::new();
    if !collect(expr, &mut names) {
        return Reads::Anything;
    }
    names.sort_unstable();
    names.dedup();
    Reads::Metrics(names)
}

/// Adds the metrics that a part reads; false where it may read any.
fn collect(expr: &Expr, names: &mut Vec<String>) -> bool {
    match &expr.kind {
        ExprKind::Vector(selector) => selected(selector, names),
        ExprKind::Matrix(matrix) => selected(&matrix.selector, names),
        ExprKind::Call(call) if call.function.name == "info" => {
            let mut args = call.args.iter();
            args.next().is_none_or(|base| collect(base, names)) && joined(args.next(), names)
        }
        _ => expr
            .children()
            .into_iter()
            .all(|child| collect(child, names)),
    }
}

fn selected(selector: &VectorSelector, names: &mut Vec<String>) -> bool {
    let named = selector.matchers.iter().find(|matcher| {
        matcher.name() == METRIC_NAME
            && matcher.op() == MatchOp::Equal
            && !matcher.value().is_empty()
    });
    names.extend(named.map(|matcher| matcher.value().to_owned()));
    named.is_some()
}

/// What `info` joins: the metrics that its second argument names, or the usual one.
fn joined(infos: Option<&Expr>, names: &mut Vec<String>) -> bool {
    match infos.map(|infos| &infos.kind) {
        Some(ExprKind::Vector(selector))
            if selector.matchers.iter().any(|m| m.name() == METRIC_NAME) =>
        {
            selected(selector, names)
        }
        _ => {
            names.push(DEFAULT_INFO_METRIC.to_owned());
            true
        }
    }
}
