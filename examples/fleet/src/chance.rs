//! Chance from a seed: the numbers that nobody measures here.

use std::time::Duration;

use argand_client::Gauge;

/// A generator of numbers (splitmix64): equal seeds give equal numbers on every machine. It is
/// for looks, not for secrets.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The generator of one part of the fleet, apart from those of the others.
    #[must_use]
    pub fn new(seed: u64, part: &str) -> Self {
        // FNV-1a, so that parts with the same seed draw different numbers.
        let mixed = part.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(seed ^ mixed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of at least 0 and less than 1.
    #[expect(clippy::cast_precision_loss, reason = "32 bits fit a float exactly")]
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 32) as f64 / 4_294_967_296.0
    }

    /// A number between two.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Whether something happens that does in this share of the cases.
    pub fn happens(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// One of several; the first where there are none to choose from.
    pub fn one_of<T: Copy>(&mut self, first: T, others: &[T]) -> T {
        let count = u64::try_from(others.len()).unwrap_or(u64::MAX);
        let chosen = self.next() % count.saturating_add(1);
        let place = usize::try_from(chosen).ok().and_then(|n| n.checked_sub(1));
        place.and_then(|n| others.get(n).copied()).unwrap_or(first)
    }

    /// A time that is short mostly and long sometimes, around a mean.
    pub fn time(&mut self, mean: Duration) -> Duration {
        // The exponential distribution; its argument is above nought.
        let factor = -(1.0 - self.unit()).ln();
        mean.mul_f64(factor.clamp(0.05, 8.0))
    }

    /// Moves a gauge by at most `step`, within bounds.
    pub fn wander(&mut self, gauge: &Gauge, step: f64, low: f64, high: f64) {
        let moved = gauge.get() + self.between(-step, step);
        gauge.set(moved.clamp(low, high));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_draw_equal_numbers_and_parts_differ() {
        let draw = |seed, part| {
            let mut chance = Chance::new(seed, part);
            [(); 5].map(|()| chance.next())
        };
        assert_eq!(draw(7, "cost"), draw(7, "cost"));
        assert_ne!(draw(7, "cost"), draw(7, "load"));
        assert_ne!(draw(7, "cost"), draw(8, "cost"));
    }

    #[test]
    fn what_is_drawn_stays_within_its_bounds() {
        let mut chance = Chance::new(1, "test");
        let mut seen = [0_u32; 3];
        let mut sum = 0.0;
        for _ in 0..3_000 {
            assert!((2.0..3.0).contains(&chance.between(2.0, 3.0)));
            sum += chance.time(Duration::from_secs(1)).as_secs_f64();
            seen[chance.one_of(0, &[1, 2])] += 1;
        }
        assert!((0.9..1.1).contains(&(sum / 3_000.0)), "{sum}");
        assert!(seen.iter().all(|&n| n > 800), "{seen:?}");
        assert_eq!(chance.one_of(5, &[]), 5);
    }
}
