//! Writing native histograms, as [`super::histogram`] reads them.

use model::{Histogram, HistogramSample, HistogramValue, ResetHint, Span};

use crate::put;

/// The fields of one side of zero: its spans, differences between whole counts, and float counts.
struct Side {
    spans: u32,
    differences: u32,
    counts: u32,
}

const NEGATIVE: Side = Side {
    spans: 8,
    differences: 9,
    counts: 10,
};
const POSITIVE: Side = Side {
    spans: 11,
    differences: 12,
    counts: 13,
};

/// Appends the fields of a histogram and its time.
pub(crate) fn write(out: &mut Vec<u8>, sample: &HistogramSample) {
    match &sample.value {
        HistogramValue::Integer(whole) => {
            put::always_number(out, 1, whole.count);
            shape(out, whole);
            put::always_number(out, 6, whole.zero_count);
            differences(out, &NEGATIVE, &whole.negative_spans, &whole.negative);
            differences(out, &POSITIVE, &whole.positive_spans, &whole.positive);
            rest(out, whole, sample.time);
        }
        HistogramValue::Float(float) => {
            put::always_double(out, 2, float.count);
            shape(out, float);
            put::always_double(out, 7, float.zero_count);
            counts(out, &NEGATIVE, &float.negative_spans, &float.negative);
            counts(out, &POSITIVE, &float.positive_spans, &float.positive);
            rest(out, float, sample.time);
        }
    }
}

fn shape<C>(out: &mut Vec<u8>, histogram: &Histogram<C>) {
    put::double(out, 3, histogram.sum);
    put::number(out, 4, put::zigzag(histogram.schema.into()));
    put::double(out, 5, histogram.zero_threshold);
}

fn rest<C>(out: &mut Vec<u8>, histogram: &Histogram<C>, time: i64) {
    let hint = match histogram.hint {
        ResetHint::Unknown => 0,
        ResetHint::Reset => 1,
        ResetHint::NotReset => 2,
        ResetHint::Gauge => 3,
    };
    put::number(out, 14, hint);
    put::number(out, 15, time as u64);
    doubles(out, 16, &histogram.custom);
}

fn spans(out: &mut Vec<u8>, field: u32, spans: &[Span]) {
    for span in spans {
        put::message(out, field, |out| {
            put::number(out, 1, put::zigzag(span.offset.into()));
            put::number(out, 2, span.length.into());
        });
    }
}

fn differences(out: &mut Vec<u8>, side: &Side, list: &[Span], counts: &[u64]) {
    spans(out, side.spans, list);
    if counts.is_empty() {
        return;
    }
    put::message(out, side.differences, |out| {
        let mut before = 0;
        for &count in counts {
            put::varint(out, put::zigzag(count.wrapping_sub(before) as i64));
            before = count;
        }
    });
}

fn counts(out: &mut Vec<u8>, side: &Side, list: &[Span], counts: &[f64]) {
    spans(out, side.spans, list);
    doubles(out, side.counts, counts);
}

fn doubles(out: &mut Vec<u8>, field: u32, values: &[f64]) {
    if values.is_empty() {
        return;
    }
    put::message(out, field, |out| {
        for value in values {
            out.extend_from_slice(&value.to_le_bytes());
        }
    });
}

#[cfg(test)]
mod tests {
    use model::CUSTOM_SCHEMA;
    use proptest::prelude::*;

    use super::*;
    use crate::remote::histogram;

    fn side() -> impl Strategy<Value = (Vec<Span>, Vec<u64>)> {
        let span = (-5i32..5, 0u32..4).prop_map(|(offset, length)| Span { offset, length });
        proptest::collection::vec(span, 0..4).prop_flat_map(|spans| {
            let counts: u32 = spans.iter().map(|span| span.length).sum();
            let counts = proptest::collection::vec(0u64..1 << 50, counts as usize);
            (Just(spans), counts)
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            (positive_spans, positive) in side(),
            (negative_spans, negative) in side(),
            (count, zero_count, sum, time) in any::<(u64, u64, i32, i64)>(),
            schema in prop_oneof![-4i32..=8, Just(CUSTOM_SCHEMA)],
            hint in 0usize..4,
            is_float: bool,
        ) {
            let hints = [ResetHint::Unknown, ResetHint::Reset, ResetHint::NotReset, ResetHint::Gauge];
            let whole = Histogram {
                schema,
                zero_threshold: 0.5,
                zero_count,
                count,
                sum: sum.into(),
                positive_spans,
                positive,
                negative_spans,
                negative,
                custom: if schema == CUSTOM_SCHEMA { vec![1.0, 2.5] } else { Vec::new() },
                hint: hints[hint],
            };
            let value = HistogramValue::Integer(Box::new(whole));
            let value = if is_float {
                HistogramValue::Float(Box::new(value.into_float()))
            } else {
                value
            };
            let sample = HistogramSample { time, value };
            let mut out = Vec::new();
            write(&mut out, &sample);
            prop_assert_eq!(histogram::read(&out), Ok(sample));
        }
    }
}
