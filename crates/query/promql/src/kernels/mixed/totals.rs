//! Sums and means of many histograms.

use model::{FloatHistogram, ResetHint};

use crate::histogram::buckets::compact;
use crate::histogram::merge::{Accumulator, Incompatible};
use crate::histogram::scale::{divide, is_huge};
use crate::notes::{Doubt, Operation};

/// A sum, or a mean: sum by count, and step by step from where the sum would overflow.
#[derive(Clone, Debug)]
pub(crate) struct Total {
    sum: Accumulator,
    count: f64,
    mean: bool,
    /// `sum` is the mean so far.
    incremental: bool,
    seen_reset: bool,
    seen_no_reset: bool,
    reconciled: bool,
}

impl Total {
    pub(crate) fn starting(histogram: &FloatHistogram, mean: bool) -> Self {
        let mut total = Self {
            sum: Accumulator::starting(histogram),
            count: 1.0,
            mean,
            incremental: false,
            seen_reset: false,
            seen_no_reset: false,
            reconciled: false,
        };
        total.look_at(histogram.hint);
        total
    }

    fn look_at(&mut self, hint: ResetHint) {
        self.seen_reset |= hint == ResetHint::Reset;
        self.seen_no_reset |= hint == ResetHint::NotReset;
    }

    pub(crate) fn add(&mut self, histogram: &FloatHistogram) -> Result<(), Incompatible> {
        self.look_at(histogram.hint);
        let before = self.count;
        self.count += 1.0;
        let huge = || self.sum.is_huge() || is_huge(histogram);
        if self.mean && !self.incremental && huge() {
            self.incremental = true;
            self.sum.divide(before);
        }
        let reconciled = if self.incremental {
            self.sum.scale(before / self.count);
            let mut share = histogram.clone();
            divide(&mut share, self.count);
            self.sum.add(&share)?
        } else {
            self.sum.add(histogram)?
        };
        self.reconciled |= reconciled.bounds;
        Ok(())
    }

    /// What there is to say about it.
    pub(crate) fn doubts(&self) -> impl Iterator<Item = Doubt> {
        let collision = self.seen_reset && self.seen_no_reset;
        let operation = Operation::Aggregation;
        [
            collision.then_some(Doubt::HintCollision(operation)),
            self.reconciled.then_some(Doubt::Reconciled(operation)),
        ]
        .into_iter()
        .flatten()
    }

    pub(crate) fn finish(mut self) -> FloatHistogram {
        if !self.mean || self.incremental {
            return self.sum.finish();
        }
        self.sum.divide(self.count);
        let mut result = self.sum.finish();
        compact(&mut result);
        result
    }
}
