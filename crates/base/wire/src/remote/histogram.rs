//! Native histograms, which both versions write alike.

use model::histogram::buckets::counts_of;
use model::{Histogram, HistogramSample, HistogramValue, MAX_SCHEMA, ResetHint, Span};

use crate::fields::{Fields, Malformed, Value, doubles, numbers, zigzag};

/// Schemas up to here mean exponential buckets that are finer than any that is stored; those beyond
/// mean nothing yet.
const FINEST_RESERVED: i32 = 52;

#[derive(Default)]
struct Read {
    count: Option<Count>,
    sum: f64,
    schema: i32,
    zero_threshold: f64,
    zero_count: Option<Count>,
    negative: Buckets,
    positive: Buckets,
    hint: ResetHint,
    time: i64,
    custom: Vec<f64>,
}

#[derive(Clone, Copy)]
enum Count {
    Whole(u64),
    Float(f64),
}

impl Count {
    fn of(value: Value<'_>, field: u32) -> Result<Self, Malformed> {
        match value {
            Value::Number(whole) => Ok(Self::Whole(whole)),
            Value::Fixed64(bits) => Ok(Self::Float(f64::from_bits(bits))),
            _ => Err(Malformed::Field(field)),
        }
    }
}

#[derive(Default)]
struct Buckets {
    spans: Vec<Span>,
    deltas: Vec<i64>,
    counts: Vec<f64>,
}

/// A histogram and its time, out of its message.
pub(super) fn read(message: &[u8]) -> Result<HistogramSample, Malformed> {
    let mut read = Read::default();
    let mut fields = Fields(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 | 2 => read.count = Some(Count::of(value, field)?),
            3 => read.sum = value.double(field)?,
            4 => read.schema = zigzag(value.number(field)?) as i32,
            5 => read.zero_threshold = value.double(field)?,
            6 | 7 => read.zero_count = Some(Count::of(value, field)?),
            8 => read.negative.spans.push(span(value.bytes(field)?)?),
            9 => deltas(value, field, &mut read.negative.deltas)?,
            10 => doubles(value, field, &mut read.negative.counts)?,
            11 => read.positive.spans.push(span(value.bytes(field)?)?),
            12 => deltas(value, field, &mut read.positive.deltas)?,
            13 => doubles(value, field, &mut read.positive.counts)?,
            14 => read.hint = hint(value.number(field)?),
            15 => read.time = value.number(field)? as i64,
            16 => doubles(value, field, &mut read.custom)?,
            _ => {}
        }
    }
    let time = read.time;
    let value = read.finish()?;
    Ok(HistogramSample { time, value })
}

impl Read {
    fn finish(self) -> Result<HistogramValue, Malformed> {
        let is_float = matches!(self.count, Some(Count::Float(_)))
            || matches!(self.zero_count, Some(Count::Float(_)));
        if is_float {
            let number = |count| match count {
                Some(Count::Float(count)) => count,
                Some(Count::Whole(count)) => count as f64,
                None => 0.0,
            };
            let (count, zero) = (number(self.count), number(self.zero_count));
            let histogram = self.with(count, zero, |buckets| Some(buckets.counts))?;
            return Ok(HistogramValue::Float(Box::new(histogram)));
        }
        let number = |count| match count {
            Some(Count::Whole(count)) => count,
            _ => 0,
        };
        let (count, zero) = (number(self.count), number(self.zero_count));
        let histogram = self.with(count, zero, |buckets| counts_of(&buckets.deltas))?;
        Ok(HistogramValue::Integer(Box::new(histogram)))
    }

    fn with<C: Copy + std::ops::AddAssign>(
        self,
        count: C,
        zero_count: C,
        counts: impl Fn(Buckets) -> Option<Vec<C>>,
    ) -> Result<Histogram<C>, Malformed> {
        let side = |mut buckets: Buckets| {
            let spans = std::mem::take(&mut buckets.spans);
            let said: u64 = spans.iter().map(|span| u64::from(span.length)).sum();
            let counts = counts(buckets).filter(|counts| counts.len() as u64 == said);
            Ok((spans, counts.ok_or(Malformed::Histogram)?))
        };
        let (positive_spans, positive) = side(self.positive)?;
        let (negative_spans, negative) = side(self.negative)?;
        let mut histogram = Histogram {
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count,
            count,
            sum: self.sum,
            positive_spans,
            positive,
            negative_spans,
            negative,
            custom: self.custom,
            hint: self.hint,
        };
        if histogram.schema <= FINEST_RESERVED {
            histogram.reduce_to(MAX_SCHEMA);
        }
        Ok(histogram)
    }
}

fn span(message: &[u8]) -> Result<Span, Malformed> {
    let mut span = Span {
        offset: 0,
        length: 0,
    };
    let mut fields = Fields(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => span.offset = zigzag(value.number(field)?) as i32,
            2 => span.length = value.number(field)? as u32,
            _ => {}
        }
    }
    Ok(span)
}

fn deltas(value: Value<'_>, field: u32, into: &mut Vec<i64>) -> Result<(), Malformed> {
    numbers(value, field, |number| {
        into.push(zigzag(number));
        Ok(())
    })
}

fn hint(number: u64) -> ResetHint {
    match number {
        1 => ResetHint::Reset,
        2 => ResetHint::NotReset,
        3 => ResetHint::Gauge,
        _ => ResetHint::Unknown,
    }
}
