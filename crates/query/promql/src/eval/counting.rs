//! Counting the samples that selectors and windows look at.

use super::range::Ranges;
use super::source::{Out, Scratch};
use super::{Context, QueryError};
use crate::ast::Expr;
use crate::column::{Series, Steps, is_present, weight};
use crate::tally::Windows;

impl Context<'_> {
    /// Counts what a selector gave at the steps.
    pub(super) fn count_column(&self, found: usize, out: &Out<'_>) {
        self.tally.add(found, found);
        if !self.tally.is_by_step() {
            return;
        }
        self.tally.by_step(|steps| {
            for (step, value) in out.values.iter().enumerate() {
                let number = u64::from(is_present(*value));
                steps.add(step, number, number);
            }
            for (step, histogram) in out.histograms.iter() {
                let weight = weight(histogram) as u64;
                steps.add(step, weight, weight);
            }
        });
    }

    /// Evaluates what a subquery has inside, counted apart from what is outside.
    pub(super) fn inside(
        &self,
        expr: &Expr,
        inner: &Steps,
        windows: &Windows<'_>,
    ) -> Result<Vec<Series>, QueryError> {
        let by_step = self.tally.is_by_step() || windows.have_gaps();
        let (series, counts) = self
            .tally
            .apart(by_step.then_some(inner), || self.vector(expr, inner));
        self.tally.add_subquery(&counts, windows);
        series
    }
}

impl Ranges<'_> {
    /// Counts the samples of one series that the windows of `count` steps held: `seen` of them,
    /// each as often as a window did.
    pub(super) fn count(&self, seen: usize, scratch: &Scratch, count: usize) {
        let tally = &self.context.tally;
        // What a subquery computed was not read here.
        let is_stored = self.is_stored();
        let apart = count <= 1 || self.frames.step >= self.frames.range;
        let read = match (is_stored, apart) {
            (false, _) => 0,
            (true, true) => seen,
            (true, false) => {
                let last = self.frames.step.saturating_mul(count as i64 - 1);
                let end = self.frames.first.saturating_add(last);
                let start = self.frames.first.saturating_sub(self.frames.range);
                held_between(scratch, start, end).min(seen)
            }
        };
        tally.add(seen, read);
        if tally.is_by_step() {
            self.count_by_step(scratch, count, is_stored);
        }
    }

    #[cold]
    fn count_by_step(&self, scratch: &Scratch, count: usize, is_stored: bool) {
        let frames = self.frames;
        self.context.tally.by_step(|steps| {
            let mut end_before = i64::MIN;
            for step in 0..count {
                let moved = frames.step.saturating_mul(step as i64);
                let end = frames.first.saturating_add(moved);
                let start = end.saturating_sub(frames.range);
                let total = held_between(scratch, start, end) as u64;
                let read = if is_stored {
                    held_between(scratch, start.max(end_before), end) as u64
                } else {
                    0
                };
                steps.add(step, total, read);
                end_before = end;
            }
        });
    }
}

/// What the samples behind `start` and up to `end` count for.
fn held_between(scratch: &Scratch, start: i64, end: i64) -> usize {
    let until = |time: i64| scratch.samples.times.partition_point(|t| *t <= time);
    let numbers = until(end).saturating_sub(until(start));
    let histograms = scratch.histograms.iter();
    let inside = histograms.filter(|(time, _)| start < *time && *time <= end);
    numbers
        + inside
            .map(|(_, histogram)| weight(histogram))
            .sum::<usize>()
}
