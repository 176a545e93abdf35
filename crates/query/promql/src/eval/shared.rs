//! Values of parts that stand in a query more than once: evaluated once, used as often.
//!
//! A value is kept where evaluating it said nothing, since notes name the place that they are
//! about. It goes with its last use.

use parking_lot::Mutex;

use super::{Context, Evaluated, Reading};
use crate::QueryError;
use crate::ast::Expr;
use crate::column::{Series, Steps};
use crate::plan::Repeats;
use crate::tally::Counts;

/// The repeated parts of one query.
pub(crate) struct Shared {
    repeats: Repeats,
    parts: Mutex<Vec<Part>>,
}

/// A part that stands in the query more than once.
struct Part {
    /// Uses that are still to come.
    uses: usize,
    known: Option<Known>,
}

/// A value and what it holds for.
struct Known {
    steps: Steps,
    reading: Reading,
    series: Vec<Series>,
    /// What evaluating it looked at.
    counts: Counts,
}

impl Shared {
    pub(crate) fn of(expr: &Expr) -> Self {
        let repeats = Repeats::find(expr);
        let part = |count: &usize| Part {
            uses: *count,
            known: None,
        };
        let parts = repeats.counts().iter().map(part).collect();
        Self {
            repeats,
            parts: Mutex::new(parts),
        }
    }
}

impl Context<'_> {
    /// Evaluates a node, or takes its value where it is known.
    pub(super) fn eval_shared(
        &self,
        expr: &Expr,
        steps: &Steps,
        evaluate: impl FnOnce() -> Result<Evaluated, QueryError>,
    ) -> Result<Evaluated, QueryError> {
        let Some(part) = self.shared.repeats.part(expr) else {
            return evaluate();
        };
        if let Some(series) = self.known(part, steps)? {
            return Ok(Evaluated::Vector(series));
        }
        let said = self.notes.lock().said();
        let by_step = self.tally.is_by_step().then_some(steps);
        let (value, counts) = self.tally.apart(by_step, evaluate);
        self.tally.add_all(&counts);
        let value = value?;
        if let Evaluated::Vector(series) = &value
            && self.notes.lock().said() == said
        {
            self.keep(part, steps, series, counts);
        }
        Ok(value)
    }

    /// The value of a part at these steps, if it is known.
    fn known(&self, part: usize, steps: &Steps) -> Result<Option<Vec<Series>>, QueryError> {
        let reading = self.reading();
        let mut parts = self.shared.parts.lock();
        let Some(part) = parts.get_mut(part) else {
            return Ok(None);
        };
        part.uses = part.uses.saturating_sub(1);
        let fits = |known: &Known| known.steps == *steps && known.reading == reading;
        if !part.known.as_ref().is_some_and(fits) {
            return Ok(None);
        }
        // What is looked at once counts as often as the query names it, as upstream has it.
        if let Some(known) = &part.known {
            self.tally.add_all(&known.counts);
        }
        if part.uses == 0 {
            return Ok(part.known.take().map(|known| known.series));
        }
        let mut series = part.known.as_ref().map(|known| known.series.clone());
        drop(parts);
        self.hold(series.as_deref_mut().unwrap_or_default())?;
        Ok(series)
    }

    /// Keeps a value for the uses to come, where there are any and it fits the budget.
    fn keep(&self, part: usize, steps: &Steps, series: &[Series], counts: Counts) {
        let mut parts = self.shared.parts.lock();
        let Some(part) = parts.get_mut(part).filter(|part| part.uses > 0) else {
            return;
        };
        if let Some(earlier) = part.known.take() {
            self.release(&earlier.series);
        }
        let samples = series.iter().map(Series::samples).sum();
        let bytes = series.iter().map(Series::bytes).sum();
        if !self.budget.would_fit(bytes) || self.budget.hold(samples).is_err() {
            self.release(series);
            return;
        }
        part.known = Some(Known {
            steps: *steps,
            reading: self.reading(),
            series: series.to_vec(),
            counts,
        });
    }
}
