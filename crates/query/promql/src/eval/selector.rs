//! Vector selectors: the latest sample within the lookback, unless it is a stale marker.

use contract::{Selection, SeriesList, TimeRange};
use model::{Labels, is_stale};

use super::Context;
use super::source::{Scratch, Source};
use crate::QueryError;
use crate::ast::{RangeMode, VectorSelector};
use crate::column::{ABSENT, Steps, present};
use crate::kernels::window::Frames;

/// A selector over the series that it found.
pub(crate) struct Selected<'c> {
    context: &'c Context<'c>,
    list: Box<dyn SeriesList>,
    /// Windows as long as the lookback.
    frames: Frames,
    /// The samples' times in seconds are wanted, not their values.
    times_wanted: bool,
}

impl<'a> Context<'a> {
    pub(crate) fn selected(
        &self,
        selector: &VectorSelector,
        steps: &Steps,
    ) -> Result<Selected<'_>, QueryError> {
        refuse_mode(selector)?;
        let frames = self.frames(selector, self.lookback, steps)?;
        let list = self.list(selector, &frames, steps.count)?;
        Ok(Selected {
            context: self,
            list,
            frames,
            times_wanted: false,
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
        Ok(self.select.select(&selection)?)
    }
}

/// Fails on the range modifiers that have no kernel.
pub(crate) fn refuse_mode(selector: &VectorSelector) -> Result<(), QueryError> {
    match selector.mode {
        RangeMode::Plain => Ok(()),
        mode => Err(QueryError::execution(format!(
            "modifier {} is not available yet",
            mode.as_str()
        ))),
    }
}

impl Selected<'_> {
    /// The same series with the times of their samples, in seconds, as values.
    pub(crate) fn with_times(mut self) -> Self {
        self.times_wanted = true;
        self
    }
}

impl Source for Selected<'_> {
    fn len(&self) -> usize {
        self.list.len()
    }

    fn labels(&self, place: usize) -> (Labels, bool) {
        (self.list.labels(place), false)
    }

    fn fill(&self, place: usize, scratch: &mut Scratch, out: &mut [f64]) -> Result<(), QueryError> {
        let samples = &mut scratch.samples;
        samples.clear();
        self.list.read(place, samples)?;
        self.frames
            .slide(&samples.times, &samples.values, out, |frame| {
                match frame.last() {
                    (_, value) if is_stale(value) => ABSENT,
                    (time, _) if self.times_wanted => time as f64 / 1000.0,
                    (_, value) => value,
                }
            });
        self.context.budget.looked_at(present(out));
        Ok(())
    }
}
