//! Buckets one by one, and coarser ones.

use std::ops::AddAssign;

use super::{Histogram, Span};

/// The buckets that spans list, with their indexes; ends where counts or spans do.
pub fn buckets<'a, C: Copy>(
    spans: &'a [Span],
    counts: &'a [C],
) -> impl Iterator<Item = (i32, C)> + 'a {
    let mut next = 0i32;
    let indexes = spans.iter().flat_map(move |span| {
        let first = next.saturating_add(span.offset);
        let length = i32::try_from(span.length).unwrap_or(i32::MAX);
        next = first.saturating_add(length);
        first..next
    });
    indexes.zip(counts.iter().copied())
}

/// Spans and counts of buckets that come in rising order of their indexes; buckets of one index
/// are added up.
pub fn spans_of<C: Copy + AddAssign>(
    buckets: impl Iterator<Item = (i32, C)>,
) -> (Vec<Span>, Vec<C>) {
    let (mut spans, mut counts): (Vec<Span>, Vec<C>) = (Vec::new(), Vec::new());
    // The index behind the last bucket.
    let mut end = 0i32;
    for (index, count) in buckets {
        if let (Some(last), true) = (counts.last_mut(), end == index.saturating_add(1)) {
            *last += count;
            continue;
        }
        match spans.last_mut() {
            Some(span) if index == end => span.length += 1,
            _ => spans.push(Span {
                offset: index.saturating_sub(end),
                length: 1,
            }),
        }
        counts.push(count);
        end = index.saturating_add(1);
    }
    (spans, counts)
}

/// Counts out of the differences between them, the first one's to nothing; `None` where a count
/// would be below zero or beyond 63 bits.
pub fn counts_of(differences: &[i64]) -> Option<Vec<u64>> {
    let mut count = 0i64;
    let counts = differences.iter().map(|&difference| {
        count = count.checked_add(difference)?;
        u64::try_from(count).ok()
    });
    counts.collect()
}

/// The index at a coarser schema of the bucket that holds bucket `index` of a finer one;
/// `steps` is the difference of the two, at most 31.
#[inline]
pub fn coarser(index: i32, steps: u32) -> i32 {
    (index.wrapping_sub(1) >> steps.min(31)).wrapping_add(1)
}

impl<C: Copy + AddAssign> Histogram<C> {
    /// Brings an exponential histogram to a coarser schema; one that is as coarse stays as it is.
    pub fn reduce_to(&mut self, schema: i32) {
        let Some(steps) = self.schema.checked_sub(schema).filter(|&s| s > 0) else {
            return;
        };
        if self.is_custom() {
            return;
        }
        let steps = steps.unsigned_abs();
        let reduce = |spans: &[Span], counts: &[C]| {
            spans_of(buckets(spans, counts).map(|(index, count)| (coarser(index, steps), count)))
        };
        (self.positive_spans, self.positive) = reduce(&self.positive_spans, &self.positive);
        (self.negative_spans, self.negative) = reduce(&self.negative_spans, &self.negative);
        self.schema = schema;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::IntegerHistogram;

    #[test]
    fn buckets_come_back_from_their_spans() {
        for list in [
            vec![],
            vec![(0, 1)],
            vec![(-3, 4), (-2, 1), (0, 2), (1, 3), (9, 1)],
        ] {
            let (spans, counts) = spans_of(list.iter().copied());
            assert_eq!(buckets(&spans, &counts).collect::<Vec<_>>(), list);
        }
        let (spans, counts) = spans_of([(1, 2), (1, 3), (2, 1)].into_iter());
        assert_eq!((spans.len(), &counts[..]), (1, &[5, 1][..]));
        // A length that lies costs nothing.
        let long = [Span {
            offset: i32::MAX,
            length: u32::MAX,
        }];
        assert_eq!(buckets(&long, &[1, 2]).count(), 0);
    }

    #[test]
    fn counts_are_sums_of_differences() {
        assert_eq!(counts_of(&[2, 1, -3]), Some(vec![2, 3, 0]));
        assert_eq!(counts_of(&[2, -3]), None);
        assert_eq!(counts_of(&[i64::MAX, 1]), None);
    }

    #[test]
    fn a_coarser_schema_joins_the_buckets_below_each_power() {
        // At schema 1 bucket 2 ends at 2, bucket 3 at 2√2, bucket 4 at 4.
        let mut histogram = IntegerHistogram {
            schema: 1,
            positive_spans: vec![Span {
                offset: -1,
                length: 6,
            }],
            positive: vec![1, 2, 3, 4, 5, 6],
            ..Histogram::default()
        };
        histogram.reduce_to(0);
        let now: Vec<_> = buckets(&histogram.positive_spans, &histogram.positive).collect();
        assert_eq!(now, [(0, 3), (1, 7), (2, 11)]);
        histogram.reduce_to(3);
        assert_eq!(histogram.schema, 0);
    }
}
