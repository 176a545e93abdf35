//! What an operator may order: deleting samples, cleaning up after that, copying everything.
//!
//! An order makes a merge of blocks that is under way give up, rather than to wait for its end; it
//! is begun again afterwards.

mod delete;
mod snapshot;

use std::sync::atomic::Ordering;
use std::time::Instant;

use contract::{AdminError, StoreAdmin, TimeRange};
use model::Matcher;
use parking_lot::MutexGuard;

use crate::{Store, StoreError};

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        Self::Io(error.to_string())
    }
}

impl StoreAdmin for Store {
    fn delete_series(&self, matchers: &[Matcher], range: TimeRange) -> Result<(), AdminError> {
        let _merging = self.order()?;
        self.delete(matchers, range)
    }

    fn clean_tombstones(&self) -> Result<(), AdminError> {
        let _merging = self.order()?;
        let begun = Instant::now();
        let cleaned = self.clean();
        self.meters
            .cleanup_seconds
            .observe(begun.elapsed().as_secs_f64());
        Ok(cleaned?)
    }

    fn snapshot(&self, skip_head: bool) -> Result<String, AdminError> {
        let _merging = self.order()?;
        Ok(self.copy_all(skip_head)?)
    }
}

impl Store {
    /// Waits until no blocks are merged; nobody merges any until the answer is dropped.
    fn order(&self) -> Result<MutexGuard<'_, ()>, AdminError> {
        self.orders.fetch_add(1, Ordering::AcqRel);
        let guard = self.merging.lock();
        self.orders.fetch_sub(1, Ordering::AcqRel);
        if self.is_closed() || !self.is_replayed() {
            return Err(AdminError::NotReady);
        }
        Ok(guard)
    }
}
