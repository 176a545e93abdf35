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
        let seconds = |from: i64, to: i64| (to - from) as f64 / 1000.0;
        let sampled = seconds(first_time, last_time);
        let mean = sampled / (count - 1) as f64;
        let mut to_start = seconds(frame.start, first_time);
        let mut to_end = seconds(last_time, frame.end);
        if to_start >= mean * FAR {
            to_start = mean / 2.0;
        }
        if counter && result > 0.0 && first >= 0.0 {
            // A counter was not below zero, so it is not extrapolated beyond its zero.
            to_start = to_start.min(sampled * (first / result));
        }
        if to_end >= mean * FAR {
            to_end = mean / 2.0;
        }
        let mut factor = (sampled + to_start + to_end) / sampled;
        if per_second {
            factor /= frames.range as f64 / 1000.0;
        }
        result * factor
    })
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
