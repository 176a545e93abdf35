//! The `*_over_time` family and its like: one window of samples to one number.

use model::Columns;

use super::extreme::Extreme;
use super::quantile::{Sorted, quantile, quantile_of_sorted};
use super::rate;
use super::regression::{linear, smooth};
use super::side_by_side::{means, sums};
use super::sum::{Mean, Sum, variance};
use super::window::{Frame, Frames};
use crate::column::ABSENT;

/// A function of a window of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RangeFunction {
    Rate,
    Increase,
    Delta,
    Irate,
    Idelta,
    Changes,
    Resets,
    Deriv,
    PredictLinear,
    Smoothing,
    Avg,
    Sum,
    Min,
    Max,
    Count,
    Last,
    First,
    Present,
    Quantile,
    Stddev,
    Stdvar,
    Mad,
    TimeOfMin,
    TimeOfMax,
    TimeOfFirst,
    TimeOfLast,
}

impl RangeFunction {
    pub(crate) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "rate" => Self::Rate,
            "increase" => Self::Increase,
            "delta" => Self::Delta,
            "irate" => Self::Irate,
            "idelta" => Self::Idelta,
            "changes" => Self::Changes,
            "resets" => Self::Resets,
            "deriv" => Self::Deriv,
            "predict_linear" => Self::PredictLinear,
            "double_exponential_smoothing" => Self::Smoothing,
            "avg_over_time" => Self::Avg,
            "sum_over_time" => Self::Sum,
            "min_over_time" => Self::Min,
            "max_over_time" => Self::Max,
            "count_over_time" => Self::Count,
            "last_over_time" => Self::Last,
            "first_over_time" => Self::First,
            "present_over_time" => Self::Present,
            "quantile_over_time" => Self::Quantile,
            "stddev_over_time" => Self::Stddev,
            "stdvar_over_time" => Self::Stdvar,
            "mad_over_time" => Self::Mad,
            "ts_of_min_over_time" => Self::TimeOfMin,
            "ts_of_max_over_time" => Self::TimeOfMax,
            "ts_of_first_over_time" => Self::TimeOfFirst,
            "ts_of_last_over_time" => Self::TimeOfLast,
            _ => return None,
        })
    }

    /// Whether its results are still samples of the same metric.
    pub(crate) fn keeps_name(self) -> bool {
        matches!(self, Self::Last | Self::First)
    }

    /// Runs over one series; `params` are the scalar arguments at each step, `times` the
    /// evaluation's steps. Answers how many samples the windows held together.
    pub(crate) fn run(
        self,
        samples: &Columns,
        frames: &Frames,
        params: &[Vec<f64>],
        times: &crate::column::Steps,
        out: &mut [f64],
    ) -> usize {
        let (at, values) = (&samples.times[..], &samples.values[..]);
        let param = |which: usize, step: usize| {
            params
                .get(which)
                .and_then(|p| p.get(step))
                .copied()
                .unwrap_or(f64::NAN)
        };
        let mut scratch = Vec::new();
        match self {
            Self::Rate => rate::extrapolated(at, values, frames, true, true, out),
            Self::Increase => rate::extrapolated(at, values, frames, true, false, out),
            Self::Delta => rate::extrapolated(at, values, frames, false, false, out),
            Self::Irate => rate::instant(at, values, frames, true, out),
            Self::Idelta => rate::instant(at, values, frames, false, out),
            Self::Changes => rate::changes(at, values, frames, out),
            Self::Resets => rate::resets(at, values, frames, out),
            Self::Deriv => frames.slide(at, values, out, |frame| match frame.times {
                [first, _, ..] => linear(frame.times, frame.values, *first).0,
                _ => ABSENT,
            }),
            Self::PredictLinear => frames.slide(at, values, out, |frame| {
                if frame.times.len() < 2 {
                    return ABSENT;
                }
                let (slope, now) = linear(frame.times, frame.values, times.at(frame.step));
                slope * param(0, frame.step) + now
            }),
            Self::Smoothing => frames.slide(at, values, out, |frame| {
                smooth(frame.values, param(0, frame.step), param(1, frame.step)).unwrap_or(ABSENT)
            }),
            Self::Quantile => {
                let mut sorted = Sorted::default();
                frames.slide(at, values, out, |frame| {
                    sorted.move_to(values, frame.low..frame.high);
                    quantile_of_sorted(param(0, frame.step), sorted.get())
                })
            }
            Self::Min if frames.overlap_much(out.len()) => {
                let mut least = Extreme::default();
                frames.slide(at, values, out, |frame| {
                    least.move_to(values, frame.low..frame.high, |value, other| value < other)
                })
            }
            Self::Max if frames.overlap_much(out.len()) => {
                let mut greatest = Extreme::default();
                frames.slide(at, values, out, |frame| {
                    greatest.move_to(values, frame.low..frame.high, |value, other| value > other)
                })
            }
            Self::Avg => means(at, values, frames, out),
            Self::Sum => sums(at, values, frames, out),
            Self::Mad => frames.slide(at, values, out, |frame| mad(frame.values, &mut scratch)),
            _ => frames.slide(at, values, out, |frame| self.plain(frame)),
        }
    }

    /// Whether the newest sample of a window is all that it needs.
    pub(crate) fn looks_at_newest(self) -> bool {
        matches!(self, Self::Last | Self::Present | Self::TimeOfLast)
    }

    /// Whether it takes the histograms of a window into account.
    pub(crate) fn sees_histograms(self) -> bool {
        matches!(
            self,
            Self::Rate
                | Self::Increase
                | Self::Delta
                | Self::Irate
                | Self::Idelta
                | Self::Changes
                | Self::Resets
                | Self::Avg
                | Self::Sum
                | Self::Count
                | Self::Last
                | Self::First
                | Self::Present
                | Self::TimeOfFirst
                | Self::TimeOfLast
        )
    }

    /// Whether it looks at when samples began to count.
    pub(crate) fn sees_starts(self) -> bool {
        matches!(
            self,
            Self::Rate | Self::Increase | Self::Irate | Self::Resets
        )
    }

    /// Sum and mean of some numbers; none of any other function.
    pub(crate) fn of_values(self, values: &[f64]) -> Option<f64> {
        match self {
            Self::Avg => Some(mean(values)),
            Self::Sum => Some(sum(values)),
            _ => None,
        }
    }

    /// The functions that need nothing but the window.
    fn plain(self, frame: &Frame<'_>) -> f64 {
        let values = frame.values;
        match self {
            Self::Avg => mean(values),
            Self::Sum => sum(values),
            Self::Min => extreme(values, |value, best| value < best),
            Self::Max => extreme(values, |value, best| value > best),
            Self::Count => values.len() as f64,
            Self::Last => frame.last().1,
            Self::First => frame.first().1,
            Self::Present => 1.0,
            Self::Stddev => variance(values).sqrt(),
            Self::Stdvar => variance(values),
            Self::TimeOfMin => time_of(frame, |value, best| value <= best),
            Self::TimeOfMax => time_of(frame, |value, best| value >= best),
            Self::TimeOfFirst => frame.first().0 as f64 / 1000.0,
            Self::TimeOfLast => frame.last().0 as f64 / 1000.0,
            _ => ABSENT,
        }
    }
}

/// Runs of values that are looked through side by side.
const LANES: usize = 8;

pub(super) fn sum(values: &[f64]) -> f64 {
    let mut sum = Sum::default();
    values.iter().for_each(|value| sum.add(*value));
    sum.get()
}

pub(super) fn mean(values: &[f64]) -> f64 {
    let Some((first, rest)) = values.split_first() else {
        return ABSENT;
    };
    let mut mean = Mean::starting(*first);
    rest.iter().for_each(|value| mean.add(*value));
    mean.get()
}

/// The value that beats all others; any number beats NaN.
pub(super) fn extreme(values: &[f64], beats: impl Fn(f64, f64) -> bool) -> f64 {
    // Independent runs side by side, where it does not matter which of equal values stands.
    let (rows, rest) = values.as_chunks::<LANES>();
    if let Some((first, rows)) = rows.split_first() {
        let mut best = *first;
        for row in rows {
            for (best, value) in best.iter_mut().zip(row) {
                *best = if beats(*value, *best) { *value } else { *best };
            }
        }
        let is_clear = |value: &f64| *value != 0.0 && !value.is_nan();
        let best = best.iter().chain(rest);
        let found = best.copied().reduce(|a, b| if beats(b, a) { b } else { a });
        // A number that stands first in a run is beaten by no NaN, but NaN there by no number.
        if first.iter().chain(rest).all(|v| !v.is_nan()) && found.as_ref().is_some_and(is_clear) {
            return found.unwrap_or(ABSENT);
        }
    }
    let Some((first, rest)) = values.split_first() else {
        return ABSENT;
    };
    rest.iter().fold(*first, |best, value| {
        if beats(*value, best) || best.is_nan() {
            *value
        } else {
            best
        }
    })
}

fn time_of(frame: &Frame<'_>, beats: impl Fn(f64, f64) -> bool) -> f64 {
    let (mut time, mut best) = frame.first();
    for (at, value) in frame.times.iter().zip(frame.values).skip(1) {
        if beats(*value, best) || best.is_nan() {
            (time, best) = (*at, *value);
        }
    }
    time as f64 / 1000.0
}

/// The median distance from the median.
fn mad(values: &[f64], scratch: &mut Vec<f64>) -> f64 {
    if values.iter().any(|value| value.is_nan()) {
        return f64::NAN;
    }
    scratch.clear();
    scratch.extend_from_slice(values);
    let median = quantile(0.5, scratch);
    scratch
        .iter_mut()
        .for_each(|value| *value = (*value - median).abs());
    quantile(0.5, scratch)
}
