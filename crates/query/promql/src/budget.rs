//! What a query may spend: samples in memory, bytes, time, and its asker's patience.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use contract::Watch;

use crate::QueryError;
use crate::memory::{Held, Memory};
use crate::slots::{Evaluating, Share};

/// Where a running query is, in error texts.
const EXECUTION: &str = "query execution";

/// Small steps of work between two looks at the clock and the asker: some microseconds each at
/// most, so that a look comes every few milliseconds.
const PACE: usize = 1024;

/// Cells of a long column that are worked on between two looks: a millisecond or so, where their
/// memory is touched for the first time.
pub(crate) const CELLS_AT_ONCE: usize = 256 << 10;

/// Tells a running query that nobody waits for it any more.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Cancels; for all clones.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was canceled.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What ends a query before its end; also asked by the store, and by whoever writes the answer.
#[derive(Debug)]
pub(crate) struct Bounds {
    deadline: Option<Instant>,
    cancel: CancelToken,
    memory: Arc<Memory>,
}

impl Bounds {
    fn check(&self) -> Result<(), QueryError> {
        if self.cancel.is_cancelled() {
            return Err(QueryError::Canceled(EXECUTION.to_owned()));
        }
        if self
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline)
        {
            return Err(QueryError::Timeout(EXECUTION.to_owned()));
        }
        self.memory.check()
    }
}

impl Watch for Bounds {
    fn goes_on(&self, held: usize) -> bool {
        self.check().is_ok() && self.memory.has_room(held as u64)
    }
}

/// What is left to spend on an answer: for writing it, or for other work on behalf of a client.
#[derive(Clone, Debug)]
pub struct Allowance(Arc<Bounds>);

impl Allowance {
    pub(crate) fn new(timeout: Duration, cancel: CancelToken, memory: Memory) -> Self {
        Self(Arc::new(Bounds {
            deadline: Instant::now().checked_add(timeout),
            cancel,
            memory: Arc::new(memory),
        }))
    }

    /// Fails where nobody waits any more, the time is up or memory was refused.
    pub fn check(&self) -> Result<(), QueryError> {
        self.0.check()
    }

    /// Counts bytes until what is answered is dropped; fails where a limit forbids it.
    pub fn hold(&self, bytes: usize) -> Result<Held, QueryError> {
        self.0.memory.hold(bytes as u64)
    }

    /// What a store asks while it works.
    pub fn watch(&self) -> Arc<dyn Watch> {
        Arc::clone(&self.0) as Arc<dyn Watch>
    }

    /// The error of work that the store was told to give up.
    pub fn why_stopped(&self) -> QueryError {
        let stopped = || QueryError::Canceled(EXECUTION.to_owned());
        self.check().err().unwrap_or_else(stopped)
    }
}

/// The spending of one query; shared by its threads.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: usize,
    bounds: Allowance,
    share: Share,
    held: AtomicU64,
    peak: AtomicU64,
}

impl Budget {
    pub(crate) fn new(
        limit: usize,
        timeout: Duration,
        cancel: CancelToken,
        memory: Memory,
        share: Share,
    ) -> Self {
        Self {
            limit,
            bounds: Allowance::new(timeout, cancel, memory),
            share,
            held: AtomicU64::new(0),
            peak: AtomicU64::new(0),
        }
    }

    /// Called once a series: stops a query that is too late, too large or unwanted, and lets
    /// others go first that have used less. No lock may be held that a thread with a slot waits
    /// for.
    pub(crate) fn check(&self) -> Result<(), QueryError> {
        self.bounds.check()?;
        self.share.give_way(&|| self.bounds.check())
    }

    /// Lets this thread evaluate, once a processor is free for it.
    pub(crate) fn enter(&self) -> Result<Evaluating<'_>, QueryError> {
        self.share.enter(&|| self.bounds.check())
    }

    /// Does what waits for other threads of the query; they may use the processor of this one.
    pub(crate) fn without_slot<T>(&self, work: impl FnOnce() -> T) -> Result<T, QueryError> {
        self.share.without(&|| self.bounds.check(), work)
    }

    /// For loops whose steps are too small for a [`Self::check`] each.
    pub(crate) fn pace(&self) -> Pace<'_> {
        Pace {
            budget: self,
            steps: 0,
        }
    }

    /// What a store asks while it works for the query.
    pub(crate) fn watch(&self) -> Arc<dyn Watch> {
        self.bounds.watch()
    }

    /// What is left to spend.
    pub(crate) fn allowance(&self) -> &Allowance {
        &self.bounds
    }

    /// Fails where a column of so many steps would not fit, whatever is in it.
    pub(crate) fn fits(&self, steps: usize) -> Result<(), QueryError> {
        if steps > self.limit {
            return Err(QueryError::TooManySamples { limit: self.limit });
        }
        let memory = &self.bounds.0.memory;
        memory.has_room(steps.saturating_mul(size_of::<f64>()) as u64);
        self.check()
    }

    /// So many equal cells.
    pub(crate) fn cells<T: Clone>(&self, value: T, count: usize) -> Result<Vec<T>, QueryError> {
        let mut cells = Vec::with_capacity(count);
        while cells.len() < count {
            self.check_behind(cells.len())?;
            let end = count.min(cells.len() + CELLS_AT_ONCE);
            cells.resize(end, value.clone());
        }
        Ok(cells)
    }

    /// What `each` makes of the cells of a column.
    pub(crate) fn mapped<T, U>(
        &self,
        cells: &[T],
        each: impl Fn(&T) -> U,
    ) -> Result<Vec<U>, QueryError> {
        let mut mapped = Vec::with_capacity(cells.len());
        for part in cells.chunks(CELLS_AT_ONCE) {
            self.check_behind(mapped.len())?;
            mapped.extend(part.iter().map(&each));
        }
        Ok(mapped)
    }

    /// [`Self::check`] in the midst of a long column; whoever begins one has just looked.
    #[inline]
    pub(crate) fn check_behind(&self, cells: usize) -> Result<(), QueryError> {
        match cells {
            0 => Ok(()),
            _ => self.check(),
        }
    }

    /// Whether so many bytes more would fit; for what can be done without.
    pub(crate) fn would_fit(&self, bytes: usize) -> bool {
        self.bounds.0.memory.excess(bytes as u64).is_none()
    }

    /// Counts bytes until what is answered is dropped.
    pub(crate) fn hold_bytes(&self, bytes: usize) -> Result<Held, QueryError> {
        self.bounds.hold(bytes)
    }

    /// Counts samples that stay in memory until [`Self::release`].
    pub(crate) fn hold(&self, samples: usize) -> Result<(), QueryError> {
        let held = self.held.fetch_add(samples as u64, Ordering::Relaxed) + samples as u64;
        self.peak.fetch_max(held, Ordering::Relaxed);
        if held > self.limit as u64 {
            return Err(QueryError::TooManySamples { limit: self.limit });
        }
        Ok(())
    }

    pub(crate) fn release(&self, samples: usize) {
        let _ = self
            .held
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
                Some(held.saturating_sub(samples as u64))
            });
    }

    pub(crate) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    /// The most bytes that were held at once.
    pub(crate) fn peak_bytes(&self) -> u64 {
        self.bounds.0.memory.peak()
    }
}

/// Counts small steps and checks the budget every [`PACE`] of them.
pub(crate) struct Pace<'b> {
    budget: &'b Budget,
    steps: usize,
}

impl Pace<'_> {
    /// One step.
    #[inline]
    pub(crate) fn step(&mut self) -> Result<(), QueryError> {
        self.steps += 1;
        if self.steps < PACE {
            return Ok(());
        }
        self.steps = 0;
        self.budget.check()
    }
}
