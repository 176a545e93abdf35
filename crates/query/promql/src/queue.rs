//! Places for running queries, and a fair queue for those that wait.
//!
//! Whoever asks has a line of its own, in which the first comes first; lines are served in turn. So
//! a dashboard with hundreds of queries and a person with one wait for each other once. Some places
//! are kept for whoever has none: a person with one query hardly ever waits for those of others.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::{CancelToken, QueryError};

/// One in so many places is kept for origins that have none.
const KEPT: usize = 4;

/// How often a query that waits for a place looks whether it is still wanted.
const CHECK: Duration = Duration::from_millis(50);

/// Where a waiting query is, in error texts.
const QUEUE: &str = "query queue";

/// Places and whoever waits for one.
#[derive(Debug)]
pub(crate) struct Queue {
    places: usize,
    max_waiting: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Numbers of free places; while somebody waits, only those that are kept for others.
    free: Vec<usize>,
    /// How many of the free places are kept for origins that have none.
    kept: usize,
    /// Origins that have places, and how many.
    running: HashMap<Arc<str>, usize>,
    /// Lines in the order in which they are served; none is empty.
    lines: VecDeque<Line>,
    waiting: usize,
}

/// Those who wait of one origin.
#[derive(Debug)]
struct Line {
    origin: Arc<str>,
    tickets: VecDeque<Arc<Ticket>>,
}

/// A place that an origin was given.
#[derive(Clone, Copy, Debug)]
struct Given {
    number: usize,
    /// It had none.
    only: bool,
}

/// One who waits for a place.
#[derive(Debug, Default)]
struct Ticket {
    place: Mutex<Option<Given>>,
    called: Condvar,
}

/// Who asks for a place, and how long.
pub(crate) struct Wait<'w> {
    /// Which line it stands in.
    pub(crate) origin: &'w str,
    /// It is let in however long the queue is.
    pub(crate) always: bool,
    pub(crate) until: Option<Instant>,
    pub(crate) cancel: &'w CancelToken,
}

impl Wait<'_> {
    fn check(&self) -> Result<(), QueryError> {
        if self.cancel.is_cancelled() {
            return Err(QueryError::Canceled(QUEUE.to_owned()));
        }
        if self.until.is_some_and(|until| Instant::now() >= until) {
            return Err(QueryError::Timeout(QUEUE.to_owned()));
        }
        Ok(())
    }
}

impl Queue {
    /// A queue before so many places.
    pub(crate) fn new(places: usize, max_waiting: usize) -> Self {
        let places = places.max(1);
        Self {
            places,
            max_waiting,
            state: Mutex::new(State {
                free: (0..places).rev().collect(),
                kept: places / KEPT,
                running: HashMap::new(),
                lines: VecDeque::new(),
                waiting: 0,
            }),
        }
    }

    /// How many run or wait.
    pub(crate) fn len(&self) -> usize {
        let state = self.state.lock();
        self.places - state.free.len() + state.waiting
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.state.lock().waiting
    }

    /// Blocks until there is a place.
    pub(crate) fn enter(&self, wait: &Wait<'_>) -> Result<Place<'_>, QueryError> {
        wait.check()?;
        let origin: Arc<str> = wait.origin.into();
        let place = |given| Place {
            queue: self,
            given,
            origin: Arc::clone(&origin),
        };
        let ticket = {
            let mut state = self.state.lock();
            if let Some(given) = state.take(&origin) {
                return Ok(place(given));
            }
            if state.waiting >= self.max_waiting && !wait.always {
                let limit = self.max_waiting;
                return Err(QueryError::QueueFull { limit });
            }
            state.join(&origin)
        };
        let mut called = ticket.place.lock();
        loop {
            if let Some(given) = *called {
                return Ok(place(given));
            }
            ticket.called.wait_for(&mut called, CHECK);
            if let (None, Err(given_up)) = (*called, wait.check()) {
                drop(called);
                self.give_up(&origin, &ticket);
                return Err(given_up);
            }
        }
    }

    /// A place for an origin that has none, where that takes no waiting.
    pub(crate) fn enter_at_once(&self, origin: &str) -> Option<Place<'_>> {
        let mut state = self.state.try_lock()?;
        if state.running.contains_key(origin) {
            return None;
        }
        let origin: Arc<str> = origin.into();
        let given = state.take(&origin)?;
        Some(Place {
            queue: self,
            given,
            origin,
        })
    }

    fn give_up(&self, origin: &str, ticket: &Arc<Ticket>) {
        let mut state = self.state.lock();
        // Between the last look and now the place may have come.
        let given = *ticket.place.lock();
        if let Some(given) = given {
            state.give_back(origin, given.number);
            return;
        }
        state.leave(origin, ticket);
    }
}

impl State {
    /// A place for an origin, where there is one that it may have.
    fn take(&mut self, origin: &Arc<str>) -> Option<Given> {
        if !self.may_have(origin) {
            return None;
        }
        let number = self.free.pop()?;
        let held = self.running.entry(Arc::clone(origin)).or_default();
        let only = *held == 0;
        *held += 1;
        Some(Given { number, only })
    }

    fn may_have(&self, origin: &str) -> bool {
        self.free.len() > self.kept || !self.running.contains_key(origin)
    }

    /// Puts one more behind the others of its origin.
    fn join(&mut self, origin: &Arc<str>) -> Arc<Ticket> {
        let ticket = Arc::new(Ticket::default());
        self.waiting += 1;
        match self.lines.iter_mut().find(|line| line.origin == *origin) {
            Some(line) => line.tickets.push_back(Arc::clone(&ticket)),
            None => self.lines.push_back(Line {
                origin: Arc::clone(origin),
                tickets: VecDeque::from([Arc::clone(&ticket)]),
            }),
        }
        ticket
    }

    /// A place is free: the first of the first line that may have one has it, and the line goes
    /// behind the others.
    fn give_back(&mut self, origin: &str, number: usize) {
        if let Some(count) = self.running.get_mut(origin) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.running.remove(origin);
            }
        }
        self.free.push(number);
        let may_have = |line: &Line| self.may_have(&line.origin);
        let Some(line) = self.lines.iter().position(may_have) else {
            return;
        };
        let Some(mut line) = self.lines.remove(line) else {
            return;
        };
        let (first, place) = (line.tickets.pop_front(), self.take(&line.origin));
        if !line.tickets.is_empty() {
            self.lines.push_back(line);
        }
        if let Some(ticket) = first {
            self.waiting = self.waiting.saturating_sub(1);
            *ticket.place.lock() = place;
            ticket.called.notify_one();
        }
    }

    fn leave(&mut self, origin: &str, ticket: &Arc<Ticket>) {
        let own = |line: &&mut Line| &*line.origin == origin;
        for line in self.lines.iter_mut().filter(own) {
            line.tickets.retain(|one| !Arc::ptr_eq(one, ticket));
        }
        self.lines.retain(|line| !line.tickets.is_empty());
        self.waiting = self.waiting.saturating_sub(1);
    }
}

/// A place among the running queries; the next has it when this is dropped.
#[derive(Debug)]
pub(crate) struct Place<'q> {
    queue: &'q Queue,
    given: Given,
    origin: Arc<str>,
}

impl Place<'_> {
    /// Which of the places it is, from 0.
    pub(crate) fn number(&self) -> usize {
        self.given.number
    }

    /// Whether its origin had no other when it came.
    pub(crate) fn is_only(&self) -> bool {
        self.given.only
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.state.lock();
        state.give_back(&self.origin, self.given.number);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn wait<'w>(origin: &'w str, cancel: &'w CancelToken) -> Wait<'w> {
        Wait {
            origin,
            always: false,
            until: None,
            cancel,
        }
    }

    /// Lets `origins` queue up in this order behind the only place, and answers the order in which
    /// they are served.
    fn served(origins: &[&'static str]) -> Vec<&'static str> {
        let queue = Queue::new(1, 100);
        let cancel = CancelToken::default();
        let (report, reports) = mpsc::channel();
        std::thread::scope(|scope| {
            let first = queue.enter(&wait("first", &cancel)).unwrap();
            for (place, origin) in origins.iter().enumerate() {
                let (report, queue, cancel) = (report.clone(), &queue, &cancel);
                scope.spawn(move || {
                    let place = queue.enter(&wait(origin, cancel)).unwrap();
                    report.send(*origin).unwrap();
                    drop(place);
                });
                while queue.waiting() <= place {
                    std::thread::yield_now();
                }
            }
            assert_eq!(queue.len(), origins.len() + 1);
            drop(first);
        });
        drop(report);
        assert_eq!((queue.len(), queue.waiting()), (0, 0));
        reports.iter().collect()
    }

    #[test]
    fn origins_are_served_in_turn() {
        assert_eq!(
            served(&["a", "a", "a", "a", "b", "c", "b"]),
            ["a", "b", "c", "a", "b", "a", "a"]
        );
    }

    #[test]
    fn some_places_are_kept_for_whoever_has_none() {
        let queue = Queue::new(8, 0);
        let cancel = CancelToken::default();
        let enter = |origin| queue.enter(&wait(origin, &cancel));
        let mut heavy: Vec<_> = (0..6).map(|_| enter("heavy").unwrap()).collect();
        let full = QueryError::QueueFull { limit: 0 };
        assert_eq!(enter("heavy").unwrap_err(), full);
        let one = enter("one").unwrap();
        assert!(one.is_only() && heavy.iter().skip(1).all(|place| !place.is_only()));
        assert_eq!(enter("one").unwrap_err(), full);
        let another = enter("another").unwrap();
        assert_eq!(enter("third").unwrap_err(), full);
        heavy.pop();
        assert_eq!(enter("heavy").unwrap_err(), full);
        heavy.push(enter("third").unwrap());
        drop((one, another));
        assert_eq!(enter("heavy").unwrap_err(), full);
        drop(heavy);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn a_full_queue_says_so_and_rules_pass() {
        let queue = Queue::new(1, 0);
        let cancel = CancelToken::default();
        let place = queue.enter(&wait("a", &cancel)).unwrap();
        let refused = queue.enter(&wait("b", &cancel)).unwrap_err();
        assert_eq!(refused, QueryError::QueueFull { limit: 0 });
        std::thread::scope(|scope| {
            let rule = scope.spawn(|| {
                let always = Wait {
                    always: true,
                    ..wait("rules", &cancel)
                };
                queue.enter(&always).unwrap().number()
            });
            while queue.waiting() == 0 {
                std::thread::yield_now();
            }
            drop(place);
            assert_eq!(rule.join().unwrap(), 0);
        });
    }

    #[test]
    fn who_gives_up_leaves_the_queue() {
        let queue = Queue::new(1, 10);
        let cancel = CancelToken::default();
        let place = queue.enter(&wait("a", &cancel)).unwrap();
        let late = Wait {
            until: Some(Instant::now() + Duration::from_millis(1)),
            ..wait("a", &cancel)
        };
        let error = queue.enter(&late).unwrap_err();
        assert_eq!(error, QueryError::Timeout("query queue".to_owned()));
        std::thread::scope(|scope| {
            let gone = scope.spawn(|| queue.enter(&wait("b", &cancel)).map(|_| ()));
            while queue.waiting() == 0 {
                std::thread::yield_now();
            }
            cancel.cancel();
            let error = gone.join().unwrap().unwrap_err();
            assert_eq!(error, QueryError::Canceled("query queue".to_owned()));
        });
        assert_eq!((queue.waiting(), queue.len()), (0, 1));
        drop(place);
        assert_eq!(queue.len(), 0);
    }
}
