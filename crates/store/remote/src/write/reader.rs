//! The thread that reads the log, once for all queues that keep up, and looks after them.
//!
//! A queue is a place in the log. Each turn reads on from every place at which there are queues with
//! room, as far as the next queue's place: so queues that fell behind join the others again, and one
//! whose far end is down holds up nobody.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use contract::{FollowError, LogPosition};
use parking_lot::Mutex;

use super::meters::Meters;
use super::positions::{Positions, Resume};
use super::queue::{Around, Next, Queue, Spec, State};
use super::rates::INTERVAL;
use super::sink::FanOut;

/// The longest pause before another look at the log: what sending adds to a sample's way.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Time between two writes of the places: about this much is sent twice after a crash.
const SAVE: Duration = Duration::from_secs(1);

/// What the reading thread is told.
pub(super) enum Order {
    /// From now on these are the queues; new ones begin at the place.
    Apply(Vec<Spec>, LogPosition),
    /// Send what there is, if that is possible before the moment, and end.
    End(Instant),
}

/// The meters of all queues, for whoever shows them.
pub(super) type Shown = Arc<Mutex<Vec<Arc<Meters>>>>;

/// The thread's own.
pub(super) struct Reader {
    around: Around,
    orders: Receiver<Order>,
    shown: Shown,
    positions: Positions,
    most_lag: u64,
    queues: Vec<Queue>,
    /// Queues that are to be started, and where the log ended when that was said.
    waiting: Vec<(Spec, Resume, LogPosition)>,
    names_version: u64,
    end: Option<Instant>,
    last_save: Instant,
    last_reckoning: Instant,
    /// Errors that are logged already, by what they hinder.
    trouble: BTreeMap<&'static str, String>,
}

impl Reader {
    /// `most_lag` is how many bytes of the log a queue may be behind.
    pub(super) fn new(
        around: Around,
        orders: Receiver<Order>,
        shown: Shown,
        positions: Positions,
        most_lag: u64,
    ) -> Self {
        Self {
            around,
            orders,
            shown,
            positions,
            most_lag,
            queues: Vec::new(),
            waiting: Vec::new(),
            names_version: 0,
            end: None,
            last_save: Instant::now(),
            last_reckoning: Instant::now(),
            trouble: BTreeMap::new(),
        }
    }

    /// Forgets where queues of earlier runs were: there are none any more.
    pub(super) fn forget(&mut self) {
        let saved = self.positions.save(BTreeMap::new());
        self.note("writing remote_write.json", saved);
    }

    /// Reads until told to end.
    pub(super) fn run(mut self) {
        loop {
            self.take_orders();
            if self.end.is_none() {
                self.look_after();
            }
            // Also at the end: what was wanted shortly before it has its place in the log, too.
            self.begin_waiting();
            let learnt = self.queues.iter_mut().try_for_each(Queue::learn_names);
            self.note("reading names", learnt);
            let read = self.read();
            let is_moving = self.note("reading the log", read).unwrap_or(false);
            if self.last_save.elapsed() >= SAVE {
                self.keep();
            }
            if self.last_reckoning.elapsed() >= INTERVAL {
                self.reckon();
            }
            if self.has_ended() {
                break;
            }
            if !is_moving {
                self.around.wake.wait(LOOK_AGAIN);
            }
        }
        self.keep();
    }

    /// Logs an error once, until there is none or another.
    fn note<T, E: Display>(&mut self, doing: &'static str, outcome: Result<T, E>) -> Option<T> {
        match outcome {
            Ok(value) => {
                self.trouble.remove(doing);
                Some(value)
            }
            Err(error) => {
                let text = error.to_string();
                if self.trouble.get(doing) != Some(&text) {
                    tracing::warn!(%error, doing, "remote write waits");
                    self.trouble.insert(doing, text);
                }
                None
            }
        }
    }

    fn take_orders(&mut self) {
        loop {
            match self.orders.try_recv() {
                Ok(Order::Apply(specs, from)) => self.apply(specs, from),
                Ok(Order::End(moment)) => {
                    self.end = Some(moment);
                    self.queues.iter().for_each(Queue::hurry);
                }
                Err(TryRecvError::Empty) => return,
                // Nobody is there any more who could say so.
                Err(TryRecvError::Disconnected) => {
                    self.end.get_or_insert_with(Instant::now);
                    return;
                }
            }
        }
    }

    /// Queues that are as wanted go on; the others end, and some begin.
    fn apply(&mut self, specs: Vec<Spec>, from: LogPosition) {
        self.waiting.clear();
        let mut wanted: BTreeMap<String, Spec> = specs
            .into_iter()
            .map(|spec| (spec.key.clone(), spec))
            .collect();
        for queue in &mut self.queues {
            match wanted.remove(&queue.key) {
                Some(spec) if queue.config == spec.config && queue.recipe == spec.recipe => {
                    if let State::Ends(Next::Nothing | Next::Other(_)) = queue.state {
                        queue.end(Next::Other(Box::new(spec)));
                    }
                }
                Some(spec) => queue.end(Next::Other(Box::new(spec))),
                None => queue.end(Next::Nothing),
            }
        }
        for (key, spec) in wanted {
            let resume = self.positions.resume(&key);
            self.waiting.push((spec, resume, from));
        }
    }

    /// Goes on with what is being done to queues.
    fn look_after(&mut self) {
        let mut place = 0;
        while let Some(queue) = self.queues.get_mut(place) {
            match queue.turn() {
                None => place += 1,
                Some(next) => {
                    let queue = self.queues.remove(place);
                    if let Next::Other(spec) = next {
                        let resume = Resume::At(queue.places());
                        let end = self.around.follow.end().unwrap_or(queue.cursor);
                        self.waiting.push((*spec, resume, end));
                    }
                    self.show();
                }
            }
        }
    }

    /// Starts the queues that are wanted.
    fn begin_waiting(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        for (spec, resume, end) in std::mem::take(&mut self.waiting) {
            let queue = Queue::start(spec, resume, end, self.around.clone());
            if self.end.is_some() {
                queue.hurry();
            }
            self.queues.push(queue);
        }
        self.show();
        // What the new ones need is kept from here on.
        self.keep();
    }

    fn show(&self) {
        let meters = self
            .queues
            .iter()
            .map(|queue| Arc::clone(&queue.way.meters));
        *self.shown.lock() = meters.collect();
    }

    /// Reads on for all queues that have room. Answers whether there was anything.
    fn read(&mut self) -> Result<bool, FollowError> {
        let end = self.around.follow.end()?;
        let ready = self.queues.iter().filter(|queue| queue.has_room());
        let mut places: Vec<_> = ready.map(|queue| queue.cursor).collect();
        places.retain(|place| *place < end);
        places.sort_unstable();
        places.dedup();
        // Those that keep up come first: one that has much to catch up with holds up nobody.
        for &from in places.iter().rev() {
            self.read_from(from, end)?;
        }
        Ok(!places.is_empty())
    }

    /// Reads on for the queues at a place, as far as the next one's.
    fn read_from(&mut self, from: LogPosition, end: LogPosition) -> Result<(), FollowError> {
        let ends = |queue: &Queue| [queue.cursor, queue.leave_until.into()];
        let others = self.queues.iter().flat_map(ends);
        let until = others.filter(|place| *place > from).min();
        let until = until.map_or(end, |until| until.min(end));
        let here = |queue: &&mut Queue| queue.cursor == from && queue.has_room();
        let mut sink = FanOut::new(self.queues.iter_mut().filter(here).collect());
        let read = self.around.follow.read(from, until, &mut sink)?;
        sink.has_read(read);
        Ok(())
    }

    /// Writes where all queues are, and tells the store what is still needed.
    fn keep(&mut self) {
        self.last_save = Instant::now();
        let needed = self.queues.iter().map(Queue::needs).min();
        self.around.follow.keep_from(needed);
        // Where those are that wait to be started is known by the file alone.
        if self.waiting.is_empty() {
            let places = self.queues.iter().filter(|queue| queue.stays());
            let places = places.map(|queue| (queue.key.clone(), queue.places()));
            let saved = self.positions.save(places.collect());
            self.note("writing remote_write.json", saved);
        }
    }

    /// Chooses shards, bounds what waits, and forgets names that the log has forgotten.
    fn reckon(&mut self) {
        self.last_reckoning = Instant::now();
        let newest = self.around.follow.taken().newest;
        for queue in &mut self.queues {
            queue.reckon(newest);
        }
        let bounded = self.bound_lag();
        self.note("measuring the log", bounded);
        let version = self.around.follow.names_version();
        let version = self.note("looking for checkpoints", version);
        if let Some(version) = version.filter(|version| *version != self.names_version) {
            self.names_version = version;
            for queue in &mut self.queues {
                queue.names_due = true;
            }
        }
    }

    /// Has queues leave out what is too far back.
    fn bound_lag(&mut self) -> Result<(), FollowError> {
        let follow = &self.around.follow;
        for queue in &mut self.queues {
            let mut from = queue.needs();
            let lag = follow.bytes_from(from)?;
            if lag <= self.most_lag {
                queue.leaves_out &= queue.way.failing.load(Ordering::Relaxed);
                continue;
            }
            let end = follow.end()?;
            while from < end && follow.bytes_from(from)? > self.most_lag {
                from = LogPosition {
                    segment: from.segment + 1,
                    offset: 0,
                };
            }
            queue.leave_until = queue.leave_until.max(from.into());
            if !std::mem::replace(&mut queue.leaves_out, true) {
                tracing::error!(
                    queue = queue.way.meters.name,
                    url = queue.way.meters.url,
                    lag,
                    most = self.most_lag,
                    "too much waits to be sent; the oldest is left out (--storage.remote.max-lag-bytes)"
                );
            }
        }
        Ok(())
    }

    /// Whether to end now: all is sent, or cannot be, or the time is over.
    fn has_ended(&mut self) -> bool {
        let Some(moment) = self.end else { return false };
        let is_late = Instant::now() >= moment;
        let end = self.around.follow.end().ok();
        let is_done = |queue: &Queue| {
            let is_sent = queue.is_idle() && end.is_none_or(|end| queue.cursor >= end);
            is_sent || queue.way.failing.load(Ordering::Relaxed)
        };
        for queue in &mut self.queues {
            if !matches!(queue.state, State::Ends(_)) && (is_late || is_done(queue)) {
                queue.end_for_now();
            }
        }
        if is_late {
            self.queues.iter().for_each(Queue::abort);
        }
        is_late || self.queues.iter().all(Queue::has_ended)
    }
}
