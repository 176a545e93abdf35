//! Sets: how many different values came in an interval.
//!
//! StatsD tells this once at the end of each interval. Families are asked for at any moment, so what
//! is told is the number of the last interval that is over.

use rapidhash::RapidHashSet;

/// Values of a set in an interval; more are not told apart from these. 8 bytes and a little each.
const MOST_MEMBERS: usize = 65_536;

/// The members of a set.
#[derive(Debug, Default)]
pub(crate) struct Members {
    /// Milliseconds of an interval.
    interval: i64,
    /// The interval at hand, counted from the epoch.
    number: i64,
    now: RapidHashSet<u64>,
    before: usize,
}

impl Members {
    /// Takes a value, as a hash.
    pub(crate) fn insert(&mut self, member: Option<u64>, interval: i64, now: i64) {
        self.interval = interval;
        self.turn(now);
        if let Some(member) = member.filter(|_| self.now.len() < MOST_MEMBERS) {
            self.now.insert(member);
        }
    }

    /// The different values of the last interval that is over.
    pub(crate) fn read(&mut self, now: i64) -> f64 {
        self.turn(now);
        self.before as f64
    }

    /// Begins the interval of a moment, where it is another one.
    fn turn(&mut self, now: i64) {
        let number = now.div_euclid(self.interval.max(1));
        if number == self.number {
            return;
        }
        self.before = match number.checked_sub(1) == Some(self.number) {
            true => self.now.len(),
            false => 0,
        };
        self.now.clear();
        self.number = number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_interval_that_is_over_is_told() {
        let mut members = Members::default();
        let mut at = |now: i64, came: &[u64]| {
            for member in came {
                members.insert(Some(*member), 10_000, now);
            }
            members.read(now)
        };
        assert_eq!(at(100_000, &[1, 2, 1]), 0.0);
        assert_eq!(at(109_999, &[3]), 0.0);
        assert_eq!(at(110_000, &[]), 3.0);
        assert_eq!(at(115_000, &[1]), 3.0);
        assert_eq!(at(120_000, &[]), 1.0);
        assert_eq!(at(145_000, &[4]), 0.0);
        assert_eq!(at(150_000, &[]), 1.0);
        for member in 0..70_000 {
            members.insert(Some(member), 10_000, 150_001);
        }
        assert_eq!(members.read(160_000), MOST_MEMBERS as f64);
    }
}
