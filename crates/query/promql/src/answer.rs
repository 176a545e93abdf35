//! Answers: the columns that a query evaluates to, as points by series.

use model::{Columns, HistogramSample, HistogramValue, Labels, Sample};

use crate::ast::{Expr, ValueType};
use crate::column::{Cell, Series, Steps, is_present, merge_same_labels};
use crate::eval::{Context, Evaluated};
use crate::{InstantSample, QueryError, RangeSeries, SampleValue, Value};

impl Context<'_> {
    /// Evaluates a whole query and shapes its answer.
    pub(crate) fn answer(&self, expr: &Expr) -> Result<Value, QueryError> {
        if self.interval == 0 {
            return self.instant_answer(expr);
        }
        let steps = Steps::between(self.start, self.end, self.interval);
        self.budget.fits(steps.count)?;
        let series = match self.eval(expr, &steps)? {
            Evaluated::Scalar(values) => {
                vec![Series::numbers(Labels::empty(), false, values)]
            }
            Evaluated::Vector(series) => self.finish(series)?,
            Evaluated::String(_) => Vec::new(),
        };
        let mut matrix: Vec<RangeSeries> = series
            .into_iter()
            .map(|one| RangeSeries {
                samples: points(&steps, &one),
                labels: one.labels,
            })
            .filter(|one| !one.samples.is_empty())
            .collect();
        matrix.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(Value::Matrix(matrix))
    }

    fn instant_answer(&self, expr: &Expr) -> Result<Value, QueryError> {
        let time = self.start;
        if expr.value_type() == ValueType::Matrix {
            return self.window_answer(expr);
        }
        Ok(match self.eval(expr, &Steps::one(time))? {
            Evaluated::Scalar(values) => {
                let value = values.first().copied().unwrap_or(f64::NAN);
                Value::Scalar(Sample { time, value })
            }
            Evaluated::String(value) => Value::String { time, value },
            Evaluated::Vector(series) => Value::Vector(
                self.finish(series)?
                    .into_iter()
                    .filter_map(|one| {
                        let value = match one.get(0)? {
                            Cell::Number(number) => SampleValue::Float(number),
                            Cell::Histogram(histogram) => SampleValue::Histogram(histogram),
                        };
                        Some(InstantSample {
                            labels: one.labels,
                            time,
                            value,
                        })
                    })
                    .collect(),
            ),
        })
    }

    /// A range vector asked for as it is.
    fn window_answer(&self, expr: &Expr) -> Result<Value, QueryError> {
        let ranges = self.ranges(expr, &Steps::one(self.start))?;
        let mut matrix = Vec::new();
        for place in 0..ranges.len() {
            self.budget.check()?;
            let samples = ranges.window(place)?;
            if !samples.is_empty() {
                let count = samples.len() + samples.histograms.len();
                self.budget.hold(count)?;
                self.budget.looked_at(count);
                let (labels, drop_name) = ranges.labels(place);
                let labels = if drop_name {
                    self.without_metadata(&labels)
                } else {
                    labels
                };
                matrix.push(RangeSeries { labels, samples });
            }
        }
        matrix.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(Value::Matrix(matrix))
    }

    /// Drops the names whose removal was put off.
    fn finish(&self, mut series: Vec<Series>) -> Result<Vec<Series>, QueryError> {
        if !series.iter().any(|one| one.drop_name) {
            return Ok(series);
        }
        for one in series.iter_mut().filter(|one| one.drop_name) {
            one.labels = self.without_metadata(&one.labels);
        }
        merge_same_labels(series)
    }
}

fn points(steps: &Steps, one: &Series) -> Columns {
    let mut samples = Columns::new();
    for (time, value) in steps.times().zip(&one.values) {
        if is_present(*value) {
            samples.push(time, *value);
        }
    }
    let histograms = one.histograms.iter().map(|(step, histogram)| {
        let float = model::FloatHistogram::clone(histogram);
        HistogramSample {
            time: steps.at(step),
            value: HistogramValue::Float(Box::new(float)),
        }
    });
    samples.histograms.extend(histograms);
    samples
}
