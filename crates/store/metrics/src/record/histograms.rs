//! Records of native histograms.
//!
//! ```text
//! 7…10    | reference u64 | time i64
//!         | { reference delta varint | time delta varint | histogram }…
//! 12, 13  | { reference and time as in samples with start times | histogram }…
//! histogram = hint u8 | schema varint | zero threshold f64
//!           | zero count | count | sum f64
//!           | spans above zero | spans below | buckets above zero | buckets below
//!           | bounds (only of schema -53)
//! spans   = how many uvarint | { offset varint | length uvarint }…
//! buckets = how many uvarint | { bucket }…
//! bounds  = how many uvarint | { bound f64 }…
//! ```
//! Whole counts (7, 9, 12) are uvarints and a bucket is its difference to the one before it, a
//! varint; float counts (8, 10, 13) and their buckets are floats. 7 and 8 hold exponential
//! buckets, 9 and 10 those with bounds; deltas are to the first histogram, whose reference and
//! time stand in front. 12 and 13 hold either and are read, not written.

use model::{
    CUSTOM_SCHEMA, FloatHistogram, Histogram, HistogramValue, IntegerHistogram, ResetHint, Span,
};

use super::BadRecord;
use super::bytes::{Cursor, put_u64, put_uvarint, put_varint};
use super::samples::Places;

/// What the type byte says of a record of histograms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Integer,
    Float,
    CustomInteger,
    CustomFloat,
    IntegerWithStarts,
    FloatWithStarts,
}

impl Form {
    /// The form of a type byte; `None` where that is of another kind of record.
    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            7 => Self::Integer,
            8 => Self::Float,
            9 => Self::CustomInteger,
            10 => Self::CustomFloat,
            12 => Self::IntegerWithStarts,
            13 => Self::FloatWithStarts,
            _ => return None,
        })
    }

    /// The form in which a histogram is written.
    pub(crate) fn of(value: &HistogramValue) -> Self {
        match value {
            HistogramValue::Integer(whole) if whole.is_custom() => Self::CustomInteger,
            HistogramValue::Integer(_) => Self::Integer,
            HistogramValue::Float(float) if float.is_custom() => Self::CustomFloat,
            HistogramValue::Float(_) => Self::Float,
        }
    }

    /// The form in which all of a record of this form can be written without start times.
    pub(crate) fn plain(self) -> Self {
        match self {
            Self::IntegerWithStarts => Self::CustomInteger,
            Self::FloatWithStarts => Self::CustomFloat,
            plain => plain,
        }
    }

    fn byte(self) -> u8 {
        match self {
            Self::Integer => 7,
            Self::Float => 8,
            Self::CustomInteger => 9,
            Self::CustomFloat => 10,
            Self::IntegerWithStarts => 12,
            Self::FloatWithStarts => 13,
        }
    }

    fn is_float(self) -> bool {
        matches!(
            self,
            Self::Float | Self::CustomFloat | Self::FloatWithStarts
        )
    }

    fn has_starts(self) -> bool {
        matches!(self, Self::IntegerWithStarts | Self::FloatWithStarts)
    }
}

/// Writes one record of a [plain](Form::plain) form.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    form: Form,
    base: Option<(u64, i64)>,
}

impl<'a> Writer<'a> {
    /// Starts a record; what the buffer held is lost. It stays empty until the first histogram.
    pub(crate) fn new(out: &'a mut Vec<u8>, form: Form) -> Self {
        out.clear();
        Self {
            out,
            form: form.plain(),
            base: None,
        }
    }

    /// Adds a histogram, whose counts must be those of the form.
    pub(crate) fn push(&mut self, reference: u64, time: i64, value: &HistogramValue) {
        let (first, start) = match self.base {
            Some(base) => base,
            None => {
                self.out.push(self.form.byte());
                put_u64(self.out, reference);
                put_u64(self.out, time as u64);
                self.base = Some((reference, time));
                (reference, time)
            }
        };
        put_varint(self.out, reference.wrapping_sub(first) as i64);
        put_varint(self.out, time.wrapping_sub(start));
        match value {
            HistogramValue::Integer(whole) => put_integer(self.out, whole),
            HistogramValue::Float(float) => put_float(self.out, float),
        }
    }
}

/// Hands each histogram of a record's body to `each`: (reference, time, value).
pub(crate) fn decode(
    form: Form,
    body: &[u8],
    mut each: impl FnMut(u64, i64, HistogramValue),
) -> Result<(), BadRecord> {
    let mut cursor = Cursor(body);
    let bad = |cursor: &Cursor<'_>| BadRecord {
        kind: "histograms",
        left: cursor.len(),
    };
    let base = match (form.has_starts(), cursor.is_empty()) {
        (false, false) => {
            let reference = cursor.u64().ok_or(bad(&cursor))?;
            let time = cursor.u64().ok_or(bad(&cursor))? as i64;
            Some((reference, time))
        }
        _ => None,
    };
    let mut places = Places::default();
    while !cursor.is_empty() {
        let wrong = bad(&cursor);
        let (reference, time) = match base {
            None => places.next(&mut cursor).ok_or(wrong)?,
            Some((first, start)) => {
                let reference = cursor.varint().ok_or(wrong)?;
                let time = cursor.varint().ok_or(wrong)?;
                let reference = first.wrapping_add(reference as u64);
                (reference, start.wrapping_add(time))
            }
        };
        let value = if form.is_float() {
            take_float(&mut cursor).map(|float| HistogramValue::Float(Box::new(float)))
        } else {
            take_integer(&mut cursor).map(|whole| HistogramValue::Integer(Box::new(whole)))
        };
        each(reference, time, value.ok_or(wrong)?);
    }
    Ok(())
}

fn put_integer(out: &mut Vec<u8>, histogram: &IntegerHistogram) {
    put_head(out, histogram);
    put_uvarint(out, histogram.zero_count);
    put_uvarint(out, histogram.count);
    put_u64(out, histogram.sum.to_bits());
    put_spans(out, &histogram.positive_spans);
    put_spans(out, &histogram.negative_spans);
    for buckets in [&histogram.positive, &histogram.negative] {
        put_uvarint(out, buckets.len() as u64);
        let mut before = 0u64;
        for &count in buckets {
            put_varint(out, count.wrapping_sub(before) as i64);
            before = count;
        }
    }
    put_bounds(out, histogram);
}

fn put_float(out: &mut Vec<u8>, histogram: &FloatHistogram) {
    put_head(out, histogram);
    for number in [histogram.zero_count, histogram.count, histogram.sum] {
        put_u64(out, number.to_bits());
    }
    put_spans(out, &histogram.positive_spans);
    put_spans(out, &histogram.negative_spans);
    for buckets in [&histogram.positive, &histogram.negative] {
        put_uvarint(out, buckets.len() as u64);
        for count in buckets {
            put_u64(out, count.to_bits());
        }
    }
    put_bounds(out, histogram);
}

fn put_head<C>(out: &mut Vec<u8>, histogram: &Histogram<C>) {
    out.push(match histogram.hint {
        ResetHint::Unknown => 0,
        ResetHint::Reset => 1,
        ResetHint::NotReset => 2,
        ResetHint::Gauge => 3,
    });
    put_varint(out, histogram.schema.into());
    put_u64(out, histogram.zero_threshold.to_bits());
}

fn put_spans(out: &mut Vec<u8>, spans: &[Span]) {
    put_uvarint(out, spans.len() as u64);
    for span in spans {
        put_varint(out, span.offset.into());
        put_uvarint(out, span.length.into());
    }
}

fn put_bounds<C>(out: &mut Vec<u8>, histogram: &Histogram<C>) {
    if histogram.schema == CUSTOM_SCHEMA {
        put_uvarint(out, histogram.custom.len() as u64);
        for bound in &histogram.custom {
            put_u64(out, bound.to_bits());
        }
    }
}

fn take_integer(cursor: &mut Cursor<'_>) -> Option<IntegerHistogram> {
    let mut histogram = take_head(cursor)?;
    histogram.zero_count = cursor.uvarint()?;
    histogram.count = cursor.uvarint()?;
    histogram.sum = f64::from_bits(cursor.u64()?);
    histogram.positive_spans = take_spans(cursor)?;
    histogram.negative_spans = take_spans(cursor)?;
    for buckets in [&mut histogram.positive, &mut histogram.negative] {
        let mut count = 0u64;
        *buckets = take_many(cursor, 1, |cursor| {
            count = count.wrapping_add(cursor.varint()? as u64);
            Some(count)
        })?;
    }
    take_bounds(cursor, &mut histogram)?;
    Some(histogram)
}

fn take_float(cursor: &mut Cursor<'_>) -> Option<FloatHistogram> {
    let float = |cursor: &mut Cursor<'_>| cursor.u64().map(f64::from_bits);
    let mut histogram: FloatHistogram = take_head(cursor)?;
    histogram.zero_count = float(cursor)?;
    histogram.count = float(cursor)?;
    histogram.sum = float(cursor)?;
    histogram.positive_spans = take_spans(cursor)?;
    histogram.negative_spans = take_spans(cursor)?;
    histogram.positive = take_many(cursor, 8, float)?;
    histogram.negative = take_many(cursor, 8, float)?;
    take_bounds(cursor, &mut histogram)?;
    Some(histogram)
}

fn take_head<C: Default>(cursor: &mut Cursor<'_>) -> Option<Histogram<C>> {
    let hint = match cursor.byte()? {
        1 => ResetHint::Reset,
        2 => ResetHint::NotReset,
        3 => ResetHint::Gauge,
        _ => ResetHint::Unknown,
    };
    Some(Histogram {
        hint,
        schema: i32::try_from(cursor.varint()?).ok()?,
        zero_threshold: f64::from_bits(cursor.u64()?),
        ..Histogram::default()
    })
}

fn take_spans(cursor: &mut Cursor<'_>) -> Option<Vec<Span>> {
    take_many(cursor, 2, |cursor| {
        Some(Span {
            offset: i32::try_from(cursor.varint()?).ok()?,
            length: u32::try_from(cursor.uvarint()?).ok()?,
        })
    })
}

fn take_bounds<C>(cursor: &mut Cursor<'_>, histogram: &mut Histogram<C>) -> Option<()> {
    if histogram.schema == CUSTOM_SCHEMA {
        histogram.custom = take_many(cursor, 8, |cursor| cursor.u64().map(f64::from_bits))?;
    }
    Some(())
}

/// A list behind its length, of things that take `least` bytes each at least.
fn take_many<T>(
    cursor: &mut Cursor<'_>,
    least: usize,
    mut take: impl FnMut(&mut Cursor<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let count = usize::try_from(cursor.uvarint()?).ok()?;
    let mut all = Vec::with_capacity((count <= cursor.len() / least).then_some(count)?);
    for _ in 0..count {
        all.push(take(cursor)?);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(schema: i32, counts: &[u64], offset: i32) -> IntegerHistogram {
        Histogram {
            schema,
            zero_threshold: 0.001,
            zero_count: 7,
            count: 7 + 2 * counts.iter().sum::<u64>(),
            sum: 1.5,
            positive_spans: vec![Span {
                offset,
                length: counts.len() as u32,
            }],
            positive: counts.to_vec(),
            negative_spans: vec![Span {
                offset,
                length: counts.len() as u32,
            }],
            negative: counts.to_vec(),
            custom: if schema == CUSTOM_SCHEMA {
                vec![0.5, 1.0, 2.0]
            } else {
                Vec::new()
            },
            hint: ResetHint::Gauge,
        }
    }

    #[test]
    fn layout_is_upstreams() {
        let mut histogram = whole(CUSTOM_SCHEMA, &[3, 1], 2);
        (histogram.negative_spans, histogram.negative) = (Vec::new(), Vec::new());
        histogram.custom = vec![1.0];
        let mut out = Vec::new();
        let value = HistogramValue::Integer(Box::new(histogram));
        Writer::new(&mut out, Form::of(&value)).push(5, 1000, &value);
        let expected = b"\x09\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\x03\xe8\x00\x00\
            \x03\x69\x3f\x50\x62\x4d\xd2\xf1\xa9\xfc\x07\x0f\x3f\xf8\0\0\0\0\0\0\
            \x01\x04\x02\x00\x02\x06\x03\x00\x01\x3f\xf0\0\0\0\0\0\0";
        assert_eq!(out, expected);
    }

    #[test]
    fn start_times_are_passed_over() {
        for is_float in [false, true] {
            let whole = HistogramValue::Integer(Box::new(whole(2, &[1, 2], -1)));
            let (byte, value) = match is_float {
                false => (12, whole),
                true => (13, HistogramValue::Float(Box::new(whole.into_float()))),
            };
            let mut body = Vec::new();
            let mut put = |head: &[i64], start: &[u8]| {
                for &number in head {
                    put_varint(&mut body, number);
                }
                body.extend(start);
                match &value {
                    HistogramValue::Integer(whole) => put_integer(&mut body, whole),
                    HistogramValue::Float(float) => put_float(&mut body, float),
                }
            };
            put(&[5, 1000, 900], &[]);
            put(&[2, 1], &[0]);
            put(&[0, 3], &[2, 0x90, 0x01]);
            let mut back = Vec::new();
            let form = Form::from_byte(byte).unwrap();
            decode(form, &body, |r, t, v| back.push((r, t, v))).unwrap();
            let expected = [(5, 1000), (7, 1001), (7, 1003)].map(|(r, t)| (r, t, value.clone()));
            assert_eq!(back, expected);
        }
    }

    proptest! {
        #[test]
        fn round_trip(
            given in proptest::collection::vec(
                (any::<u64>(), any::<i64>(), proptest::collection::vec(0u64..1 << 40, 0..9), -9i32..9),
                0..6,
            ),
            is_custom: bool,
            is_float: bool,
        ) {
            let schema = if is_custom { CUSTOM_SCHEMA } else { 3 };
            let given: Vec<_> = given.into_iter().map(|(r, t, counts, offset)| {
                let whole = HistogramValue::Integer(Box::new(whole(schema, &counts, offset)));
                (r, t, match is_float {
                    true => HistogramValue::Float(Box::new(whole.into_float())),
                    false => whole,
                })
            }).collect();
            let Some(form) = given.first().map(|(_, _, value)| Form::of(value)) else {
                return Ok(());
            };
            let mut out = Vec::new();
            let mut writer = Writer::new(&mut out, form);
            for (r, t, value) in &given {
                writer.push(*r, *t, value);
            }
            prop_assert_eq!(Form::from_byte(out[0]), Some(form));
            let mut back = Vec::new();
            decode(form, &out[1..], |r, t, v| back.push((r, t, v))).unwrap();
            prop_assert_eq!(back, given);
            prop_assert!(decode(form, &out[1..out.len() - 1], |_, _, _| ()).is_err());
        }

        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>, byte in 7u8..14) {
            if let Some(form) = Form::from_byte(byte) {
                let _ = decode(form, &bytes, |_, _, _| ());
            }
        }
    }
}
