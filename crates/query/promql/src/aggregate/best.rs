//! The best few of many, for topk and bottomk.
//!
//! A heap holds the best so far, the worst of them on top. Which of equal values stay depends on
//! how the heap is kept; it is kept as upstream keeps it, so that the same series are picked.

/// A candidate: place of the series, and value.
pub(super) type Candidate = (usize, f64);

/// Leaves the best `count` candidates, best first. `worse` compares numbers; NaN is worse than
/// all.
pub(super) fn keep(
    candidates: &mut Vec<Candidate>,
    count: usize,
    worse: impl Fn(f64, f64) -> bool + Copy,
) {
    let mut best = Best(Vec::with_capacity(count.min(candidates.len())));
    for candidate in candidates.iter() {
        best.offer(*candidate, count, worse);
    }
    *candidates = best.in_order(worse);
}

/// The best candidates so far: a heap.
#[derive(Debug, Default)]
pub(super) struct Best(Vec<Candidate>);

impl Best {
    /// Bytes of a candidate that is kept.
    pub(super) const BYTES_OF_ONE: usize = size_of::<Candidate>();

    /// Keeps a candidate if it is one of the best `count`, the same count every time. Answers
    /// whether more are kept now than before.
    #[inline]
    pub(super) fn offer(
        &mut self,
        candidate: Candidate,
        count: usize,
        worse: impl Fn(f64, f64) -> bool + Copy,
    ) -> bool {
        if self.0.len() < count {
            self.push(candidate, worse);
            return true;
        }
        if let Some(top) = self.0.first_mut()
            && (worse(top.1, candidate.1) || (top.1.is_nan() && !candidate.1.is_nan()))
        {
            *top = candidate;
            self.sink(worse);
        }
        false
    }

    /// The candidates, best first.
    pub(super) fn in_order(self, worse: impl Fn(f64, f64) -> bool) -> Vec<Candidate> {
        let Self(mut kept) = self;
        kept.sort_by(|a, b| {
            let is_worse = |a: f64, b: f64| a.is_nan() || worse(a, b);
            match (is_worse(a.1, b.1), is_worse(b.1, a.1)) {
                (true, false) => std::cmp::Ordering::Greater,
                (false, true) => std::cmp::Ordering::Less,
                _ => std::cmp::Ordering::Equal,
            }
        });
        kept
    }

    fn is_worse(&self, one: usize, other: usize, worse: impl Fn(f64, f64) -> bool) -> bool {
        match (self.0.get(one), self.0.get(other)) {
            (Some((_, one)), Some((_, other))) => one.is_nan() || worse(*one, *other),
            _ => false,
        }
    }

    fn push(&mut self, candidate: Candidate, worse: impl Fn(f64, f64) -> bool + Copy) {
        let mut at = self.0.len();
        self.0.push(candidate);
        while at > 0 {
            let above = (at - 1) / 2;
            if !self.is_worse(at, above, worse) {
                return;
            }
            self.0.swap(at, above);
            at = above;
        }
    }

    /// Puts the top where it belongs.
    fn sink(&mut self, worse: impl Fn(f64, f64) -> bool + Copy) {
        let mut at = 0;
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            if left >= self.0.len() {
                return;
            }
            let below = if self.is_worse(right, left, worse) {
                right
            } else {
                left
            };
            if !self.is_worse(below, at, worse) {
                return;
            }
            self.0.swap(at, below);
            at = below;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_stay_best_first() {
        let values = [3.0, f64::NAN, 1.0, 5.0, 5.0, 2.0, f64::NEG_INFINITY];
        let kept = |count, worse: fn(f64, f64) -> bool| {
            let mut candidates: Vec<_> = values.into_iter().enumerate().collect();
            keep(&mut candidates, count, worse);
            candidates
                .into_iter()
                .map(|(place, _)| place)
                .collect::<Vec<_>>()
        };
        assert_eq!(kept(3, |a, b| a < b), [4, 3, 0]);
        assert_eq!(kept(2, |a, b| a > b), [6, 2]);
        assert_eq!(kept(0, |a, b| a < b), [0usize; 0]);
        let all = kept(9, |a, b| a < b);
        assert_eq!((all.len(), all.last()), (7, Some(&1)), "NaN is last");
    }
}
