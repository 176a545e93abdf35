//! What the histograms of one chunk have in common: which buckets there are.
//!
//! ```text
//! layout = zero threshold | schema varbit | spans | spans | bounds (only of schema -53)
//! zero threshold = 0 u8 | a power of two, its exponent + 244 u8 | 255 u8 + 64 bits
//! spans  = how many unsigned varbit | { length unsigned varbit | offset varbit }…
//! bounds = how many unsigned varbit | { 1000 × bound + 1 unsigned varbit | 0 + 64 bits }…
//! ```
//! The spans above zero come before those below.

use model::{CUSTOM_SCHEMA, Histogram, MAX_SCHEMA, MIN_SCHEMA, Span};

use super::bits::{BitWriter, Bits};

/// The byte that says that a threshold follows in full.
const FULL_THRESHOLD: u8 = 255;
/// What is added to the exponent of a threshold that is a power of two.
const EXPONENT_SHIFT: i32 = 244;
/// What is added to the exponent in the bits of a float.
const FLOAT_BIAS: i32 = 1023;
/// Bits of a float's fraction.
const FRACTION_BITS: u32 = 52;
/// The largest bound, in thousandths, that is written as a whole number; upstream's figure, so
/// that it takes four bytes at most.
const MOST_THOUSANDTHS: f64 = 33_554_430.0;

/// Which buckets the histograms of a chunk have.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    pub(super) schema: i32,
    pub(super) zero_threshold: f64,
    pub(super) positive: Vec<Span>,
    pub(super) negative: Vec<Span>,
    pub(super) custom: Vec<f64>,
}

impl Layout {
    /// The layout of a histogram.
    pub(super) fn of<C>(histogram: &Histogram<C>) -> Self {
        Self {
            schema: histogram.schema,
            zero_threshold: histogram.zero_threshold,
            positive: histogram.positive_spans.clone(),
            negative: histogram.negative_spans.clone(),
            custom: histogram.custom.clone(),
        }
    }

    /// Numbers that a copy of the layout takes.
    pub(super) fn cells(&self) -> usize {
        self.positive.len() + self.negative.len() + self.custom.len()
    }

    pub(super) fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let zero_threshold = read_threshold(bits)?;
        let schema = i32::try_from(bits.varbit_int()?).ok()?;
        if !(MIN_SCHEMA..=MAX_SCHEMA).contains(&schema) && schema != CUSTOM_SCHEMA {
            return None;
        }
        Some(Self {
            schema,
            zero_threshold,
            positive: read_spans(bits)?,
            negative: read_spans(bits)?,
            custom: if schema == CUSTOM_SCHEMA {
                read_bounds(bits)?
            } else {
                Vec::new()
            },
        })
    }

    pub(super) fn write(&self, out: &mut BitWriter) {
        write_threshold(out, self.zero_threshold);
        out.varbit_int(self.schema.into());
        write_spans(out, &self.positive);
        write_spans(out, &self.negative);
        if self.schema == CUSTOM_SCHEMA {
            out.varbit_uint(self.custom.len() as u64);
            for &bound in &self.custom {
                write_bound(out, bound);
            }
        }
    }
}

/// How many buckets spans say; `None` beyond `most`.
pub(super) fn bucket_count(spans: &[Span], most: usize) -> Option<usize> {
    spans.iter().try_fold(0usize, |all, span| {
        let all = all.checked_add(usize::try_from(span.length).ok()?)?;
        (all <= most).then_some(all)
    })
}

fn read_threshold(bits: &mut Bits<'_>) -> Option<f64> {
    let byte = bits.take(8)? as u8;
    Some(match byte {
        0 => 0.0,
        FULL_THRESHOLD => f64::from_bits(bits.take_long(64)?),
        _ => {
            let exponent = i32::from(byte) - EXPONENT_SHIFT + FLOAT_BIAS;
            f64::from_bits((exponent as u64) << FRACTION_BITS)
        }
    })
}

fn write_threshold(out: &mut BitWriter, threshold: f64) {
    let bits = threshold.to_bits();
    let exponent = (bits >> FRACTION_BITS) as i32 - FLOAT_BIAS + EXPONENT_SHIFT;
    let is_power = bits & ((1 << FRACTION_BITS) - 1) == 0;
    if threshold == 0.0 {
        out.put(0, 8);
    } else if is_power && (1..i32::from(FULL_THRESHOLD)).contains(&exponent) {
        out.put(exponent as u64, 8);
    } else {
        out.put(FULL_THRESHOLD.into(), 8);
        out.put(bits, 64);
    }
}

fn read_spans(bits: &mut Bits<'_>) -> Option<Vec<Span>> {
    let count = usize::try_from(bits.varbit_uint()?).ok()?;
    // Two bits a span at least.
    let mut spans = Vec::with_capacity((count <= bits.left() / 2).then_some(count)?);
    for _ in 0..count {
        let length = u32::try_from(bits.varbit_uint()?).ok()?;
        let offset = i32::try_from(bits.varbit_int()?).ok()?;
        spans.push(Span { offset, length });
    }
    Some(spans)
}

fn write_spans(out: &mut BitWriter, spans: &[Span]) {
    out.varbit_uint(spans.len() as u64);
    for span in spans {
        out.varbit_uint(span.length.into());
        out.varbit_int(span.offset.into());
    }
}

fn read_bounds(bits: &mut Bits<'_>) -> Option<Vec<f64>> {
    let count = usize::try_from(bits.varbit_uint()?).ok()?;
    // Five bits a bound at least.
    let mut bounds = Vec::with_capacity((count <= bits.left() / 5).then_some(count)?);
    for _ in 0..count {
        bounds.push(match bits.varbit_uint()? {
            0 => f64::from_bits(bits.take_long(64)?),
            thousandths => (thousandths - 1) as f64 / 1000.0,
        });
    }
    Some(bounds)
}

fn write_bound(out: &mut BitWriter, bound: f64) {
    let thousandths = (bound * 1000.0).round();
    let is_small = (0.0..=MOST_THOUSANDTHS).contains(&(bound * 1000.0));
    // To the bit: minus zero is not zero.
    if is_small && (thousandths / 1000.0).to_bits() == bound.to_bits() {
        out.varbit_uint(thousandths as u64 + 1);
    } else {
        out.put(0, 1);
        out.put(bound.to_bits(), 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(layout: &Layout) -> (Layout, usize) {
        let mut out = BitWriter::default();
        layout.write(&mut out);
        let mut bytes = Vec::new();
        out.copy(&mut bytes);
        (Layout::read(&mut Bits::new(&bytes)).unwrap(), bytes.len())
    }

    #[test]
    fn thresholds_and_bounds_come_back_to_the_bit() {
        let power = |exponent: i32| 2f64.powi(exponent);
        let cases = [
            (0.0, 3),
            (power(-128), 3),
            (power(-243), 3),
            (power(10), 3),
            (power(11), 11),
            (power(-244), 11),
            (0.001, 11),
            (f64::from_bits(1), 11),
        ];
        for (zero_threshold, length) in cases {
            let layout = Layout {
                zero_threshold,
                schema: 3,
                ..Layout::default()
            };
            let (back, bytes) = round_trip(&layout);
            assert_eq!((back, bytes), (layout, length - 1), "{zero_threshold}");
        }
        let custom = vec![
            -1.0,
            0.0,
            0.005,
            0.1,
            1.0 / 3.0,
            33_554.43,
            33_554.431,
            1e300,
        ];
        let layout = Layout {
            schema: CUSTOM_SCHEMA,
            positive: vec![
                Span {
                    offset: 2,
                    length: 3,
                },
                Span {
                    offset: 1,
                    length: 1,
                },
            ],
            custom,
            ..Layout::default()
        };
        assert_eq!(round_trip(&layout).0, layout);
    }

    #[test]
    fn unknown_schemas_and_boundless_counts_are_refused() {
        let read = |write: &dyn Fn(&mut BitWriter)| {
            let mut out = BitWriter::default();
            write(&mut out);
            let mut bytes = Vec::new();
            out.copy(&mut bytes);
            Layout::read(&mut Bits::new(&bytes))
        };
        for schema in [-54, -52, -5, 9, 52, i64::MAX] {
            let found = read(&|out| {
                out.put(0, 8);
                out.varbit_int(schema);
                out.put(0, 8);
            });
            assert_eq!(found, None, "{schema}");
        }
        let found = read(&|out| {
            out.put(0, 8);
            out.varbit_int(0);
            out.varbit_uint(u64::MAX >> 8);
            out.put(0, 64);
        });
        assert_eq!(found, None);
    }
}
