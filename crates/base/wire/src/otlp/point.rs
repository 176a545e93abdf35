//! Points: what was measured of one set of attributes at one moment.
//!
//! All times are in nanoseconds since the Unix epoch, 0 where not said.

use super::{Attributes, Each};
use crate::fields::{Fields, Malformed, Value, doubles, numbers, zigzag};

/// The bit of a point's flags that says that nothing was measured.
const NO_RECORDED_VALUE: u64 = 1;

/// The time of a point, which all kinds have in the same field.
pub(super) fn time(message: &[u8]) -> Result<u64, Malformed> {
    let mut time = 0;
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        if number == 3 {
            time = fixed(value, number)?;
        }
    }
    Ok(time)
}

fn fixed(value: Value<'_>, field: u32) -> Result<u64, Malformed> {
    match value {
        Value::Fixed64(bits) => Ok(bits),
        _ => Err(Malformed::Field(field)),
    }
}

/// A list of numbers of 8 bytes, which may lie packed in one field or one a field.
fn fixed_list(value: Value<'_>, field: u32, into: &mut Vec<u64>) -> Result<(), Malformed> {
    match value {
        Value::Fixed64(bits) => into.push(bits),
        Value::Bytes(packed) => {
            let (all, rest) = packed.as_chunks::<8>();
            if !rest.is_empty() {
                return Err(Malformed::Field(field));
            }
            into.extend(all.iter().map(|bytes| u64::from_le_bytes(*bytes)));
        }
        _ => return Err(Malformed::Field(field)),
    }
    Ok(())
}

/// A number of a gauge or a sum.
#[derive(Clone, Copy, Debug)]
pub struct NumberPoint<'a> {
    /// Of what.
    pub attributes: Attributes<'a>,
    /// When counting began.
    pub start: u64,
    /// When it was measured.
    pub time: u64,
    /// The number; `None` where not said.
    pub value: Option<f64>,
    /// Whether nothing was measured: the series has ended.
    pub is_stale: bool,
    message: &'a [u8],
}

impl<'a> NumberPoint<'a> {
    pub(super) fn read(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut point = Self {
            attributes: Attributes::new(message, 7),
            start: 0,
            time: 0,
            value: None,
            is_stale: false,
            message,
        };
        let mut fields = Fields(message);
        while let Some((number, value)) = fields.next()? {
            match number {
                2 => point.start = fixed(value, number)?,
                3 => point.time = fixed(value, number)?,
                4 => point.value = Some(value.double(number)?),
                6 => point.value = Some(fixed(value, number)? as i64 as f64),
                8 => point.is_stale = value.number(number)? & NO_RECORDED_VALUE != 0,
                _ => {}
            }
        }
        Ok(point)
    }

    /// Events that stand for the number.
    pub fn exemplars(&self) -> Each<'a, Exemplar<'a>> {
        Each::new(self.message, 5, Exemplar::read)
    }
}

/// Counts in buckets with listed bounds.
#[derive(Clone, Debug)]
pub struct HistogramPoint<'a> {
    /// Of what.
    pub attributes: Attributes<'a>,
    /// When counting began.
    pub start: u64,
    /// When it was measured.
    pub time: u64,
    /// All observations.
    pub count: u64,
    /// Their sum; `None` where it says nothing, as where some are below zero.
    pub sum: Option<f64>,
    /// Counts of each bucket by itself, one more than there are bounds.
    pub counts: Vec<u64>,
    /// The upper bounds, rising.
    pub bounds: Vec<f64>,
    /// Whether nothing was measured: the series has ended.
    pub is_stale: bool,
    message: &'a [u8],
}

impl<'a> HistogramPoint<'a> {
    pub(super) fn read(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut point = Self {
            attributes: Attributes::new(message, 9),
            start: 0,
            time: 0,
            count: 0,
            sum: None,
            counts: Vec::new(),
            bounds: Vec::new(),
            is_stale: false,
            message,
        };
        let mut fields = Fields(message);
        while let Some((number, value)) = fields.next()? {
            match number {
                2 => point.start = fixed(value, number)?,
                3 => point.time = fixed(value, number)?,
                4 => point.count = fixed(value, number)?,
                5 => point.sum = Some(value.double(number)?),
                6 => fixed_list(value, number, &mut point.counts)?,
                7 => doubles(value, number, &mut point.bounds)?,
                10 => point.is_stale = value.number(number)? & NO_RECORDED_VALUE != 0,
                _ => {}
            }
        }
        Ok(point)
    }

    /// Events that stand for the counts.
    pub fn exemplars(&self) -> Each<'a, Exemplar<'a>> {
        Each::new(self.message, 8, Exemplar::read)
    }
}

/// Counts of buckets that follow one another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Buckets {
    /// The index of the first one.
    pub offset: i32,
    /// Its count and those of the buckets behind it.
    pub counts: Vec<u64>,
}

impl Buckets {
    fn read(message: &[u8]) -> Result<Self, Malformed> {
        let mut buckets = Self::default();
        let mut fields = Fields(message);
        while let Some((number, value)) = fields.next()? {
            match number {
                1 => buckets.offset = zigzag(value.number(number)?) as i32,
                2 => numbers(value, number, |count| {
                    buckets.counts.push(count);
                    Ok(())
                })?,
                _ => {}
            }
        }
        Ok(buckets)
    }
}

/// Counts in buckets whose bounds grow by a factor: bucket `i` of scale `s` holds the values in
/// `(2^(i·2^-s), 2^((i+1)·2^-s)]`.
#[derive(Clone, Debug)]
pub struct ExponentialPoint<'a> {
    /// Of what.
    pub attributes: Attributes<'a>,
    /// When counting began.
    pub start: u64,
    /// When it was measured.
    pub time: u64,
    /// All observations.
    pub count: u64,
    /// Their sum; `None` where it says nothing.
    pub sum: Option<f64>,
    /// How fine the buckets are.
    pub scale: i32,
    /// Values at zero, or too close to it to tell.
    pub zero_count: u64,
    /// Values above zero.
    pub positive: Buckets,
    /// Values below zero, by their size.
    pub negative: Buckets,
    /// Whether nothing was measured: the series has ended.
    pub is_stale: bool,
    message: &'a [u8],
}

impl<'a> ExponentialPoint<'a> {
    pub(super) fn read(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut point = Self {
            attributes: Attributes::new(message, 1),
            start: 0,
            time: 0,
            count: 0,
            sum: None,
            scale: 0,
            zero_count: 0,
            positive: Buckets::default(),
            negative: Buckets::default(),
            is_stale: false,
            message,
        };
        let mut fields = Fields(message);
        while let Some((number, value)) = fields.next()? {
            match number {
                2 => point.start = fixed(value, number)?,
                3 => point.time = fixed(value, number)?,
                4 => point.count = fixed(value, number)?,
                5 => point.sum = Some(value.double(number)?),
                6 => point.scale = zigzag(value.number(number)?) as i32,
                7 => point.zero_count = fixed(value, number)?,
                8 => point.positive = Buckets::read(value.bytes(number)?)?,
                9 => point.negative = Buckets::read(value.bytes(number)?)?,
                10 => point.is_stale = value.number(number)? & NO_RECORDED_VALUE != 0,
                _ => {}
            }
        }
        Ok(point)
    }

    /// Events that stand for the counts.
    pub fn exemplars(&self) -> Each<'a, Exemplar<'a>> {
        Each::new(self.message, 11, Exemplar::read)
    }
}

/// Quantiles that were reckoned where the values were seen.
#[derive(Clone, Debug)]
pub struct SummaryPoint<'a> {
    /// Of what.
    pub attributes: Attributes<'a>,
    /// When counting began.
    pub start: u64,
    /// When it was measured.
    pub time: u64,
    /// All observations.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// Quantiles, from 0 to 1, and their values.
    pub quantiles: Vec<(f64, f64)>,
    /// Whether nothing was measured: the series has ended.
    pub is_stale: bool,
}

impl<'a> SummaryPoint<'a> {
    pub(super) fn read(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut point = Self {
            attributes: Attributes::new(message, 7),
            start: 0,
            time: 0,
            count: 0,
            sum: 0.0,
            quantiles: Vec::new(),
            is_stale: false,
        };
        let mut fields = Fields(message);
        while let Some((number, value)) = fields.next()? {
            match number {
                2 => point.start = fixed(value, number)?,
                3 => point.time = fixed(value, number)?,
                4 => point.count = fixed(value, number)?,
                5 => point.sum = value.double(number)?,
                6 => point.quantiles.push(quantile(value.bytes(number)?)?),
                8 => point.is_stale = value.number(number)? & NO_RECORDED_VALUE != 0,
                _ => {}
            }
        }
        Ok(point)
    }
}

fn quantile(message: &[u8]) -> Result<(f64, f64), Malformed> {
    let (mut quantile, mut at) = (0.0, 0.0);
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => quantile = value.double(number)?,
            2 => at = value.double(number)?,
            _ => {}
        }
    }
    Ok((quantile, at))
}

/// One event that stands for what a point counts.
#[derive(Clone, Copy, Debug)]
pub struct Exemplar<'a> {
    /// What the point does not say of the event.
    pub attributes: Attributes<'a>,
    /// When it happened.
    pub time: u64,
    /// Its value; `None` where not said.
    pub value: Option<f64>,
    /// The span it happened in; empty where not said.
    pub span_id: &'a [u8],
    /// The trace it belongs to; empty where not said.
    pub trace_id: &'a [u8],
}

impl<'a> Exemplar<'a> {
    fn read(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut exemplar = Self {
            attributes: Attributes::new(message, 7),
            time: 0,
            value: None,
            span_id: &[],
            trace_id: &[],
        };
        let mut fields = Fields(message);
        while let Some((number, value)) = fields.next()? {
            match number {
                2 => exemplar.time = fixed(value, number)?,
                3 => exemplar.value = Some(value.double(number)?),
                4 => exemplar.span_id = value.bytes(number)?,
                5 => exemplar.trace_id = value.bytes(number)?,
                6 => exemplar.value = Some(fixed(value, number)? as i64 as f64),
                _ => {}
            }
        }
        Ok(exemplar)
    }
}
