//! Range vectors: where the samples of a window function come from.

use contract::SeriesList;
use model::{Columns, Labels, is_stale};

use super::Context;
use super::selector::refuse_mode;
use super::source::{Scratch, Source};
use crate::QueryError;
use crate::ast::{Call, Expr, ExprKind, RangeMode, Subquery};
use crate::column::{Series, Steps, is_present, present};
use crate::kernels::over_time::RangeFunction;
use crate::kernels::quantile::is_quantile;
use crate::kernels::window::Frames;

enum Samples {
    Stored(Box<dyn SeriesList>),
    Computed(Vec<Series>, Steps),
}

/// A range vector with the windows of the steps.
pub(crate) struct Ranges<'c> {
    context: &'c Context<'c>,
    samples: Samples,
    frames: Frames,
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

    /// The samples of one series in the window of the first step.
    pub(crate) fn window(&self, place: usize) -> Result<Columns, QueryError> {
        let (mut samples, mut found) = (Columns::new(), Columns::new());
        self.read(place, &mut samples)?;
        self.frames
            .slide(&samples.times, &samples.values, &mut [0.0], |frame| {
                found.times.extend_from_slice(frame.times);
                found.values.extend_from_slice(frame.values);
                0.0
            });
        Ok(found)
    }

    /// The samples of one series, stale markers left out.
    fn read(&self, place: usize, into: &mut Columns) -> Result<(), QueryError> {
        into.clear();
        match &self.samples {
            Samples::Stored(list) => {
                list.read(place, into)?;
                if into.values.iter().any(|value| is_stale(*value)) {
                    let kept: Vec<_> = into.iter().filter(|s| !is_stale(s.value)).collect();
                    into.clear();
                    kept.iter()
                        .for_each(|sample| into.push(sample.time, sample.value));
                }
            }
            Samples::Computed(series, steps) => {
                let values = series.get(place).map(|one| one.values.as_slice());
                for (time, value) in steps.times().zip(values.unwrap_or_default()) {
                    if is_present(*value) {
                        into.push(time, *value);
                    }
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
}

impl<'a> Context<'a> {
    /// The range vector that an argument is.
    pub(crate) fn ranges(&self, expr: &Expr, steps: &Steps) -> Result<Ranges<'_>, QueryError> {
        match &expr.kind {
            ExprKind::Paren(inner) => self.ranges(inner, steps),
            ExprKind::Matrix(matrix) => {
                refuse_mode(&matrix.selector)?;
                let range = self.positive(&matrix.range)?;
                let frames = self.frames(&matrix.selector, range, steps)?;
                let list = self.list(&matrix.selector, &frames, steps.count)?;
                Ok(Ranges {
                    context: self,
                    samples: Samples::Stored(list),
                    frames,
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
            _ => self.vector(&subquery.expr, &inner)?,
        };
        Ok(Ranges {
            context: self,
            samples: Samples::Computed(series, inner),
            frames,
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
                ranges = Some((self.ranges(arg, steps)?, arg));
            } else {
                params.push((self.scalar(arg, steps)?, arg));
            }
        }
        let Some((ranges, matrix)) = ranges else {
            return Err(QueryError::execution("expected a range vector"));
        };
        self.check_params(function, &params)?;
        self.hint_counter(function, &ranges, matrix);
        let params = params.into_iter().map(|(values, _)| values).collect();
        Ok(Some(Windowed {
            ranges,
            function,
            params,
            steps: *steps,
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

    /// Says so where rate or increase meets a metric that is not named like a counter.
    fn hint_counter(&self, function: RangeFunction, ranges: &Ranges<'_>, matrix: &Expr) {
        if !matches!(function, RangeFunction::Rate | RangeFunction::Increase) || ranges.len() == 0 {
            return;
        }
        let labels = ranges.labels(0).0;
        let metric = labels.metric().unwrap_or_default();
        if let (true, Some(kind)) = (self.type_and_unit, labels.get("__type__")) {
            if kind != "counter" && kind != "histogram" {
                let text = format!(
                    "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", got {}: {}",
                    model::name::quoted(kind),
                    model::name::quoted(metric)
                );
                self.info(matrix.span, &text);
            }
            return;
        }
        let counters = ["_total", "_sum", "_count", "_bucket"];
        if !metric.is_empty() && !counters.iter().any(|suffix| metric.ends_with(suffix)) {
            let text = format!(
                "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {}",
                model::name::quoted(metric)
            );
            self.info(matrix.span, &text);
        }
    }

    /// `absent_over_time`: which steps see no sample at all.
    pub(crate) fn any_sample(&self, matrix: &Expr, steps: &Steps) -> Result<Vec<bool>, QueryError> {
        let ranges = self.ranges(matrix, steps)?;
        let mut seen = vec![false; steps.count];
        let mut scratch = Scratch::default();
        let mut column = steps.absent();
        for place in 0..ranges.len() {
            self.budget.check()?;
            ranges.read(place, &mut scratch.samples)?;
            let samples = &scratch.samples;
            ranges
                .frames
                .slide(&samples.times, &samples.values, &mut column, |_| 1.0);
            for (seen, cell) in seen.iter_mut().zip(&column) {
                *seen |= is_present(*cell);
            }
        }
        Ok(seen)
    }
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

    fn fill(&self, place: usize, scratch: &mut Scratch, out: &mut [f64]) -> Result<(), QueryError> {
        let context = self.ranges.context;
        self.ranges.read(place, &mut scratch.samples)?;
        let seen = self.function.run(
            &scratch.samples,
            &self.ranges.frames,
            &self.params,
            &self.steps,
            out,
        );
        context.budget.looked_at(seen);
        // The samples of one series are in memory while its column is computed.
        let held = scratch.samples.len().min(seen).saturating_add(present(out));
        context.budget.hold(held)?;
        context.budget.release(held);
        Ok(())
    }
}
