//! How many shards a queue should have, reckoned from how fast samples come and go.
//!
//! As upstream describes it: the time that one sample takes to send, times the samples that come a
//! second and a share of those that wait.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Time between two reckonings; upstream's figure.
pub(super) const INTERVAL: Duration = Duration::from_secs(10);
/// The weight of the newest interval; upstream's figure.
const WEIGHT: f64 = 0.2;
/// The share of what waits that is to be caught up with in a second.
const CATCH_UP: f64 = 0.05;
/// A wish within this share of what there is changes nothing.
const TOLERANCE: f64 = 0.3;
/// A queue that is further behind than this many seconds loses no shards.
const TOO_FAR_BEHIND: f64 = 10.0;

/// Events a second, newer ones counting more.
#[derive(Debug, Default)]
pub(super) struct Rate {
    events: AtomicU64,
    /// The bits of the rate; meaningless before the first event.
    rate: AtomicU64,
}

impl Rate {
    pub(super) fn add(&self, events: u64) {
        self.events.fetch_add(events, Ordering::Relaxed);
    }

    fn get(&self) -> f64 {
        f64::from_bits(self.rate.load(Ordering::Relaxed))
    }

    /// Ends an interval.
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of ten seconds are far below 2^53"
    )]
    fn tick(&self) {
        let now = self.events.swap(0, Ordering::Relaxed) as f64 / INTERVAL.as_secs_f64();
        let before = self.get();
        let next = if before == 0.0 {
            now
        } else {
            before + WEIGHT * (now - before)
        };
        self.rate.store(next.to_bits(), Ordering::Relaxed);
    }
}

/// What a queue counts for this.
#[derive(Debug, Default)]
pub(super) struct Rates {
    /// Items read from the log.
    pub(super) come: Rate,
    /// Those of them that are not to be sent.
    pub(super) dropped: Rate,
    /// Those that were sent.
    pub(super) sent: Rate,
    /// Microseconds that sending took, all shards together.
    pub(super) micros: Rate,
}

/// The shards that there are and may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shards {
    pub(super) now: usize,
    pub(super) least: usize,
    pub(super) most: usize,
}

impl Rates {
    /// Ends an interval; answers the wish as a number, and how many shards there should be. `behind`
    /// is how many seconds the newest sample sent is older than the newest there is.
    pub(super) fn reckon(&self, shards: Shards, behind: f64) -> (Option<f64>, usize) {
        for rate in [&self.come, &self.dropped, &self.sent, &self.micros] {
            rate.tick();
        }
        let sent = self.sent.get();
        if sent <= 0.0 {
            return (None, shards.now);
        }
        let kept = sent / (sent + self.dropped.get());
        let come = self.come.get() * kept;
        let seconds_each = self.micros.get() / 1e6 / sent;
        let wish = seconds_each * (come + CATCH_UP * behind.max(0.0) * come);
        (Some(wish), choose(wish, shards, behind))
    }
}

/// The number of shards for a wish.
fn choose(wish: f64, shards: Shards, behind: f64) -> usize {
    #[expect(clippy::cast_precision_loss, reason = "there are few shards")]
    let now = shards.now as f64;
    let wanted = wish.ceil();
    if (now * (1.0 - TOLERANCE)..=now * (1.0 + TOLERANCE)).contains(&wanted) {
        return shards.now.clamp(shards.least, shards.most);
    }
    if wanted < now && behind > TOO_FAR_BEHIND {
        return shards.now.clamp(shards.least, shards.most);
    }
    // Numbers below 0 and above all others become the ends of the range.
    (wanted as usize).clamp(shards.least, shards.most)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARDS: Shards = Shards {
        now: 10,
        least: 2,
        most: 50,
    };

    #[test]
    fn wishes_become_shards() {
        for (wish, behind, expected) in [
            (9.5, 0.0, 10),
            (13.0, 0.0, 10),
            (13.1, 0.0, 14),
            (6.9, 0.0, 10),
            (3.2, 0.0, 4),
            (3.2, 11.0, 10),
            (0.01, 0.0, 2),
            (1e9, 100.0, 50),
        ] {
            assert_eq!(choose(wish, SHARDS, behind), expected, "{wish} {behind}");
        }
        let few = Shards { most: 5, ..SHARDS };
        assert_eq!(choose(9.0, few, 0.0), 5);
    }

    #[test]
    fn slow_requests_and_a_backlog_want_more_shards() {
        let rates = || {
            let rates = Rates::default();
            rates.come.add(20_000);
            rates.dropped.add(10_000);
            rates.sent.add(10_000);
            rates
        };
        // A second for a hundred samples: ten shards for the thousand that come and are kept.
        let slow = rates();
        slow.micros.add(100_000_000);
        let (wish, shards) = slow.reckon(SHARDS, 0.0);
        assert!(
            wish.is_some_and(|wish| (wish - 10.0).abs() < 1e-6),
            "{wish:?}"
        );
        assert_eq!(shards, 10);
        let behind = rates();
        behind.micros.add(100_000_000);
        let (wish, shards) = behind.reckon(SHARDS, 20.0);
        assert!(
            wish.is_some_and(|wish| (wish - 20.0).abs() < 1e-6),
            "{wish:?}"
        );
        assert_eq!(shards, 20);
        // Where nothing goes out there is nothing to reckon with.
        let stuck = Rates::default();
        stuck.come.add(10_000);
        assert_eq!(stuck.reckon(SHARDS, 900.0), (None, 10));
    }
}
