//! The engine: takes a query's text, waits for a free place, evaluates, and tells what it did.

use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{Select, SelectError};
use parking_lot::Mutex;

use crate::ast::{Expr, ValueType};
use crate::brief::is_brief;
use crate::budget::{Allowance, Budget, CancelToken};
use crate::column::Steps;
use crate::eval::shared::Shared;
use crate::eval::{Context, Reading};
use crate::memory::{Held, Memory, Pool};
use crate::meters::Meters;
use crate::notes::Notes;
use crate::observe::Observers;
use crate::queue::{Place, Queue, Wait};
use crate::slots::{Share, Slots};
use crate::tally::Tally;
use crate::{
    Features, Origin, QueryError, QueryObserver, QueryRecord, QueryResult, Stats, Value, parse_with,
};

/// Queries that may wait where the options do not say: each waits on a thread of its own.
const MAX_QUEUE: usize = 256;

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
    /// Bytes that one query may hold in memory at once.
    pub max_memory_per_query: u64,
    /// Bytes that all queries together may hold in memory at once.
    pub max_memory: u64,
    /// Time that one query may take.
    pub timeout: Duration,
    /// How old the latest sample of a selector may be, in milliseconds.
    pub lookback: i64,
    /// Queries evaluated at once; others wait.
    pub max_concurrency: usize,
    /// Queries that may wait; more are refused. Rules do not count.
    pub max_queue: usize,
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
    /// Samples are counted by step for whoever asks for that (`promql-per-step-stats`).
    pub per_step_stats: bool,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            max_samples: 50_000_000,
            max_memory_per_query: u64::MAX,
            max_memory: u64::MAX,
            timeout: Duration::from_secs(120),
            lookback: 300_000,
            max_concurrency: 20,
            max_queue: MAX_QUEUE,
            threads: processors(),
            default_subquery_step: 60_000,
            features: Features::default(),
            delayed_name_removal: false,
            type_and_unit_labels: false,
            use_start_timestamps: false,
            per_step_stats: false,
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
    /// The asker wants samples by step, where the engine counts them.
    pub per_step_stats: bool,
    /// Who asks: decides which line a query waits in.
    pub origin: Origin,
}

/// Evaluates queries; shared by all who ask.
#[derive(Debug)]
pub struct Engine {
    pub(crate) options: EngineOptions,
    pub(crate) queue: Queue,
    pub(crate) pool: Arc<Pool>,
    slots: Arc<Slots>,
    pub(crate) meters: Meters,
    observers: Observers,
}

/// A query that has been read, to be evaluated any number of times.
#[derive(Clone, Debug)]
pub struct Prepared {
    text: String,
    expr: Expr,
    took: Duration,
}

impl Prepared {
    /// The query's tree.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// The query as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The moments that a query is evaluated at.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    pub(crate) start: i64,
    pub(crate) end: i64,
    /// 0 of an instant query.
    pub(crate) interval: i64,
}

impl Moments {
    /// One moment, in milliseconds since the epoch.
    pub fn at(time: i64) -> Self {
        Self {
            start: time,
            end: time,
            interval: 0,
        }
    }

    /// From `start` to `end` every `step` milliseconds; `None` where the step is not positive.
    pub fn every(start: i64, end: i64, step: i64) -> Option<Self> {
        (step > 0).then_some(Self {
            start,
            end,
            interval: step,
        })
    }
}

/// A place that a query has, or is to wait for.
enum Entry<'q> {
    /// Waits in line.
    Queue,
    /// Has one, and is too brief to need a slot.
    Brief(Place<'q>),
}

impl Engine {
    /// An engine with these options.
    pub fn new(options: EngineOptions) -> Self {
        Self {
            queue: Queue::new(options.max_concurrency, options.max_queue),
            pool: Arc::new(Pool::new(options.max_memory)),
            slots: Arc::new(Slots::new(processors())),
            meters: Meters::new(),
            observers: Observers::default(),
            options,
        }
    }

    /// The same engine, which tells others of its queries.
    #[must_use]
    pub fn observed_by(mut self, observers: Vec<Arc<dyn QueryObserver>>) -> Self {
        self.observers = Observers(observers);
        self
    }

    /// How old the newest sample of a selector may be, in milliseconds.
    pub fn lookback(&self) -> i64 {
        self.options.lookback
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
        self.instant_prepared(select, &self.prepare(query)?, time, options)
    }

    /// Reads a query's text.
    pub fn prepare(&self, query: &str) -> Result<Prepared, QueryError> {
        let asked = Instant::now();
        let expr = parse_with(query, &self.options.features).map_err(QueryError::Parse)?;
        Ok(Prepared {
            text: query.to_owned(),
            expr,
            took: asked.elapsed(),
        })
    }

    /// [`Engine::instant`] of a query that has been read.
    pub fn instant_prepared(
        &self,
        select: &dyn Select,
        query: &Prepared,
        time: i64,
        options: &QueryOptions,
    ) -> Result<QueryResult, QueryError> {
        self.run(select, query, Moments::at(time), options, Entry::Queue)
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
        let moments = Moments::every(start, end, step)
            .ok_or_else(|| QueryError::execution("the step of a range query must be positive"))?;
        self.evaluate(select, &self.prepare(query)?, moments, options)
    }

    /// [`Engine::instant`] or [`Engine::range`] of a query that has been read.
    pub fn evaluate(
        &self,
        select: &dyn Select,
        query: &Prepared,
        moments: Moments,
        options: &QueryOptions,
    ) -> Result<QueryResult, QueryError> {
        check_kind(query, moments)?;
        self.run(select, query, moments, options, Entry::Queue)
    }

    /// [`Engine::evaluate`] for threads that must not wait, of a query that reads so little that it
    /// is over within a millisecond, about. `None` where it may take longer, there is no telling, or
    /// its origin has others under way; nothing was done then.
    pub fn briefly(
        &self,
        select: &dyn Select,
        query: &Prepared,
        moments: Moments,
        options: &QueryOptions,
    ) -> Option<Result<QueryResult, QueryError>> {
        if let Err(error) = check_kind(query, moments) {
            return Some(Err(error));
        }
        let lookback = options.lookback.filter(|l| *l > 0);
        let lookback = lookback.unwrap_or(self.options.lookback);
        if !is_brief(select, &query.expr, moments, lookback) {
            return None;
        }
        let place = self.queue.enter_at_once(options.origin.key())?;
        Some(self.run(select, query, moments, options, Entry::Brief(place)))
    }

    /// What other work on behalf of a client may spend: its time, and memory of the same limits
    /// as queries'.
    pub fn allowance(&self, timeout: Option<Duration>, cancel: &CancelToken) -> Allowance {
        let timeout = timeout.unwrap_or(self.options.timeout);
        let memory = Memory::new(Arc::clone(&self.pool), self.options.max_memory_per_query);
        Allowance::new(timeout, cancel.clone(), memory)
    }

    fn run(
        &self,
        select: &dyn Select,
        query: &Prepared,
        moments: Moments,
        options: &QueryOptions,
        entry: Entry<'_>,
    ) -> Result<QueryResult, QueryError> {
        let mut stats = Stats {
            prepare_time: query.took,
            ..Stats::default()
        };
        let result = self.queued(select, query, moments, options, (entry, &mut stats));
        if let Err(QueryError::TooMuchMemory { .. } | QueryError::TooMuchMemoryOfAll { .. }) =
            result
        {
            self.meters.refused();
        }
        self.observers.ended(&QueryRecord {
            query: &query.text,
            start: moments.start,
            end: moments.end,
            interval: moments.interval,
            origin: &options.origin,
            error: result.as_ref().err(),
            stats: &stats,
        });
        result.map(|result| QueryResult { stats, ..result })
    }

    /// Waits for a place and evaluates.
    fn queued(
        &self,
        select: &dyn Select,
        query: &Prepared,
        moments: Moments,
        options: &QueryOptions,
        (entry, stats): (Entry<'_>, &mut Stats),
    ) -> Result<QueryResult, QueryError> {
        let asked = Instant::now();
        let entered = self.enter(entry, asked, options);
        stats.queue_time = asked.elapsed();
        self.meters.waited(stats);
        let (place, share) = entered?;
        self.observers.began(place.number(), &query.text);
        let context = self.context(select, query, moments, options, asked, share);
        let started = Instant::now();
        let answer = answer(&context, &query.expr);
        stats.eval_time = started.elapsed();
        context.tell(stats);
        self.meters.count(stats);
        self.observers.left(place.number());
        drop(place);
        let (value, held) = answer.map_err(|error| match error {
            QueryError::Select(SelectError::Stopped) => context.budget.allowance().why_stopped(),
            other => other,
        })?;
        let Notes {
            warnings: own,
            infos,
            of_store: mut warnings,
            ..
        } = context.notes.into_inner();
        warnings.extend(own.into_list("warning", &query.text));
        Ok(QueryResult {
            value,
            warnings,
            infos: infos.into_list("info", &query.text),
            stats: Stats::default(),
            held,
            allowance: context.budget.allowance().clone(),
        })
    }

    fn enter<'q>(
        &'q self,
        entry: Entry<'q>,
        asked: Instant,
        options: &QueryOptions,
    ) -> Result<(Place<'q>, Share), QueryError> {
        if let Entry::Brief(place) = entry {
            return Ok((place, Share::of_brief(&self.slots)));
        }
        let timeout = options.timeout.unwrap_or(self.options.timeout);
        let place = self.queue.enter(&Wait {
            origin: options.origin.key(),
            always: options.origin == Origin::Rules,
            until: asked.checked_add(timeout),
            cancel: &options.cancel,
        })?;
        let share = Share::new(&self.slots, place.is_only());
        Ok((place, share))
    }

    fn context<'c>(
        &self,
        select: &'c dyn Select,
        query: &'c Prepared,
        moments: Moments,
        options: &QueryOptions,
        asked: Instant,
        share: Share,
    ) -> Context<'c> {
        let own = &self.options;
        let timeout = options.timeout.unwrap_or(own.timeout);
        let memory = Memory::new(Arc::clone(&self.pool), own.max_memory_per_query);
        let steps = Steps::between(moments.start, moments.end, moments.interval);
        let by_step =
            own.per_step_stats && options.per_step_stats && steps.count <= own.max_samples;
        Context {
            select,
            start: moments.start,
            end: moments.end,
            interval: moments.interval,
            lookback: options.lookback.filter(|l| *l > 0).unwrap_or(own.lookback),
            default_subquery_step: own.default_subquery_step,
            threads: own.threads,
            delayed_names: own.delayed_name_removal,
            type_and_unit: own.type_and_unit_labels,
            starts: own.use_start_timestamps,
            budget: Budget::new(
                own.max_samples,
                timeout.saturating_sub(asked.elapsed()),
                options.cancel.clone(),
                memory,
                share,
            ),
            tally: Arc::new(Tally::new(by_step.then_some(&steps))),
            sorting: Mutex::new(Duration::ZERO),
            notes: Mutex::new(Notes::default()),
            reading: Mutex::new(Reading::Plain),
            shared: Shared::of(&query.expr),
        }
    }
}

/// Fails where a query over a range gives something else than a column for each series.
fn check_kind(query: &Prepared, moments: Moments) -> Result<(), QueryError> {
    let kind = query.expr.value_type();
    if moments.interval > 0 && !matches!(kind, ValueType::Scalar | ValueType::Vector) {
        return Err(QueryError::Type(format!(
            "invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
            kind.documented()
        )));
    }
    Ok(())
}

/// Threads that this process can run at once.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The value of a query, on a thread of its own where its tree is tall: whoever asks may have
/// little stack.
fn answer(context: &Context<'_>, expr: &Expr) -> Result<(Value, Held), QueryError> {
    let answer = || {
        let _evaluating = context.budget.enter()?;
        context.answer(expr)
    };
    if expr.height() <= TALL {
        return answer();
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("tall query".to_owned())
            .stack_size(TALL_STACK)
            .spawn_scoped(scope, answer)
            .map_err(|error| {
                QueryError::execution(format!("no thread for a tall query: {error}"))
            })?;
        match thread.join() {
            Ok(value) => value,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
