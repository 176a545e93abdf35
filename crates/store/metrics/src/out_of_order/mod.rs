//! Samples that come out of order: later than others of their series, but not too late.
//!
//! With a window set, a sample that is older than its series' newest and no older than the window
//! before the head's newest is taken as a *late* one. Late samples go another way than the rest:
//!
//! ```text
//! append ─> check ─> wal/ (samples in order) ─> head
//!             └────> wbl/ (late ones)        ─> head::out_of_order ─> chunks_head/
//! compact: once the head was cut, all late samples ─> blocks by stretch, "from-out-of-order"
//! ```
//! `wbl/` is a log of the format of `wal/` with records of samples and of [markers]; it names
//! series as the other log does and is read back behind it. When blocks hold the late samples,
//! the log and the chunks of before are dropped.
//!
//! Invariants: what was acknowledged is in `wbl/` until it is in a block; a marker is believed
//! only as far as the chunk that it names says the same, so that a lost chunk loses nothing.
//! Numbers and native histograms go the same way. What is absent: exemplars out of order, and start
//! times of samples.
//!
//! [markers]: crate::record::markers

pub(crate) mod append;
mod compact;
pub(crate) mod replay;

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::Store;

/// The folder of the log of late samples, as upstream names it.
pub(crate) const FOLDER: &str = "wbl";

impl Store {
    /// How far behind the head's newest sample others may still come; zero takes none out of
    /// order. Late samples that were taken before stay.
    pub fn set_out_of_order_window(&self, window: Duration) {
        self.late_window
            .store(milliseconds(window), Ordering::Release);
    }
}

/// A window in milliseconds.
pub(crate) fn milliseconds(window: Duration) -> i64 {
    i64::try_from(window.as_millis()).unwrap_or(i64::MAX)
}
