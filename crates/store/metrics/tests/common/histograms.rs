//! Native histograms for tests: made up, compared, read.

use contract::{Select, Selection, TimeRange};
use model::{
    CUSTOM_SCHEMA, Columns, Histogram, HistogramValue, IntegerHistogram, Labels, Matcher,
    ResetHint, Span,
};

/// Spans and counts of buckets by rising index.
fn buckets(counts: &[(i32, u64)]) -> (Vec<Span>, Vec<u64>) {
    let mut spans: Vec<Span> = Vec::new();
    let mut end = 0;
    for &(index, _) in counts {
        match spans.last_mut().filter(|_| index == end) {
            Some(span) => span.length += 1,
            None => spans.push(Span {
                offset: index - end,
                length: 1,
            }),
        }
        end = index + 1;
    }
    (spans, counts.iter().map(|bucket| bucket.1).collect())
}

/// The histogram of a made-up series after `step` steps: kind `n % 5`, growing, with new buckets
/// now and then, and counting anew after each `reset` steps.
pub(crate) fn value(n: usize, step: u64, reset: u64) -> HistogramValue {
    let age = step % reset + 1;
    let kind = n % 5;
    // Another bucket each 16 steps.
    let reach = (age / 16) as i32 + 2;
    let counts: Vec<(i32, u64)> = (0..reach)
        .filter(|index| index % 3 != 1)
        .map(|index| (index, (age * (index as u64 + 1)).isqrt() * (n as u64 + 1)))
        .collect();
    let (spans, counts) = buckets(&counts);
    let total: u64 = counts.iter().sum();
    let is_custom = kind == 3;
    let zero = if is_custom { 0 } else { age / 4 };
    let mut whole = IntegerHistogram {
        schema: if is_custom {
            CUSTOM_SCHEMA
        } else {
            kind as i32
        },
        zero_threshold: if is_custom { 0.0 } else { 0.001 },
        zero_count: zero,
        count: total + zero,
        sum: total as f64 * 0.75,
        positive_spans: spans.clone(),
        positive: counts.clone(),
        ..Histogram::default()
    };
    match kind {
        1 => {
            whole.negative_spans = spans;
            whole.negative = counts;
            whole.count += total;
        }
        3 => whole.custom = (0..reach).map(|bound| f64::from(bound) / 8.0).collect(),
        4 => whole.hint = ResetHint::Gauge,
        _ => {}
    }
    let whole = HistogramValue::Integer(Box::new(whole));
    match kind {
        2 | 4 => HistogramValue::Float(Box::new(whole.into_float())),
        _ => whole,
    }
}

/// What a histogram says, to the bit, without buckets of nothing and hints; of the stale marker
/// nothing but that.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) is_float: bool,
    pub(crate) is_stale: bool,
    numbers: Vec<u64>,
    positive: Vec<(i64, u64)>,
    negative: Vec<(i64, u64)>,
}

pub(crate) fn said(value: &HistogramValue) -> Said {
    let is_float = matches!(value, HistogramValue::Float(_));
    let float = value.clone().into_float();
    if float.is_stale() {
        return Said {
            is_float,
            is_stale: true,
            numbers: Vec::new(),
            positive: Vec::new(),
            negative: Vec::new(),
        };
    }
    let side = |spans: &[Span], counts: &[f64]| {
        let mut next = 0i64;
        let mut indices = Vec::new();
        for span in spans {
            next += i64::from(span.offset);
            indices.extend(next..next + i64::from(span.length));
            next += i64::from(span.length);
        }
        assert_eq!(indices.len(), counts.len());
        let buckets = indices.into_iter().zip(counts.iter().copied());
        let buckets = buckets.filter(|bucket| bucket.1 != 0.0);
        buckets
            .map(|(index, count)| (index, count.to_bits()))
            .collect()
    };
    let mut numbers = vec![float.schema as u64];
    let floats = [
        float.zero_threshold,
        float.zero_count,
        float.count,
        float.sum,
    ];
    numbers.extend(floats.iter().chain(&float.custom).map(|f| f.to_bits()));
    Said {
        is_float,
        is_stale: false,
        numbers,
        positive: side(&float.positive_spans, &float.positive),
        negative: side(&float.negative_spans, &float.negative),
    }
}

/// Samples of a series: numbers, and histograms.
pub(crate) type Both = (Vec<(i64, u64)>, Vec<(i64, Said)>);

/// All series that fit with their samples in the range, sorted; times must rise, and none may be
/// both a number's and a histogram's.
pub(crate) fn read(
    store: &dyn Select,
    matchers: &[Matcher],
    range: TimeRange,
) -> Vec<(Labels, Both)> {
    let selection = Selection {
        matchers,
        range,
        limit: 0,
    };
    let list = store.select(&selection).unwrap();
    let mut found: Vec<_> = (0..list.len())
        .map(|place| {
            let mut columns = Columns::new();
            list.read(place, &mut columns).unwrap();
            super::check_chunks(list.as_ref(), place, &columns, range);
            (list.labels(place), both(&columns))
        })
        .collect();
    found.retain(|(_, (numbers, histograms))| !numbers.is_empty() || !histograms.is_empty());
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(found.is_sorted_by(|a, b| a.0 < b.0), "a label set twice");
    found
}

pub(crate) fn both(columns: &Columns) -> Both {
    assert!(columns.times.is_sorted_by(|a, b| a < b));
    assert!(columns.histograms.is_sorted_by(|a, b| a.time < b.time));
    let is_apart = |h: &model::HistogramSample| columns.times.binary_search(&h.time).is_err();
    assert!(columns.histograms.iter().all(is_apart));
    let numbers = columns.iter().map(|s| (s.time, s.value.to_bits()));
    let histograms = columns.histograms.iter();
    let histograms = histograms.map(|sample| (sample.time, said(&sample.value)));
    (numbers.collect(), histograms.collect())
}
