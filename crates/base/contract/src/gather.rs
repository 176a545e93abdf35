//! Gathering: every part says how it is doing; and the clock, which comes from outside.

use std::time::{SystemTime, UNIX_EPOCH};

use model::Family;

/// A part of the program that has metrics of its own.
pub trait Gather: Send + Sync {
    /// Appends the current state. Called at each scrape of the program's own metrics, so it must
    /// be cheap and must not wait.
    fn gather(&self, families: &mut Vec<Family>);
}

/// Where the time comes from, so that tests can set it.
pub trait Clock: Send + Sync {
    /// Milliseconds since the Unix epoch.
    fn now(&self) -> i64;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}
