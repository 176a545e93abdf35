//! How long to wait before asking a server again that did not answer.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// The first pause.
const FIRST: Duration = Duration::from_millis(500);
/// The longest pause; a server that was restarted is found again within this time.
const LONGEST: Duration = Duration::from_secs(30);

/// Doubles from [`FIRST`] to [`LONGEST`], each pause up to a half shorter or longer, so that a
/// thousand clients of a restarted server do not come at one moment.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// The next pause.
    pub(crate) fn next(&mut self) -> Duration {
        let doubled = FIRST.saturating_mul(1 << self.failures.min(8));
        self.failures = self.failures.saturating_add(1);
        jittered(doubled.min(LONGEST))
    }
}

/// Between a half and one and a half of a time.
pub(crate) fn jittered(time: Duration) -> Duration {
    // Each state has keys of its own: as good a die as is needed here.
    let die = RandomState::new().hash_one(0u8) % 1001;
    time.mul_f64(0.5 + die as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_differ() {
        let mut backoff = Backoff::default();
        let pauses: Vec<Duration> = (0..12).map(|_| backoff.next()).collect();
        assert!(pauses[0] >= FIRST / 2 && pauses[0] <= FIRST * 3 / 2);
        assert!(pauses.iter().all(|pause| *pause <= LONGEST * 3 / 2));
        assert!(pauses[11] >= LONGEST / 2);
        backoff.reset();
        assert!(backoff.next() <= FIRST * 3 / 2);
    }
}
