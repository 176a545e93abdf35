//! The numbers of histograms that count in floats (encoding 3).
//!
//! ```text
//! first  = count 64 bits | zero count 64 bits | sum 64 bits | { bucket 64 bits }…
//! later  = count | zero count | sum | { bucket }…, each against its last value as in XOR
//! ```
//! Each number has a window of its own. Behind the stale marker as sum no buckets follow.

use model::{Histogram, HistogramValue, ResetHint};

use super::bits::{BitWriter, Bits};
use super::histograms::Counts;
use super::layout::Layout;
use super::value::Value;

/// The last sample and its windows.
#[derive(Clone, Debug, Default)]
pub(super) struct Floats {
    count: Value,
    zero: Value,
    sum: Value,
    positive: Vec<Value>,
    negative: Vec<Value>,
}

fn floats(values: &[Value]) -> impl Iterator<Item = f64> {
    values.iter().map(|value| f64::from_bits(value.bits))
}

impl Counts for Floats {
    type Count = f64;
    const BUCKET_BITS: usize = 64;

    fn read_first(bits: &mut Bits<'_>, positive: usize, negative: usize) -> Option<Self> {
        let mut value = || bits.take_long(64).map(Value::at);
        let (count, zero, sum) = (value()?, value()?, value()?);
        let mut buckets = |count: usize| -> Option<Vec<Value>> {
            let mut buckets = Vec::with_capacity(count);
            for _ in 0..count {
                buckets.push(value()?);
            }
            Some(buckets)
        };
        Some(Self {
            count,
            zero,
            sum,
            positive: buckets(positive)?,
            negative: buckets(negative)?,
        })
    }

    fn read_next(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        self.count.next(bits)?;
        self.zero.next(bits)?;
        self.sum.next(bits)?;
        if self.is_stale() {
            return Some(());
        }
        for bucket in self.positive.iter_mut().chain(&mut self.negative) {
            bucket.next(bits)?;
        }
        Some(())
    }

    fn write_first(out: &mut BitWriter, histogram: &Histogram<f64>) -> Self {
        let mut write = |value: f64| {
            out.put(value.to_bits(), 64);
            Value::at(value.to_bits())
        };
        Self {
            count: write(histogram.count),
            zero: write(histogram.zero_count),
            sum: write(histogram.sum),
            positive: histogram.positive.iter().copied().map(&mut write).collect(),
            negative: histogram.negative.iter().copied().map(&mut write).collect(),
        }
    }

    fn write_next(&mut self, out: &mut BitWriter, histogram: &Histogram<f64>) {
        if histogram.is_stale() {
            // No change of the counts: nothing but further markers follows in the chunk.
            out.put(0, 2);
            self.sum.write(out, histogram.sum.to_bits());
            return;
        }
        self.count.write(out, histogram.count.to_bits());
        self.zero.write(out, histogram.zero_count.to_bits());
        self.sum.write(out, histogram.sum.to_bits());
        let positive = self.positive.iter_mut().zip(&histogram.positive);
        let negative = self.negative.iter_mut().zip(&histogram.negative);
        for (bucket, value) in positive.chain(negative) {
            bucket.write(out, value.to_bits());
        }
    }

    fn totals(&self) -> (f64, f64) {
        let [count, zero] = [self.count, self.zero].map(|value| f64::from_bits(value.bits));
        (count, zero)
    }

    fn positive(&self) -> impl Iterator<Item = f64> {
        floats(&self.positive)
    }

    fn negative(&self) -> impl Iterator<Item = f64> {
        floats(&self.negative)
    }

    fn sum(&self) -> u64 {
        self.sum.bits
    }

    fn histogram(&self, layout: &Layout, hint: ResetHint) -> Option<Histogram<f64>> {
        Some(Histogram {
            schema: layout.schema,
            zero_threshold: layout.zero_threshold,
            zero_count: f64::from_bits(self.zero.bits),
            count: f64::from_bits(self.count.bits),
            sum: f64::from_bits(self.sum.bits),
            positive_spans: layout.positive.clone(),
            positive: floats(&self.positive).collect(),
            negative_spans: layout.negative.clone(),
            negative: floats(&self.negative).collect(),
            custom: layout.custom.clone(),
            hint,
        })
    }

    fn value(histogram: Histogram<f64>) -> HistogramValue {
        HistogramValue::Float(Box::new(histogram))
    }

    fn given(value: &HistogramValue) -> Option<&Histogram<f64>> {
        match value {
            HistogramValue::Float(histogram) => Some(histogram),
            HistogramValue::Integer(_) => None,
        }
    }
}
