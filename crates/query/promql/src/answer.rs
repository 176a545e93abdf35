//! Answers: the columns that a query evaluates to, as points by series.

use std::time::Instant;

use model::{Columns, HistogramSample, HistogramValue, Labels, Sample};

use crate::ast::{Expr, ValueType};
use crate::column::{Cell, Series, Steps, is_present, merge_same_labels, weight};
use crate::eval::{Context, Evaluated};
use crate::memory::Held;
use crate::sorting::sort_by;
use crate::{InstantSample, QueryError, RangeSeries, SampleValue, Stats, Value};

/// Bytes that a number of an answer takes with its time.
const POINT: usize = size_of::<i64>() + size_of::<f64>();

impl Context<'_> {
    /// Evaluates a whole query and shapes its answer; with it goes the memory that it takes.
    pub(crate) fn answer(&self, expr: &Expr) -> Result<(Value, Held), QueryError> {
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
        let mut held = Taken::new(self)?;
        let mut matrix: Vec<RangeSeries> = Vec::with_capacity(series.len());
        for one in series {
            held.add(size_of::<RangeSeries>() + one.labels.size() + one.samples() * POINT)?;
            let samples = points(&steps, &one);
            if !samples.is_empty() {
                let labels = one.labels;
                matrix.push(RangeSeries { labels, samples });
            }
        }
        Ok((Value::Matrix(self.sorted(matrix)?), held.held))
    }

    fn instant_answer(&self, expr: &Expr) -> Result<(Value, Held), QueryError> {
        let time = self.start;
        if expr.value_type() == ValueType::Matrix {
            return self.window_answer(expr);
        }
        let mut held = Taken::new(self)?;
        let value = match self.eval(expr, &Steps::one(time))? {
            Evaluated::Scalar(values) => {
                let value = values.first().copied().unwrap_or(f64::NAN);
                Value::Scalar(Sample { time, value })
            }
            Evaluated::String(value) => Value::String { time, value },
            Evaluated::Vector(series) => {
                let mut vector = Vec::with_capacity(series.len());
                for one in self.finish(series)? {
                    let value = match one.get(0) {
                        Some(Cell::Number(number)) => SampleValue::Float(number),
                        Some(Cell::Histogram(histogram)) => SampleValue::Histogram(histogram),
                        None => continue,
                    };
                    held.add(size_of::<InstantSample>() + one.labels.size())?;
                    vector.push(InstantSample {
                        labels: one.labels,
                        time,
                        value,
                    });
                }
                Value::Vector(vector)
            }
        };
        Ok((value, held.held))
    }

    /// A range vector asked for as it is.
    fn window_answer(&self, expr: &Expr) -> Result<(Value, Held), QueryError> {
        let ranges = self.ranges(expr, &Steps::one(self.start))?;
        let mut held = Taken::new(self)?;
        let mut matrix = Vec::new();
        for place in 0..ranges.len() {
            self.budget.check()?;
            let samples = ranges.window(place)?;
            if !samples.is_empty() {
                let count = samples.len() + samples.histograms.len();
                self.budget.hold(count)?;
                self.looked_at(count);
                let (labels, drop_name) = ranges.labels(place);
                let labels = if drop_name {
                    self.without_metadata(&labels)
                } else {
                    labels
                };
                let histograms = samples
                    .histograms
                    .iter()
                    .map(|one| float_weight(&one.value));
                let points = samples.len() + histograms.sum::<usize>();
                held.add(size_of::<RangeSeries>() + labels.size() + points * POINT)?;
                matrix.push(RangeSeries { labels, samples });
            }
        }
        Ok((Value::Matrix(self.sorted(matrix)?), held.held))
    }

    fn sorted(&self, matrix: Vec<RangeSeries>) -> Result<Vec<RangeSeries>, QueryError> {
        let began = Instant::now();
        let sorted = sort_by(&self.budget, matrix, |a, b| a.labels.cmp(&b.labels));
        *self.sorting.lock() = began.elapsed();
        sorted
    }

    /// Puts down what the query cost so far.
    pub(crate) fn tell(&self, stats: &mut Stats) {
        let counts = self.tally.take();
        stats.total_samples = counts.total;
        stats.samples_read = counts.read;
        stats.steps = counts.by_step;
        (stats.series, stats.chunks, stats.blocks) = self.tally.of_the_store();
        stats.peak_samples = self.budget.peak();
        stats.peak_bytes = self.budget.peak_bytes();
        stats.sort_time = *self.sorting.lock();
    }

    /// Drops the names whose removal was put off.
    fn finish(&self, mut series: Vec<Series>) -> Result<Vec<Series>, QueryError> {
        if !series.iter().any(|one| one.drop_name) {
            return Ok(series);
        }
        for one in series.iter_mut().filter(|one| one.drop_name) {
            one.labels = self.without_metadata(&one.labels);
        }
        merge_same_labels(&self.budget, series)
    }
}

/// Memory of an answer as it grows, told to the budget in large steps.
struct Taken {
    held: Held,
    bytes: usize,
    told: usize,
}

impl Taken {
    /// Bytes that are not told at most.
    const STEP: usize = 64 << 10;

    fn new(context: &Context<'_>) -> Result<Self, QueryError> {
        Ok(Self {
            held: context.budget.hold_bytes(0)?,
            bytes: 0,
            told: 0,
        })
    }

    fn add(&mut self, bytes: usize) -> Result<(), QueryError> {
        self.bytes += bytes;
        if self.bytes - self.told < Self::STEP {
            return Ok(());
        }
        self.told = self.bytes;
        self.held.resize(self.bytes)
    }
}

fn float_weight(value: &HistogramValue) -> usize {
    match value {
        HistogramValue::Float(histogram) => weight(histogram),
        HistogramValue::Integer(_) => 0,
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
