//! A queue as the reading thread has it: where it is in the log, what it calls the series, its
//! shards, and what is being done to them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use config::RemoteWriteConfig;
use contract::{Clock, Follow, FollowError, LogPosition, Targets};
use parking_lot::RwLock;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::deliver::Way;
use super::endpoint::Endpoint;
use super::item::{Item, Mark, Place};
use super::metadata;
use super::meters::Meters;
use super::names::{Names, Recipe};
use super::positions::Resume;
use super::rates::{INTERVAL, Rates, Shards};
use super::shard::{self, Shard};
use super::sink::Naming;
use super::wake::Wake;

/// A queue as the configuration wants it.
pub(super) struct Spec {
    /// What it is called in the file of positions: the same over restarts.
    pub(super) key: String,
    pub(super) config: RemoteWriteConfig,
    pub(super) recipe: Recipe,
    pub(super) endpoint: Endpoint,
    /// What it is called in metrics.
    pub(super) name: String,
    pub(super) url: String,
}

/// What queues share.
#[derive(Clone)]
pub(super) struct Around {
    pub(super) follow: Arc<dyn Follow>,
    pub(super) targets: Arc<dyn Targets>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) runtime: Handle,
    pub(super) wake: Arc<Wake>,
}

/// What a queue that ends its tasks becomes then.
pub(super) enum Next {
    /// The same with other shards.
    Shards(usize),
    /// Another under the same key.
    Other(Box<Spec>),
    Nothing,
}

/// What is being done to a queue.
pub(super) enum State {
    Runs,
    /// Its tasks end.
    Ends(Next),
}

/// A queue.
pub(super) struct Queue {
    pub(super) key: String,
    pub(super) config: RemoteWriteConfig,
    pub(super) recipe: Recipe,
    pub(super) way: Arc<Way>,
    pub(super) names: Names,
    /// The names that the log has are to be read before anything else is.
    pub(super) names_due: bool,
    /// The log has been read up to here.
    pub(super) cursor: LogPosition,
    /// What earlier shards have sent, of which there may have been another number: of each, what lies
    /// before this. Empty once the cursor has passed all of them.
    pub(super) sent_before: Vec<Mark>,
    /// The log has been read up to here, by earlier shards or these: what lies before is counted.
    pub(super) seen: LogPosition,
    /// It is told that too much waits.
    pub(super) leaves_out: bool,
    /// What lies before this is left out: too much waits.
    pub(super) leave_until: Place,
    pub(super) shards: Vec<Arc<Shard>>,
    /// What one record brings for each shard.
    pub(super) staged: Vec<Vec<Item>>,
    pub(super) state: State,
    /// It is still wanted by the configuration, although it ends.
    stays: bool,
    tasks: Vec<JoinHandle<()>>,
    stop: CancellationToken,
    around: Around,
}

impl Queue {
    /// Starts a queue where it was; `end` is that of the log.
    pub(super) fn start(spec: Spec, resume: Resume, end: LogPosition, around: Around) -> Self {
        let (places, unsure_until) = match resume {
            Resume::Now => (
                vec![end.into(); spec.config.queue.min_shards],
                LogPosition::default(),
            ),
            Resume::At(places) => (places, end),
        };
        // A place behind the end is one of a log that is not there any more.
        let places: Vec<Mark> = places
            .into_iter()
            .map(|mark| mark.min(end.into()))
            .collect();
        let way = Arc::new(Way {
            endpoint: spec.endpoint,
            queue: spec.config.queue.clone(),
            meters: Arc::new(Meters::new(spec.name, spec.url, &spec.config)),
            rates: Rates::default(),
            wake: Arc::clone(&around.wake),
            clock: Arc::clone(&around.clock),
            unsure_until: unsure_until.into(),
            said: RwLock::new(HashMap::new()),
            failing: AtomicBool::new(false),
            last_sent: AtomicI64::new(0),
            last_refusal: AtomicI64::new(i64::MIN),
        });
        let mut queue = Self {
            key: spec.key,
            config: spec.config,
            recipe: spec.recipe,
            way,
            names: Names::default(),
            names_due: true,
            cursor: end,
            sent_before: Vec::new(),
            seen: LogPosition::default(),
            leaves_out: false,
            leave_until: Place::default(),
            shards: Vec::new(),
            staged: Vec::new(),
            state: State::Runs,
            stays: true,
            tasks: Vec::new(),
            stop: CancellationToken::new(),
            around,
        };
        let shards = places.len();
        queue.go_back(places);
        queue.spawn(shards);
        tracing::info!(
            queue = queue.way.meters.name,
            url = queue.way.meters.url,
            from = %queue.cursor,
            "samples are sent on"
        );
        queue
    }

    /// Reads the names that the log has, where that is due, and forgets the others.
    pub(super) fn learn_names(&mut self) -> Result<(), FollowError> {
        if !self.names_due {
            return Ok(());
        }
        let mut naming = Naming {
            recipe: &self.recipe,
            names: Names::default(),
            before: &self.names,
        };
        self.around.follow.names(self.cursor, &mut naming)?;
        self.names = naming.names;
        self.names_due = false;
        Ok(())
    }

    /// Goes back to where all of some shards were; what single ones have sent beyond is passed over.
    fn go_back(&mut self, places: Vec<Mark>) {
        if let Some(first) = places.iter().map(|mark| mark.at).min() {
            self.cursor = first.into();
        }
        let is_beyond = |mark: &Mark| *mark > Mark::from(self.cursor);
        self.sent_before = match places.iter().any(is_beyond) {
            true => places,
            false => Vec::new(),
        };
    }

    fn spawn(&mut self, shards: usize) {
        self.stop = CancellationToken::new();
        let queue = &self.config.queue;
        let shards = shards.clamp(queue.min_shards, queue.max_shards);
        self.shards = (0..shards.max(1)).map(|_| Arc::default()).collect();
        self.staged = self.shards.iter().map(|_| Vec::new()).collect();
        let meters = &self.way.meters;
        meters.shards.store(self.shards.len(), Ordering::Relaxed);
        let tasks = self.shards.iter().map(|one| {
            let task = shard::run(Arc::clone(one), Arc::clone(&self.way), self.stop.clone());
            self.around.runtime.spawn(task)
        });
        self.tasks = tasks.collect();
        if self.config.metadata.send {
            let task = metadata::run(
                Arc::clone(&self.way),
                Arc::clone(&self.around.targets),
                self.config.metadata.clone(),
                self.stop.clone(),
            );
            self.tasks.push(self.around.runtime.spawn(task));
        }
        self.state = State::Runs;
    }

    /// Whether what is read now may be added. What is left out takes no room.
    pub(super) fn has_room(&self) -> bool {
        if self.names_due || !matches!(self.state, State::Runs) {
            return false;
        }
        let most = self.config.queue.capacity;
        Place::from(self.cursor) < self.leave_until
            || self.shards.iter().all(|shard| shard.len() < most)
    }

    /// Whether nothing waits and nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.shards.iter().all(|shard| shard.oldest().is_none())
    }

    /// Of each shard, or of each earlier one while the log is not past what those had: what lies
    /// before this has arrived.
    pub(super) fn places(&self) -> Vec<Mark> {
        let cursor = Mark::from(self.cursor);
        let shards = self.shards.iter();
        let oldest = shards.map(|shard| shard.oldest().unwrap_or(cursor));
        if self.sent_before.is_empty() {
            return oldest.collect();
        }
        let all = oldest.min().unwrap_or(cursor);
        let before = self.sent_before.iter();
        before.map(|&before| before.max(all)).collect()
    }

    /// From where on it needs the log.
    pub(super) fn needs(&self) -> LogPosition {
        let oldest = self.places().into_iter().map(|mark| mark.at).min();
        let oldest = oldest.map_or(self.cursor, LogPosition::from);
        oldest.min(self.cursor).max(self.leave_until.into())
    }

    /// Takes note that the log has been read up to a place.
    pub(super) fn has_read(&mut self, until: LogPosition) {
        self.cursor = until;
        let meters = &self.way.meters;
        meters.segment.store(until.segment, Ordering::Relaxed);
        self.seen = self.seen.max(until);
        let is_past = |before: &Mark| *before <= until.into();
        if self.sent_before.iter().all(is_past) {
            self.sent_before = Vec::new();
        }
    }

    /// Sends what is there without waiting for more.
    pub(super) fn hurry(&self) {
        for shard in &self.shards {
            shard.hurry();
        }
    }

    /// Ends the tasks as soon as their requests under way have ended.
    pub(super) fn end(&mut self, next: Next) {
        self.stop.cancel();
        self.stays = !matches!(next, Next::Nothing);
        self.state = State::Ends(next);
    }

    /// Ends the tasks with the process: where it was is kept.
    pub(super) fn end_for_now(&mut self) {
        self.end(Next::Nothing);
        self.stays = true;
    }

    /// Whether where it was is of use later.
    pub(super) fn stays(&self) -> bool {
        self.stays
    }

    /// Whether all tasks have ended.
    pub(super) fn has_ended(&self) -> bool {
        self.tasks.iter().all(JoinHandle::is_finished)
    }

    /// Ends the tasks at once. A request under way may arrive or not.
    pub(super) fn abort(&self) {
        for task in &self.tasks {
            task.abort();
        }
    }

    /// Goes on with what is being done to it. Answers what it becomes where it has ended.
    pub(super) fn turn(&mut self) -> Option<Next> {
        if !matches!(self.state, State::Ends(_)) || !self.has_ended() {
            return None;
        }
        match std::mem::replace(&mut self.state, State::Ends(Next::Nothing)) {
            State::Ends(Next::Shards(shards)) => {
                self.go_back(self.places());
                for shard in &self.shards {
                    self.way.meters.settled.add(&shard.give_up());
                }
                self.spawn(shards);
                None
            }
            State::Ends(next) => Some(next),
            other => {
                self.state = other;
                None
            }
        }
    }

    /// Chooses how many shards there should be. Called once an interval.
    pub(super) fn reckon(&mut self, newest: Option<i64>) {
        let sent = self.way.meters.newest_sent.load(Ordering::Relaxed);
        let behind = newest
            .map_or(0, |newest| newest.saturating_sub(sent))
            .max(0);
        #[expect(clippy::cast_precision_loss, reason = "times are far below 2^53")]
        let behind = behind as f64 / 1000.0;
        let shards = Shards {
            now: self.shards.len(),
            least: self.config.queue.min_shards,
            most: self.config.queue.max_shards,
        };
        let (wish, wanted) = self.way.rates.reckon(shards, behind);
        if let Some(wish) = wish {
            self.way.meters.desired.set(wish);
        }
        let since = self.way.clock.now() - self.way.last_sent.load(Ordering::Relaxed);
        let sends = since < i64::try_from(INTERVAL.as_millis()).unwrap_or(i64::MAX);
        let is_sound = sends && !self.way.failing.load(Ordering::Relaxed);
        // What earlier shards had sent is known of one generation only.
        let is_free = self.sent_before.is_empty() && matches!(self.state, State::Runs);
        if wanted != shards.now && is_sound && is_free {
            let (from, to) = (shards.now, wanted);
            tracing::info!(
                queue = self.way.meters.name,
                from,
                to,
                "another number of shards"
            );
            self.end(Next::Shards(to));
        }
    }
}
