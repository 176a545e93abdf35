//! Windows that hold more than plain numbers: histograms, samples with start timestamps, and the
//! neighbours that `anchored` and `smoothed` ask for.
//!
//! Each window is looked at afresh. Series of plain numbers never come here: their kernels move
//! along instead.

mod changes;
pub(crate) mod extended;
mod instant;
mod over_time;
mod rate;
pub(crate) mod starts;
pub(crate) mod totals;

use std::sync::Arc;

use model::{Columns, FloatHistogram};

use super::over_time::RangeFunction;
use super::window::Frames;
use crate::ast::RangeMode;
use crate::column::{ABSENT, Cell, weight};
use crate::eval::source::Out;
use crate::notes::Doubt;

/// A histogram at a moment.
pub(crate) type Timed = (i64, Arc<FloatHistogram>);

/// The samples of one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window<'w> {
    pub(crate) times: &'w [i64],
    pub(crate) values: &'w [f64],
    /// When the counting of each number began; empty where that is unknown.
    pub(crate) starts: &'w [i64],
    pub(crate) histograms: &'w [Timed],
    /// The same of the histograms.
    pub(crate) histogram_starts: &'w [i64],
    /// The window's start, excluded.
    pub(crate) start: i64,
    /// The window's end, included.
    pub(crate) end: i64,
}

/// The windows of one series.
pub(crate) struct Windows<'w> {
    frames: &'w Frames,
    samples: &'w Columns,
    histograms: &'w [Timed],
}

/// What is asked of a window.
pub(crate) struct Asked<'a> {
    pub(crate) function: RangeFunction,
    pub(crate) mode: RangeMode,
    /// The range as written, in milliseconds.
    pub(crate) range: i64,
    /// How far the window reaches before the range, and beyond it.
    pub(crate) behind: i64,
    pub(crate) ahead: i64,
    pub(crate) note: &'a dyn Fn(Doubt),
}

impl<'w> Windows<'w> {
    pub(crate) fn new(frames: &'w Frames, samples: &'w Columns, histograms: &'w [Timed]) -> Self {
        Self {
            frames,
            samples,
            histograms,
        }
    }

    /// Calls `kernel` for each step whose window holds a sample. Answers how many samples the
    /// windows held together, as the budget counts.
    pub(crate) fn each(
        &self,
        out: &mut Out<'_>,
        mut kernel: impl FnMut(&Window<'_>) -> Option<Cell>,
    ) -> usize {
        let numbers = &self.samples.times;
        let (mut low, mut high, mut low_histogram, mut high_histogram) = (0, 0, 0, 0);
        let mut seen = 0;
        let mut end = self.frames.first;
        for step in 0..out.values.len() {
            let start = end.saturating_sub(self.frames.range);
            advance(&mut high, numbers, |time| *time <= end);
            advance(&mut low, numbers, |time| *time <= start);
            advance(&mut high_histogram, self.histograms, |(time, _)| {
                *time <= end
            });
            advance(&mut low_histogram, self.histograms, |(time, _)| {
                *time <= start
            });
            let window = Window {
                times: part(numbers, low, high),
                values: part(&self.samples.values, low, high),
                starts: part(&self.samples.starts, low, high),
                histograms: part(self.histograms, low_histogram, high_histogram),
                histogram_starts: part(
                    &self.samples.histogram_starts,
                    low_histogram,
                    high_histogram,
                ),
                start,
                end,
            };
            let cell = if window.is_empty() {
                None
            } else {
                kernel(&window)
            };
            let histograms = window.histograms.iter();
            seen += window.times.len() + histograms.map(|(_, h)| weight(h)).sum::<usize>();
            let value = match cell {
                Some(Cell::Number(number)) => number,
                Some(Cell::Histogram(histogram)) => {
                    out.histograms.set(step, histogram);
                    ABSENT
                }
                None => ABSENT,
            };
            if let Some(cell) = out.values.get_mut(step) {
                *cell = value;
            }
            end = end.saturating_add(self.frames.step);
        }
        seen
    }
}

fn advance<T>(place: &mut usize, list: &[T], inside: impl Fn(&T) -> bool) {
    while list.get(*place).is_some_and(&inside) {
        *place += 1;
    }
}

fn part<T>(list: &[T], low: usize, high: usize) -> &[T] {
    list.get(low..high).unwrap_or_default()
}

impl Window<'_> {
    fn is_empty(&self) -> bool {
        self.times.is_empty() && self.histograms.is_empty()
    }

    /// Whether it has numbers and histograms.
    pub(crate) fn is_mixed(&self) -> bool {
        !self.times.is_empty() && !self.histograms.is_empty()
    }

    fn first_time(&self) -> Option<i64> {
        let histogram = self.histograms.first().map(|(time, _)| *time);
        match (self.times.first().copied(), histogram) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    fn last_time(&self) -> Option<i64> {
        let histogram = self.histograms.last().map(|(time, _)| *time);
        self.times.last().copied().max(histogram)
    }

    fn at(&self, time: i64) -> Option<Cell> {
        if let Ok(place) = self.times.binary_search(&time) {
            return self.values.get(place).copied().map(Cell::Number);
        }
        let place = self
            .histograms
            .binary_search_by_key(&time, |(time, _)| *time);
        let (_, histogram) = self.histograms.get(place.ok()?)?;
        Some(Cell::Histogram(Arc::clone(histogram)))
    }
}

/// What a function makes of a window; none also where it looks at numbers alone.
pub(crate) fn value(asked: &Asked<'_>, window: &Window<'_>) -> Option<Cell> {
    let seconds = |time: i64| Cell::Number(time as f64 / 1000.0);
    match asked.function {
        RangeFunction::Rate | RangeFunction::Increase | RangeFunction::Delta => {
            if window.is_mixed() {
                (asked.note)(Doubt::MixedRange);
                return None;
            }
            match asked.mode {
                RangeMode::Plain => rate::extrapolated(asked, window),
                _ => extended::rate(asked, window),
            }
        }
        RangeFunction::Irate | RangeFunction::Idelta => instant::last_two(asked, window),
        RangeFunction::Changes | RangeFunction::Resets => changes::count(asked, window),
        RangeFunction::Sum | RangeFunction::Avg => over_time::total(asked, window),
        RangeFunction::Count => {
            let count = window.times.len() + window.histograms.len();
            Some(Cell::Number(count as f64))
        }
        RangeFunction::Present => Some(Cell::Number(1.0)),
        RangeFunction::First => window.at(window.first_time()?),
        RangeFunction::Last => window.at(window.last_time()?),
        RangeFunction::TimeOfFirst => window.first_time().map(seconds),
        RangeFunction::TimeOfLast => window.last_time().map(seconds),
        _ => None,
    }
}
