//! What an operator may do to a store beside writing to it and asking it.

use model::Matcher;
use thiserror::Error;

use crate::TimeRange;

/// Why an operator's order was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AdminError {
    /// The store is not ready yet, or is closing.
    #[error("the store is not ready")]
    NotReady,
    /// A file could not be read or written; says which.
    #[error("{0}")]
    Io(String),
}

/// A store that takes an operator's orders.
pub trait StoreAdmin: Send + Sync {
    /// Hides the samples within the range of the series that all matchers fit. Queries do not see
    /// them from now on; their bytes go with a later compaction.
    fn delete_series(&self, matchers: &[Matcher], range: TimeRange) -> Result<(), AdminError>;

    /// Rewrites the blocks of which samples are hidden without those.
    fn clean_tombstones(&self) -> Result<(), AdminError>;

    /// Puts a copy of all data into a new folder of `snapshots/` and answers the folder's name.
    /// Blocks are linked, the head is written as a block unless `skip_head` is set.
    fn snapshot(&self, skip_head: bool) -> Result<String, AdminError>;
}
