//! Slots on the processors for the threads that evaluate queries.
//!
//! As many threads evaluate at once as there are processors; others wait, though their queries
//! have a place. The first [`FREE`] milliseconds of a query need no slot where its origin has no
//! other: most queries end in them, and one more thread an origin does no harm.
//! From then on, whoever waits of the query that has used the least time so far has the next slot,
//! and a thread whose query has used more by a [`QUANTUM`] gives its slot up for it where it looks
//! at its budget anyway. So a small query passes heavy ones, however many there are, and heavy
//! ones advance side by side.
//!
//! A thread that holds a slot waits for nothing that a thread without one has to release: before
//! it waits for other threads of its query it gives the slot up ([`Share::without`]). What a store
//! locks for a moment is not among that: stores never ask for slots.
//!
//! Time is that of the clock while a slot is held. What is absent: waiting for a place (`queue`),
//! and all work outside evaluation, such as writing answers.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::QueryError;

/// The time of an origin's only query that needs no slot: what a small one takes, several times over.
const FREE: Duration = Duration::from_millis(4);

/// How much more time a query has used than one that waits when it gives a slot up for it: many
/// times what changing threads costs, and little beside what a person notices.
const QUANTUM: Duration = Duration::from_millis(5);

/// Whoever waits this long is next, whatever its query has used: shorter queries that keep coming
/// delay a long one, but do not stop it.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long such a thread keeps its slot at least.
const GRANT: Duration = Duration::from_millis(25);

/// How often a thread that waits looks whether its query is still wanted.
const CHECK: Duration = Duration::from_millis(50);

/// Stands for the least time used where nobody waits.
const NOBODY: u64 = u64::MAX;

thread_local! {
    /// Set while this thread evaluates: one query at a time.
    static TURN: Cell<Option<Turn>> = const { Cell::new(None) };
}

/// A thread evaluates since then.
#[derive(Clone, Copy, Debug)]
struct Turn {
    since: Instant,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Without a slot: its query has just begun.
    Free,
    /// In a slot, which it gives up for others after so much time at the earliest.
    Slot(Duration),
}

/// The slots of an engine.
#[derive(Debug)]
pub(crate) struct Slots {
    state: Mutex<State>,
    /// The least time, in nanoseconds, that a query has used of which a thread waits; a copy that
    /// is read without the lock.
    least: AtomicU64,
}

#[derive(Debug)]
struct State {
    /// None while somebody waits.
    free: usize,
    /// In the order in which they came.
    waiting: Vec<Waiting>,
    /// The number of the next that comes.
    next: u64,
}

/// A thread that waits; it has a slot once it is in the list no longer.
#[derive(Debug)]
struct Waiting {
    number: u64,
    used: Arc<AtomicU64>,
    since: Instant,
    called: Arc<Condvar>,
}

impl Waiting {
    /// The one with the least goes first.
    fn rank(&self) -> u64 {
        if self.since.elapsed() >= PATIENCE {
            return 0;
        }
        // Nobody waits for ever without patience running out.
        self.used.load(Ordering::Relaxed).clamp(1, NOBODY - 1)
    }
}

impl State {
    fn join(&mut self, used: &Arc<AtomicU64>) -> (u64, Arc<Condvar>) {
        let (number, called) = (self.next, Arc::new(Condvar::new()));
        self.next += 1;
        self.waiting.push(Waiting {
            number,
            used: Arc::clone(used),
            since: Instant::now(),
            called: Arc::clone(&called),
        });
        (number, called)
    }

    /// Somebody gave a slot up: the next has it.
    fn pass_on(&mut self) {
        let ranks = self.waiting.iter().map(Waiting::rank).enumerate();
        // Of equals, the first.
        match ranks.min_by_key(|(_, rank)| *rank) {
            Some((place, _)) => {
                let next = self.waiting.remove(place);
                next.called.notify_one();
            }
            None => self.free += 1,
        }
    }

    fn waits(&self, number: u64) -> bool {
        self.waiting.iter().any(|one| one.number == number)
    }

    fn least(&self) -> u64 {
        let ranks = self.waiting.iter().map(Waiting::rank);
        ranks.min().unwrap_or(NOBODY)
    }
}

impl Slots {
    /// So many slots, at least one.
    pub(crate) fn new(count: usize) -> Self {
        Self {
            state: Mutex::new(State {
                free: count.max(1),
                waiting: Vec::new(),
                next: 0,
            }),
            least: AtomicU64::new(NOBODY),
        }
    }

    fn publish(&self, state: &State) {
        self.least.store(state.least(), Ordering::Relaxed);
    }

    /// Waits in line; `wanted` fails where nobody waits for the query any more.
    fn wait(
        &self,
        mut state: MutexGuard<'_, State>,
        used: &Arc<AtomicU64>,
        wanted: &dyn Fn() -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let (number, called) = state.join(used);
        self.publish(&state);
        let began = Instant::now();
        loop {
            called.wait_for(&mut state, CHECK);
            if !state.waits(number) {
                break;
            }
            if let Err(given_up) = wanted() {
                state.waiting.retain(|one| one.number != number);
                self.publish(&state);
                return Err(given_up);
            }
            // Its patience may have run out meanwhile.
            self.publish(&state);
        }
        let is_late = began.elapsed() >= PATIENCE;
        begin(Kind::Slot(if is_late { GRANT } else { Duration::ZERO }));
        Ok(())
    }
}

fn begin(kind: Kind) {
    let since = Instant::now();
    TURN.set(Some(Turn { since, kind }));
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(NOBODY)
}

/// What one query uses of the slots; shared by its threads.
#[derive(Debug)]
pub(crate) struct Share {
    slots: Arc<Slots>,
    /// What it may use without a slot.
    free: Duration,
    /// Nanoseconds that its threads have evaluated, without turns that have not ended.
    used: Arc<AtomicU64>,
}

/// What a thread evaluates in: it holds a slot, except while it waits.
#[derive(Debug)]
pub(crate) struct Evaluating<'s>(&'s Share);

impl Drop for Evaluating<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl Share {
    /// Of a query that is, or is not, the only one of its origin as it begins.
    pub(crate) fn new(slots: &Arc<Slots>, is_only: bool) -> Self {
        Self {
            slots: Arc::clone(slots),
            free: if is_only { FREE } else { Duration::ZERO },
            used: Arc::default(),
        }
    }

    /// Of a query that is over before it would need a slot, on a thread that must not wait for one.
    pub(crate) fn of_brief(slots: &Arc<Slots>) -> Self {
        Self {
            free: Duration::MAX,
            ..Self::new(slots, true)
        }
    }

    /// Lets this thread evaluate as soon as it is its turn; fails where `wanted` does meanwhile.
    pub(crate) fn enter(
        &self,
        wanted: &dyn Fn() -> Result<(), QueryError>,
    ) -> Result<Evaluating<'_>, QueryError> {
        self.go_on(wanted)?;
        Ok(Evaluating(self))
    }

    fn go_on(&self, wanted: &dyn Fn() -> Result<(), QueryError>) -> Result<(), QueryError> {
        if self.is_free(Duration::ZERO) {
            begin(Kind::Free);
            return Ok(());
        }
        let mut state = self.slots.state.lock();
        if let Some(free) = state.free.checked_sub(1) {
            state.free = free;
            begin(Kind::Slot(Duration::ZERO));
            return Ok(());
        }
        self.slots.wait(state, &self.used, wanted)
    }

    /// Whether a thread needs no slot that has evaluated for so long.
    fn is_free(&self, ran: Duration) -> bool {
        self.with(ran) < nanoseconds(self.free)
    }

    /// Nanoseconds used, with those of a turn that has not ended.
    fn with(&self, ran: Duration) -> u64 {
        let used = self.used.load(Ordering::Relaxed);
        used.saturating_add(nanoseconds(ran))
    }

    /// Ends the turn of this thread, if it has one.
    fn leave(&self) {
        let Some(turn) = TURN.take() else {
            return;
        };
        self.add(turn.since.elapsed());
        if turn.kind != Kind::Free {
            let mut state = self.slots.state.lock();
            state.pass_on();
            self.slots.publish(&state);
        }
    }

    fn add(&self, ran: Duration) {
        self.used.fetch_add(nanoseconds(ran), Ordering::Relaxed);
    }

    /// Takes a slot once the query needs one, and lets another thread go first where one waits
    /// whose query has used less. Costs a look or two where nobody waits.
    ///
    /// Fails where `wanted` does while it waits; then the thread has no slot any more.
    #[inline]
    pub(crate) fn give_way(
        &self,
        wanted: &dyn Fn() -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        match TURN.get() {
            Some(turn) if turn.kind == Kind::Free => self.end_free(turn, wanted),
            Some(turn) => match self.slots.least.load(Ordering::Relaxed) {
                NOBODY => Ok(()),
                least => self.compare(turn, least, wanted),
            },
            None => Ok(()),
        }
    }

    fn end_free(
        &self,
        turn: Turn,
        wanted: &dyn Fn() -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let ran = turn.since.elapsed();
        if self.is_free(ran) {
            return Ok(());
        }
        TURN.set(None);
        self.add(ran);
        self.go_on(wanted)
    }

    #[cold]
    fn compare(
        &self,
        turn: Turn,
        least: u64,
        wanted: &dyn Fn() -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let ran = turn.since.elapsed();
        let own = self.with(ran);
        let enough = |least: u64| own >= least.saturating_add(nanoseconds(QUANTUM));
        let kept = matches!(turn.kind, Kind::Slot(time) if ran < time);
        if kept || !enough(least) {
            return Ok(());
        }
        let mut state = self.slots.state.lock();
        if !enough(state.least()) {
            // Threads of the query that waits have used more meanwhile.
            self.slots.publish(&state);
            return Ok(());
        }
        TURN.set(None);
        self.add(ran);
        state.pass_on();
        self.slots.wait(state, &self.used, wanted)
    }

    /// Does what waits for other threads without the slot of this one.
    ///
    /// Where the slot cannot be had again the result is lost; the thread has none then.
    pub(crate) fn without<T>(
        &self,
        wanted: &dyn Fn() -> Result<(), QueryError>,
        work: impl FnOnce() -> T,
    ) -> Result<T, QueryError> {
        let evaluates = TURN.get().is_some();
        self.leave();
        let result = work();
        if evaluates {
            self.go_on(wanted)?;
        }
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize};
    use std::sync::mpsc;

    use super::*;
    use crate::CancelToken;

    fn always() -> Result<(), QueryError> {
        Ok(())
    }

    fn waiting(slots: &Slots) -> usize {
        slots.state.lock().waiting.len()
    }

    fn free(slots: &Slots) -> usize {
        slots.state.lock().free
    }

    /// A query that has used so many milliseconds.
    fn share(slots: &Arc<Slots>, used: u64) -> Share {
        let share = Share::new(slots, true);
        share.add(Duration::from_millis(used));
        share
    }

    #[test]
    fn who_has_used_least_is_next_and_of_equals_the_first() {
        let slots = Arc::new(Slots::new(1));
        let (report, reports) = mpsc::channel();
        std::thread::scope(|scope| {
            let first = share(&slots, 100);
            let evaluating = first.enter(&always).unwrap();
            for (place, used) in [30, 10, 20, 10].into_iter().enumerate() {
                let (report, slots) = (report.clone(), &slots);
                scope.spawn(move || {
                    let own = share(slots, used);
                    let _evaluating = own.enter(&always).unwrap();
                    report.send((used, place)).unwrap();
                });
                while waiting(slots) <= place {
                    std::thread::yield_now();
                }
            }
            drop(evaluating);
        });
        drop(report);
        let order: Vec<_> = reports.iter().collect();
        assert_eq!(order, [(10, 1), (10, 3), (20, 2), (30, 0)]);
        assert_eq!(free(&slots), 1);
    }

    #[test]
    fn a_query_that_begins_needs_no_slot_and_takes_one_later() {
        let slots = Arc::new(Slots::new(1));
        let own = share(&slots, 0);
        let evaluating = own.enter(&always).unwrap();
        own.give_way(&always).unwrap();
        assert_eq!(free(&slots), 1);
        own.add(FREE);
        own.give_way(&always).unwrap();
        assert_eq!(free(&slots), 0);
        drop(evaluating);
        assert_eq!(free(&slots), 1);
        let another = Share::new(&slots, false);
        let evaluating = another.enter(&always).unwrap();
        assert_eq!(free(&slots), 0);
        drop(evaluating);
    }

    #[test]
    fn a_heavy_query_gives_way_to_a_new_one_and_goes_on_after_it() {
        let slots = Arc::new(Slots::new(1));
        let heavy = share(&slots, 1_000);
        let evaluating = heavy.enter(&always).unwrap();
        heavy.give_way(&always).unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let small = share(&slots, 100);
                let _evaluating = small.enter(&always).unwrap();
                done.store(true, Ordering::Relaxed);
            });
            while waiting(&slots) == 0 {
                std::thread::yield_now();
            }
            heavy.give_way(&always).unwrap();
            assert!(done.load(Ordering::Relaxed));
            assert!(TURN.get().is_some());
        });
        drop(evaluating);
        assert_eq!((free(&slots), waiting(&slots)), (1, 0));
    }

    #[test]
    fn nobody_gives_way_to_one_that_has_used_as_much() {
        let slots = Arc::new(Slots::new(1));
        let running = share(&slots, 1_000);
        let evaluating = running.enter(&always).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let other = share(&slots, 1_000_000);
                drop(other.enter(&always).unwrap());
            });
            while waiting(&slots) == 0 {
                std::thread::yield_now();
            }
            running.give_way(&always).unwrap();
            assert_eq!(waiting(&slots), 1);
            drop(evaluating);
        });
    }

    #[test]
    fn who_is_not_wanted_any_more_leaves_and_takes_no_slot_along() {
        let slots = Arc::new(Slots::new(1));
        let cancel = CancelToken::default();
        let running = share(&slots, 1_000);
        let evaluating = running.enter(&always).unwrap();
        let wanted = || match cancel.is_cancelled() {
            true => Err(QueryError::Canceled("a test".to_owned())),
            false => Ok(()),
        };
        std::thread::scope(|scope| {
            let gone = scope.spawn(|| share(&slots, 100).enter(&wanted).map(drop));
            while waiting(&slots) == 0 {
                std::thread::yield_now();
            }
            cancel.cancel();
            assert!(gone.join().unwrap().is_err());
        });
        assert_eq!((free(&slots), waiting(&slots)), (0, 0));
        running.give_way(&wanted).unwrap();
        drop(evaluating);
        assert_eq!(free(&slots), 1);
    }

    #[test]
    fn a_panic_gives_the_slot_back() {
        let slots = Arc::new(Slots::new(1));
        let panicked = std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let own = share(&slots, 100);
                let _evaluating = own.enter(&always).unwrap();
                panic!("as a test");
            });
            thread.join().is_err()
        });
        assert!(panicked);
        assert_eq!(free(&slots), 1);
    }

    /// Queries of several threads that fold in turn, as evaluation does, on fewer slots.
    #[test]
    fn more_threads_than_slots_all_come_to_their_end() {
        const ROUNDS: usize = 200;
        let slots = Arc::new(Slots::new(2));
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let folded = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for query in 0..6 {
                let (slots, running, most, folded) = (&slots, &running, &most, &folded);
                scope.spawn(move || {
                    let own = share(slots, 10 + query);
                    let _evaluating = own.enter(&always).unwrap();
                    let turn = Mutex::new(());
                    let threads = || {
                        std::thread::scope(|threads| {
                            for _ in 0..3 {
                                threads.spawn(|| {
                                    let _evaluating = own.enter(&always).unwrap();
                                    for _ in 0..ROUNDS {
                                        let now = running.fetch_add(1, Ordering::Relaxed) + 1;
                                        most.fetch_max(now, Ordering::Relaxed);
                                        running.fetch_sub(1, Ordering::Relaxed);
                                        own.add(QUANTUM);
                                        own.give_way(&always).unwrap();
                                        let fold = own.without(&always, || turn.lock()).unwrap();
                                        own.give_way(&always).unwrap();
                                        folded.fetch_add(1, Ordering::Relaxed);
                                        drop(fold);
                                    }
                                });
                            }
                        });
                    };
                    own.without(&always, threads).unwrap();
                });
            }
        });
        assert_eq!(folded.into_inner(), 6 * 3 * ROUNDS);
        assert!(most.into_inner() <= 2);
        assert_eq!((free(&slots), waiting(&slots)), (2, 0));
    }
}
