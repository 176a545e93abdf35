//! Ranks of many values in little room.
//!
//! Values are kept as they come; where there are many, neighbours are replaced by their mean, as far
//! as the errors allow that the mapping gives for its quantiles. A value of rank `r` of `n` may stand
//! for `ε·r/φ` at and above the rank of the quantile `φ`, and for `ε·(n-r)/(1-φ)` below it: dense
//! where somebody asks, sparse elsewhere (the bounds are those of Cormode, Korn, Muthukrishnan and
//! Srivastava, "Effective computation of biased quantiles over data streams", 2005, the means those
//! of Dunning's t-digest, which need no second number for each value). Where even that takes too
//! much room, values stand for more.

/// Values that are kept, 16 bytes each. Up to here ranks are exact.
const FULL: usize = 512;
/// Values that are kept at most after neighbours were put together.
const AFTER_FOLDING: usize = FULL / 2;

/// Values, each with how many it stands for.
#[derive(Debug, Default)]
pub(crate) struct Sketch(Vec<(f64, u64)>);

impl Sketch {
    /// Takes a value that was observed so many times.
    pub(crate) fn observe(&mut self, value: f64, times: u64, quantiles: &[(f64, f64)]) {
        self.0.push((value, times));
        if self.0.len() >= FULL {
            self.fold(quantiles);
        }
    }

    /// The values in rising order, each with how many it stands for.
    pub(crate) fn values(&mut self) -> &[(f64, u64)] {
        // What was sorted before is a run that the sort only has to merge.
        self.0.sort_by(|a, b| a.0.total_cmp(&b.0));
        &self.0
    }

    /// Puts neighbours together until there is room again.
    fn fold(&mut self, quantiles: &[(f64, f64)]) {
        let all: f64 = self.values().iter().map(|(_, times)| *times as f64).sum();
        let mut least = 0.0;
        while self.0.len() > AFTER_FOLDING {
            self.fold_once(quantiles, all, least);
            least = f64::max(2.0 * least, all / FULL as f64);
        }
    }

    /// Puts those neighbours together that may be one at their rank, or that are `least` together.
    /// The least and the greatest value stay.
    fn fold_once(&mut self, quantiles: &[(f64, f64)], all: f64, least: f64) {
        let mut folded: Vec<(f64, u64)> = Vec::with_capacity(FULL);
        let last = self.0.len().saturating_sub(1);
        let mut rank = 0.0;
        for (place, &(value, times)) in self.0.iter().enumerate() {
            rank += times as f64;
            let is_inner = place > 1 && place < last;
            match folded.last_mut() {
                Some(before)
                    if is_inner
                        && before.1 as f64 + times as f64
                            <= allowed(quantiles, rank, all).max(least) =>
                {
                    let together = before.1.saturating_add(times);
                    let share = times as f64 / together as f64;
                    *before = (before.0 * (1.0 - share) + value * share, together);
                }
                _ => folded.push((value, times)),
            }
        }
        self.0 = folded;
    }
}

/// How many one value at a rank may stand for.
fn allowed(quantiles: &[(f64, f64)], rank: f64, all: f64) -> f64 {
    let of = |&(quantile, error): &(f64, f64)| {
        if rank >= quantile * all {
            error * rank / quantile
        } else {
            error * (all - rank) / (1.0 - quantile)
        }
    };
    let least = quantiles.iter().map(of).fold(f64::INFINITY, f64::min);
    // Where nobody asks for a quantile, all may be one.
    if least.is_nan() { 0.0 } else { least }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The share of values below the one that stands at a quantile.
    fn share(sketch: &mut Sketch, quantile: f64, count: u64) -> f64 {
        let values = sketch.values();
        assert_eq!(values.iter().map(|(_, times)| times).sum::<u64>(), count);
        assert!(values.is_sorted_by(|a, b| a.0 <= b.0));
        let mut reached = 0;
        let found = values.iter().find(|(_, times)| {
            reached += times;
            reached as f64 >= quantile * count as f64
        });
        found.unwrap().0 / count as f64
    }

    #[test]
    fn many_values_keep_to_the_errors_and_to_the_room() {
        let quantiles = [(0.5, 0.05), (0.9, 0.01), (0.99, 0.001)];
        let count = 100_000u64;
        // Rising, falling and mixed.
        for step in [1u64, 99_999, 61_803, 27_183, 3] {
            let mut sketch = Sketch::default();
            for place in 0..count {
                let value = (place * step) % count;
                sketch.observe(value as f64, 1, &quantiles);
                assert!(sketch.0.len() <= FULL);
            }
            for (quantile, error) in quantiles {
                let off = (share(&mut sketch, quantile, count) - quantile).abs();
                assert!(off <= error, "{quantile} with step {step} is off by {off}");
            }
        }
    }

    #[test]
    fn errors_that_leave_no_room_grow() {
        // Exact quantiles would need all values.
        let quantiles = [(0.5, 0.0)];
        let mut sketch = Sketch::default();
        for place in 0..20_000u64 {
            sketch.observe(((place * 6_173) % 20_000) as f64, 1, &quantiles);
            assert!(sketch.0.len() <= FULL);
        }
        let off = (share(&mut sketch, 0.5, 20_000) - 0.5).abs();
        assert!(off < 0.05, "{off}");
    }
}
