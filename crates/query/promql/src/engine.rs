//! The engine: takes a query's text, waits for a free place, evaluates, and counts what it did.

use std::time::{Duration, Instant};

use contract::{Gather, Select};
use model::instrument::{Counter, Histogram};
use model::{Columns, Family, FamilyKind, HistogramSample, HistogramValue, Labels, Sample};
use parking_lot::{Condvar, Mutex};

use crate::ast::{Expr, ValueType};
use crate::budget::{Budget, CancelToken};
use crate::column::{Cell, Series, Steps, is_present, merge_same_labels};
use crate::eval::{Context, Evaluated, Reading};
use crate::notes::Notes;
use crate::{
    Features, InstantSample, QueryError, QueryResult, RangeSeries, SampleValue, Stats, Value,
    parse_with,
};

/// How often a query that waits for a place looks whether it is still wanted.
const QUEUE_CHECK: Duration = Duration::from_millis(50);

/// Upper bounds of the duration histograms, in seconds.
const DURATION_BOUNDS: &[f64] = &[0.001, 0.01, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0];

/// Nodes from root to leaf that are evaluated on the asker's own stack, of at least two megabytes:
/// each takes up to ten kilobytes of it, in builds without optimisation.
const TALL: usize = 100;

/// Bytes of stack for trees as tall as the parser lets them be.
const TALL_STACK: usize = 16 << 20;

/// What an engine may spend and how it understands queries.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Samples that one query may hold in memory at once.
    pub max_samples: usize,
    /// Time that one query may take.
    pub timeout: Duration,
    /// How old the latest sample of a selector may be, in milliseconds.
    pub lookback: i64,
    /// Queries evaluated at once; others wait.
    pub max_concurrency: usize,
    /// Threads that one query uses for large selections.
    pub threads: usize,
    /// The step of a subquery that names none, in milliseconds.
    pub default_subquery_step: i64,
    /// Unstable parts of the language.
    pub features: Features,
    /// Names of derived series go at the end of a query rather than where they arise
    /// (`promql-delayed-name-removal`).
    pub delayed_name_removal: bool,
    /// Labels `__type__` and `__unit__` go with the metric's name (`type-and-unit-labels`).
    pub type_and_unit_labels: bool,
    /// Samples' own start timestamps tell rate, increase, irate and resets of counter resets
    /// (`use-start-timestamps`).
    pub use_start_timestamps: bool,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            max_samples: 50_000_000,
            timeout: Duration::from_secs(120),
            lookback: 300_000,
            max_concurrency: 20,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            default_subquery_step: 60_000,
            features: Features::default(),
            delayed_name_removal: false,
            type_and_unit_labels: false,
            use_start_timestamps: false,
        }
    }
}

/// What one query asks beyond its text.
#[derive(Clone, Debug, Default)]
pub struct QueryOptions {
    /// Another lookback than the engine's, in milliseconds.
    pub lookback: Option<i64>,
    /// Another timeout than the engine's.
    pub timeout: Option<Duration>,
    /// Stops the query.
    pub cancel: CancelToken,
    /// The asker will show the statistics. They are always filled.
    pub stats: bool,
}

/// Evaluates queries; shared by all who ask.
#[derive(Debug)]
pub struct Engine {
    options: EngineOptions,
    running: Mutex<usize>,
    freed: Condvar,
    samples: Counter,
    queue: Histogram,
    prepare: Histogram,
    inner: Histogram,
    sort: Histogram,
}

/// The moments of a query; `interval` is 0 of an instant query.
#[derive(Clone, Copy)]
struct Moments {
    start: i64,
    end: i64,
    interval: i64,
}

impl Engine {
    /// An engine with these options.
    pub fn new(options: EngineOptions) -> Self {
        let histogram = || Histogram::new(DURATION_BOUNDS);
        Self {
            options,
            running: Mutex::new(0),
            freed: Condvar::new(),
            samples: Counter::new(),
            queue: histogram(),
            prepare: histogram(),
            inner: histogram(),
            sort: histogram(),
        }
    }

    /// The unstable parts of the language that its queries may use.
    pub fn features(&self) -> &Features {
        &self.options.features
    }

    /// The value of a query at one moment (milliseconds since the epoch).
    ///
    /// Blocks until it is done; call it on a thread that may wait.
    pub fn instant(
        &self,
        select: &dyn Select,
        query: &str,
        time: i64,
        options: &QueryOptions,
    ) -> Result<QueryResult, QueryError> {
        self.run(
            select,
            query,
            Moments {
                start: time,
                end: time,
                interval: 0,
            },
            options,
        )
    }

    /// The values of a query from `start` to `end` every `step` milliseconds.
    ///
    /// Fails where `step` is not positive, or the query is neither a scalar nor an instant
    /// vector. Blocks until it is done.
    pub fn range(
        &self,
        select: &dyn Select,
        query: &str,
        start: i64,
        end: i64,
        step: i64,
        options: &QueryOptions,
    ) -> Result<QueryResult, QueryError> {
        if step <= 0 {
            return Err(QueryError::execution(
                "the step of a range query must be positive",
            ));
        }
        self.run(
            select,
            query,
            Moments {
                start,
                end,
                interval: step,
            },
            options,
        )
    }

    fn run(
        &self,
        select: &dyn Select,
        query: &str,
        moments: Moments,
        options: &QueryOptions,
    ) -> Result<QueryResult, QueryError> {
        let asked = Instant::now();
        let expr = parse_with(query, &self.options.features).map_err(QueryError::Parse)?;
        let kind = expr.value_type();
        if moments.interval > 0 && !matches!(kind, ValueType::Scalar | ValueType::Vector) {
            return Err(QueryError::Type(format!(
                "invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
                kind.documented()
            )));
        }
        let prepared = asked.elapsed();
        let timeout = options.timeout.unwrap_or(self.options.timeout);
        let _place = self.wait(asked, timeout, &options.cancel)?;
        let queued = asked.elapsed().saturating_sub(prepared);
        let context = Context {
            select,
            start: moments.start,
            end: moments.end,
            interval: moments.interval,
            lookback: options
                .lookback
                .filter(|l| *l > 0)
                .unwrap_or(self.options.lookback),
            default_subquery_step: self.options.default_subquery_step,
            threads: self.options.threads,
            delayed_names: self.options.delayed_name_removal,
            type_and_unit: self.options.type_and_unit_labels,
            starts: self.options.use_start_timestamps,
            budget: Budget::new(
                self.options.max_samples,
                timeout.saturating_sub(asked.elapsed()),
                options.cancel.clone(),
            ),
            notes: Mutex::new(Notes::default()),
            reading: Mutex::new(Reading::Plain),
        };
        let started = Instant::now();
        let value = answer(&context, &expr);
        let evaluated = started.elapsed();
        self.samples.add(context.budget.total());
        self.queue.observe(queued.as_secs_f64());
        self.prepare.observe(prepared.as_secs_f64());
        self.inner.observe(evaluated.as_secs_f64());
        let stats = Stats {
            total_samples: context.budget.total(),
            peak_samples: context.budget.peak(),
            queue_time: queued,
            prepare_time: prepared,
            eval_time: evaluated,
        };
        let notes = context.notes.into_inner();
        let Notes { warnings, infos } = notes;
        Ok(QueryResult {
            value: value?,
            warnings: warnings.into_list("warning", query),
            infos: infos.into_list("info", query),
            stats,
        })
    }

    fn wait(
        &self,
        asked: Instant,
        timeout: Duration,
        cancel: &CancelToken,
    ) -> Result<Place<'_>, QueryError> {
        let mut running = self.running.lock();
        while *running >= self.options.max_concurrency.max(1) {
            if cancel.is_cancelled() {
                return Err(QueryError::Canceled("query queue".to_owned()));
            }
            if asked.elapsed() >= timeout {
                return Err(QueryError::Timeout("query queue".to_owned()));
            }
            self.freed.wait_for(&mut running, QUEUE_CHECK);
        }
        *running += 1;
        Ok(Place(self))
    }
}

/// The value of a query, on a thread of its own where its tree is tall: whoever asks may have
/// little stack.
fn answer(context: &Context<'_>, expr: &Expr) -> Result<Value, QueryError> {
    if expr.height() <= TALL {
        return context.answer(expr);
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("tall query".to_owned())
            .stack_size(TALL_STACK)
            .spawn_scoped(scope, || context.answer(expr))
            .map_err(|error| {
                QueryError::execution(format!("no thread for a tall query: {error}"))
            })?;
        match thread.join() {
            Ok(value) => value,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// A place among the running queries, given back when dropped.
struct Place<'e>(&'e Engine);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.running.lock() -= 1;
        self.0.freed.notify_one();
    }
}

impl Context<'_> {
    /// Evaluates a whole query and shapes its answer.
    fn answer(&self, expr: &Expr) -> Result<Value, QueryError> {
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

impl Gather for Engine {
    fn gather(&self, families: &mut Vec<Family>) {
        families.push(Family::gauge(
            "prometheus_engine_queries",
            "The current number of queries being executed or waiting.",
            *self.running.lock() as f64,
        ));
        families.push(Family::gauge(
            "prometheus_engine_queries_concurrent_max",
            "The max number of concurrent queries.",
            self.options.max_concurrency as f64,
        ));
        families.push(Family::counter(
            "prometheus_engine_query_samples_total",
            "The total number of samples loaded by all queries.",
            self.samples.get() as f64,
        ));
        let mut durations = Family::new(
            "prometheus_engine_query_duration_seconds",
            "How long the parts of queries took.",
            FamilyKind::Histogram,
        );
        let slices = [
            ("queue_time", &self.queue),
            ("prepare_time", &self.prepare),
            ("inner_eval", &self.inner),
            ("result_sort", &self.sort),
        ];
        for (slice, histogram) in slices {
            durations
                .points
                .push(histogram.point(Labels::from_pairs([("slice", slice)])));
        }
        families.push(durations);
    }
}
