//! The best few of many, for topk and bottomk.
//!
//! A heap holds the best so far, the worst of them on top. Which of equal values stay depends on
//! how the heap is kept; it is kept as upstream keeps it, so that the same series are picked.

/// A candidate: place of the series, and value.
type Candidate = (usize, f64);

/// Leaves the best `count` candidates, best first. `worse` compares numbers; NaN is worse than
/// all.
pub(super) fn keep(
    candidates: &mut Vec<Candidate>,
    count: usize,
    worse: impl Fn(f64, f64) -> bool + Copy,
) {
    let mut heap = Heap {
        kept: Vec::with_capacity(count.min(candidates.len())),
        worse,
    };
    for candidate in candidates.iter() {
        if heap.kept.len() < count {
            heap.push(*candidate);
        } else if let Some(top) = heap.kept.first_mut()
            && (worse(top.1, candidate.1) || (top.1.is_nan() && !candidate.1.is_nan()))
        {
            *top = *candidate;
            heap.sink();
        }
    }
    let Heap { mut kept, .. } = heap;
    kept.sort_by(|a, b| {
        let is_worse = |a: f64, b: f64| a.is_nan() || worse(a, b);
        match (is_worse(a.1, b.1), is_worse(b.1, a.1)) {
            (true, false) => std::cmp::Ordering::Greater,
            (false, true) => std::cmp::Ordering::Less,
            _ => std::cmp::Ordering::Equal,
        }
    });
    *candidates = kept;
}

struct Heap<W> {
    kept: Vec<Candidate>,
    worse: W,
}

impl<W: Fn(f64, f64) -> bool> Heap<W> {
    fn is_worse(&self, one: usize, other: usize) -> bool {
        match (self.kept.get(one), self.kept.get(other)) {
            (Some((_, one)), Some((_, other))) => one.is_nan() || (self.worse)(*one, *other),
            _ => false,
        }
    }

    fn push(&mut self, candidate: Candidate) {
        let mut at = self.kept.len();
        self.kept.push(candidate);
        while at > 0 {
            let above = (at - 1) / 2;
            if !self.is_worse(at, above) {
                return;
            }
            self.kept.swap(at, above);
            at = above;
        }
    }

    /// Puts the top where it belongs.
    fn sink(&mut self) {
        let mut at = 0;
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            if left >= self.kept.len() {
                return;
            }
            let below = if self.is_worse(right, left) {
                right
            } else {
                left
            };
            if !self.is_worse(below, at) {
                return;
            }
            self.kept.swap(at, below);
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
