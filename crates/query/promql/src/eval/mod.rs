//! Evaluation: a checked tree and the steps of a query in, columns out.
//!
//! Every node is evaluated over all steps at once. What does not depend on the step is evaluated
//! at one step and repeated. Series come from a [`source::Source`], which computes one column at a
//! time; only operations that need all series at once hold them.

pub(crate) mod call;
mod counting;
mod duration;
pub(crate) mod invariant;
mod listed;
pub(crate) mod parallel;
mod pieces;
pub(crate) mod range;
pub(crate) mod selector;
pub(crate) mod shared;
pub(crate) mod source;
mod unary;
pub(crate) mod windowed;

use std::sync::Arc;
use std::time::Duration;

use contract::Select;
use model::Labels;
use parking_lot::Mutex;

use crate::ast::{Expr, ExprKind, Span, Text, ValueType};
use crate::budget::Budget;
use crate::column::{Series, Steps, present};
use crate::notes::{Doubt, Notes};
use crate::tally::Tally;
use crate::{QueryError, aggregate, binary};
use source::Source;

/// What a node evaluates to.
#[derive(Clone, Debug)]
pub(crate) enum Evaluated {
    /// One number a step.
    Scalar(Vec<f64>),
    /// A text.
    String(String),
    /// One column a series.
    Vector(Vec<Series>),
}

/// What all nodes of one query share.
pub(crate) struct Context<'a> {
    pub(crate) select: &'a dyn Select,
    /// The query's first and last moment, and its step: 0 of an instant query.
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) interval: i64,
    pub(crate) lookback: i64,
    pub(crate) default_subquery_step: i64,
    pub(crate) threads: usize,
    pub(crate) delayed_names: bool,
    pub(crate) type_and_unit: bool,
    /// Samples' own start timestamps tell of counter resets.
    pub(crate) starts: bool,
    pub(crate) budget: Budget,
    pub(crate) tally: Arc<Tally>,
    /// Time that went into sorting the answer.
    pub(crate) sorting: Mutex<Duration>,
    pub(crate) notes: Mutex<Notes>,
    pub(crate) reading: Mutex<Reading>,
    pub(crate) shared: shared::Shared,
}

/// How much of histograms the part of a query that is being evaluated looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Whatever it is given.
    Plain,
    /// Counts and sums alone: then whoever reads samples finds out at once where counting began
    /// again, and aggregations warn where some began again and some did not.
    Stats,
    /// Buckets, too, or other steps than those between samples; whatever stands inside.
    Whole,
}

impl<'a> Context<'a> {
    pub(crate) fn reading(&self) -> Reading {
        *self.reading.lock()
    }

    /// Evaluates a part of the query that looks at histograms in some way.
    pub(crate) fn reading_as<T>(&self, reading: Reading, evaluate: impl FnOnce() -> T) -> T {
        let outside = self.reading();
        if outside != Reading::Whole {
            *self.reading.lock() = reading;
        }
        let result = evaluate();
        *self.reading.lock() = outside;
        result
    }

    pub(crate) fn warn(&self, span: Span, text: &str) {
        self.notes.lock().warn(span, text);
    }

    /// Says that a result is in doubt, or not all that was there went into it.
    pub(crate) fn note(&self, span: Span, doubt: Doubt, metric: &str) {
        if doubt.is_warning() {
            self.warn(span, &doubt.text(metric));
        } else {
            self.info(span, &doubt.text(metric));
        }
    }

    pub(crate) fn info(&self, span: Span, text: &str) {
        self.notes.lock().info(span, text);
    }

    /// Whether a label describes the metric itself and goes with its name.
    pub(crate) fn is_metadata(&self, name: &str) -> bool {
        name == model::METRIC_NAME
            || (self.type_and_unit && (name == "__type__" || name == "__unit__"))
    }

    pub(crate) fn without_metadata(&self, labels: &Labels) -> Labels {
        if labels.iter().any(|(name, _)| self.is_metadata(name)) {
            labels.filtered(|name| !self.is_metadata(name))
        } else {
            labels.clone()
        }
    }

    /// The labels of a result that is no longer a sample of its metric, and whether the name is
    /// still to be dropped at the end.
    pub(crate) fn derived(&self, labels: Labels) -> (Labels, bool) {
        if self.delayed_names {
            (labels, true)
        } else {
            (self.without_metadata(&labels), false)
        }
    }

    /// Evaluates a node at all steps.
    pub(crate) fn eval(&self, expr: &Expr, steps: &Steps) -> Result<Evaluated, QueryError> {
        self.budget.check()?;
        if steps.count > 1 && invariant::is_invariant(expr) {
            let one = Steps::one(steps.first);
            let by_step = self.tally.is_by_step().then_some(&one);
            let (once, counts) = self.tally.apart(by_step, || self.eval(expr, &one));
            self.tally.add_repeated(&counts, steps.count);
            return self.repeat(once?, steps.count);
        }
        self.eval_shared(expr, steps, || self.eval_node(expr, steps))
    }

    fn eval_node(&self, expr: &Expr, steps: &Steps) -> Result<Evaluated, QueryError> {
        match &expr.kind {
            ExprKind::Number { value, .. } => {
                Ok(Evaluated::Scalar(self.budget.cells(*value, steps.count)?))
            }
            ExprKind::String(text) => Ok(Evaluated::String(text.as_str().to_owned())),
            ExprKind::Paren(inner) => self.eval(inner, steps),
            ExprKind::Unary { negative, operand } => self.unary(*negative, operand, steps),
            ExprKind::Binary(binary) => binary::eval(self, binary, steps),
            ExprKind::Aggregate(aggregate) => {
                let series = aggregate::eval(self, aggregate, expr.span, steps)?;
                Ok(Evaluated::Vector(series))
            }
            ExprKind::Call(call) => self.call(call, expr.span, steps),
            ExprKind::Vector(selector) => Ok(Evaluated::Vector(
                self.collect(&self.selected(selector, expr.span, steps)?, steps)?,
            )),
            ExprKind::Matrix(_) | ExprKind::Subquery(_) => Err(QueryError::execution(
                "a range vector has no value of its own here",
            )),
        }
    }

    /// Whether the series of an expression can be computed one by one at these steps.
    pub(crate) fn streams(&self, expr: &Expr, steps: &Steps) -> bool {
        crate::plan::is_stream(expr) && (steps.count == 1 || !invariant::is_invariant(expr))
    }

    /// The series of a vector expression, computed one by one where that is possible.
    pub(crate) fn source<'s>(
        &'s self,
        expr: &Expr,
        steps: &Steps,
    ) -> Result<Box<dyn Source + 's>, QueryError> {
        if steps.count == 1 || !invariant::is_invariant(expr) {
            match &expr.kind {
                ExprKind::Paren(inner) => return self.source(inner, steps),
                ExprKind::Vector(selector) => {
                    return Ok(Box::new(self.selected(selector, expr.span, steps)?));
                }
                ExprKind::Call(call) => {
                    if let Some(windowed) = self.windowed(call, steps)? {
                        return Ok(Box::new(windowed));
                    }
                }
                _ => {}
            }
        }
        Ok(Box::new(self.vector(expr, steps)?))
    }

    pub(crate) fn vector(&self, expr: &Expr, steps: &Steps) -> Result<Vec<Series>, QueryError> {
        match self.eval(expr, steps)? {
            Evaluated::Vector(series) => Ok(series),
            _ => Err(wrong_type(expr, ValueType::Vector)),
        }
    }

    pub(crate) fn scalar(&self, expr: &Expr, steps: &Steps) -> Result<Vec<f64>, QueryError> {
        match self.eval(expr, steps)? {
            Evaluated::Scalar(values) => Ok(values),
            _ => Err(wrong_type(expr, ValueType::Scalar)),
        }
    }

    /// A text that names a label, or the text as `Err` where it cannot.
    pub(crate) fn label_name<'e>(
        &self,
        expr: &'e Expr,
    ) -> Result<Result<&'e str, &'e Text>, QueryError> {
        match &expr.kind {
            ExprKind::Paren(inner) => self.label_name(inner),
            ExprKind::String(text) if text.is_label_name() => Ok(Ok(text.as_str())),
            ExprKind::String(text) => Ok(Err(text)),
            _ => Err(wrong_type(expr, ValueType::String)),
        }
    }

    pub(crate) fn string(&self, expr: &Expr) -> Result<String, QueryError> {
        match self.eval(expr, &Steps::one(self.start))? {
            Evaluated::String(text) => Ok(text),
            _ => Err(wrong_type(expr, ValueType::String)),
        }
    }

    /// Computes and holds all series of a source that have a value.
    pub(crate) fn collect(
        &self,
        source: &dyn Source,
        steps: &Steps,
    ) -> Result<Vec<Series>, QueryError> {
        let mut series = Vec::new();
        parallel::for_each_column(
            self,
            source,
            steps.count,
            &mut |place, column, histograms| {
                let points = present(column) + histograms.samples();
                if points > 0 {
                    self.budget.hold(points)?;
                    let (labels, drop_name) = source.labels(place);
                    let values = self.budget.mapped(column, |value| *value)?;
                    let mut one = Series::numbers(labels, drop_name, values);
                    one.histograms = std::mem::take(histograms);
                    series.push(self.counted(one)?);
                }
                Ok(())
            },
        )?;
        Ok(series)
    }

    /// Says that a result stays in memory; its bytes are counted where that was not done as it
    /// arose.
    pub(crate) fn hold(&self, series: &mut [Series]) -> Result<(), QueryError> {
        let mut samples = 0;
        for one in series {
            samples += one.samples();
            self.count_bytes(one)?;
        }
        self.budget.hold(samples)
    }

    /// The series with its bytes counted.
    pub(crate) fn counted(&self, mut one: Series) -> Result<Series, QueryError> {
        self.count_bytes(&mut one)?;
        Ok(one)
    }

    /// Counts the bytes of a series, again where it has become another.
    pub(crate) fn count_bytes(&self, one: &mut Series) -> Result<(), QueryError> {
        let bytes = one.bytes();
        if one.held.is_counted() {
            one.held.resize(bytes)
        } else {
            one.held = self.budget.hold_bytes(bytes)?;
            Ok(())
        }
    }

    /// Counts samples that were looked at and read.
    pub(crate) fn looked_at(&self, samples: usize) {
        self.tally.add(samples, samples);
        self.tally
            .by_step(|steps| steps.add(0, samples as u64, samples as u64));
    }

    /// Says that an operand has been used up.
    pub(crate) fn release(&self, series: &[Series]) {
        self.budget
            .release(series.iter().map(Series::samples).sum());
    }

    fn repeat(&self, once: Evaluated, count: usize) -> Result<Evaluated, QueryError> {
        let spread = |values: &[f64]| {
            let value = values.first().copied().unwrap_or(f64::NAN);
            self.budget.cells(value, count)
        };
        Ok(match once {
            Evaluated::Scalar(values) => Evaluated::Scalar(spread(&values)?),
            Evaluated::String(text) => Evaluated::String(text),
            Evaluated::Vector(mut series) => {
                self.budget
                    .hold(series.len().saturating_mul(count.saturating_sub(1)))?;
                for one in &mut series {
                    one.values = spread(&one.values)?;
                    if let Some(histogram) = one.histograms.get(0).cloned() {
                        for step in 0..count {
                            one.histograms.set(step, Arc::clone(&histogram));
                        }
                    }
                    self.count_bytes(one)?;
                }
                Evaluated::Vector(series)
            }
        })
    }
}

fn wrong_type(expr: &Expr, wanted: ValueType) -> QueryError {
    QueryError::execution(format!(
        "expected {}, got {}",
        wanted.documented(),
        expr.value_type().documented()
    ))
}
