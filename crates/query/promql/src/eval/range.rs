//! Range vectors: where the samples of a window function come from.

use std::sync::Arc;

use contract::SeriesList;
use model::{Columns, HistogramSample, HistogramValue, Labels, ResetHint};

use super::source::{Out, Scratch, Source};
use super::{Context, Reading};
use crate::QueryError;
use crate::ast::{Call, Expr, ExprKind, RangeMode, Span, Subquery};
use crate::column::{Histograms, Series, Steps, is_present, present};
use crate::kernels::mixed::{self, Asked, Windows, extended};
use crate::kernels::over_time::RangeFunction;
use crate::kernels::quantile::is_quantile;
use crate::kernels::window::Frames;
use crate::notes::Doubt;

enum Samples {
    Stored(Box<dyn SeriesList>),
    Computed(Vec<Series>, Steps),
}

/// A range vector with the windows of the steps.
pub(crate) struct Ranges<'c> {
    context: &'c Context<'c>,
    samples: Samples,
    /// The windows, with the neighbours that the mode looks at.
    frames: Frames,
    mode: RangeMode,
    /// The range as written, in milliseconds.
    range: i64,
    /// How far the windows reach before the range, and beyond it.
    behind: i64,
    ahead: i64,
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

    /// The samples of one series, stale markers left out.
    fn read(&self, place: usize, scratch: &mut Scratch) -> Result<(), QueryError> {
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
                for (time, value) in steps.times().zip(&one.values) {
                    if is_present(*value) {
                        scratch.samples.push(time, *value);
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

/// A window function over a range vector.
pub(crate) struct Windowed<'c> {
    ranges: Ranges<'c>,
    function: RangeFunction,
    params: Vec<Vec<f64>>,
    steps: Steps,
    /// Where the call's first argument stands, for notes.
    span: Span,
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
            _ => self.reading_as(Reading::Whole, || self.vector(&subquery.expr, &inner))?,
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

    /// Where the call is a window function: its series.
    pub(crate) fn windowed(
        &self,
        call: &Call,
        steps: &Steps,
    ) -> Result<Option<Windowed<'_>>, QueryError> {
        let Some(function) = RangeFunction::find(call.function.name) else {
            return Ok(None);
        };
        let mut ranges = None;
        let mut params = Vec::new();
        check_mode(call)?;
        for arg in &call.args {
            if arg.value_type() == crate::ast::ValueType::Matrix {
                ranges = Some(self.ranges(arg, steps)?);
            } else {
                params.push((self.scalar(arg, steps)?, arg));
            }
        }
        let Some(ranges) = ranges else {
            return Err(QueryError::execution("expected a range vector"));
        };
        self.check_params(function, &params)?;
        let params = params.into_iter().map(|(values, _)| values).collect();
        let span = call.args.first().map(|arg| arg.span).unwrap_or_default();
        Ok(Some(Windowed {
            ranges,
            function,
            params,
            steps: *steps,
            span,
        }))
    }

    fn check_params(
        &self,
        function: RangeFunction,
        params: &[(Vec<f64>, &Expr)],
    ) -> Result<(), QueryError> {
        match function {
            RangeFunction::Quantile => {
                for (values, expr) in params {
                    for q in values.iter().filter(|q| !is_quantile(**q)) {
                        self.warn_quantile(*q, expr);
                    }
                }
            }
            RangeFunction::Smoothing => {
                for ((values, _), name) in params.iter().zip(["smoothing", "trend"]) {
                    let short = if name == "smoothing" { "sf" } else { "tf" };
                    if let Some(bad) = values.iter().find(|v| !(**v > 0.0 && **v < 1.0)) {
                        return Err(QueryError::execution(format!(
                            "invalid {name} factor. Expected: 0 < {short} < 1, got: {bad:.6}"
                        )));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn warn_quantile(&self, q: f64, expr: &Expr) {
        let mut number = String::new();
        model::number::push_general(&mut number, q);
        let text = format!("quantile value should be between 0 and 1, got {number}");
        self.warn(expr.span, &text);
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
            Windows::new(&ranges.frames, &scratch.samples, &scratch.histograms)
                .each(out, |_| Some(crate::column::Cell::Number(1.0)));
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

/// Fails where a range modifier stands before a function that has no use for it.
fn check_mode(call: &Call) -> Result<(), QueryError> {
    let name = call.function.name;
    for arg in &call.args {
        let ExprKind::Matrix(matrix) = &arg.kind else {
            continue;
        };
        let mode = matrix.selector.mode;
        let usable: &[&str] = match mode {
            RangeMode::Plain => continue,
            RangeMode::Anchored => &["changes", "delta", "increase", "rate", "resets"],
            RangeMode::Smoothed => &["delta", "increase", "rate"],
        };
        if !usable.contains(&name) {
            return Err(QueryError::execution(format!(
                "{} modifier can only be used with: {} - not with {name}",
                mode.as_str(),
                usable.join(", ")
            )));
        }
    }
    Ok(())
}

impl Windowed<'_> {
    pub(crate) fn keeps_name(&self) -> bool {
        self.function.keeps_name()
    }
}

impl Source for Windowed<'_> {
    fn len(&self) -> usize {
        self.ranges.len()
    }

    fn labels(&self, place: usize) -> (Labels, bool) {
        let (labels, drop_name) = self.ranges.labels(place);
        if self.function.keeps_name() {
            (labels, drop_name)
        } else {
            self.ranges.context.derived(labels)
        }
    }

    fn fill(
        &self,
        place: usize,
        scratch: &mut Scratch,
        mut out: Out<'_>,
    ) -> Result<(), QueryError> {
        let context = self.ranges.context;
        self.ranges.read(place, scratch)?;
        let plain = self.ranges.mode == RangeMode::Plain
            && scratch.histograms.is_empty()
            && (scratch.samples.starts.is_empty() || !self.function.sees_starts());
        let seen = if plain || !self.function.sees_histograms() {
            if !scratch.histograms.is_empty() {
                self.note_ignored(place, scratch, out.values.len());
            }
            self.function.run(
                &scratch.samples,
                &self.ranges.frames,
                &self.params,
                &self.steps,
                out.values,
            )
        } else {
            self.fill_mixed(place, scratch, &mut out)
        };
        if matches!(self.function, RangeFunction::Rate | RangeFunction::Increase) {
            self.hint_counter(place, out.values);
        }
        context.budget.looked_at(seen);
        // The samples of one series are in memory while its column is computed.
        let held = scratch.samples.len().min(seen);
        let held = held.saturating_add(present(out.values) + out.histograms.samples());
        context.budget.hold(held)?;
        context.budget.release(held);
        Ok(())
    }
}

impl Windowed<'_> {
    fn fill_mixed(&self, place: usize, scratch: &Scratch, out: &mut Out<'_>) -> usize {
        let ranges = &self.ranges;
        let (labels, _) = ranges.labels(place);
        let metric = labels.metric().unwrap_or_default();
        let note = |doubt| ranges.context.note(self.span, doubt, metric);
        let asked = Asked {
            function: self.function,
            mode: ranges.mode,
            range: ranges.range,
            behind: ranges.behind,
            ahead: ranges.ahead,
            note: &note,
        };
        Windows::new(&ranges.frames, &scratch.samples, &scratch.histograms)
            .each(out, |window| mixed::value(&asked, window))
    }

    /// Says so where rate or increase made numbers of a metric that is not named like a counter.
    fn hint_counter(&self, place: usize, values: &[f64]) {
        let context = self.ranges.context;
        let (labels, _) = self.ranges.labels(place);
        let metric = labels.metric().unwrap_or_default();
        if let (true, Some(kind)) = (context.type_and_unit, labels.get("__type__")) {
            if kind != "counter" && kind != "histogram" && present(values) > 0 {
                let text = format!(
                    "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", got {}: {}",
                    model::name::quoted(kind),
                    model::name::quoted(metric)
                );
                context.info(self.span, &text);
            }
            return;
        }
        let counters = ["_total", "_sum", "_count", "_bucket"];
        let named = metric.is_empty() || counters.iter().any(|suffix| metric.ends_with(suffix));
        if !named && present(values) > 0 {
            let text = format!(
                "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {}",
                model::name::quoted(metric)
            );
            context.info(self.span, &text);
        }
    }

    /// Says so where a function of numbers meets a window that has histograms, too.
    fn note_ignored(&self, place: usize, scratch: &Scratch, count: usize) {
        let mut values = vec![0.0; count];
        let mut histograms = Histograms::default();
        let mut mixed = false;
        let out = &mut Out {
            values: &mut values,
            histograms: &mut histograms,
        };
        let windows = Windows::new(&self.ranges.frames, &scratch.samples, &scratch.histograms);
        windows.each(out, |window| {
            mixed |= window.is_mixed();
            None
        });
        if mixed {
            let (labels, _) = self.ranges.labels(place);
            let metric = labels.metric().unwrap_or_default();
            self.ranges
                .context
                .note(self.span, Doubt::IgnoredInRange, metric);
        }
    }
}
