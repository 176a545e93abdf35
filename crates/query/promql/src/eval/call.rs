//! Calls: each function's arguments are evaluated here and handed to its family.

use super::selector::Wanted;
use super::windowed::check_mode;
use super::{Context, Evaluated, Reading};
use crate::QueryError;
use crate::ast::{Call, Expr, ExprKind, Span};
use crate::calls::{absent, histogram, info, label, math, order, time};
use crate::column::{
    ABSENT, Cell, Series, Steps, all_distinct, drop_histograms, is_present, merge_same_labels,
};
use crate::histogram::stats;
use model::{FloatHistogram, Labels};

/// The argument at a place; the parser has checked that it is there.
pub(crate) fn arg(call: &Call, place: usize) -> Result<&Expr, QueryError> {
    call.args.get(place).ok_or_else(|| {
        QueryError::execution(format!(
            "{}: argument {} is missing",
            call.function.name,
            place + 1
        ))
    })
}

impl Context<'_> {
    pub(super) fn call(
        &self,
        call: &Call,
        span: Span,
        steps: &Steps,
    ) -> Result<Evaluated, QueryError> {
        if let Some(windowed) = self.windowed(call, steps)? {
            let keeps_name = windowed.keeps_name();
            let series = self.collect(&windowed, steps)?;
            if !self.delayed_names && !keeps_name {
                all_distinct(&self.budget, &series)?;
            }
            return Ok(Evaluated::Vector(series));
        }
        let series = match call.function.name {
            "pi" => return Ok(Evaluated::Scalar(vec![std::f64::consts::PI; steps.count])),
            "time" => {
                let seconds = steps.times().map(|time| time as f64 / 1000.0);
                return Ok(Evaluated::Scalar(seconds.collect()));
            }
            "start" => return Ok(self.constant(self.start, steps)),
            "end" => return Ok(self.constant(self.end, steps)),
            "step" => return Ok(self.constant(self.interval, steps)),
            "range" => return Ok(self.constant(self.end - self.start, steps)),
            "min_of" | "max_of" => return self.extreme_of(call, steps),
            "scalar" => return self.to_scalar(arg(call, 0)?, steps),
            "vector" => {
                let values = self.scalar(arg(call, 0)?, steps)?;
                vec![Series::numbers(Labels::empty(), false, values)]
            }
            "absent" => {
                let argument = arg(call, 0)?;
                let input = self.vector(argument, steps)?;
                let mut seen = vec![false; steps.count];
                input.iter().for_each(|one| one.mark(&mut seen));
                self.release(&input);
                absent::series(argument, &seen)
            }
            "absent_over_time" => {
                check_mode(call)?;
                let argument = arg(call, 0)?;
                absent::series(argument, &self.any_sample(argument, steps)?)
            }
            "timestamp" => self.timestamp(arg(call, 0)?, steps)?,
            "start_timestamp" => self.start_timestamp(arg(call, 0)?, steps)?,
            "info" => info::join(self, call, steps)?,
            "sort" | "sort_desc" | "sort_by_label" | "sort_by_label_desc" => {
                order::sort(self, call, span, steps)?
            }
            "label_replace" => label::replace(self, call, steps)?,
            "label_join" => label::join(self, call, steps)?,
            "histogram_quantile" => histogram::quantile(self, call, steps)?,
            "histogram_quantiles" => histogram::quantiles(self, call, steps)?,
            "histogram_fraction" => histogram::fraction(self, call, steps)?,
            "histogram_count" => self.each_histogram(call, steps, |h| h.count)?,
            "histogram_sum" => self.each_histogram(call, steps, |h| h.sum)?,
            "histogram_avg" => self.each_histogram(call, steps, stats::mean)?,
            "histogram_stdvar" => self.each_histogram(call, steps, stats::variance)?,
            "histogram_stddev" => {
                self.each_histogram(call, steps, |h| stats::variance(h).sqrt())?
            }
            name => match (math::find(name), time::find(name)) {
                (Some(function), _) => self.math(function, call, steps)?,
                (None, Some(part)) => self.date(part, call, steps)?,
                (None, None) => {
                    let text = format!("unknown function {name}");
                    return Err(QueryError::execution(text));
                }
            },
        };
        Ok(Evaluated::Vector(series))
    }

    fn constant(&self, millis: i64, steps: &Steps) -> Evaluated {
        Evaluated::Scalar(vec![millis as f64 / 1000.0; steps.count])
    }

    /// The smaller or larger of scalars; NaN where one is.
    fn extreme_of(&self, call: &Call, steps: &Steps) -> Result<Evaluated, QueryError> {
        let pick = if call.function.name == "min_of" {
            math::smaller
        } else {
            math::larger
        };
        let mut values = self.scalar(arg(call, 0)?, steps)?;
        for argument in call.args.iter().skip(1) {
            let others = self.scalar(argument, steps)?;
            for (value, other) in values.iter_mut().zip(others) {
                *value = pick(*value, other);
            }
        }
        Ok(Evaluated::Scalar(values))
    }

    /// The one number of a vector with one element; NaN of any other.
    fn to_scalar(&self, argument: &Expr, steps: &Steps) -> Result<Evaluated, QueryError> {
        let input = self.vector(argument, steps)?;
        let mut values = steps.absent();
        let mut many = vec![false; steps.count];
        // Histograms do not count.
        for one in &input {
            for ((cell, many), value) in values.iter_mut().zip(&mut many).zip(&one.values) {
                if is_present(*value) {
                    *many |= is_present(*cell);
                    *cell = *value;
                }
            }
        }
        for (cell, many) in values.iter_mut().zip(many) {
            if many || !is_present(*cell) {
                *cell = f64::NAN;
            }
        }
        self.release(&input);
        Ok(Evaluated::Scalar(values))
    }

    /// The time of the sample itself where the argument is a selector, of the step otherwise.
    fn timestamp(&self, argument: &Expr, steps: &Steps) -> Result<Vec<Series>, QueryError> {
        let mut inner = argument;
        while let ExprKind::Paren(next) = &inner.kind {
            inner = next;
        }
        if let ExprKind::Vector(selector) = &inner.kind {
            let source = self.selected(selector, inner.span, steps)?;
            let series = self.collect(&source.with(Wanted::Times), steps)?;
            return self.derive_all(series);
        }
        let mut series = self.vector(argument, steps)?;
        for one in &mut series {
            for (step, time) in steps.times().enumerate() {
                if one.has(step) {
                    one.set(step, Cell::Number(time as f64 / 1000.0));
                }
            }
        }
        self.derive_all(series)
    }

    /// When the counting of a selector's samples began, 0 where that is unknown; nothing of other
    /// arguments, or where start timestamps are not used.
    fn start_timestamp(&self, argument: &Expr, steps: &Steps) -> Result<Vec<Series>, QueryError> {
        let mut inner = argument;
        while let ExprKind::Paren(next) = &inner.kind {
            inner = next;
        }
        match &inner.kind {
            ExprKind::Vector(selector) if self.starts => {
                let source = self.selected(selector, inner.span, steps)?;
                let series = self.collect(&source.with(Wanted::Starts), steps)?;
                self.derive_all(series)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// A number of each histogram; numbers are left out.
    fn each_histogram(
        &self,
        call: &Call,
        steps: &Steps,
        number: impl Fn(&FloatHistogram) -> f64,
    ) -> Result<Vec<Series>, QueryError> {
        let argument = arg(call, 0)?;
        let series = self.reading_as(Reading::Stats, || self.vector(argument, steps))?;
        self.release(&series);
        let mut results = Vec::new();
        for one in series.iter().filter(|one| !one.histograms.is_empty()) {
            self.budget.check()?;
            let absent = Series::absent(one.labels.clone(), one.drop_name, steps);
            let mut result = self.counted(absent)?;
            for (step, histogram) in one.histograms.iter() {
                result.set(step, Cell::Number(number(histogram)));
            }
            results.push(result);
        }
        self.hold(&mut results)?;
        self.derive_all(results)
    }

    /// The series as results that are no longer samples of their metric.
    pub(crate) fn derive_all(&self, mut series: Vec<Series>) -> Result<Vec<Series>, QueryError> {
        let mut pace = self.budget.pace();
        for one in &mut series {
            pace.step()?;
            let labels = std::mem::take(&mut one.labels);
            (one.labels, one.drop_name) = self.derived(labels);
        }
        if self.delayed_names {
            return Ok(series);
        }
        merge_same_labels(&self.budget, series)
    }

    fn math(
        &self,
        function: math::Function,
        call: &Call,
        steps: &Steps,
    ) -> Result<Vec<Series>, QueryError> {
        let mut series = self.vector(arg(call, 0)?, steps)?;
        let mut params = Vec::new();
        for argument in call.args.iter().skip(1) {
            params.push(self.scalar(argument, steps)?);
        }
        for one in &mut series {
            self.budget.check()?;
            for (step, value) in one.values.iter_mut().enumerate() {
                if is_present(*value) {
                    let param = |which: usize| params.get(which).and_then(|p| p.get(step)).copied();
                    *value = function.apply(*value, param(0), param(1)).unwrap_or(ABSENT);
                }
            }
        }
        drop_histograms(&mut series);
        self.derive_all(series)
    }

    fn date(
        &self,
        part: time::Part,
        call: &Call,
        steps: &Steps,
    ) -> Result<Vec<Series>, QueryError> {
        let Some(argument) = call.args.first() else {
            let values = steps
                .times()
                .map(|time| part.of(time as f64 / 1000.0))
                .collect();
            return Ok(vec![Series::numbers(Labels::empty(), false, values)]);
        };
        let mut series = self.vector(argument, steps)?;
        for one in &mut series {
            self.budget.check()?;
            for value in one.values.iter_mut().filter(|v| is_present(**v)) {
                *value = part.of(*value);
            }
        }
        drop_histograms(&mut series);
        self.derive_all(series)
    }
}
