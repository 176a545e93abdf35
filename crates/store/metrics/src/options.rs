//! How a store is opened.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use contract::{Clock, SystemClock};

use crate::StoreError;

/// When what was written to the log is made to survive a loss of power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalSync {
    /// On a timer. A crash of the process alone loses nothing even so.
    Every(Duration),
    /// Before each answer.
    Always,
}

/// How a store is opened.
#[derive(Clone)]
pub struct StoreOptions {
    /// The data folder, made where it is missing. A folder of Prometheus is fine.
    pub dir: PathBuf,
    /// Blocks that end longer ago than this are removed; `None` keeps them.
    pub retention_time: Option<Duration>,
    /// The oldest blocks are removed while blocks, log and head chunks take more bytes than this;
    /// `None` keeps them.
    pub retention_size: Option<u64>,
    /// The span of the blocks that the head is cut into. Upstream: 2 hours.
    pub min_block_duration: Duration,
    /// Whether records of the log are compressed with snappy.
    pub wal_compression: bool,
    /// When the log is synced.
    pub wal_sync: WalSync,
    /// How far behind the head's newest sample others may come, out of the order of their series;
    /// zero takes none. See [`crate::Store::set_out_of_order_window`].
    pub out_of_order_window: Duration,
    /// How many exemplars are kept over all series; 0 keeps none.
    pub max_exemplars: usize,
    /// How many series the head takes; `None` takes all.
    pub max_series: Option<u64>,
    /// Whether closing leaves a snapshot of the head, so that the next start need not read the log.
    pub snapshot_on_close: bool,
    /// Whether to go without the lock file.
    pub no_lockfile: bool,
    /// The clock, for retention and for samples from the future.
    pub clock: Arc<dyn Clock>,
}

/// The shortest block, in milliseconds. Shorter ones would make a block of every few chunks.
const SHORTEST_BLOCK: i64 = 60_000;
/// The longest block, in milliseconds: 31 days, as upstream.
const LONGEST_BLOCK: i64 = 31 * 24 * 3_600_000;

impl StoreOptions {
    /// Upstream's defaults: blocks of 2 hours, 15 days of retention, a compressed log that is
    /// synced each second, 100,000 exemplars.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            retention_time: Some(Duration::from_secs(15 * 24 * 3600)),
            retention_size: None,
            min_block_duration: Duration::from_secs(2 * 3600),
            wal_compression: true,
            wal_sync: WalSync::Every(Duration::from_secs(1)),
            out_of_order_window: Duration::ZERO,
            max_exemplars: 100_000,
            max_series: None,
            snapshot_on_close: true,
            no_lockfile: false,
            clock: Arc::new(SystemClock),
        }
    }

    /// The span of a block in milliseconds.
    pub(crate) fn block_span(&self) -> Result<i64, StoreError> {
        i64::try_from(self.min_block_duration.as_millis())
            .ok()
            .filter(|span| (SHORTEST_BLOCK..=LONGEST_BLOCK).contains(span))
            .ok_or_else(|| StoreError::Option {
                name: "min_block_duration",
                reason: format!(
                    "{:?} is not between 1 minute and 31 days",
                    self.min_block_duration
                ),
            })
    }
}
