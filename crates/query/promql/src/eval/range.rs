//! Range vectors: where the samples of a window function come from.

use std::ops::Range;
use std::sync::Arc;

use contract::SeriesList;
use model::{Columns, HistogramSample, HistogramValue, Labels, ResetHint, is_stale};

use super::source::{Out, Scratch, Source, samples_in};
use super::{Context, Reading};
use crate::QueryError;
use crate::ast::{Expr, ExprKind, RangeMode, Subquery};
use crate::budget::CELLS_AT_ONCE;
use crate::column::{Cell, Histograms, Series, Steps, is_present, present};
use crate::grouping::{Groups, Kept};
use crate::kernels::mixed::{Windows, extended};
use crate::kernels::window::Frames;
use crate::tally::Windows as Seen;

enum Samples {
    Stored(Box<dyn SeriesList>),
    Computed(Vec<Series>, Steps),
}

/// A range vector with the windows of the steps.
pub(crate) struct Ranges<'c> {
    pub(super) context: &'c Context<'c>,
    samples: Samples,
    /// The windows, with the neighbours that the mode looks at.
    pub(super) frames: Frames,
    pub(super) mode: RangeMode,
    /// The range as written, in milliseconds.
    pub(super) range: i64,
    /// How far the windows reach before the range, and beyond it.
    pub(super) behind: i64,
    pub(super) ahead: i64,
    /// Histograms tell of counter resets between them.
    detecting: bool,
}

impl Ranges<'_> {
    pub(crate) fn len(&self) -> usize {
        match &self.samples {
            Samples::Stored(list) => list.len(),
            Samples::Computed(series, _) => series.len(),
        }
    }

    /// How many samples a series has in the windows of so many steps, about.
    pub(super) fn depth(&self, width: usize) -> usize {
        match &self.samples {
            Samples::Stored(_) => samples_in(self.frames.span(width)),
            Samples::Computed(_, steps) => steps.count,
        }
    }

    /// Whether the samples are those of a store.
    pub(super) fn is_stored(&self) -> bool {
        matches!(self.samples, Samples::Stored(_))
    }

    pub(crate) fn labels(&self, place: usize) -> (Labels, bool) {
        match &self.samples {
            Samples::Stored(list) => (list.labels(place), false),
            Samples::Computed(series, _) => Source::labels(series, place),
        }
    }

    /// The samples of one series in the window of the first step; with `anchored` and `smoothed`
    /// also the values at its ends.
    pub(crate) fn window(&self, place: usize) -> Result<Columns, QueryError> {
        let mut scratch = Scratch::default();
        self.read(place, &mut scratch)?;
        if self.mode != RangeMode::Plain && !scratch.histograms.is_empty() {
            return Err(QueryError::execution(format!(
                "{} modifier is not supported with histograms",
                self.mode.as_str()
            )));
        }
        let mut found = Columns::new();
        let mut histograms = Histograms::default();
        let out = &mut Out {
            values: &mut [0.0],
            histograms: &mut histograms,
        };
        Windows::new(&self.frames, &scratch.samples, &scratch.histograms).each(out, |window| {
            if self.mode == RangeMode::Plain {
                found.times.extend_from_slice(window.times);
                found.values.extend_from_slice(window.values);
                let samples = window.histograms.iter().map(|(time, histogram)| {
                    let float = model::FloatHistogram::clone(histogram);
                    HistogramSample {
                        time: *time,
                        value: HistogramValue::Float(Box::new(float)),
                    }
                });
                found.histograms.extend(samples);
            } else {
                let ends = (window.start + self.behind, window.end - self.ahead);
                let smoothed = self.mode == RangeMode::Smoothed;
                let samples = extended::with_ends(window.times, window.values, ends, smoothed);
                for (time, value) in samples.unwrap_or_default() {
                    found.push(time, value);
                }
            }
            None
        });
        Ok(found)
    }

    /// Says that the calling thread will read these series next.
    pub(super) fn prepare(&self, places: Range<usize>) {
        if let Samples::Stored(list) = &self.samples {
            list.prepare(places);
        }
    }

    /// Whether the name of a series is to be dropped at the end.
    pub(super) fn drops_name(&self, place: usize) -> bool {
        match &self.samples {
            Samples::Stored(_) => false,
            Samples::Computed(series, _) => series.drops_name(place),
        }
    }

    /// Sorts the series into groups by the labels whose names `keeps` answers true for.
    pub(super) fn group(&self, kept: &Kept, keeps: &dyn Fn(&str) -> bool) -> Vec<u32> {
        match &self.samples {
            Samples::Stored(list) => list.group(keeps),
            Samples::Computed(series, _) => {
                let mut groups = Groups::new(kept.clone());
                let place = |one: &Series| groups.place(&one.labels.filtered(keeps)) as u32;
                series.iter().map(place).collect()
            }
        }
    }

    /// Where one series' newest sample is all that counts: at least that one, if it is a number
    /// that counts; else as [`Ranges::read`].
    pub(super) fn read_newest(
        &self,
        place: usize,
        scratch: &mut Scratch,
    ) -> Result<(), QueryError> {
        if let Samples::Stored(list) = &self.samples {
            scratch.samples.clear();
            scratch.histograms.clear();
            list.read_newest(place, &mut scratch.samples)?;
            let newest = scratch.samples.values.last();
            if scratch.samples.histograms.is_empty() && newest.is_some_and(|v| !is_stale(*v)) {
                scratch.drop_stale();
                return Ok(());
            }
        }
        self.read(place, scratch)
    }

    /// The samples of one series, stale markers left out.
    pub(super) fn read(&self, place: usize, scratch: &mut Scratch) -> Result<(), QueryError> {
        scratch.samples.clear();
        scratch.histograms.clear();
        match &self.samples {
            Samples::Stored(list) => {
                list.read(place, &mut scratch.samples)?;
                scratch.drop_stale();
                if !scratch.samples.histograms.is_empty() {
                    scratch.take_histograms(self.detecting, |_| {});
                }
                if !self.context.starts {
                    scratch.samples.starts.clear();
                    scratch.samples.histogram_starts.clear();
                }
            }
            Samples::Computed(series, steps) => {
                let Some(one) = series.get(place) else {
                    return Ok(());
                };
                // Once, and not again and again as they grow.
                let count = present(&one.values);
                scratch.samples.times.reserve_exact(count);
                scratch.samples.values.reserve_exact(count);
                let mut times = steps.times();
                for (part, values) in one.values.chunks(CELLS_AT_ONCE).enumerate() {
                    self.context.budget.check_behind(part)?;
                    for (value, time) in values.iter().zip(&mut times) {
                        if is_present(*value) {
                            scratch.samples.push(time, *value);
                        }
                    }
                }
                for (step, histogram) in one.histograms.iter() {
                    let timed = (steps.at(step), Arc::clone(histogram));
                    scratch.histograms.push(timed);
                }
            }
        }
        Ok(())
    }
}

impl Drop for Ranges<'_> {
    fn drop(&mut self) {
        if let Samples::Computed(series, _) = &self.samples {
            self.context.release(series);
        }
    }
}
impl<'a> Context<'a> {
    /// The range vector that an argument is.
    pub(crate) fn ranges(&self, expr: &Expr, steps: &Steps) -> Result<Ranges<'_>, QueryError> {
        match &expr.kind {
            ExprKind::Paren(inner) => self.ranges(inner, steps),
            ExprKind::Matrix(matrix) => {
                let mode = matrix.selector.mode;
                let (behind, ahead) = match mode {
                    RangeMode::Plain => (0, 0),
                    RangeMode::Anchored => (self.lookback, 0),
                    RangeMode::Smoothed => (self.lookback, self.lookback),
                };
                let range = self.positive(&matrix.range)?;
                let frames = self.frames(&matrix.selector, range, steps)?;
                let frames = frames.reaching(behind, ahead);
                let list = self.list(&matrix.selector, &frames, steps.count)?;
                Ok(Ranges {
                    context: self,
                    samples: Samples::Stored(list),
                    frames,
                    mode,
                    range,
                    behind,
                    ahead,
                    detecting: self.reading() == Reading::Stats,
                })
            }
            ExprKind::Subquery(subquery) => self.subquery(subquery, steps),
            _ => Err(QueryError::execution("expected a range vector")),
        }
    }

    fn subquery(&self, subquery: &Subquery, steps: &Steps) -> Result<Ranges<'_>, QueryError> {
        let range = self.positive(&subquery.range)?;
        let interval = match &subquery.step {
            Some(step) => self.positive(step)?,
            None => self.default_subquery_step.max(1),
        };
        let offset = self.duration(&subquery.offset)?;
        let (first, last, step) = match self.fixed(subquery.at) {
            Some(time) => (time, time, 0),
            None => (steps.first, steps.last(), steps.step),
        };
        let frames = Frames {
            first: first.saturating_sub(offset),
            step,
            range,
        };
        // Inner steps stand at multiples of the interval; the window's start is excluded.
        let open = frames.first.saturating_sub(range);
        let mut inner_first = interval.saturating_mul(open / interval);
        if inner_first <= open {
            inner_first = inner_first.saturating_add(interval);
        }
        let inner = Steps::between(inner_first, last.saturating_sub(offset), interval);
        self.budget.fits(inner.count)?;
        let series = match inner.count {
            0 => Vec::new(),
            _ => {
                // Numbers that belong to no series are columns, too.
                let _numbers = self.budget.hold_bytes(inner.count * size_of::<f64>())?;
                let windows = Seen {
                    steps,
                    offset,
                    range,
                };
                self.reading_as(Reading::Whole, || {
                    self.inside(&subquery.expr, &inner, &windows)
                })?
            }
        };
        let series = series.into_iter().map(without_hints).collect();
        Ok(Ranges {
            context: self,
            samples: Samples::Computed(series, inner),
            frames,
            mode: RangeMode::Plain,
            range,
            behind: 0,
            ahead: 0,
            detecting: false,
        })
    }

    /// `absent_over_time`: which steps see no sample at all.
    pub(crate) fn any_sample(&self, matrix: &Expr, steps: &Steps) -> Result<Vec<bool>, QueryError> {
        let ranges = self.ranges(matrix, steps)?;
        let mut seen = vec![false; steps.count];
        let mut scratch = Scratch::default();
        let mut column = steps.absent();
        let mut histograms = Histograms::default();
        for place in 0..ranges.len() {
            self.budget.check()?;
            ranges.read(place, &mut scratch)?;
            let out = &mut Out {
                values: &mut column,
                histograms: &mut histograms,
            };
            let held = Windows::new(&ranges.frames, &scratch.samples, &scratch.histograms)
                .each(out, |_| Some(Cell::Number(1.0)));
            ranges.count(held, &scratch, steps.count);
            for (seen, cell) in seen.iter_mut().zip(&column) {
                *seen |= is_present(*cell);
            }
        }
        Ok(seen)
    }
}

/// The steps of a subquery are not those between samples, of which hints speak.
fn without_hints(mut one: Series) -> Series {
    let hinted: Vec<_> = one
        .histograms
        .iter()
        .filter(|(_, h)| matches!(h.hint, ResetHint::Reset | ResetHint::NotReset))
        .map(|(step, histogram)| (step, model::FloatHistogram::clone(histogram)))
        .collect();
    for (step, mut histogram) in hinted {
        histogram.hint = ResetHint::Unknown;
        one.histograms.set(step, Arc::new(histogram));
    }
    one
}
