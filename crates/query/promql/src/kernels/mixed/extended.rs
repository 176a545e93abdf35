//! `anchored` and `smoothed`: a range's ends have values of their own.
//!
//! Anchored, the value at the start is that of the last sample before it, and the value at the end
//! that of the last sample. Smoothed, both are interpolated between the samples on either side.

use model::{FloatHistogram, ResetHint};

use super::rate::per_second;
use super::{Asked, RangeFunction, Timed, Window};
use crate::ast::RangeMode;
use crate::column::Cell;
use crate::histogram::merge::{add, subtract};
use crate::histogram::reset::is_reset;
use crate::histogram::scale::{divide, multiply};
use crate::notes::{Doubt, Operation};

/// The range inside a window, and the places of the samples that stand for its ends.
struct Range {
    from: i64,
    to: i64,
    first: usize,
    last: usize,
    smoothed: bool,
}

impl Range {
    /// None where no sample tells anything of the range.
    fn of(asked: &Asked<'_>, window: &Window<'_>, times: &[i64]) -> Option<Self> {
        let from = window.start.saturating_add(asked.behind);
        let to = window.end.saturating_sub(asked.ahead);
        Self::between(from, to, asked.mode == RangeMode::Smoothed, times)
    }

    fn between(from: i64, to: i64, smoothed: bool, times: &[i64]) -> Option<Self> {
        let mut last = times.len().checked_sub(1)?;
        let others = times.get(..last)?;
        let first = others
            .partition_point(|time| *time <= from)
            .saturating_sub(1);
        if smoothed {
            last = others.partition_point(|time| *time < to);
        }
        let outside = *times.get(last)? <= from || (smoothed && *times.get(first)? > to);
        (!outside).then_some(Self {
            from,
            to,
            first,
            last,
            smoothed,
        })
    }

    /// Values at both ends, by what gives a sample's value and what interpolates from one sample
    /// to the next at a moment.
    fn ends<T>(
        &self,
        times: &[i64],
        pick: impl Fn(usize) -> Option<T>,
        interpolated: impl Fn(usize, i64) -> Option<T>,
    ) -> Option<(T, T)> {
        let left = if self.smoothed && *times.get(self.first)? < self.from {
            interpolated(self.first, self.from)?
        } else {
            pick(self.first)?
        };
        let right = match self.last.checked_sub(1) {
            Some(before) if self.smoothed && *times.get(self.last)? > self.to => {
                interpolated(before, self.to)?
            }
            _ => pick(self.last)?,
        };
        Some((left, right))
    }

    /// Places of the samples strictly inside.
    fn inside(&self, times: &[i64]) -> std::ops::Range<usize> {
        let before = |place: usize| times.get(place).is_some_and(|time| *time <= self.from);
        let behind = |place: usize| times.get(place).is_some_and(|time| *time >= self.to);
        let low = self.first + usize::from(before(self.first));
        let high = self.last + usize::from(!behind(self.last));
        low..high.max(low)
    }
}

/// The value between two numbers. A counter that fell is taken to have begun at zero.
fn number_between(before: (i64, f64), behind: (i64, f64), at: i64, counter: bool) -> f64 {
    let low = if counter && behind.1 < before.1 {
        0.0
    } else {
        before.1
    };
    low + (behind.1 - low) * (at - before.0) as f64 / (behind.0 - before.0) as f64
}

/// The histogram between two; likewise.
fn histogram_between(
    before: &Timed,
    behind: &Timed,
    at: i64,
    counter: bool,
    note: &dyn Fn(Doubt),
) -> Option<FloatHistogram> {
    if at == before.0 {
        return Some(FloatHistogram::clone(&before.1));
    }
    if at == behind.0 {
        return Some(FloatHistogram::clone(&behind.1));
    }
    let share = (at - before.0) as f64 / (behind.0 - before.0) as f64;
    if counter && is_reset(&behind.1, &before.1) {
        let mut scaled = FloatHistogram::clone(&behind.1);
        multiply(&mut scaled, share);
        return Some(scaled);
    }
    let mut gained = minus(&behind.1, &before.1, note)?;
    multiply(&mut gained, share);
    plus(&gained, &before.1, note)
}

fn plus(a: &FloatHistogram, b: &FloatHistogram, note: &dyn Fn(Doubt)) -> Option<FloatHistogram> {
    told(add(a, b), Operation::Addition, note)
}

fn minus(a: &FloatHistogram, b: &FloatHistogram, note: &dyn Fn(Doubt)) -> Option<FloatHistogram> {
    told(subtract(a, b), Operation::Subtraction, note)
}

type Outcome = Result<
    (FloatHistogram, crate::histogram::merge::Reconciled),
    crate::histogram::merge::Incompatible,
>;

fn told(outcome: Outcome, operation: Operation, note: &dyn Fn(Doubt)) -> Option<FloatHistogram> {
    let Ok((result, reconciled)) = outcome else {
        note(Doubt::MixedSchemas);
        return None;
    };
    if reconciled.bounds {
        note(Doubt::Reconciled(operation));
    }
    Some(result)
}

fn is_counter(asked: &Asked<'_>) -> bool {
    asked.function != RangeFunction::Delta
}

/// rate, increase and delta of a window that is not mixed.
pub(super) fn rate(asked: &Asked<'_>, window: &Window<'_>) -> Option<Cell> {
    if window.histograms.is_empty() {
        number_rate(asked, window).map(Cell::Number)
    } else {
        histogram_rate(asked, window).map(Cell::histogram)
    }
}

fn number_rate(asked: &Asked<'_>, window: &Window<'_>) -> Option<f64> {
    let (times, values) = (window.times, window.values);
    let range = Range::of(asked, window, times)?;
    let counter = is_counter(asked);
    let (left, right) = number_ends(&range, times, values, counter)?;
    let mut lost = 0.0;
    if counter {
        let mut before = left;
        let inside = values.get(range.inside(times)).unwrap_or_default();
        for now in inside.iter().chain([&right]) {
            if *now < before {
                lost += before;
            }
            before = *now;
        }
    }
    Some(per_second(asked, right - left + lost))
}

fn number_ends(range: &Range, times: &[i64], values: &[f64], counter: bool) -> Option<(f64, f64)> {
    let sample = |place: usize| Some((*times.get(place)?, *values.get(place)?));
    range.ends(
        times,
        |place| values.get(place).copied(),
        |place, at| {
            Some(number_between(
                sample(place)?,
                sample(place + 1)?,
                at,
                counter,
            ))
        },
    )
}

fn histogram_rate(asked: &Asked<'_>, window: &Window<'_>) -> Option<FloatHistogram> {
    let list = window.histograms;
    let times: Vec<i64> = list.iter().map(|(time, _)| *time).collect();
    let range = Range::of(asked, window, &times)?;
    let counter = is_counter(asked);
    check(asked, list.get(range.first..=range.last)?)?;
    let (left, right) = range.ends(
        &times,
        |place| Some(FloatHistogram::clone(&list.get(place)?.1)),
        |place, at| {
            let (before, behind) = (list.get(place)?, list.get(place + 1)?);
            histogram_between(before, behind, at, counter, asked.note)
        },
    )?;
    let is_gauge = |histogram: &FloatHistogram| histogram.hint == ResetHint::Gauge;
    let gauges = is_gauge(&left) && is_gauge(&right);
    if !counter && !gauges {
        (asked.note)(Doubt::NotGauge);
    }
    let mut gained = minus(&right, &left, asked.note)?;
    if counter && let Some(lost) = lost_to_resets(asked, list, &range, &left, &right)? {
        gained = plus(&gained, &lost, asked.note)?;
    }
    if asked.function == RangeFunction::Rate {
        divide(&mut gained, asked.range as f64 / 1000.0);
    }
    gained.hint = ResetHint::Gauge;
    Some(gained)
}

/// Fails on mixed bounds, says where a counter is none.
fn check(asked: &Asked<'_>, list: &[Timed]) -> Option<()> {
    let custom = list.first()?.1.is_custom();
    for (_, histogram) in list {
        if histogram.is_custom() != custom {
            (asked.note)(Doubt::MixedSchemas);
            return None;
        }
        if is_counter(asked) && histogram.hint == ResetHint::Gauge {
            (asked.note)(Doubt::NotCounter);
        }
    }
    Some(())
}

/// What counters lost in resets between the ends; the inner option is none where nothing was.
#[expect(
    clippy::option_option,
    reason = "failing and having nothing to add are two things"
)]
fn lost_to_resets(
    asked: &Asked<'_>,
    list: &[Timed],
    range: &Range,
    left: &FloatHistogram,
    right: &FloatHistogram,
) -> Option<Option<FloatHistogram>> {
    let (first, second) = (list.get(range.first)?, list.get(range.first + 1));
    let mut before = left;
    let mut place = range.first + 1;
    if let Some((_, second)) = second {
        // An interpolated left end knows of the reset that it spans.
        if range.smoothed && first.0 < range.from && is_reset(second, &first.1) {
            before = second;
            place += 1;
        }
    }
    // The last sample is what the right end was made of, hint and all: only one of them counts.
    if place > range.last {
        return Some(None);
    }
    let between = list
        .get(place..range.last)?
        .iter()
        .map(|(_, now)| now.as_ref());
    let mut lost: Option<FloatHistogram> = None;
    for now in between.chain([right]) {
        if is_reset(now, before) {
            lost = Some(match lost {
                None => before.clone(),
                Some(lost) => plus(&lost, before, asked.note)?,
            });
        }
        before = now;
    }
    Some(lost)
}

/// The value at a moment of a smoothed selector: between the samples on either side, the last one
/// where none follows.
pub(crate) fn between(window: &Window<'_>, at: i64, note: &dyn Fn(Doubt)) -> Option<Cell> {
    if window.is_mixed() {
        note(Doubt::MixedRange);
        return None;
    }
    if window.histograms.is_empty() {
        let (times, values) = (window.times, window.values);
        let sample = |place: usize| Some((*times.get(place)?, *values.get(place)?));
        let place = times.partition_point(|time| *time < at);
        return match (place.checked_sub(1).and_then(sample), sample(place)) {
            (_, Some((time, value))) if time == at => Some(Cell::Number(value)),
            (Some(before), Some(behind)) => {
                Some(Cell::Number(number_between(before, behind, at, false)))
            }
            (Some((_, value)), None) => Some(Cell::Number(value)),
            (None, _) => None,
        };
    }
    let list = window.histograms;
    let place = list.partition_point(|(time, _)| *time < at);
    let histogram = match (
        place.checked_sub(1).and_then(|p| list.get(p)),
        list.get(place),
    ) {
        (_, Some((time, histogram))) if *time == at => FloatHistogram::clone(histogram),
        (Some(before), Some(behind)) => {
            if before.1.is_custom() != behind.1.is_custom() {
                note(Doubt::MixedSchemas);
                return None;
            }
            let gauge = |timed: &Timed| timed.1.hint == ResetHint::Gauge;
            let counter = !(gauge(before) && gauge(behind));
            histogram_between(before, behind, at, counter, note)?
        }
        (Some((_, histogram)), None) => FloatHistogram {
            // The hint tells of a step from one sample to the next, and there was none.
            hint: ResetHint::Unknown,
            ..FloatHistogram::clone(histogram)
        },
        (None, _) => return None,
    };
    Some(Cell::histogram(histogram))
}

/// The numbers of a range with those of its ends.
pub(crate) fn with_ends(
    times: &[i64],
    values: &[f64],
    (from, to): (i64, i64),
    smoothed: bool,
) -> Option<Vec<(i64, f64)>> {
    let range = Range::between(from, to, smoothed, times)?;
    let (left, right) = number_ends(&range, times, values, false)?;
    let inside = range.inside(times);
    let samples = times.iter().copied().zip(values.iter().copied());
    let samples = samples.skip(inside.start).take(inside.len());
    Some(
        std::iter::once((from, left))
            .chain(samples)
            .chain([(to, right)])
            .collect(),
    )
}
