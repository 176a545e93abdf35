//! rate, increase and delta of histograms, and of numbers with start timestamps.

use model::FloatHistogram;

use super::starts::{self, Started};
use super::{Asked, RangeFunction, Timed, Window};
use crate::column::Cell;
use crate::histogram::merge::{Accumulator, Incompatible, add};
use crate::histogram::reset::is_reset;
use crate::histogram::scale::multiply;
use crate::notes::{Doubt, Operation};
use model::ResetHint;

/// A step from one sample to the next lies this much above the mean before an end counts as
/// far from its sample.
const FAR: f64 = 1.1;

/// How the samples lie in their window.
struct Extent {
    first: i64,
    last: i64,
    count: usize,
    /// The first sample's start where it lies in the window: there the counter stood at zero.
    began: Option<i64>,
}

impl Extent {
    fn of(
        asked: &Asked<'_>,
        window: &Window<'_>,
        times: (i64, i64),
        count: usize,
        start: i64,
    ) -> Self {
        let (first, last) = times;
        let usable = is_counter(asked) && start != 0 && start > window.start && start < first;
        Self {
            first,
            last,
            count,
            began: usable.then_some(start),
        }
    }

    /// By what a difference grows to span the window. `zero` is the share of the sampled time
    /// after which, going back, a counter would stand at zero.
    fn factor(&self, asked: &Asked<'_>, window: &Window<'_>, zero: Option<f64>) -> f64 {
        let seconds = |from: i64, to: i64| (to - from) as f64 / 1000.0;
        let between = self.count.saturating_sub(1);
        let mean = match between {
            0 => 0.0,
            _ => seconds(self.first, self.last) / between as f64,
        };
        let near = |distance: f64| {
            if distance >= mean * FAR {
                mean / 2.0
            } else {
                distance
            }
        };
        let sampled = seconds(self.began.unwrap_or(self.first), self.last);
        let mut to_start = 0.0;
        if self.began.is_none() {
            to_start = near(seconds(window.start, self.first));
            if let Some(share) = zero {
                to_start = to_start.min(sampled * share);
            }
        }
        let to_end = near(seconds(self.last, window.end));
        let factor = if sampled == 0.0 {
            1.0
        } else {
            (sampled + to_start + to_end) / sampled
        };
        per_second(asked, factor)
    }
}

fn is_counter(asked: &Asked<'_>) -> bool {
    asked.function != RangeFunction::Delta
}

/// Where a rate is asked for: divided by the range.
pub(super) fn per_second(asked: &Asked<'_>, value: f64) -> f64 {
    if asked.function == RangeFunction::Rate {
        value / (asked.range as f64 / 1000.0)
    } else {
        value
    }
}

/// Of a window that is not mixed.
pub(super) fn extrapolated(asked: &Asked<'_>, window: &Window<'_>) -> Option<Cell> {
    if window.histograms.is_empty() {
        numbers(asked, window)
    } else {
        histograms(asked, window)
    }
}

fn numbers(asked: &Asked<'_>, window: &Window<'_>) -> Option<Cell> {
    let (times, values) = (window.times, window.values);
    let (first, last) = (*values.first()?, *values.last()?);
    let started = |place: usize, time: i64| Started {
        time,
        start: starts::at(window.starts, place),
    };
    let mut gained = last - first;
    if is_counter(asked) {
        let samples = times.iter().zip(values).enumerate();
        for ((place, (before_at, before)), (_, (now_at, now))) in
            samples.clone().zip(samples.skip(1))
        {
            let (earlier, later) = (started(place, *before_at), started(place + 1, *now_at));
            if starts::overlaps(earlier, later) {
                (asked.note)(Doubt::StartOverlap);
            }
            if now < before || starts::is_reset(earlier, later) {
                gained += before;
            }
        }
    }
    let ends = (*times.first()?, *times.last()?);
    let extent = Extent::of(
        asked,
        window,
        ends,
        times.len(),
        starts::at(window.starts, 0),
    );
    if extent.began.is_some() {
        gained += first;
    } else if times.len() < 2 {
        return None;
    }
    let zero = (is_counter(asked) && gained > 0.0 && first >= 0.0).then(|| first / gained);
    Some(Cell::Number(gained * extent.factor(asked, window, zero)))
}

fn histograms(asked: &Asked<'_>, window: &Window<'_>) -> Option<Cell> {
    let list = window.histograms;
    let ((first_at, first), (last_at, _)) = (list.first()?, list.last()?);
    let mut gained = None;
    if list.len() > 1 {
        gained = Some(difference(asked, window)?);
    }
    let start = starts::at(window.histogram_starts, 0);
    let extent = Extent::of(asked, window, (*first_at, *last_at), list.len(), start);
    if extent.began.is_some() {
        gained = match gained {
            None => Some(FloatHistogram::clone(first)),
            Some(gained) => Some(sum(asked, &gained, first)?),
        };
    }
    let mut gained = gained?;
    let zero = is_counter(asked) && gained.count > 0.0 && first.count >= 0.0;
    let zero = zero.then(|| first.count / gained.count);
    multiply(&mut gained, extent.factor(asked, window, zero));
    Some(Cell::histogram(gained))
}

/// The sum, with what there is to say about it.
fn sum(asked: &Asked<'_>, a: &FloatHistogram, b: &FloatHistogram) -> Option<FloatHistogram> {
    match add(a, b) {
        Ok((sum, reconciled)) => {
            if reconciled.bounds {
                (asked.note)(Doubt::Reconciled(Operation::Addition));
            }
            Some(sum)
        }
        Err(Incompatible) => {
            (asked.note)(Doubt::MixedSchemas);
            None
        }
    }
}

/// Last minus first of at least two histograms, counter resets made good.
fn difference(asked: &Asked<'_>, window: &Window<'_>) -> Option<FloatHistogram> {
    let list = window.histograms;
    let (first, second, last) = (&list.first()?.1, &list.get(1)?.1, &list.last()?.1);
    let counter = is_counter(asked);
    let resets_at = |place: usize, before: &FloatHistogram| {
        list.get(place).is_some_and(|(time, now)| {
            let pair = started_pair(window, place, *time);
            pair.is_some_and(|(before, now)| starts::is_reset(before, now)) || is_reset(now, before)
        })
    };
    // Where counting began again right behind it, the first has no part in the result, and its
    // layout does not matter.
    let mut before = FloatHistogram::clone(first);
    if counter && resets_at(1, first) {
        before = FloatHistogram {
            schema: second.schema,
            custom: second.custom.clone(),
            ..FloatHistogram::default()
        };
    }
    let schema = check(asked, list, &before)?;
    let mixed = |_| (asked.note)(Doubt::MixedSchemas);
    let mut gained = Accumulator::starting(last);
    gained.reduce(schema);
    let reconciled = gained.subtract(&before).map_err(mixed).ok()?;
    if reconciled.bounds {
        (asked.note)(Doubt::Reconciled(Operation::Subtraction));
    }
    if counter {
        let mut before = &before;
        for (place, (time, now)) in list.iter().enumerate().skip(1) {
            let pair = started_pair(window, place, *time);
            if pair.is_some_and(|(before, now)| starts::overlaps(before, now)) {
                (asked.note)(Doubt::StartOverlap);
            }
            if resets_at(place, before) {
                let reconciled = gained.add(before).map_err(mixed).ok()?;
                if reconciled.bounds {
                    (asked.note)(Doubt::Reconciled(Operation::Addition));
                }
            }
            before = now;
        }
    }
    let mut gained = gained.finish();
    gained.hint = ResetHint::Gauge;
    Some(gained)
}

/// Times and starts of a histogram and the one before it.
fn started_pair(window: &Window<'_>, place: usize, time: i64) -> Option<(Started, Started)> {
    let before = place.checked_sub(1)?;
    let (before_at, _) = window.histograms.get(before)?;
    let started = |place: usize, time: i64| Started {
        time,
        start: starts::at(window.histogram_starts, place),
    };
    Some((started(before, *before_at), started(place, time)))
}

/// The coarsest schema, where all have one kind of bounds; says what is wrong with the hints.
/// `first` stands for the first of the list.
fn check(asked: &Asked<'_>, list: &[Timed], first: &FloatHistogram) -> Option<i32> {
    let ((_, original), (_, last)) = (list.first()?, list.last()?);
    let custom = first.is_custom();
    let is_gauge = |histogram: &FloatHistogram| histogram.hint == ResetHint::Gauge;
    let counter = is_counter(asked);
    let mut schema = first.schema.min(last.schema);
    if last.is_custom() != custom {
        (asked.note)(Doubt::MixedSchemas);
        return None;
    }
    if !counter {
        if !is_gauge(original) || !is_gauge(last) {
            (asked.note)(Doubt::NotGauge);
        }
        return Some(schema);
    }
    if list.iter().any(|(_, histogram)| is_gauge(histogram)) {
        (asked.note)(Doubt::NotCounter);
    }
    for (_, between) in list.iter().skip(1) {
        if between.is_custom() != custom {
            (asked.note)(Doubt::MixedSchemas);
            return None;
        }
        schema = schema.min(between.schema);
    }
    Some(schema)
}
