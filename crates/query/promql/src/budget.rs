//! What a query may spend: samples in memory, time, and its asker's patience.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::QueryError;

/// Where a running query is, in error texts.
const EXECUTION: &str = "query execution";

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

/// The spending of one query; shared by its threads.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: usize,
    deadline: Option<Instant>,
    cancel: CancelToken,
    held: AtomicU64,
    peak: AtomicU64,
    total: AtomicU64,
}

impl Budget {
    pub(crate) fn new(limit: usize, timeout: Duration, cancel: CancelToken) -> Self {
        Self {
            limit,
            deadline: Instant::now().checked_add(timeout),
            cancel,
            held: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            total: AtomicU64::new(0),
        }
    }

    /// Called once a series: stops a query that is too late or unwanted.
    pub(crate) fn check(&self) -> Result<(), QueryError> {
        if self.cancel.is_cancelled() {
            return Err(QueryError::Canceled(EXECUTION.to_owned()));
        }
        if self
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline)
        {
            return Err(QueryError::Timeout(EXECUTION.to_owned()));
        }
        Ok(())
    }

    /// Fails where a column of so many steps would not fit, whatever is in it.
    pub(crate) fn fits(&self, steps: usize) -> Result<(), QueryError> {
        if steps > self.limit {
            return Err(QueryError::TooManySamples { limit: self.limit });
        }
        Ok(())
    }

    /// Counts samples that were looked at.
    pub(crate) fn looked_at(&self, samples: usize) {
        self.total.fetch_add(samples as u64, Ordering::Relaxed);
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

    pub(crate) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    pub(crate) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }
}
