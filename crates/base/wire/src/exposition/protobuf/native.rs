//! Native histograms out of their messages.

use model::histogram::buckets::counts_of;
use model::{
    FloatHistogram, HistogramValue, IntegerHistogram, MAX_SCHEMA, MIN_SCHEMA, ResetHint, Span,
};

use super::message::{BucketSpan, Histogram};

/// The finest schema that a message may have; those beyond [`MAX_SCHEMA`] are made coarser.
const FINEST: i32 = 52;

/// Whether a message says more than classic buckets.
pub(super) fn is_native(message: &Histogram) -> bool {
    !message.positive_span.is_empty()
        || !message.negative_span.is_empty()
        || message.zero_threshold > 0.0
        || message.zero_count > 0
        || message.zero_count_float > 0.0
}

/// The histogram of a message.
///
/// # Errors
/// A schema that is none, spans that do not fit the counts, counts below zero; in words.
pub(super) fn read(message: &Histogram, is_gauge: bool) -> Result<HistogramValue, String> {
    if !(MIN_SCHEMA..=FINEST).contains(&message.schema) {
        return Err(format!(
            "schema {} is not between {MIN_SCHEMA} and {FINEST}",
            message.schema
        ));
    }
    let hint = if is_gauge {
        ResetHint::Gauge
    } else {
        ResetHint::Unknown
    };
    let of_floats = message.sample_count_float > 0.0 || message.zero_count_float > 0.0;
    let sizes = if of_floats {
        (message.positive_count.len(), message.negative_count.len())
    } else {
        (message.positive_delta.len(), message.negative_delta.len())
    };
    let positive_spans = spans(&message.positive_span, sizes.0)?;
    let negative_spans = spans(&message.negative_span, sizes.1)?;
    if of_floats {
        let mut read = FloatHistogram {
            schema: message.schema,
            zero_threshold: message.zero_threshold,
            zero_count: message.zero_count_float,
            count: message.sample_count_float,
            sum: message.sample_sum,
            positive_spans,
            positive: message.positive_count.clone(),
            negative_spans,
            negative: message.negative_count.clone(),
            custom: Vec::new(),
            hint,
        };
        read.reduce_to(MAX_SCHEMA);
        return Ok(HistogramValue::Float(Box::new(read)));
    }
    let mut read = IntegerHistogram {
        schema: message.schema,
        zero_threshold: message.zero_threshold,
        zero_count: message.zero_count,
        count: message.sample_count,
        sum: message.sample_sum,
        positive_spans,
        positive: counts(&message.positive_delta)?,
        negative_spans,
        negative: counts(&message.negative_delta)?,
        custom: Vec::new(),
        hint,
    };
    read.reduce_to(MAX_SCHEMA);
    Ok(HistogramValue::Integer(Box::new(read)))
}

/// Spans without those that have no bucket, which only say that a histogram is native.
fn spans(given: &[BucketSpan], buckets: usize) -> Result<Vec<Span>, String> {
    let said: u64 = given.iter().map(|span| u64::from(span.length)).sum();
    if said != buckets as u64 {
        return Err(format!("spans of {said} buckets stand by {buckets} counts"));
    }
    let mut spans = Vec::with_capacity(given.len());
    let mut skipped = 0i32;
    for (place, span) in given.iter().enumerate() {
        if place > 0 && span.offset < 0 {
            return Err(format!("span {} has a negative offset", place + 1));
        }
        let offset = skipped.checked_add(span.offset);
        let offset = offset.ok_or("spans reach beyond all buckets")?;
        if span.length == 0 {
            skipped = offset;
            continue;
        }
        skipped = 0;
        spans.push(Span {
            offset,
            length: span.length,
        });
    }
    Ok(spans)
}

/// Counts out of the differences between them.
fn counts(deltas: &[i64]) -> Result<Vec<u64>, String> {
    counts_of(deltas).ok_or_else(|| "a bucket has a count below zero".to_owned())
}
