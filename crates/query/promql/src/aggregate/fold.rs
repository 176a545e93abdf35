//! Aggregations that need one series at a time: sum, avg, min, max, count, group, stddev, stdvar.
//!
//! Each series is folded into its group's cells as soon as its column is computed, in the order
//! of places, so that inputs are never held together and the result is the same on any number of
//! threads.

use super::histograms::{Adding, HistogramCells};
use crate::QueryError;
use crate::ast::{Aggregate, AggregateOp};
use crate::budget::CELLS_AT_ONCE;
use crate::column::{ABSENT, Histograms, Series, Steps, is_present};
use crate::eval::source::Distinct;
use crate::eval::{Context, parallel};
use crate::kernels::sum::{Mean, Sum};
use crate::memory::Held;
use model::Labels;

/// What a group remembers of the values at one step.
trait Cell: Copy + Send {
    fn starting(value: f64) -> Self;
    fn add(&mut self, value: f64);
    fn get(&self) -> f64;
}

impl Cell for Sum {
    fn starting(value: f64) -> Self {
        Sum::starting(value)
    }
    #[inline]
    fn add(&mut self, value: f64) {
        Sum::add(self, value);
    }
    fn get(&self) -> f64 {
        Sum::get(self)
    }
}

impl Cell for Mean {
    fn starting(value: f64) -> Self {
        Mean::starting(value)
    }
    #[inline]
    fn add(&mut self, value: f64) {
        Mean::add(self, value);
    }
    fn get(&self) -> f64 {
        Mean::get(self)
    }
}

#[derive(Clone, Copy)]
struct Min(f64);

impl Cell for Min {
    fn starting(value: f64) -> Self {
        Self(value)
    }
    #[inline]
    fn add(&mut self, value: f64) {
        if value < self.0 || self.0.is_nan() {
            self.0 = value;
        }
    }
    fn get(&self) -> f64 {
        self.0
    }
}

#[derive(Clone, Copy)]
struct Max(f64);

impl Cell for Max {
    fn starting(value: f64) -> Self {
        Self(value)
    }
    #[inline]
    fn add(&mut self, value: f64) {
        if value > self.0 || self.0.is_nan() {
            self.0 = value;
        }
    }
    fn get(&self) -> f64 {
        self.0
    }
}

#[derive(Clone, Copy)]
struct Count(f64);

impl Cell for Count {
    fn starting(_: f64) -> Self {
        Self(1.0)
    }
    #[inline]
    fn add(&mut self, _: f64) {
        self.0 += 1.0;
    }
    fn get(&self) -> f64 {
        self.0
    }
}

#[derive(Clone, Copy)]
struct One;

impl Cell for One {
    fn starting(_: f64) -> Self {
        Self
    }
    fn add(&mut self, _: f64) {}
    fn get(&self) -> f64 {
        1.0
    }
}

/// Welford's running variance; `ROOT` for the deviation.
#[derive(Clone, Copy)]
struct Spread<const ROOT: bool> {
    count: f64,
    mean: f64,
    squares: f64,
}

impl<const ROOT: bool> Cell for Spread<ROOT> {
    fn starting(value: f64) -> Self {
        let squares = if value.is_finite() { 0.0 } else { f64::NAN };
        Self {
            count: 1.0,
            mean: value,
            squares,
        }
    }
    #[inline]
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let delta = value - self.mean;
        self.mean += delta / self.count;
        self.squares += delta * (value - self.mean);
    }
    fn get(&self) -> f64 {
        let variance = self.squares / self.count;
        if ROOT { variance.sqrt() } else { variance }
    }
}

pub(super) fn eval(
    context: &Context<'_>,
    aggregate: &Aggregate,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    match aggregate.op {
        AggregateOp::Sum => fold::<Sum>(context, aggregate, steps),
        AggregateOp::Avg => fold::<Mean>(context, aggregate, steps),
        AggregateOp::Min => fold::<Min>(context, aggregate, steps),
        AggregateOp::Max => fold::<Max>(context, aggregate, steps),
        AggregateOp::Count => fold::<Count>(context, aggregate, steps),
        AggregateOp::Stddev => fold::<Spread<true>>(context, aggregate, steps),
        AggregateOp::Stdvar => fold::<Spread<false>>(context, aggregate, steps),
        _ => fold::<One>(context, aggregate, steps),
    }
}

/// What a group takes beside its cells and labels, in bytes: itself and its place in the map.
const GROUP_OVERHEAD: usize = 160;
/// No group yet.
const NO_GROUP: usize = usize::MAX;

struct Group<C> {
    _held: Held,
    cells: Vec<Option<C>>,
    labels: Labels,
    drop_name: bool,
    /// Sums of histograms by step; empty where there is none.
    histograms: HistogramCells,
}

fn fold<C: Cell>(
    context: &Context<'_>,
    aggregate: &Aggregate,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let source = context.source(&aggregate.expr, steps)?;
    let adding = Adding {
        context,
        op: aggregate.op,
        span: aggregate.expr.bare().span,
    };
    let kept = super::kept(context, aggregate);
    let numbers = match kept.keeps_nothing() {
        true => vec![0; source.len()],
        false => source.group(&kept),
    };
    let mut distinct = Distinct::of(context, source.as_ref());
    // Groups in the order of their first values; those without any take no cells.
    let most = numbers.iter().max().map_or(0, |most| *most as usize + 1);
    let mut places = vec![NO_GROUP; most];
    let mut groups: Vec<Group<C>> = Vec::new();
    parallel::for_each_column(
        context,
        source.as_ref(),
        steps.count,
        &mut |place, column, histograms| {
            let has_histograms = !histograms.is_empty() && histograms.count() > 0;
            if !has_histograms && !column.iter().any(|value| is_present(*value)) {
                return Ok(());
            }
            distinct.see(place)?;
            let number = numbers.get(place).copied().unwrap_or_default();
            let Some(group) = places.get_mut(number as usize) else {
                return Ok(());
            };
            if *group == NO_GROUP {
                *group = groups.len();
                context.budget.hold(steps.count)?;
                let labels = kept.apply(&source.labels(place).0);
                let cells = steps.count * size_of::<Option<C>>();
                let bytes = cells + labels.size() + GROUP_OVERHEAD;
                groups.push(Group {
                    _held: context.budget.hold_bytes(bytes)?,
                    cells: context.budget.cells(None, steps.count)?,
                    labels,
                    drop_name: false,
                    histograms: HistogramCells::default(),
                });
            }
            if let Some(group) = groups.get_mut(*group) {
                // Also where the query groups by the name, as upstream has it.
                group.drop_name |= source.drops_name(place);
                let parts = group.cells.chunks_mut(CELLS_AT_ONCE);
                let parts = parts.zip(column.chunks(CELLS_AT_ONCE));
                for (part, (cells, values)) in parts.enumerate() {
                    context.budget.check_behind(part)?;
                    add_column(cells, values);
                }
                if has_histograms {
                    let (labels, _) = source.labels(place);
                    let metric = labels.metric().unwrap_or_default();
                    add_histograms(&adding, group, histograms, metric);
                }
            }
            Ok(())
        },
    )?;
    drop(source);
    // Cells without a value were held as well while the columns were folded.
    context
        .budget
        .release(groups.len().saturating_mul(steps.count));
    let mut results = Vec::with_capacity(groups.len());
    for group in groups {
        context.budget.check()?;
        let value = |cell: &Option<C>| cell.as_ref().map_or(ABSENT, C::get);
        let values = context.budget.mapped(&group.cells, value)?;
        let mut one = Series::numbers(group.labels, group.drop_name, values);
        group.histograms.finish(&adding, &mut one);
        if !one.is_vacant() {
            results.push(context.counted(one)?);
        }
    }
    context.hold(&mut results)?;
    Ok(results)
}

fn add_column<C: Cell>(cells: &mut [Option<C>], column: &[f64]) {
    for (cell, value) in cells.iter_mut().zip(column) {
        if is_present(*value) {
            match cell {
                Some(cell) => cell.add(*value),
                None => *cell = Some(C::starting(*value)),
            }
        }
    }
}

/// What histograms do to a group: they are added up, counted, or left out with a note.
fn add_histograms<C: Cell>(
    adding: &Adding<'_>,
    group: &mut Group<C>,
    histograms: &Histograms,
    metric: &str,
) {
    match adding.op {
        AggregateOp::Sum | AggregateOp::Avg => group.histograms.add(adding, histograms, metric),
        AggregateOp::Count | AggregateOp::Group => {
            for (step, _) in histograms.iter() {
                match group.cells.get_mut(step) {
                    Some(Some(cell)) => cell.add(1.0),
                    Some(empty) => *empty = Some(C::starting(1.0)),
                    None => {}
                }
            }
        }
        _ => super::note_ignored(adding.context, adding.op, adding.span),
    }
}
