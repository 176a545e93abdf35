//! Aggregations that pick series: topk, bottomk, limitk, limit_ratio.

use std::collections::HashMap;

use model::Labels;
use rapidhash::fast::RandomState;

use super::{best, sampling, top};
use crate::QueryError;
use crate::ast::{Aggregate, AggregateOp, Span};
use crate::column::{ABSENT, Series, Steps, is_present, present};
use crate::eval::source::{Distinct, Source};
use crate::eval::{Context, parallel};

pub(super) fn eval(
    context: &Context<'_>,
    aggregate: &Aggregate,
    span: Span,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let op = aggregate.op;
    let expr = super::param(aggregate)?;
    let params = context.scalar(expr, steps)?;
    for param in &params {
        check(op, *param)?;
    }
    if op == AggregateOp::LimitRatio {
        for param in super::extremes(&params).filter(|param| param.abs() > 1.0) {
            let mut number = String::new();
            model::number::push_general(&mut number, param);
            let text = format!(
                "ratio value should be between -1 and 1, got {number}, capping to {}",
                param.signum()
            );
            context.warn(expr.bare().span, &text);
        }
    }
    let ordered = matches!(op, AggregateOp::Topk | AggregateOp::Bottomk);
    if ordered && context.streams(&aggregate.expr, steps) {
        let top::Picked {
            mut series,
            ignored,
        } = top::pick(context, aggregate, steps, &params)?;
        if ignored {
            super::note_ignored(context, op, span);
        }
        context.hold(&mut series)?;
        return Ok(series);
    }
    let input = Input::of(context, aggregate, steps)?;
    let series = &input.series;
    let mut ignored = false;
    let mut picked: Vec<Option<Series>> = vec![None; series.len()];
    let mut order = Vec::new();
    let mut candidates: Vec<(usize, f64)> = Vec::new();
    for places in &input.members(context, aggregate)? {
        for (step, param) in params.iter().enumerate() {
            context.budget.check()?;
            candidates.clear();
            let there = places.iter().filter_map(|place| {
                let one = series.get(*place)?;
                let value = one.values.get(step).copied().unwrap_or(ABSENT);
                (is_present(value) || one.histograms.get(step).is_some()).then_some((*place, value))
            });
            candidates.extend(there);
            if ordered && *param >= 1.0 {
                // Histograms are neither more nor less than others.
                let before = candidates.len();
                candidates.retain(|(_, value)| is_present(*value));
                ignored |= candidates.len() < before;
            }
            select(context, op, *param, &input, &mut candidates)?;
            for &(place, _) in &candidates {
                let cell = series.get(place).and_then(|one| one.get(step));
                if let (Some(one), Some(cell)) = (picked.get_mut(place), cell) {
                    let one = match one {
                        Some(one) => one,
                        None => {
                            let (labels, drop_name) = input.labels(place);
                            let absent = Series::absent(labels, drop_name, steps);
                            one.insert(context.counted(absent)?)
                        }
                    };
                    one.set(step, cell);
                }
                if steps.count == 1 {
                    order.push(place);
                }
            }
        }
    }
    context.release(series);
    if steps.count != 1 {
        order = (0..series.len()).collect();
    }
    if ignored {
        super::note_ignored(context, op, span);
    }
    let mut results: Vec<Series> = order
        .into_iter()
        .filter_map(|place| picked.get_mut(place)?.take())
        .collect();
    context.hold(&mut results)?;
    Ok(results)
}

/// The series that are picked from. Where they can be computed one by one, they have no labels
/// yet: few of them will be asked for theirs.
struct Input<'s> {
    series: Vec<Series>,
    lazy: Option<Lazy<'s>>,
}

/// Where labels are.
struct Lazy<'s> {
    source: Box<dyn Source + 's>,
    /// Of each series, its place in the source.
    places: Vec<usize>,
}

impl<'s> Input<'s> {
    fn of(
        context: &'s Context<'_>,
        aggregate: &Aggregate,
        steps: &Steps,
    ) -> Result<Self, QueryError> {
        if !context.streams(&aggregate.expr, steps) {
            let series = context.vector(&aggregate.expr, steps)?;
            return Ok(Self { series, lazy: None });
        }
        let source = context.source(&aggregate.expr, steps)?;
        let mut distinct = Distinct::of(context, source.as_ref());
        let nameless = Labels::empty();
        let (mut series, mut places) = (Vec::new(), Vec::new());
        parallel::for_each_column(
            context,
            source.as_ref(),
            steps.count,
            &mut |place, column, histograms| {
                let points = present(column) + histograms.samples();
                if points == 0 {
                    return Ok(());
                }
                distinct.see(place)?;
                context.budget.hold(points)?;
                let mut one = Series::numbers(nameless.clone(), false, column.to_vec());
                one.histograms = std::mem::take(histograms);
                series.push(context.counted(one)?);
                places.push(place);
                Ok(())
            },
        )?;
        let lazy = Some(Lazy { source, places });
        Ok(Self { series, lazy })
    }

    fn labels(&self, place: usize) -> (Labels, bool) {
        match &self.lazy {
            None => self.series.labels(place),
            Some(lazy) => {
                let place = lazy.places.get(place).copied();
                place.map_or_else(Default::default, |place| lazy.source.labels(place))
            }
        }
    }

    /// Places of series by group.
    fn members(
        &self,
        context: &Context<'_>,
        aggregate: &Aggregate,
    ) -> Result<Vec<Vec<usize>>, QueryError> {
        let Some(lazy) = &self.lazy else {
            return Ok(super::members(context, aggregate, &self.series)?.1);
        };
        let kept = super::kept(context, aggregate);
        if kept.keeps_nothing() {
            return Ok(vec![(0..self.series.len()).collect()]);
        }
        let numbers = lazy.source.group(&kept);
        let mut groups: HashMap<u32, usize, RandomState> = HashMap::default();
        let mut members: Vec<Vec<usize>> = Vec::new();
        for (place, origin) in lazy.places.iter().enumerate() {
            let number = numbers.get(*origin).copied().unwrap_or_default();
            let group = *groups.entry(number).or_insert(members.len());
            if group == members.len() {
                members.push(Vec::new());
            }
            if let Some(list) = members.get_mut(group) {
                list.push(place);
            }
        }
        Ok(members)
    }
}

fn check(op: AggregateOp, param: f64) -> Result<(), QueryError> {
    let ratio = op == AggregateOp::LimitRatio;
    if param.is_nan() {
        let what = if ratio { "Ratio" } else { "Parameter" };
        return Err(QueryError::execution(format!("{what} value is NaN")));
    }
    if !ratio {
        let overflow = if param >= i64::MAX as f64 {
            Some("overflows")
        } else if param <= i64::MIN as f64 {
            Some("underflows")
        } else {
            None
        };
        if let Some(overflow) = overflow {
            let mut number = String::new();
            model::number::push_general(&mut number, param);
            let text = format!("Scalar value {number} {overflow} int64");
            return Err(QueryError::execution(text));
        }
    }
    Ok(())
}

/// Leaves the picked ones of a group, best first.
fn select(
    context: &Context<'_>,
    op: AggregateOp,
    param: f64,
    input: &Input<'_>,
    candidates: &mut Vec<(usize, f64)>,
) -> Result<(), QueryError> {
    let count = super::count_of(param);
    match op {
        AggregateOp::Topk => best::keep(candidates, count, |a, b| a < b),
        AggregateOp::Bottomk => best::keep(candidates, count, |a, b| a > b),
        AggregateOp::Limitk => candidates.truncate(count),
        _ => {
            let mut packed = Vec::new();
            let ratio = param.clamp(-1.0, 1.0);
            let mut pace = context.budget.pace();
            let mut kept = Vec::new();
            for candidate in candidates.drain(..) {
                pace.step()?;
                let (labels, _) = input.labels(candidate.0);
                if in_ratio(ratio, sampling::place(&labels, &mut packed)) {
                    kept.push(candidate);
                }
            }
            *candidates = kept;
        }
    }
    Ok(())
}

/// Whether a series at this place belongs to a share of all. A negative ratio means the series
/// that the complementary positive one leaves out.
fn in_ratio(ratio: f64, place: f64) -> bool {
    if ratio >= 0.0 {
        place < ratio
    } else {
        place >= 1.0 + ratio
    }
}
