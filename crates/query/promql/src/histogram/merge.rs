//! Adding up histograms whatever their layouts.
//!
//! Exponential ones meet in the coarser schema and the wider zero bucket; those with listed
//! bounds keep the bounds they share. The two kinds do not mix. Sums are compensated, so that
//! adding many loses no small counts.

use model::{FloatHistogram, ResetHint};

use super::buckets::{bound, coarse, spans, walk};
use super::listed::{place_in, shared_bounds};
use super::scale::HUGE;
use crate::kernels::sum::Sum;

/// One has listed bounds and the other has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Incompatible;

/// What had to be smoothed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reconciled {
    /// One says that counting began again, the other that it did not.
    pub(crate) hints: bool,
    /// Listed bounds differ.
    pub(crate) bounds: bool,
}

/// A sum of histograms in the making.
#[derive(Clone, Debug)]
pub(crate) struct Accumulator {
    schema: i32,
    zero_threshold: f64,
    custom: Vec<f64>,
    zero: Sum,
    count: Sum,
    sum: Sum,
    positive: Vec<(i32, Sum)>,
    negative: Vec<(i32, Sum)>,
    hint: ResetHint,
}

/// `a + b`
pub(crate) fn add(
    a: &FloatHistogram,
    b: &FloatHistogram,
) -> Result<(FloatHistogram, Reconciled), Incompatible> {
    let mut sum = Accumulator::starting(a);
    let reconciled = sum.add(b)?;
    Ok((sum.finish(), reconciled))
}

/// `a - b`
pub(crate) fn subtract(
    a: &FloatHistogram,
    b: &FloatHistogram,
) -> Result<(FloatHistogram, Reconciled), Incompatible> {
    let mut sum = Accumulator::starting(a);
    let reconciled = sum.subtract(b)?;
    Ok((sum.finish(), reconciled))
}

impl Accumulator {
    pub(crate) fn starting(histogram: &FloatHistogram) -> Self {
        let sums = |spans, counts| {
            walk(spans, counts)
                .map(|(index, count)| (index, Sum::starting(count)))
                .collect()
        };
        Self {
            schema: histogram.schema,
            zero_threshold: histogram.zero_threshold,
            custom: histogram.custom.clone(),
            zero: Sum::starting(histogram.zero_count),
            count: Sum::starting(histogram.count),
            sum: Sum::starting(histogram.sum),
            positive: sums(&histogram.positive_spans, &histogram.positive),
            negative: sums(&histogram.negative_spans, &histogram.negative),
            hint: histogram.hint,
        }
    }

    pub(crate) fn add(&mut self, other: &FloatHistogram) -> Result<Reconciled, Incompatible> {
        self.combine(other, 1.0)
    }

    pub(crate) fn subtract(&mut self, other: &FloatHistogram) -> Result<Reconciled, Incompatible> {
        self.combine(other, -1.0)
    }

    /// Everything times a number.
    pub(crate) fn scale(&mut self, factor: f64) {
        self.each(|sum| sum.scale(factor));
    }

    /// Everything divided by a number.
    pub(crate) fn divide(&mut self, divisor: f64) {
        self.each(|sum| sum.divide(divisor));
    }

    /// Whether any number in it is so large that the sum of two such might be infinite.
    pub(crate) fn is_huge(&self) -> bool {
        let buckets = self.positive.iter().chain(&self.negative);
        let numbers = [&self.zero, &self.count, &self.sum];
        buckets
            .map(|(_, sum)| sum)
            .chain(numbers)
            .any(|sum| sum.get().abs() > HUGE)
    }

    pub(crate) fn finish(self) -> FloatHistogram {
        let counts =
            |sums: Vec<(i32, Sum)>| spans(sums.into_iter().map(|(index, sum)| (index, sum.get())));
        let (positive_spans, positive) = counts(self.positive);
        let (negative_spans, negative) = counts(self.negative);
        FloatHistogram {
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero.get(),
            count: self.count.get(),
            sum: self.sum.get(),
            positive_spans,
            positive,
            negative_spans,
            negative,
            custom: self.custom,
            hint: self.hint,
        }
    }

    fn each(&mut self, change: impl Fn(&mut Sum)) {
        change(&mut self.zero);
        change(&mut self.count);
        change(&mut self.sum);
        let buckets = self.positive.iter_mut().chain(&mut self.negative);
        buckets.for_each(|(_, sum)| change(sum));
    }

    fn is_custom(&self) -> bool {
        self.schema == model::CUSTOM_SCHEMA
    }

    fn combine(&mut self, other: &FloatHistogram, sign: f64) -> Result<Reconciled, Incompatible> {
        if self.is_custom() != other.is_custom() {
            return Err(Incompatible);
        }
        let mut reconciled = Reconciled {
            hints: self.meet_hint(other.hint),
            bounds: false,
        };
        self.count.add(sign * other.count);
        self.sum.add(sign * other.sum);
        if self.is_custom() {
            reconciled.bounds = self.combine_custom(other, sign);
        } else {
            self.combine_exponential(other, sign);
        }
        Ok(reconciled)
    }

    /// The hint of the sum; answers whether the two contradict each other.
    fn meet_hint(&mut self, other: ResetHint) -> bool {
        let contradicts = matches!(
            (self.hint, other),
            (ResetHint::Reset, ResetHint::NotReset) | (ResetHint::NotReset, ResetHint::Reset)
        );
        self.hint = if self.hint == ResetHint::Gauge || other == ResetHint::Gauge {
            ResetHint::Gauge
        } else if self.hint == other {
            other
        } else {
            ResetHint::Unknown
        };
        contradicts
    }

    fn combine_exponential(&mut self, other: &FloatHistogram, sign: f64) {
        let threshold = self.common_threshold(other);
        self.swallow(threshold);
        let schema = self.schema.min(other.schema);
        self.reduce(schema);
        let widened = other.zero_threshold < threshold;
        let mut near_zero = Sum::starting(other.zero_count);
        for (spans, counts, into) in [
            (&other.positive_spans, &other.positive, &mut self.positive),
            (&other.negative_spans, &other.negative, &mut self.negative),
        ] {
            let near = move |index: i32| {
                widened && bound(index.saturating_sub(1), other.schema) < threshold
            };
            let buckets = walk(spans, counts);
            if widened {
                let inside = buckets.clone().filter(|(index, _)| near(*index));
                inside.for_each(|(_, count)| near_zero.add(count));
            }
            let far = buckets
                .filter(|(index, _)| !near(*index))
                .map(|(index, count)| (coarse(index, other.schema, schema), count));
            merge(into, far, sign);
        }
        self.zero.add(sign * near_zero.get());
    }

    /// The narrowest zero bucket that holds both and ends inside no filled bucket of one that has
    /// to widen its own.
    fn common_threshold(&self, other: &FloatHistogram) -> f64 {
        let mut threshold = self.zero_threshold.max(other.zero_threshold);
        if self.zero_threshold == other.zero_threshold {
            return threshold;
        }
        let own = |sums: &[(i32, Sum)]| -> Vec<(i32, f64)> {
            sums.iter()
                .map(|(index, sum)| (*index, sum.get()))
                .collect()
        };
        let theirs = |spans, counts| walk(spans, counts).collect::<Vec<_>>();
        let own_threshold = self.zero_threshold;
        let lists = [
            (own_threshold, self.schema, own(&self.positive)),
            (own_threshold, self.schema, own(&self.negative)),
            (
                other.zero_threshold,
                other.schema,
                theirs(&other.positive_spans, &other.positive),
            ),
            (
                other.zero_threshold,
                other.schema,
                theirs(&other.negative_spans, &other.negative),
            ),
        ];
        let mut widened = true;
        while std::mem::take(&mut widened) {
            for (before, schema, buckets) in &lists {
                if *before >= threshold {
                    continue;
                }
                for (index, _) in buckets.iter().filter(|(_, count)| *count != 0.0) {
                    let lower = bound(index.saturating_sub(1), *schema);
                    let upper = bound(*index, *schema);
                    if lower < threshold && threshold < upper {
                        threshold = upper;
                        widened = true;
                    }
                }
            }
        }
        threshold
    }

    /// Widens the zero bucket over what lies in it.
    fn swallow(&mut self, threshold: f64) {
        if threshold == self.zero_threshold {
            return;
        }
        let schema = self.schema;
        for buckets in [&mut self.positive, &mut self.negative] {
            let inside = |index: i32| bound(index.saturating_sub(1), schema) < threshold;
            for (_, sum) in buckets.iter().filter(|(index, _)| inside(*index)) {
                self.zero.add(sum.get());
            }
            buckets.retain(|(index, _)| !inside(*index));
        }
        self.zero_threshold = threshold;
    }

    /// Goes over to a coarser schema.
    pub(crate) fn reduce(&mut self, schema: i32) {
        if schema == self.schema {
            return;
        }
        for buckets in [&mut self.positive, &mut self.negative] {
            let mut coarser: Vec<(i32, Sum)> = Vec::with_capacity(buckets.len());
            for (index, sum) in buckets.iter() {
                let index = coarse(*index, self.schema, schema);
                match coarser.last_mut() {
                    Some((last, total)) if *last == index => total.add(sum.get()),
                    _ => coarser.push((index, *sum)),
                }
            }
            *buckets = coarser;
        }
        self.schema = schema;
    }

    /// Answers whether the bounds differ.
    fn combine_custom(&mut self, other: &FloatHistogram, sign: f64) -> bool {
        let buckets = walk(&other.positive_spans, &other.positive);
        if self.custom == other.custom {
            merge(&mut self.positive, buckets, sign);
            return false;
        }
        let shared = shared_bounds(&self.custom, &other.custom);
        let mut own: Vec<(i32, Sum)> = Vec::new();
        for (index, sum) in &self.positive {
            let index = place_in(&shared, &self.custom, *index);
            match own.last_mut() {
                Some((last, total)) if *last == index => total.add(sum.get()),
                _ => own.push((index, *sum)),
            }
        }
        self.positive = own;
        let mapped = buckets.map(|(index, count)| (place_in(&shared, &other.custom, index), count));
        merge(&mut self.positive, mapped, sign);
        self.custom = shared;
        true
    }
}

/// Adds buckets, whose indices do not fall, to rising ones.
fn merge(into: &mut Vec<(i32, Sum)>, from: impl Iterator<Item = (i32, f64)>, sign: f64) {
    let mut place = 0;
    for (index, count) in from {
        while into.get(place).is_some_and(|(at, _)| *at < index) {
            place += 1;
        }
        match into.get_mut(place) {
            Some((at, sum)) if *at == index => sum.add(sign * count),
            _ => into.insert(place.min(into.len()), (index, Sum::starting(sign * count))),
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{CUSTOM_SCHEMA, Span};

    use super::*;

    fn histogram(schema: i32, offset: i32, counts: &[f64]) -> FloatHistogram {
        FloatHistogram {
            schema,
            count: counts.iter().sum(),
            sum: 1.0,
            positive_spans: vec![Span {
                offset,
                length: counts.len() as u32,
            }],
            positive: counts.to_vec(),
            ..FloatHistogram::default()
        }
    }

    fn list(h: &FloatHistogram) -> Vec<(i32, f64)> {
        walk(&h.positive_spans, &h.positive).collect()
    }

    #[test]
    fn the_coarser_schema_wins() {
        let fine = histogram(1, 1, &[1.0, 2.0, 3.0]);
        let coarse = histogram(0, 1, &[10.0, 20.0]);
        for (a, b) in [(&fine, &coarse), (&coarse, &fine)] {
            let (sum, _) = add(a, b).unwrap();
            assert_eq!(sum.schema, 0);
            assert_eq!(list(&sum), [(1, 13.0), (2, 23.0)]);
            assert_eq!((sum.count, sum.sum), (36.0, 2.0));
        }
    }

    #[test]
    fn the_wider_zero_bucket_swallows_whole_buckets() {
        let mut wide = histogram(0, 3, &[1.0]);
        wide.zero_threshold = 1.5;
        wide.zero_count = 5.0;
        let narrow = histogram(0, 0, &[1.0, 2.0, 4.0]);
        for (a, b) in [(&wide, &narrow), (&narrow, &wide)] {
            let (sum, _) = add(a, b).unwrap();
            assert_eq!((sum.zero_threshold, sum.zero_count), (2.0, 8.0));
            assert_eq!(list(&sum), [(2, 4.0), (3, 1.0)]);
        }
    }

    #[test]
    fn listed_bounds_keep_what_they_share() {
        let with = |bounds: &[f64], counts: &[f64]| FloatHistogram {
            custom: bounds.to_vec(),
            ..histogram(CUSTOM_SCHEMA, 0, counts)
        };
        let (a, b) = (
            with(&[1.0, 2.0, 3.0], &[1.0, 2.0, 4.0, 8.0]),
            with(&[2.0, 4.0], &[1.0, 1.0, 1.0]),
        );
        let (sum, reconciled) = add(&a, &b).unwrap();
        assert!(reconciled.bounds);
        assert_eq!(sum.custom, [2.0]);
        assert_eq!(list(&sum), [(0, 4.0), (1, 14.0)]);
        assert_eq!(add(&a, &histogram(0, 0, &[1.0])), Err(Incompatible));
    }

    #[test]
    fn subtracting_oneself_leaves_nothing() {
        let one = histogram(3, -4, &[1.0, 0.5, 2.0]);
        let (rest, _) = subtract(&one, &one).unwrap();
        assert_eq!((rest.count, rest.sum), (0.0, 0.0));
        assert!(rest.positive_spans.is_empty() && rest.positive.is_empty());
    }

    #[test]
    fn hints_meet() {
        use ResetHint::{Gauge, NotReset, Reset, Unknown};
        for (a, b, expected, contradict) in [
            (Unknown, Unknown, Unknown, false),
            (Gauge, Reset, Gauge, false),
            (NotReset, Gauge, Gauge, false),
            (NotReset, NotReset, NotReset, false),
            (NotReset, Unknown, Unknown, false),
            (NotReset, Reset, Unknown, true),
        ] {
            let with = |hint| FloatHistogram {
                hint,
                ..histogram(0, 0, &[1.0])
            };
            let (sum, reconciled) = add(&with(a), &with(b)).unwrap();
            assert_eq!((sum.hint, reconciled.hints), (expected, contradict));
        }
    }
}
