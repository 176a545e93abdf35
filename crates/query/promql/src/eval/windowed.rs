//! Window functions: a range vector's samples at each step to one value.

use std::ops::Range;

use super::Context;
use super::range::Ranges;
use super::source::{Out, Scratch, Source};
use crate::QueryError;
use crate::ast::{Call, Expr, ExprKind, MatrixSelector, RangeMode, Span, ValueType};
use crate::column::{Histograms, Steps, is_present, present, weight};
use crate::grouping::Kept;
use crate::kernels::mixed::{self, Asked, Windows};
use crate::kernels::over_time::RangeFunction;
use crate::kernels::quantile::is_quantile;
use crate::notes::Doubt;
use model::{Labels, METRIC_NAME, MatchOp};

/// Samples that windows of histograms hold together between two looks whether to go on: such
/// windows are looked at afresh, and a histogram costs a microsecond or so.
const MIXED_AT_ONCE: usize = 4096;

/// A window function over a range vector.
pub(crate) struct Windowed<'c> {
    pub(super) ranges: Ranges<'c>,
    pub(super) function: RangeFunction,
    pub(super) params: Vec<Vec<f64>>,
    pub(super) steps: Steps,
    /// Where the call's first argument stands, for notes.
    span: Span,
    /// Each series may turn out not to be a counter although one is asked for.
    doubtful: bool,
    /// There is one step, and of each series only the newest sample counts.
    newest: bool,
    /// Names are dropped, and the series may be of several metrics.
    unnamed: bool,
    /// Quantiles outside 0 to 1 are asked for at some steps.
    odd_ranks: bool,
}

impl<'a> Context<'a> {
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
            if arg.value_type() == ValueType::Matrix {
                ranges = Some(self.ranges(arg, steps)?);
            } else {
                params.push((self.scalar(arg, steps)?, arg));
            }
        }
        let Some(ranges) = ranges else {
            return Err(QueryError::execution("expected a range vector"));
        };
        self.check_params(function, &params)?;
        let odd_ranks = match (function, params.first()) {
            (RangeFunction::Quantile, Some((ranks, _))) => ranks.iter().any(|q| !is_quantile(*q)),
            _ => false,
        };
        let params = params.into_iter().map(|(values, _)| values).collect();
        // Upstream's notes on a subquery name the query's first place.
        let span = match call.args.first().map(Expr::bare) {
            Some(arg) if !matches!(arg.kind, ExprKind::Subquery(_)) => arg.span,
            _ => Span::default(),
        };
        let newest =
            steps.count == 1 && ranges.mode == RangeMode::Plain && function.looks_at_newest();
        let unnamed = !self.delayed_names
            && !function.keeps_name()
            && (self.type_and_unit || call.args.iter().find_map(matrix_of).is_none_or(is_of_many));
        Ok(Some(Windowed {
            newest,
            unnamed,
            ranges,
            function,
            params,
            steps: *steps,
            span,
            doubtful: self.may_be_no_counter(function, call),
            odd_ranks,
        }))
    }

    /// Whether rate or increase may meet metrics that are not named like counters.
    fn may_be_no_counter(&self, function: RangeFunction, call: &Call) -> bool {
        let selector = call.args.iter().find_map(matrix_of);
        let name = selector.and_then(|matrix| matrix.selector.name.as_deref());
        let known = !self.type_and_unit && name.is_some_and(is_counter_name);
        matches!(function, RangeFunction::Rate | RangeFunction::Increase) && !known
    }

    fn check_params(
        &self,
        function: RangeFunction,
        params: &[(Vec<f64>, &Expr)],
    ) -> Result<(), QueryError> {
        if function != RangeFunction::Smoothing {
            return Ok(());
        }
        for ((values, _), name) in params.iter().zip(["smoothing", "trend"]) {
            let short = if name == "smoothing" { "sf" } else { "tf" };
            if let Some(bad) = values.iter().find(|v| !(**v > 0.0 && **v < 1.0)) {
                return Err(QueryError::execution(format!(
                    "invalid {name} factor. Expected: 0 < {short} < 1, got: {bad:.6}"
                )));
            }
        }
        Ok(())
    }

    pub(crate) fn warn_quantile(&self, q: f64, expr: &Expr) {
        self.warn_rank(q, expr.bare().span);
    }

    fn warn_rank(&self, q: f64, span: Span) {
        let mut number = String::new();
        model::number::push_general(&mut number, q);
        let text = format!("quantile value should be between 0 and 1, got {number}");
        self.warn(span, &text);
    }
}

/// Fails where a range modifier stands before a function that has no use for it.
pub(super) fn check_mode(call: &Call) -> Result<(), QueryError> {
    let name = call.function.name;
    for matrix in call.args.iter().filter_map(matrix_of) {
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

fn is_counter_name(metric: &str) -> bool {
    let suffixes = ["_total", "_sum", "_count", "_bucket"];
    suffixes.iter().any(|suffix| metric.ends_with(suffix))
}

/// Whether a selector may find series of several metrics.
fn is_of_many(matrix: &MatrixSelector) -> bool {
    let mut matchers = matrix.selector.matchers.iter();
    !matchers.any(|m| m.name() == METRIC_NAME && m.op() == MatchOp::Equal)
}

fn matrix_of(arg: &Expr) -> Option<&MatrixSelector> {
    match &arg.kind {
        ExprKind::Matrix(matrix) => Some(matrix),
        ExprKind::Paren(inner) => matrix_of(inner),
        _ => None,
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

    fn depth(&self, width: usize) -> usize {
        match self.newest {
            true => 1,
            false => self.ranges.depth(width),
        }
    }

    fn prepare(&self, places: Range<usize>) {
        if !self.newest {
            self.ranges.prepare(places);
        }
    }

    fn may_repeat(&self) -> bool {
        self.unnamed
    }

    fn drops_name(&self, place: usize) -> bool {
        match self.function.keeps_name() {
            true => self.ranges.drops_name(place),
            false => self.ranges.context.delayed_names,
        }
    }

    fn group(&self, kept: &Kept) -> Vec<u32> {
        let context = self.ranges.context;
        // The metric's name goes before the query groups by what is left.
        let has_name = self.function.keeps_name() || context.delayed_names;
        let keeps = |name: &str| kept.keeps(name) && (has_name || !context.is_metadata(name));
        self.ranges.group(kept, &keeps)
    }

    fn fill(
        &self,
        place: usize,
        scratch: &mut Scratch,
        mut out: Out<'_>,
    ) -> Result<(), QueryError> {
        let context = self.ranges.context;
        if self.newest {
            self.ranges.read_newest(place, scratch)?;
        } else {
            self.ranges.read(place, scratch)?;
        }
        let plain = self.ranges.mode == RangeMode::Plain
            && scratch.histograms.is_empty()
            && (scratch.samples.starts.is_empty() || !self.function.sees_starts());
        let seen = if plain || !self.function.sees_histograms() {
            if !scratch.histograms.is_empty() {
                self.note_ignored(place, scratch, out.values.len());
            }
            self.run(&scratch.samples, out.values)?
        } else {
            self.fill_mixed(place, scratch, &mut out)?
        };
        if self.doubtful {
            self.hint_counter(place, out.values);
        }
        if self.odd_ranks {
            self.warn_ranks(out.values);
        }
        self.ranges.count(seen, scratch, out.values.len());
        // The samples of one series are in memory while its column is computed.
        let histograms = scratch.histograms.iter().map(|(_, h)| weight(h));
        let held = (scratch.samples.len() + histograms.sum::<usize>()).min(seen);
        let held = held.saturating_add(present(out.values) + out.histograms.samples());
        context.budget.hold(held)?;
        context.budget.release(held);
        Ok(())
    }
}

impl Windowed<'_> {
    #[inline(never)]
    fn fill_mixed(
        &self,
        place: usize,
        scratch: &Scratch,
        out: &mut Out<'_>,
    ) -> Result<usize, QueryError> {
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
        let mut stop = Ok(());
        let mut held = 0;
        let seen = Windows::new(&ranges.frames, &scratch.samples, &scratch.histograms).each(
            out,
            |window| {
                held += window.values.len() + window.histograms.len();
                if held > MIXED_AT_ONCE && stop.is_ok() {
                    held = 0;
                    stop = ranges.context.budget.check();
                }
                // The windows that are left are only walked over.
                stop.is_ok().then(|| mixed::value(&asked, window))?
            },
        );
        stop.map(|()| seen)
    }

    /// Warns of quantiles outside 0 to 1 where there were samples to take them of.
    #[cold]
    fn warn_ranks(&self, values: &[f64]) {
        let ranks = self.params.first().map(Vec::as_slice).unwrap_or_default();
        for (q, value) in ranks.iter().zip(values) {
            if is_present(*value) && !is_quantile(*q) {
                self.ranges.context.warn_rank(*q, self.span);
            }
        }
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
        let named = metric.is_empty() || is_counter_name(metric);
        if !named && present(values) > 0 {
            let text = format!(
                "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {}",
                model::name::quoted(metric)
            );
            context.info(self.span, &text);
        }
    }

    /// Says so where a function of numbers meets a window that has histograms, too.
    #[cold]
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
