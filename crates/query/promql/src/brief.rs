//! Telling whether a query is over sooner than another thread would have taken it on.
//!
//! In goes a query with its moments, out comes yes where a bound on what it reads is known without
//! reading: every selector names what it wants by equality, all of it lies in memory, and series,
//! samples and steps are few. Handing a query to another thread and its answer back costs some
//! thirty microseconds of processor time, a third of what many queries of a dashboard take. What is
//! absent: subqueries, moved selectors and `info`, whose reading takes more than a look to bound.

use contract::{Select, Selection, TimeRange};

use crate::ast::{DurationExpr, Expr, ExprKind, VectorSelector};
use crate::engine::Moments;

/// What such a query may take, in nanoseconds: as much as the thread that serves connections spends
/// on a longer answer anyway.
const BRIEF: usize = 500_000;

/// Nodes of its tree.
const MOST_NODES: usize = 40;

/// Time between two samples of a series, in milliseconds, for want of knowing better. Where targets
/// are scraped every second, a query takes ten times what is thought, which is not yet long.
const BETWEEN_SAMPLES: i64 = 10_000;

/// Nanoseconds, about: of a series with its labels, of decoding one of its samples, of a value of
/// the answer as text, and of a sample that a window looks at.
const OF_SERIES: usize = 1_000;
const OF_SAMPLE: usize = 6;
const OF_VALUE: usize = 40;
const OF_LOOK: usize = 1;

/// Functions that read what no selector names, or compile a pattern.
const UNBOUNDED: [&str; 2] = ["info", "label_replace"];

/// Whether a query takes no longer than [`BRIEF`], about; no where that is not known.
pub(crate) fn is_brief(select: &dyn Select, expr: &Expr, moments: Moments, lookback: i64) -> bool {
    let mut weight = Weight {
        select,
        moments,
        lookback,
        nodes: 0,
        nanoseconds: 0,
    };
    weight.add(expr).is_some()
}

struct Weight<'w> {
    select: &'w dyn Select,
    moments: Moments,
    lookback: i64,
    nodes: usize,
    nanoseconds: usize,
}

impl Weight<'_> {
    /// Adds a tree; `None` where it is too much, or not known.
    fn add(&mut self, expr: &Expr) -> Option<()> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return None;
        }
        match &expr.kind {
            ExprKind::Subquery(_) => return None,
            ExprKind::Call(call) if UNBOUNDED.contains(&call.function.name) => return None,
            ExprKind::Vector(selector) => self.add_selector(selector, None)?,
            ExprKind::Matrix(matrix) => {
                let DurationExpr::Millis(range) = matrix.range else {
                    return None;
                };
                self.add_selector(&matrix.selector, Some(range))?;
            }
            _ => {}
        }
        expr.children()
            .into_iter()
            .try_for_each(|child| self.add(child))
    }

    /// Adds what a selector reads; `range` is that of its window.
    fn add_selector(&mut self, selector: &VectorSelector, range: Option<i64>) -> Option<()> {
        if selector.at.is_some() || selector.offset != DurationExpr::Millis(0) {
            return None;
        }
        let Moments {
            start,
            end,
            interval,
        } = self.moments;
        let before = range.unwrap_or(self.lookback).max(self.lookback);
        let start = start.checked_sub(before)?;
        let series = self.select.at_most(&Selection {
            matchers: &selector.matchers,
            range: TimeRange { start, end },
            limit: 0,
        })?;
        let number = |count: i64| usize::try_from(count).ok();
        let samples = number(end.checked_sub(start)? / BETWEEN_SAMPLES)?;
        let steps = number(
            (end - self.moments.start)
                .checked_div(interval)
                .unwrap_or(0),
        )? + 1;
        let in_window = number(range.unwrap_or(0) / BETWEEN_SAMPLES)?;
        let looks = in_window.checked_mul(OF_LOOK)?.checked_add(OF_VALUE)?;
        let of_one = samples
            .checked_mul(OF_SAMPLE)?
            .checked_add(steps.checked_mul(looks)?)?
            .checked_add(OF_SERIES)?;
        self.nanoseconds = self.nanoseconds.checked_add(series.checked_mul(of_one)?)?;
        (self.nanoseconds <= BRIEF).then_some(())
    }
}
