//! Vector selectors: the latest sample within the lookback, unless it is a stale marker; with
//! `smoothed`, what stands between the samples before and behind.

use std::ops::Range;
use std::sync::Arc;

use contract::{Selection, SeriesList, TimeRange};
use model::{Labels, ResetHint, is_stale};

use super::source::{Out, Scratch, Source, samples_in};
use super::{Context, Reading};
use crate::QueryError;
use crate::ast::{RangeMode, Span, VectorSelector};
use crate::budget::CELLS_AT_ONCE;
use crate::column::{ABSENT, Cell, Steps, present};
use crate::grouping::Kept;
use crate::histogram::reset::is_reset;
use crate::kernels::mixed::extended::between;
use crate::kernels::mixed::{Window, Windows};
use crate::kernels::window::Frames;

/// Values that are searched for stale markers at once.
const STALE_SCAN: usize = 64;

/// A selector over the series that it found.
pub(crate) struct Selected<'c> {
    context: &'c Context<'c>,
    list: Box<dyn SeriesList>,
    /// Windows as long as the lookback.
    frames: Frames,
    wanted: Wanted,
    mode: RangeMode,
    span: Span,
    /// Histograms tell of counter resets between them, as far as they are read.
    detecting: bool,
    /// There is one step: of each series only the newest sample counts.
    newest: bool,
}

/// What of the samples is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Values,
    /// Their times, in seconds.
    Times,
    /// The times of numbers; histograms as they are.
    NumberTimes,
    /// When their counting began, in seconds.
    Starts,
}

impl<'a> Context<'a> {
    pub(crate) fn selected(
        &self,
        selector: &VectorSelector,
        span: Span,
        steps: &Steps,
    ) -> Result<Selected<'_>, QueryError> {
        let mut frames = self.frames(selector, self.lookback, steps)?;
        if selector.mode == RangeMode::Smoothed {
            frames = frames.reaching(0, self.lookback);
        }
        let list = self.list(selector, &frames, steps.count)?;
        Ok(Selected {
            context: self,
            list,
            frames,
            wanted: Wanted::Values,
            mode: selector.mode,
            span,
            detecting: self.reading() == Reading::Stats,
            newest: steps.count == 1 && selector.mode != RangeMode::Smoothed,
        })
    }

    /// The windows of a selector's steps.
    pub(crate) fn frames(
        &self,
        selector: &VectorSelector,
        range: i64,
        steps: &Steps,
    ) -> Result<Frames, QueryError> {
        let offset = self.duration(&selector.offset)?;
        let (first, step) = match self.fixed(selector.at) {
            Some(time) => (time, 0),
            None => (steps.first, steps.step),
        };
        Ok(Frames {
            first: first.saturating_sub(offset),
            step,
            range,
        })
    }

    /// Asks the store for the series of a selector in all of its windows.
    pub(crate) fn list(
        &self,
        selector: &VectorSelector,
        frames: &Frames,
        count: usize,
    ) -> Result<Box<dyn SeriesList>, QueryError> {
        let last = count.saturating_sub(1) as i64;
        let range = TimeRange {
            start: frames.first.saturating_sub(frames.range).saturating_add(1),
            end: frames
                .first
                .saturating_add(frames.step.saturating_mul(last)),
        };
        let selection = Selection {
            matchers: &selector.matchers,
            range,
            limit: 0,
        };
        let list = self
            .select
            .select_watched(&selection, self.budget.watch())?;
        let warnings = list.warnings();
        if !warnings.is_empty() {
            self.notes.lock().add_of_store(warnings);
        }
        self.listed(list)
    }
}

impl Selected<'_> {
    /// The same series with something else of their samples as values.
    pub(crate) fn with(mut self, wanted: Wanted) -> Self {
        self.wanted = wanted;
        self
    }

    /// Steps at which histograms may be the latest samples.
    fn fill_mixed(&self, scratch: &mut Scratch, out: &mut Out<'_>) {
        let mut stale = Vec::new();
        scratch.take_histograms(self.detecting, |time| stale.push(time));
        let samples = &scratch.samples;
        let windows = Windows::new(&self.frames, samples, &scratch.histograms);
        windows.each(out, |window| {
            let number = window.times.last().copied();
            let histogram = window.histograms.last();
            let stale = stale.iter().rev().find(|time| **time <= window.end);
            let latest = number.max(histogram.map(|(time, _)| *time));
            if stale.copied() > latest {
                return None;
            }
            let time = latest?;
            let is_number = number == latest;
            let value = window.values.last().copied().unwrap_or(ABSENT);
            if is_number && is_stale(value) {
                return None;
            }
            match (self.wanted, histogram) {
                (Wanted::NumberTimes, Some((_, histogram))) if !is_number => {
                    Some(Cell::Histogram(Arc::clone(histogram)))
                }
                (Wanted::Times | Wanted::NumberTimes, _) => {
                    Some(Cell::Number(time as f64 / 1000.0))
                }
                (Wanted::Starts, _) => {
                    let starts = if is_number {
                        window.starts
                    } else {
                        window.histogram_starts
                    };
                    starts
                        .last()
                        .map(|start| Cell::Number(*start as f64 / 1000.0))
                }
                (Wanted::Values, Some((_, histogram))) if !is_number => {
                    Some(Cell::Histogram(Arc::clone(histogram)))
                }
                (Wanted::Values, _) => Some(Cell::Number(value)),
            }
        });
    }

    fn fill_smoothed(&self, place: usize, scratch: &mut Scratch, out: &mut Out<'_>) {
        scratch.take_histograms(self.detecting, |_| {});
        scratch.drop_stale();
        let context = self.context;
        let metric = self.list.labels(place);
        let metric = metric.metric().unwrap_or_default();
        let note = |doubt| context.note(self.span, doubt, metric);
        let windows = Windows::new(&self.frames, &scratch.samples, &scratch.histograms);
        let lookback = context.lookback;
        windows.each(out, |window: &Window<'_>| {
            between(window, window.end - lookback, &note)
        });
    }
}

impl Scratch {
    /// Makes what was read of histograms into those queries reckon with; says when stale markers
    /// stood among them. Where `detecting`, hints that are unknown are found out.
    pub(crate) fn take_histograms(&mut self, detecting: bool, mut stale: impl FnMut(i64)) {
        self.histograms.clear();
        let known = !self.samples.histogram_starts.is_empty();
        let starts = std::mem::take(&mut self.samples.histogram_starts);
        for (place, sample) in self.samples.histograms.drain(..).enumerate() {
            if sample.value.is_stale() {
                stale(sample.time);
                continue;
            }
            if known {
                let start = starts.get(place).copied().unwrap_or_default();
                self.samples.histogram_starts.push(start);
            }
            let mut histogram = sample.value.into_float();
            if detecting
                && histogram.hint == ResetHint::Unknown
                && let Some((_, before)) = self.histograms.last()
            {
                histogram.hint = if is_reset(&histogram, before) {
                    ResetHint::Reset
                } else {
                    ResetHint::NotReset
                };
            }
            self.histograms.push((sample.time, Arc::new(histogram)));
        }
    }

    /// Leaves out numbers that are stale markers.
    pub(crate) fn drop_stale(&mut self) {
        let samples = &mut self.samples;
        // Many at once: a loop that may end at every value is slower than one that does not.
        let mut parts = samples.values.chunks(STALE_SCAN);
        let any = |part: &[f64]| part.iter().fold(false, |any, v| any | is_stale(*v));
        if !parts.any(any) {
            return;
        }
        let kept: Vec<bool> = samples
            .values
            .iter()
            .map(|value| !is_stale(*value))
            .collect();
        let mut each = kept.iter();
        samples
            .times
            .retain(|_| each.next().copied().unwrap_or(true));
        let mut each = kept.iter();
        samples
            .starts
            .retain(|_| each.next().copied().unwrap_or(true));
        samples.values.retain(|value| !is_stale(*value));
    }
}

impl Source for Selected<'_> {
    fn len(&self) -> usize {
        self.list.len()
    }

    fn labels(&self, place: usize) -> (Labels, bool) {
        (self.list.labels(place), false)
    }

    fn depth(&self, width: usize) -> usize {
        match self.newest {
            true => 1,
            false => samples_in(self.frames.span(width)),
        }
    }

    fn prepare(&self, places: Range<usize>) {
        if !self.newest {
            self.list.prepare(places);
        }
    }

    fn drops_name(&self, _: usize) -> bool {
        false
    }

    fn group(&self, kept: &Kept) -> Vec<u32> {
        self.list.group(&|name| kept.keeps(name))
    }

    fn fill(
        &self,
        place: usize,
        scratch: &mut Scratch,
        mut out: Out<'_>,
    ) -> Result<(), QueryError> {
        scratch.samples.clear();
        if self.newest {
            self.list.read_newest(place, &mut scratch.samples)?;
        } else {
            self.list.read(place, &mut scratch.samples)?;
        }
        let samples = &scratch.samples;
        if self.mode == RangeMode::Smoothed {
            self.fill_smoothed(place, scratch, &mut out);
        } else if !samples.histograms.is_empty() || self.wanted == Wanted::Starts {
            self.fill_mixed(scratch, &mut out);
        } else {
            let times = matches!(self.wanted, Wanted::Times | Wanted::NumberTimes);
            for (part, cells) in out.values.chunks_mut(CELLS_AT_ONCE).enumerate() {
                self.context.budget.check_behind(part)?;
                self.frames.beginning_at(part * CELLS_AT_ONCE).slide(
                    &samples.times,
                    &samples.values,
                    cells,
                    |frame| match frame.last() {
                        (_, value) if is_stale(value) => ABSENT,
                        (time, _) if times => time as f64 / 1000.0,
                        (_, value) => value,
                    },
                );
            }
        }
        let found = present(out.values) + out.histograms.samples();
        self.context.count_column(found, &out);
        Ok(())
    }
}
