//! topk and bottomk over series that are computed one by one.
//!
//! Of each group at each step the best so far are kept while columns come by, so that what is not
//! among them is forgotten at once: a column costs a comparison a step, and memory holds the best
//! alone, however many series there are.

use std::collections::HashMap;

use rapidhash::fast::RandomState;

use super::best::Best;
use crate::QueryError;
use crate::ast::{Aggregate, AggregateOp};
use crate::column::{Histograms, Series, Steps, is_present, present};
use crate::eval::source::{Distinct, Source};
use crate::eval::{Context, parallel};
use crate::memory::Held;

/// Candidates that are kept between two counts of their memory.
const COUNTED_AT_ONCE: usize = 1024;

/// What was picked.
pub(super) struct Picked {
    pub(super) series: Vec<Series>,
    /// Whether histograms had no part in it.
    pub(super) ignored: bool,
}

/// Picks the best of a source; `params` says how many at each step.
pub(super) fn pick(
    context: &Context<'_>,
    aggregate: &Aggregate,
    steps: &Steps,
    params: &[f64],
) -> Result<Picked, QueryError> {
    match aggregate.op {
        AggregateOp::Bottomk => pick_by(context, aggregate, steps, params, |a, b| a > b),
        _ => pick_by(context, aggregate, steps, params, |a, b| a < b),
    }
}

fn pick_by(
    context: &Context<'_>,
    aggregate: &Aggregate,
    steps: &Steps,
    params: &[f64],
    is_worse: impl Fn(f64, f64) -> bool + Copy + Send + Sync,
) -> Result<Picked, QueryError> {
    let source = context.source(&aggregate.expr, steps)?;
    let kept = super::kept(context, aggregate);
    let groups = match kept.keeps_nothing() {
        true => Vec::new(),
        false => source.group(&kept),
    };
    let mut distinct = Distinct::of(context, source.as_ref());
    let mut race = Race {
        context,
        counts: params.iter().map(|param| super::count_of(*param)).collect(),
        groups,
        known: HashMap::default(),
        best: Vec::new(),
        kept: 0,
        counted: 0,
        held: context.budget.hold_bytes(0)?,
        ignored: false,
    };
    let fold = &mut |place, column: &[f64], histograms: &mut Histograms| {
        if present(column) + histograms.samples() == 0 {
            return Ok(());
        }
        distinct.see(place)?;
        race.offer(place, column, histograms, is_worse)
    };
    parallel::for_each_column(context, source.as_ref(), steps.count, fold)?;
    let ignored = race.ignored;
    let series = race.end(source.as_ref(), steps, is_worse)?;
    Ok(Picked { series, ignored })
}

/// The best so far.
struct Race<'r> {
    context: &'r Context<'r>,
    /// How many are wanted at each step.
    counts: Vec<usize>,
    /// The group of each series by its place; empty where there is only one.
    groups: Vec<u32>,
    /// Where the best of a group begin in `best`.
    known: HashMap<u32, usize, RandomState>,
    /// One for each step of each group, groups in the order in which they came.
    best: Vec<Best>,
    /// Candidates that are kept, and those whose memory has been counted.
    kept: usize,
    counted: usize,
    held: Held,
    ignored: bool,
}

impl Race<'_> {
    fn offer(
        &mut self,
        place: usize,
        column: &[f64],
        histograms: &Histograms,
        is_worse: impl Fn(f64, f64) -> bool + Copy,
    ) -> Result<(), QueryError> {
        let first = self.first_of(place)?;
        let best = self.best.iter_mut().skip(first);
        let mut grown = 0;
        for ((value, count), best) in column.iter().zip(&self.counts).zip(best) {
            if is_present(*value) && best.offer((place, *value), *count, is_worse) {
                grown += 1;
            }
        }
        if histograms.samples() > 0 {
            let counts = self.counts.iter().enumerate();
            let mut wanted = counts.filter(|(_, count)| **count > 0);
            self.ignored |= wanted.any(|(step, _)| histograms.get(step).is_some());
        }
        self.keep(grown)
    }

    /// Where the best of the group of a series begin.
    fn first_of(&mut self, place: usize) -> Result<usize, QueryError> {
        let group = self.groups.get(place).copied().unwrap_or_default();
        let next = self.best.len();
        if self.groups.is_empty() && next > 0 {
            return Ok(0);
        }
        let first = *self.known.entry(group).or_insert(next);
        if first == next {
            let steps = self.counts.len();
            self.best.resize_with(next + steps, Best::default);
            self.count()?;
        }
        Ok(first)
    }

    /// Counts candidates that are kept from now on.
    fn keep(&mut self, more: usize) -> Result<(), QueryError> {
        if more == 0 {
            return Ok(());
        }
        self.kept += more;
        self.context.budget.hold(more)?;
        if self.kept - self.counted >= COUNTED_AT_ONCE {
            self.count()?;
        }
        Ok(())
    }

    /// Counts the memory.
    fn count(&mut self) -> Result<(), QueryError> {
        self.counted = self.kept;
        // Lists grow by doubling.
        let candidates = 2 * self.kept * Best::BYTES_OF_ONE;
        self.held
            .resize(self.best.len() * size_of::<Best>() + candidates)
    }

    /// The series of the best: of one step best first, group by group; of several in the order of
    /// their places.
    fn end(
        self,
        source: &dyn Source,
        steps: &Steps,
        is_worse: impl Fn(f64, f64) -> bool + Copy,
    ) -> Result<Vec<Series>, QueryError> {
        let budget = &self.context.budget;
        let mut picked: Vec<(usize, usize, f64)> = Vec::with_capacity(self.kept);
        let mut pace = budget.pace();
        for (at, best) in self.best.into_iter().enumerate() {
            pace.step()?;
            let step = at % self.counts.len().max(1);
            let best = best.in_order(is_worse).into_iter();
            picked.extend(best.map(|(place, value)| (place, step, value)));
        }
        if steps.count != 1 {
            picked.sort_unstable_by_key(|(place, step, _)| (*place, *step));
        }
        let mut series: Vec<Series> = Vec::new();
        for of_one in picked.chunk_by(|a, b| a.0 == b.0) {
            pace.step()?;
            let Some((place, ..)) = of_one.first() else {
                continue;
            };
            let (labels, drop_name) = source.labels(*place);
            let mut one = Series::absent(labels, drop_name, steps);
            for (_, step, value) in of_one {
                if let Some(cell) = one.values.get_mut(*step) {
                    *cell = *value;
                }
            }
            series.push(self.context.counted(one)?);
        }
        budget.release(self.kept);
        Ok(series)
    }
}
