//! rate, increase, delta, irate, idelta, changes, resets.

use super::window::{Frame, Frames};
use crate::column::ABSENT;

/// A step from one sample to the next lies this much above the mean before an end counts as
/// far from its sample.
const FAR: f64 = 1.1;

/// The places where something happens between a sample and the one before it, in rising order,
/// with a window's part of them found by moving along.
struct Events {
    places: Vec<usize>,
    low: usize,
    high: usize,
}

impl Events {
    fn find(values: &[f64], happens: impl Fn(f64, f64) -> bool) -> Self {
        let after = values.get(1..).unwrap_or_default();
        // Most series have none; a loop that only asks whether there is any takes many at once.
        let any = values.iter().zip(after);
        let any = any.fold(false, |any, (before, now)| any | happens(*before, *now));
        let after = if any { after } else { &[] };
        let pairs = values.iter().zip(after).enumerate();
        let places = pairs
            .filter(|(_, (before, now))| happens(**before, **now))
            .map(|(i, _)| i + 1);
        Self {
            places: places.collect(),
            low: 0,
            high: 0,
        }
    }

    /// The events whose both samples lie in the window.
    fn within(&mut self, frame: &Frame<'_>) -> &[usize] {
        while self
            .places
            .get(self.high)
            .is_some_and(|place| *place < frame.high)
        {
            self.high += 1;
        }
        while self.low < self.high && self.places.get(self.low).is_some_and(|p| *p <= frame.low) {
            self.low += 1;
        }
        self.places.get(self.low..self.high).unwrap_or_default()
    }
}

fn is_reset(before: f64, now: f64) -> bool {
    now < before
}

/// `rate` (counter, per second), `increase` (counter) and `delta`.
pub(crate) fn extrapolated(
    times: &[i64],
    values: &[f64],
    frames: &Frames,
    counter: bool,
    per_second: bool,
    out: &mut [f64],
) -> usize {
    let mut resets = Events::find(if counter { values } else { &[] }, is_reset);
    let per = per_second.then(|| frames.range as f64 / 1000.0);
    let mut known = Spread::default();
    let mut reach = Reach::default();
    frames.slide(times, values, out, |frame| {
        let count = frame.high - frame.low;
        if count < 2 {
            return ABSENT;
        }
        let ((first_time, first), (last_time, last)) = (frame.first(), frame.last());
        let mut result = last - first;
        for place in resets.within(frame) {
            result += values
                .get(place.wrapping_sub(1))
                .copied()
                .unwrap_or_default();
        }
        let spread = Spread {
            count,
            before: first_time - frame.start,
            sampled: last_time - first_time,
            behind: frame.end - last_time,
        };
        if spread != known {
            known = spread;
            reach = Reach::of(&spread, per);
        }
        match counter && result > 0.0 && first >= 0.0 {
            true => result * reach.factor_from(first, result),
            false => result * reach.factor,
        }
    })
}

/// How the samples of a window lie in it, in milliseconds: where they come evenly, in the same way
/// from window to window and from series to series.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Spread {
    count: usize,
    /// From the window's start to the first.
    before: i64,
    /// From the first to the last.
    sampled: i64,
    /// From the last to the window's end.
    behind: i64,
}

/// How far a window's samples stand for it, in seconds, which takes as long to reckon as all the
/// rest of a rate.
#[derive(Clone, Copy, Default)]
struct Reach {
    sampled: f64,
    /// How far the first and the last sample are extrapolated.
    to_start: f64,
    to_end: f64,
    /// What a gain is divided by, seconds of the range; none where it is not.
    per: Option<f64>,
    /// What a gain is multiplied with, unless the counter's zero is nearer than `to_start`.
    factor: f64,
}

impl Reach {
    /// So much more than something is more for sure, whatever was rounded.
    const SURELY: f64 = 1.0 + 1e-9;

    /// Products of gains above this with times are exact to the last bits.
    const LEAST_GAIN: f64 = 1e-200;

    fn of(spread: &Spread, per: Option<f64>) -> Self {
        let seconds = |millis: i64| millis as f64 / 1000.0;
        let sampled = seconds(spread.sampled);
        let mean = sampled / (spread.count - 1) as f64;
        let within = |gap: f64| if gap >= mean * FAR { mean / 2.0 } else { gap };
        let mut reach = Self {
            sampled,
            to_start: within(seconds(spread.before)),
            to_end: within(seconds(spread.behind)),
            per,
            factor: 0.0,
        };
        reach.factor = reach.factor_with(reach.to_start);
        reach
    }

    fn factor_with(&self, to_start: f64) -> f64 {
        let factor = (self.sampled + to_start + self.to_end) / self.sampled;
        self.per.map_or(factor, |per| factor / per)
    }

    /// The factor of a counter that gained something. It was not below zero, so it is not
    /// extrapolated beyond its zero.
    #[inline]
    fn factor_from(&self, first: f64, gain: f64) -> f64 {
        // A division saved nearly always.
        let is_far = first * self.sampled > self.to_start * gain * Self::SURELY;
        if is_far && gain > Self::LEAST_GAIN {
            return self.factor;
        }
        let to_zero = self.sampled * (first / gain);
        if to_zero < self.to_start {
            self.factor_with(to_zero)
        } else {
            self.factor
        }
    }
}

/// `irate` and `idelta`: of the last two samples.
pub(crate) fn instant(
    times: &[i64],
    values: &[f64],
    frames: &Frames,
    rate: bool,
    out: &mut [f64],
) -> usize {
    frames.slide(times, values, out, |frame| {
        let (Some([t1, t2]), Some([v1, v2])) = (
            frame.times.last_chunk::<2>(),
            frame.values.last_chunk::<2>(),
        ) else {
            return ABSENT;
        };
        if !rate {
            return v2 - v1;
        }
        let gained = if is_reset(*v1, *v2) { *v2 } else { v2 - v1 };
        gained / ((t2 - t1) as f64 / 1000.0)
    })
}

/// `changes`: how often the value differs from the one before.
pub(crate) fn changes(times: &[i64], values: &[f64], frames: &Frames, out: &mut [f64]) -> usize {
    let mut events = Events::find(values, |before, now| {
        before != now && !(before.is_nan() && now.is_nan())
    });
    frames.slide(times, values, out, |frame| {
        events.within(frame).len() as f64
    })
}

/// `resets`: how often a counter fell.
pub(crate) fn resets(times: &[i64], values: &[f64], frames: &Frames, out: &mut [f64]) -> usize {
    let mut events = Events::find(values, is_reset);
    frames.slide(times, values, out, |frame| {
        events.within(frame).len() as f64
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The formula as it is defined, window by window.
    fn defined(times: &[i64], values: &[f64], frames: &Frames, counter: bool, step: i64) -> f64 {
        let end = frames.first + frames.step * step;
        let start = end - frames.range;
        let all = times.iter().zip(values);
        let held: Vec<_> = all.filter(|(t, _)| start < **t && **t <= end).collect();
        let [(first_time, first), .., (last_time, last)] = held.as_slice() else {
            return ABSENT;
        };
        let mut result = **last - **first;
        for pair in held.windows(2) {
            if let [(_, before), (_, now)] = pair
                && counter
                && now < before
            {
                result += **before;
            }
        }
        let seconds = |from: i64, to: i64| (to - from) as f64 / 1000.0;
        let sampled = seconds(**first_time, **last_time);
        let mean = sampled / (held.len() - 1) as f64;
        let (mut to_start, mut to_end) = (seconds(start, **first_time), seconds(**last_time, end));
        if to_start >= mean * FAR {
            to_start = mean / 2.0;
        }
        if to_end >= mean * FAR {
            to_end = mean / 2.0;
        }
        if counter && result > 0.0 && **first >= 0.0 {
            to_start = to_start.min(sampled * (**first / result));
        }
        let factor = (sampled + to_start + to_end) / sampled;
        result * (factor / (frames.range as f64 / 1000.0))
    }

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            10 => 0.0..1e3f64,
            4 => Just(0.0),
            2 => -1e3..1e3f64,
            2 => any::<f64>(),
            1 => 0.0..1e-300f64,
            1 => Just(f64::INFINITY),
            1 => Just(f64::NAN),
        ]
    }

    proptest! {
        #[test]
        fn what_is_remembered_of_a_window_changes_nothing(
            gaps in prop_oneof![
                prop::collection::vec(prop_oneof![8 => Just(10i64), 1 => 1i64..40], 2..80),
                prop::collection::vec(Just(10i64), 2..80),
            ],
            values in prop::collection::vec(value(), 80),
            rising in any::<bool>(),
            counter in any::<bool>(),
            (first, step, range) in (0i64..300, 0i64..60, 1i64..300),
        ) {
            let mut values = values;
            if rising {
                values.iter_mut().for_each(|value| *value = value.abs());
                values.sort_by(f64::total_cmp);
            }
            let times: Vec<i64> = gaps.iter().scan(0, |at, gap| { *at += gap; Some(*at) }).collect();
            let values = &values[..times.len().min(values.len())];
            let times = &times[..values.len()];
            let frames = Frames { first, step, range };
            let mut out = [0.0; 12];
            extrapolated(times, values, &frames, counter, true, &mut out);
            for (place, cell) in (0..).zip(out) {
                let expected = defined(times, values, &frames, counter, place);
                let same = cell.to_bits() == expected.to_bits()
                    || (cell.is_nan() && expected.is_nan() && expected.to_bits() != ABSENT.to_bits());
                prop_assert!(same, "step {}: {} instead of {}", place, cell, expected);
            }
        }
    }
}
