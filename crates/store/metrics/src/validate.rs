//! Whether a native histogram says something that can be: checked before it is stored.
//!
//! What is taken here encodes into chunks and records without loss, and its chunks are not larger
//! than a reader takes. Source: the Prometheus specification of native histograms.

use model::{
    CUSTOM_SCHEMA, FloatHistogram, Histogram, HistogramValue, IntegerHistogram, MAX_SCHEMA,
    MIN_SCHEMA, Span,
};

/// Buckets, spans and bounds of one histogram, together: at most 18 bytes each in a chunk, which
/// keeps ten of them below the megabyte that readers of chunks allow.
const MOST_PARTS: usize = 16_384;

/// Why a histogram is not valid, for people.
pub(crate) fn check(value: &HistogramValue) -> Result<(), &'static str> {
    match value {
        HistogramValue::Integer(whole) => integer(whole),
        HistogramValue::Float(float) => floats(float),
    }
}

fn integer(histogram: &IntegerHistogram) -> Result<(), &'static str> {
    shape(histogram)?;
    let buckets = || histogram.positive.iter().chain(&histogram.negative);
    if buckets().any(|&count| i64::try_from(count).is_err()) {
        return Err("a bucket counts more than 2^63 observations");
    }
    let sum = buckets().try_fold(histogram.zero_count, |sum, &count| sum.checked_add(count));
    // NaN is observed without falling into a bucket.
    match sum {
        Some(sum) if sum == histogram.count => Ok(()),
        Some(sum) if sum < histogram.count && histogram.sum.is_nan() => Ok(()),
        _ if histogram.sum.is_nan() => Err("its buckets count more observations than it says"),
        _ => Err("its buckets do not count as many observations as it says"),
    }
}

fn floats(histogram: &FloatHistogram) -> Result<(), &'static str> {
    shape(histogram)?;
    // Sums are not compared: they are rounded.
    let counts = [histogram.count, histogram.zero_count];
    let buckets = histogram.positive.iter().chain(&histogram.negative);
    if counts.iter().chain(buckets).any(|&count| count < 0.0) {
        return Err("a count is below zero");
    }
    Ok(())
}

fn shape<C: PartialEq + Default>(histogram: &Histogram<C>) -> Result<(), &'static str> {
    let lists = [
        histogram.positive_spans.len(),
        histogram.positive.len(),
        histogram.negative_spans.len(),
        histogram.negative.len(),
        histogram.custom.len(),
    ];
    if lists.into_iter().sum::<usize>() > MOST_PARTS {
        return Err("it has more than 16,384 buckets, spans and bounds");
    }
    spans(&histogram.positive_spans, histogram.positive.len())?;
    spans(&histogram.negative_spans, histogram.negative.len())?;
    match histogram.schema {
        CUSTOM_SCHEMA => custom(histogram),
        MIN_SCHEMA..=MAX_SCHEMA => {
            if !histogram.custom.is_empty() {
                return Err("only schema -53 has bounds");
            }
            // NaN fails, too.
            if histogram.zero_threshold >= 0.0 {
                Ok(())
            } else {
                Err("its zero threshold is below zero")
            }
        }
        _ => Err("its schema is neither -53 nor -4 to 8"),
    }
}

fn spans(spans: &[Span], buckets: usize) -> Result<(), &'static str> {
    let mut end = 0i64;
    let mut count = 0u64;
    for (place, span) in spans.iter().enumerate() {
        if place > 0 && span.offset < 0 {
            return Err("a span begins before the end of the one before it");
        }
        end += i64::from(span.offset) + i64::from(span.length);
        count += u64::from(span.length);
    }
    if count != buckets as u64 {
        return Err("its spans do not say as many buckets as it has");
    }
    if i32::try_from(end).is_err() {
        return Err("the index of a bucket is beyond 32 bits");
    }
    Ok(())
}

fn custom<C: PartialEq + Default>(histogram: &Histogram<C>) -> Result<(), &'static str> {
    let has_negative = !histogram.negative_spans.is_empty() || !histogram.negative.is_empty();
    let has_zero = histogram.zero_count != C::default() || histogram.zero_threshold != 0.0;
    if has_negative || has_zero {
        return Err("a histogram with bounds has no buckets at or below zero of their own");
    }
    let bounds = &histogram.custom;
    let are_finite = bounds
        .iter()
        .all(|bound| bound.is_finite() || *bound == f64::NEG_INFINITY);
    if !are_finite || !bounds.is_sorted_by(|a, b| a < b) {
        return Err("its bounds do not rise, or one is not a number or infinite");
    }
    let first = histogram.positive_spans.first();
    let end: i64 = histogram
        .positive_spans
        .iter()
        .map(|span| i64::from(span.offset) + i64::from(span.length))
        .sum();
    // Behind the last bound is the bucket up to infinity.
    if first.is_some_and(|span| span.offset < 0) || end > bounds.len() as i64 + 1 {
        return Err("it has buckets that its bounds do not say");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> IntegerHistogram {
        Histogram {
            schema: 2,
            zero_threshold: 0.001,
            zero_count: 1,
            count: 10,
            sum: 4.5,
            positive_spans: vec![
                Span {
                    offset: -3,
                    length: 2,
                },
                Span {
                    offset: 4,
                    length: 1,
                },
            ],
            positive: vec![1, 2, 3],
            negative_spans: vec![Span {
                offset: 0,
                length: 1,
            }],
            negative: vec![3],
            ..Histogram::default()
        }
    }

    fn with_bounds() -> IntegerHistogram {
        Histogram {
            schema: CUSTOM_SCHEMA,
            count: 5,
            sum: 1.0,
            positive_spans: vec![Span {
                offset: 0,
                length: 3,
            }],
            positive: vec![2, 0, 3],
            custom: vec![0.5, 1.0],
            ..Histogram::default()
        }
    }

    #[test]
    fn what_cannot_be_is_named() {
        type Change = fn(&mut IntegerHistogram);
        let cases: [(Change, Option<&str>); 12] = [
            (|_| (), None),
            (|h| (h.count, h.sum) = (11, f64::NAN), None),
            (|h| *h = Histogram::stale(), None),
            (|h| h.count = 11, Some("do not count as many")),
            (
                |h| (h.count, h.sum) = (9, f64::NAN),
                Some("more observations"),
            ),
            (|h| h.schema = 9, Some("schema")),
            (|h| h.schema = -5, Some("schema")),
            (|h| h.positive_spans[1].offset = -1, Some("before the end")),
            (|h| h.positive_spans[1].length = 2, Some("as many buckets")),
            (|h| h.zero_threshold = f64::NAN, Some("threshold")),
            (|h| h.custom = vec![1.0], Some("only schema -53")),
            (
                |h| (h.positive_spans[0].offset, h.positive_spans[1].offset) = (3, i32::MAX),
                Some("32 bits"),
            ),
        ];
        let check_all = |good: fn() -> IntegerHistogram, cases: &[(Change, Option<&str>)]| {
            for (place, (change, wrong)) in cases.iter().enumerate() {
                let mut histogram = good();
                change(&mut histogram);
                let said = check(&HistogramValue::Integer(Box::new(histogram)));
                match wrong {
                    None => assert_eq!(said, Ok(()), "{place}"),
                    Some(wrong) => assert!(said.unwrap_err().contains(wrong), "{place}"),
                }
            }
        };
        check_all(good, &cases);
        let cases: [(Change, Option<&str>); 7] = [
            (|_| (), None),
            (|h| h.custom = vec![f64::NEG_INFINITY, 1.0], None),
            (|h| h.custom = vec![1.0, 1.0], Some("rise")),
            (|h| h.custom = vec![1.0, f64::INFINITY], Some("infinite")),
            (|h| h.custom = vec![1.0], Some("bounds do not say")),
            (
                |h| h.positive_spans[0].offset = -1,
                Some("bounds do not say"),
            ),
            (|h| h.zero_threshold = 0.5, Some("zero")),
        ];
        check_all(with_bounds, &cases);
        check_all(
            || Histogram {
                positive_spans: vec![Span {
                    offset: 0,
                    length: 20_000,
                }],
                positive: vec![0; 20_000],
                ..Histogram::default()
            },
            &[(|_| (), Some("16,384"))],
        );
    }

    #[test]
    fn floats_may_be_rounded_but_not_below_zero() {
        let float = |change: fn(&mut FloatHistogram)| {
            let mut histogram = FloatHistogram::from(good());
            change(&mut histogram);
            check(&HistogramValue::Float(Box::new(histogram)))
        };
        assert_eq!(float(|h| h.count = 9.999), Ok(()));
        assert!(float(|h| h.positive[0] = -1.0).is_err());
        assert!(float(|h| h.count = -0.5).is_err());
    }
}
