//! Windows: which samples belong to each step.

use crate::column::ABSENT;

/// The windows of an evaluation: step `n` sees `(end(n) - range, end(n)]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frames {
    /// End of the first window, in milliseconds: offset and `@` applied.
    pub(crate) first: i64,
    /// From one end to the next; zero where `@` fixes it.
    pub(crate) step: i64,
    /// Length in milliseconds.
    pub(crate) range: i64,
}

/// The samples of one step: places `low..high` of the columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) times: &'a [i64],
    pub(crate) values: &'a [f64],
    /// Place of the first sample in the whole column.
    pub(crate) low: usize,
    /// Place behind the last.
    pub(crate) high: usize,
    /// The window's start, excluded.
    pub(crate) start: i64,
    /// The window's end, included.
    pub(crate) end: i64,
    /// Which step.
    pub(crate) step: usize,
}

impl Frame<'_> {
    pub(crate) fn first(&self) -> (i64, f64) {
        pair(self.times.first(), self.values.first())
    }

    pub(crate) fn last(&self) -> (i64, f64) {
        pair(self.times.last(), self.values.last())
    }
}

fn pair(time: Option<&i64>, value: Option<&f64>) -> (i64, f64) {
    (
        time.copied().unwrap_or_default(),
        value.copied().unwrap_or(f64::NAN),
    )
}

impl Frames {
    /// Whether most samples are in several of so many windows, so that what is remembered of one
    /// window is worth its price in the next.
    pub(crate) fn overlap_much(&self, count: usize) -> bool {
        /// Windows that share a sample.
        const MANY: i64 = 4;
        count > 1 && self.range / MANY >= self.step
    }

    /// From the start of the first of so many windows to the end of the last, in milliseconds.
    pub(crate) fn span(&self, count: usize) -> i64 {
        let steps = count.saturating_sub(1) as i64;
        self.range.saturating_add(self.step.saturating_mul(steps))
    }

    /// The windows from a step on.
    pub(crate) fn beginning_at(self, step: usize) -> Self {
        let moved = self.step.saturating_mul(step as i64);
        Self {
            first: self.first.saturating_add(moved),
            ..self
        }
    }

    /// The same windows with their starts moved back by `behind` and their ends on by `ahead`.
    pub(crate) fn reaching(self, behind: i64, ahead: i64) -> Self {
        Self {
            first: self.first.saturating_add(ahead),
            step: self.step,
            range: self.range.saturating_add(behind).saturating_add(ahead),
        }
    }

    /// Calls `kernel` for each step whose window holds a sample; the others become [`ABSENT`].
    /// Answers how many samples the windows held together.
    pub(crate) fn slide(
        &self,
        times: &[i64],
        values: &[f64],
        out: &mut [f64],
        mut kernel: impl FnMut(&Frame<'_>) -> f64,
    ) -> usize {
        let mut seen = 0;
        for ((step, cell), window) in out.iter_mut().enumerate().zip(self.windows(times)) {
            let (low, high) = (window.low, window.high);
            *cell = match (times.get(low..high), values.get(low..high)) {
                (Some(times), Some(values)) if low < high => kernel(&Frame {
                    times,
                    values,
                    low,
                    high,
                    start: window.start,
                    end: window.end,
                    step,
                }),
                _ => ABSENT,
            };
            seen += high - low;
        }
        seen
    }

    /// The windows, one after the other without end, as places of samples at these times, rising.
    pub(crate) fn windows<'t>(&self, times: &'t [i64]) -> Walk<'t> {
        Walk {
            frames: *self,
            times,
            end: self.first,
            low: Edge::default(),
            high: Edge::default(),
        }
    }
}

/// The samples of a window: places `low..high`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) low: usize,
    pub(crate) high: usize,
    start: i64,
    end: i64,
}

/// Goes from window to window.
pub(crate) struct Walk<'t> {
    frames: Frames,
    times: &'t [i64],
    end: i64,
    low: Edge,
    high: Edge,
}

impl Iterator for Walk<'_> {
    type Item = Window;

    #[inline]
    fn next(&mut self) -> Option<Window> {
        let end = self.end;
        let start = end.saturating_sub(self.frames.range);
        self.end = end.saturating_add(self.frames.step);
        let high = self.high.move_behind(self.times, end);
        let low = self.low.move_behind(self.times, start).min(high);
        Some(Window {
            low,
            high,
            start,
            end,
        })
    }
}

/// One end of windows: behind the last sample at or before some time.
#[derive(Default)]
struct Edge {
    place: usize,
    /// How far it went at the last step: most often it goes as far again.
    stride: usize,
}

impl Edge {
    /// Moves on; times only rise from step to step.
    #[inline]
    fn move_behind(&mut self, times: &[i64], time: i64) -> usize {
        let before = |place: usize| times.get(place).is_some_and(|at| *at <= time);
        let again = self.place + self.stride;
        if self.stride > 1 && before(again - 1) && !before(again) {
            self.place = again;
            return again;
        }
        let from = self.place;
        while before(self.place) {
            self.place += 1;
        }
        self.stride = self.place - from;
        self.place
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn windows_hold_what_lies_in_them(
            gaps in proptest::collection::vec(prop_oneof![Just(15i64), 1i64..100], 0..80),
            (first, step, range) in (0i64..500, prop_oneof![Just(0i64), Just(60), 1i64..200], 0i64..300),
        ) {
            let times: Vec<i64> = gaps.iter().scan(0, |at, gap| { *at += gap; Some(*at) }).collect();
            let frames = Frames { first, step, range };
            for (place, window) in frames.windows(&times).take(30).enumerate() {
                let end = first + step * place as i64;
                let held: Vec<i64> = times.iter().copied().filter(|t| end - range < *t && *t <= end).collect();
                prop_assert_eq!(&times[window.low..window.high], &held[..], "{:?}", window);
                prop_assert_eq!((window.start, window.end), (end - range, end));
            }
        }
    }
}
