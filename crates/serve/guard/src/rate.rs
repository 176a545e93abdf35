//! A bucket of tokens: each request takes one, and one comes back an interval.

use std::time::{Duration, Instant};

use config::RateLimit;
use parking_lot::Mutex;

/// How many requests may still come.
#[derive(Debug)]
pub(crate) struct Bucket {
    limit: RateLimit,
    /// When the bucket would have been empty last: each request moves this on by an interval, and
    /// it is never longer ago than the burst.
    level: Mutex<Instant>,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(limit: RateLimit, now: Instant) -> Self {
        let level = now.checked_sub(span(limit)).unwrap_or(now);
        Self {
            limit,
            level: Mutex::new(level),
        }
    }

    /// Whole seconds within which a token comes at the latest.
    pub(crate) fn seconds_to_next(&self) -> u64 {
        self.limit.interval.as_secs_f64().ceil().max(1.0) as u64
    }

    /// Takes a token, or says that there is none.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        let mut level = self.level.lock();
        if let Some(full) = now.checked_sub(span(self.limit)) {
            *level = (*level).max(full);
        }
        let after = *level + self.limit.interval;
        let is_admitted = after <= now;
        if is_admitted {
            *level = after;
        }
        is_admitted
    }
}

/// The time in which an empty bucket fills. A burst of 0 admits nobody, as upstream has it.
fn span(limit: RateLimit) -> Duration {
    limit.interval.saturating_mul(limit.burst)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_one_an_interval() {
        let limit = RateLimit {
            interval: Duration::from_secs(2),
            burst: 3,
        };
        let start = Instant::now() + Duration::from_secs(60);
        let bucket = Bucket::new(limit, start);
        let at = |seconds| bucket.admits(start + Duration::from_secs(seconds));
        let burst: Vec<bool> = (0..4).map(|_| at(0)).collect();
        assert_eq!(burst, [true, true, true, false]);
        assert!(!at(1));
        assert!(at(2));
        assert!(!at(3));
        let rested: Vec<bool> = (0..4).map(|_| at(100)).collect();
        assert_eq!(rested, [true, true, true, false]);
    }

    #[test]
    fn no_burst_admits_nobody() {
        let limit = RateLimit {
            interval: Duration::from_secs(1),
            burst: 0,
        };
        let now = Instant::now();
        assert!(!Bucket::new(limit, now).admits(now));
    }
}
