//! A store for tests of what comes back from it.

use std::sync::atomic::{AtomicBool, Ordering};

use contract::memory::MemoryStore;
use contract::{Append, AppendError, Appended, Batch, RejectReason, Rejection, SeriesId};
use model::Labels;

/// A store that forgets every series once and that is full, when told to.
#[derive(Default)]
pub(crate) struct Forgetful {
    pub(crate) inner: MemoryStore,
    pub(crate) forgets: AtomicBool,
    pub(crate) is_full: AtomicBool,
}

impl Append for Forgetful {
    fn resolve(&self, series: &[Labels], ids: &mut Vec<SeriesId>) -> Result<(), AppendError> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err(AppendError::SeriesLimit { limit: 1 });
        }
        self.inner.resolve(series, ids)
    }

    fn append(&self, batch: &Batch) -> Result<Appended, AppendError> {
        if self.forgets.swap(false, Ordering::SeqCst) {
            let all = batch.samples.len() + batch.histograms.len();
            let rejected = (0..all).map(|place| Rejection {
                place,
                reason: RejectReason::Gone,
            });
            return Ok(Appended {
                stored: 0,
                rejected: rejected.collect(),
            });
        }
        self.inner.append(batch)
    }
}
