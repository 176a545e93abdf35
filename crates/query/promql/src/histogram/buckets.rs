//! Buckets: where they lie, and between spans and lists of indices.

use model::{FloatHistogram, Span};

/// The largest finite bound is 2 to this; what lies above it is no longer a number.
const TOP_EXPONENT: i32 = 1024;

/// A bucket with its bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bucket {
    /// Excluded above zero, included below.
    pub(crate) lower: f64,
    /// Included above zero, excluded below.
    pub(crate) upper: f64,
    pub(crate) count: f64,
}

impl Bucket {
    /// Whether the lower and the upper bound belong to it; with listed bounds, the first begins
    /// with infinity itself.
    pub(crate) fn includes(&self, custom: bool) -> (bool, bool) {
        if custom {
            (self.lower == f64::NEG_INFINITY, true)
        } else if self.lower <= 0.0 && self.upper >= 0.0 {
            (true, true)
        } else {
            (self.lower < 0.0, self.upper > 0.0)
        }
    }

    /// The share of its width below `value`, which lies strictly inside; on a logarithmic scale
    /// unless `linear`.
    pub(crate) fn share_below(&self, value: f64, linear: bool) -> f64 {
        if linear {
            return (value - self.lower) / (self.upper - self.lower);
        }
        let [lower, upper, value_log] = [self.lower, self.upper, value].map(|v| v.abs().log2());
        if value > 0.0 {
            (value_log - lower) / (upper - lower)
        } else {
            1.0 - (value_log - upper) / (lower - upper)
        }
    }
}

/// Index and count of each bucket that spans list.
pub(crate) fn walk<'h>(
    spans: &'h [Span],
    counts: &'h [f64],
) -> impl Iterator<Item = (i32, f64)> + Clone + 'h {
    let mut next = 0_i32;
    let indices = spans.iter().flat_map(move |span| {
        let first = next.saturating_add(span.offset);
        next = first.saturating_add_unsigned(span.length);
        (0..span.length).map(move |n| first.saturating_add_unsigned(n))
    });
    indices.zip(counts.iter().copied())
}

/// Rising buckets in a coarser exponential schema: those that become one are added up.
pub(crate) fn coarsened(
    buckets: impl Iterator<Item = (i32, f64)>,
    from: i32,
    to: i32,
) -> impl Iterator<Item = (i32, f64)> {
    let mut buckets = buckets
        .map(move |(index, count)| (coarse(index, from, to), count))
        .peekable();
    std::iter::from_fn(move || {
        let (index, mut count) = buckets.next()?;
        while let Some((_, more)) = buckets.next_if(|(next, _)| *next == index) {
            count += more;
        }
        Some((index, count))
    })
}

/// The index that a bucket of schema `from` has in the coarser schema `to`.
pub(crate) fn coarse(index: i32, from: i32, to: i32) -> i32 {
    let shift = from.saturating_sub(to).clamp(0, 31);
    if shift == 0 {
        index
    } else {
        (index.saturating_sub(1) >> shift).saturating_add(1)
    }
}

/// The finest exponential schema.
const FINEST: i32 = 8;

/// Two to the power of 1/2, 1/4, 1/8 …, for the bits of a bucket's place between two powers of
/// two. The first is one unit below the nearest number, as it is in upstream's table of bounds.
const ROOTS: [f64; FINEST as usize] = [
    1.414_213_562_373_095,
    1.189_207_115_002_721,
    1.090_507_732_665_257_7,
    1.044_273_782_427_413_8,
    1.021_897_148_654_116_6,
    1.010_889_286_051_700_5,
    1.005_429_901_112_802_7,
    1.002_711_275_050_202_5,
];

/// The bound of an exponential schema's bucket that lies away from zero.
pub(crate) fn bound(index: i32, schema: i32) -> f64 {
    let (whole, part) = if schema <= 0 {
        let factor = 1 << schema.saturating_neg().clamp(0, 30);
        (index.saturating_mul(factor), 0)
    } else {
        let schema = schema.min(FINEST);
        let within = index & ((1 << schema) - 1);
        (index >> schema, within << (FINEST - schema))
    };
    if whole == TOP_EXPONENT && part == 0 {
        // The bucket below infinity ends at the largest number.
        return f64::MAX;
    }
    let is_set = |bit: usize| part >> (ROOTS.len() - 1 - bit) & 1 == 1;
    let roots = ROOTS.iter().enumerate();
    let chosen = roots.filter(|(bit, _)| is_set(*bit)).map(|(_, root)| *root);
    // From the first bit on, one rounding a factor: so upstream's table came to be.
    f64::from(whole).exp2() * chosen.product::<f64>()
}

/// The bounds of a positive bucket.
fn positive_bounds(histogram: &FloatHistogram, index: i32) -> (f64, f64) {
    if !histogram.is_custom() {
        let schema = histogram.schema;
        return (bound(index.saturating_sub(1), schema), bound(index, schema));
    }
    let at = |index: i32| {
        let place = usize::try_from(index).ok()?;
        histogram.custom.get(place).copied()
    };
    let lower = at(index.saturating_sub(1)).unwrap_or(f64::NEG_INFINITY);
    (lower, at(index).unwrap_or(f64::INFINITY))
}

/// The positive buckets, rising.
pub(crate) fn positive(histogram: &FloatHistogram) -> impl Iterator<Item = Bucket> + '_ {
    walk(&histogram.positive_spans, &histogram.positive).map(|(index, count)| {
        let (lower, upper) = positive_bounds(histogram, index);
        Bucket {
            lower,
            upper,
            count,
        }
    })
}

/// The negative buckets, falling.
pub(crate) fn negative(histogram: &FloatHistogram) -> impl Iterator<Item = Bucket> + '_ {
    walk(&histogram.negative_spans, &histogram.negative).map(|(index, count)| Bucket {
        lower: -bound(index, histogram.schema),
        upper: -bound(index.saturating_sub(1), histogram.schema),
        count,
    })
}

/// The bucket around zero.
pub(crate) fn zero(histogram: &FloatHistogram) -> Bucket {
    Bucket {
        lower: -histogram.zero_threshold,
        upper: histogram.zero_threshold,
        count: histogram.zero_count,
    }
}

/// All buckets, rising. None reaches into the zero bucket, which is left out where it is empty.
pub(crate) fn all(histogram: &FloatHistogram) -> Vec<Bucket> {
    let threshold = histogram.zero_threshold;
    let mut buckets: Vec<Bucket> = negative(histogram).collect();
    buckets.reverse();
    buckets.retain(|bucket| bucket.lower < -threshold || threshold == 0.0);
    for bucket in &mut buckets {
        bucket.upper = bucket.upper.min(-threshold);
    }
    if histogram.zero_count > 0.0 {
        buckets.push(zero(histogram));
    }
    buckets.extend(positive(histogram).filter_map(|mut bucket| {
        if !histogram.is_custom() {
            if bucket.upper <= threshold {
                return None;
            }
            bucket.lower = bucket.lower.max(threshold);
        }
        Some(bucket)
    }));
    buckets
}

/// Spans and counts of rising indices; empty buckets are left out.
pub(crate) fn spans(buckets: impl IntoIterator<Item = (i32, f64)>) -> (Vec<Span>, Vec<f64>) {
    let (mut spans, mut counts): (Vec<Span>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut next = 0_i32;
    for (index, count) in buckets {
        if count == 0.0 {
            continue;
        }
        match spans.last_mut() {
            Some(span) if index == next => span.length += 1,
            _ => spans.push(Span {
                offset: index.saturating_sub(next),
                length: 1,
            }),
        }
        counts.push(count);
        next = index.saturating_add(1);
    }
    (spans, counts)
}

/// Leaves out empty buckets.
pub(crate) fn compact(histogram: &mut FloatHistogram) {
    let (positive_spans, positive) = spans(walk(&histogram.positive_spans, &histogram.positive));
    let (negative_spans, negative) = spans(walk(&histogram.negative_spans, &histogram.negative));
    histogram.positive_spans = positive_spans;
    histogram.positive = positive;
    histogram.negative_spans = negative_spans;
    histogram.negative = negative;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bounds_of_schemas() {
        for (index, schema, expected) in [
            (0, 0, 1.0),
            (1, 0, 2.0),
            (-1, 0, 0.5),
            (1, 1, std::f64::consts::SQRT_2),
            (-1, 1, std::f64::consts::FRAC_1_SQRT_2),
            (256, 8, 2.0),
            (1, -1, 4.0),
            (2, -2, 256.0),
            (1024, 0, f64::MAX),
            (1025, 0, f64::INFINITY),
        ] {
            let got = bound(index, schema);
            let near = got == expected || (got - expected).abs() < 1e-15;
            assert!(near, "{index} of schema {schema}: {got}");
        }
    }

    #[test]
    fn coarser_schemas_hold_the_finer_buckets() {
        for (index, from, to, expected) in [
            (1, 1, 0, 1),
            (2, 1, 0, 1),
            (3, 1, 0, 2),
            (0, 1, 0, 0),
            (-1, 1, 0, 0),
            (5, 3, 3, 5),
            (16, 4, 0, 1),
            (17, 4, 0, 2),
        ] {
            assert_eq!(coarse(index, from, to), expected, "{index}");
        }
    }

    proptest! {
        #[test]
        fn spans_give_back_what_they_were_made_of(
            offsets in proptest::collection::vec((1_i32..5, 1_u32..9), 0..20),
        ) {
            let mut index = -7;
            let list: Vec<(i32, f64)> = offsets
                .iter()
                .map(|(gap, count)| {
                    index += gap;
                    (index, f64::from(*count))
                })
                .collect();
            let (spans, counts) = spans(list.clone());
            prop_assert_eq!(walk(&spans, &counts).collect::<Vec<_>>(), list);
        }

        #[test]
        fn no_spans_panic(
            list in proptest::collection::vec((any::<i32>(), any::<u32>()), 0..6),
            counts in proptest::collection::vec(any::<f64>(), 0..40),
            schema in any::<i32>(),
        ) {
            let histogram = FloatHistogram {
                schema,
                positive_spans: list.iter().map(|(offset, length)| Span { offset: *offset, length: *length }).collect(),
                positive: counts.clone(),
                negative: counts,
                ..FloatHistogram::default()
            };
            let _ = all(&histogram);
        }
    }
}
