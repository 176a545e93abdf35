//! Native histograms as both versions write them: what [`super::histogram`] reads.

use model::{Histogram, HistogramValue, ResetHint, Span};

use super::put;

/// Appends the fields of a histogram's message.
pub(super) fn put(out: &mut Vec<u8>, time: i64, value: &HistogramValue) {
    match value {
        HistogramValue::Integer(whole) => {
            put::number(out, 1, whole.count);
            head(out, whole);
            put::number(out, 6, whole.zero_count);
            spans(out, 8, &whole.negative_spans);
            put::packed(out, 9, differences(&whole.negative));
            spans(out, 11, &whole.positive_spans);
            put::packed(out, 12, differences(&whole.positive));
            tail(out, time, whole);
        }
        HistogramValue::Float(float) => {
            put::double(out, 2, float.count);
            head(out, float);
            put::double(out, 7, float.zero_count);
            spans(out, 8, &float.negative_spans);
            put::doubles(out, 10, &float.negative);
            spans(out, 11, &float.positive_spans);
            put::doubles(out, 13, &float.positive);
            tail(out, time, float);
        }
    }
}

fn head<C>(out: &mut Vec<u8>, histogram: &Histogram<C>) {
    put::double(out, 3, histogram.sum);
    put::number(out, 4, put::zigzag(histogram.schema.into()));
    put::double(out, 5, histogram.zero_threshold);
}

fn tail<C>(out: &mut Vec<u8>, time: i64, histogram: &Histogram<C>) {
    let hint = match histogram.hint {
        ResetHint::Unknown => 0,
        ResetHint::Reset => 1,
        ResetHint::NotReset => 2,
        ResetHint::Gauge => 3,
    };
    if hint != 0 {
        put::number(out, 14, hint);
    }
    put::number(out, 15, time as u64);
    put::doubles(out, 16, &histogram.custom);
}

fn spans(out: &mut Vec<u8>, field: u8, spans: &[Span]) {
    // A key and a number of 32 bits take 6 bytes at most, and there are two of them.
    let mut message = Vec::with_capacity(12);
    for span in spans {
        message.clear();
        put::number(&mut message, 1, put::zigzag(span.offset.into()));
        put::number(&mut message, 2, span.length.into());
        put::bytes(out, field, &message);
    }
}

/// The first count, and the difference of each other to the one before.
fn differences(counts: &[u64]) -> impl Iterator<Item = u64> + Clone {
    let mut before = 0u64;
    counts.iter().map(move |&count| {
        let difference = count.wrapping_sub(before) as i64;
        before = count;
        put::zigzag(difference)
    })
}
