//! When a group has its turns.

use std::time::Duration;

use model::{Labels, fingerprint};

/// The moments of a group: multiples of its interval, moved by an offset of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turns {
    /// Milliseconds, at least one.
    interval: i64,
    /// Milliseconds, below the interval.
    offset: i64,
}

/// A turn that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Its moment, in milliseconds since the epoch.
    pub(crate) at: i64,
    /// How many turns before it were missed since the last one.
    pub(crate) missed: u64,
}

impl Turns {
    /// The turns of a group that stands in `file` under `name`.
    pub(crate) fn new(file: &str, name: &str, interval: Duration) -> Self {
        let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
        let interval = interval.max(1);
        // The number of a label set is the same in every run, so that samples keep their places.
        let hash = fingerprint(&Labels::from_pairs([("file", file), ("name", name)]));
        let offset = hash % interval.unsigned_abs();
        Self {
            interval,
            offset: i64::try_from(offset).unwrap_or(0),
        }
    }

    /// The last turn that was not after `now`.
    pub(crate) fn before(self, now: i64) -> i64 {
        let into = now.saturating_sub(self.offset).rem_euclid(self.interval);
        now.saturating_sub(into)
    }

    /// The turn that follows `before`, if it has come: the latest one that has, where several have.
    pub(crate) fn after(self, before: i64, now: i64) -> Option<Turn> {
        let passed = now.saturating_sub(before).div_euclid(self.interval);
        let missed = u64::try_from(passed.checked_sub(1)?).ok()?;
        Some(Turn {
            at: before.saturating_add(passed.saturating_mul(self.interval)),
            missed,
        })
    }

    /// How long to wait for the turn after `before`: never longer than an interval, so that a
    /// clock that was put back is noticed.
    pub(crate) fn wait(self, before: i64, now: i64) -> Duration {
        let left = before.saturating_add(self.interval).saturating_sub(now);
        Duration::from_millis(left.clamp(0, self.interval).unsigned_abs())
    }

    /// Where the turns go on after `before` on a clock that may have been put back: a turn that is
    /// more than an interval ahead would be waited for in vain.
    pub(crate) fn caught(self, before: i64, now: i64) -> i64 {
        if before > now.saturating_add(self.interval) {
            self.before(now)
        } else {
            before
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(interval: i64, offset: i64) -> Turns {
        Turns { interval, offset }
    }

    #[test]
    fn turns_lie_on_multiples_of_the_interval_moved_by_the_offset() {
        for (now, last) in [(0, -7), (2, -7), (3, 3), (12, 3), (13, 13), (-8, -17)] {
            assert_eq!(turns(10, 3).before(now), last, "{now}");
        }
    }

    #[test]
    fn turns_that_passed_meanwhile_are_missed() {
        for (now, expected) in [
            (109, None),
            (110, Some((110, 0))),
            (119, Some((110, 0))),
            (120, Some((120, 1))),
            (155, Some((150, 4))),
            (-100, None),
        ] {
            let turn = turns(10, 0).after(100, now).map(|t| (t.at, t.missed));
            assert_eq!(turn, expected, "{now}");
        }
    }

    #[test]
    fn nobody_waits_longer_than_an_interval() {
        for (now, millis) in [(100, 10), (104, 6), (110, 0), (200, 0), (-50_000, 10)] {
            let wait = turns(10, 0).wait(100, now);
            assert_eq!(wait, Duration::from_millis(millis), "{now}");
        }
        assert_eq!(turns(10, 3).caught(5003, 100), 93);
        assert_eq!(turns(10, 3).caught(103, 100), 103);
    }

    #[test]
    fn the_offset_depends_on_file_and_name_and_stays() {
        let minute = Duration::from_secs(60);
        let one = Turns::new("a.yml", "g", minute);
        assert_eq!(one, Turns::new("a.yml", "g", minute));
        assert_ne!(one, Turns::new("b.yml", "g", minute));
        assert_ne!(one, Turns::new("a.yml", "h", minute));
        assert!((0..60_000).contains(&one.offset));
        assert_eq!(Turns::new("a", "b", Duration::ZERO).interval, 1);
    }
}
