//! The numbers of histograms that count whole observations (encoding 2).
//!
//! ```text
//! first  = count unsigned varbit | zero count unsigned varbit | sum 64 bits | { bucket varbit }…
//! later  = count varbit | zero count varbit | sum as in XOR | { bucket varbit }…
//! ```
//! A bucket is its difference to the bucket before it. Later numbers say by how much the growth
//! since the last sample differs from the growth before. Behind the stale marker as sum no
//! buckets follow.

use model::{Histogram, HistogramValue, ResetHint};

use super::bits::{BitWriter, Bits};
use super::histograms::Counts;
use super::layout::Layout;
use super::value::Value;

/// A number that changes, and by how much it did.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    value: i64,
    delta: i64,
}

impl Pace {
    #[inline]
    fn read(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        self.delta = self.delta.wrapping_add(bits.varbit_int()?);
        self.value = self.value.wrapping_add(self.delta);
        Some(())
    }

    #[inline]
    fn write(&mut self, out: &mut BitWriter, value: i64) {
        let delta = value.wrapping_sub(self.value);
        out.varbit_int(delta.wrapping_sub(self.delta));
        *self = Self { value, delta };
    }

    fn at(value: i64) -> Self {
        Self { value, delta: 0 }
    }
}

/// The last sample and its growth.
#[derive(Clone, Debug, Default)]
pub(super) struct Integers {
    count: Pace,
    zero: Pace,
    sum: Value,
    positive: Vec<Pace>,
    negative: Vec<Pace>,
}

/// The differences of counts, each to the one before it.
fn differences(counts: &[u64]) -> impl Iterator<Item = i64> {
    let mut before = 0u64;
    counts.iter().map(move |&count| {
        let difference = count.wrapping_sub(before) as i64;
        before = count;
        difference
    })
}

/// The counts of buckets, each by itself; below zero where the chunk is damaged.
fn absolute(buckets: &[Pace]) -> impl Iterator<Item = i64> {
    buckets.iter().scan(0i64, |count, bucket| {
        *count = count.wrapping_add(bucket.value);
        Some(*count)
    })
}

fn checked(buckets: &[Pace]) -> Option<Vec<u64>> {
    let mut counts = Vec::with_capacity(buckets.len());
    for count in absolute(buckets) {
        counts.push(u64::try_from(count).ok()?);
    }
    Some(counts)
}

impl Counts for Integers {
    type Count = u64;
    const BUCKET_BITS: usize = 1;

    fn read_first(bits: &mut Bits<'_>, positive: usize, negative: usize) -> Option<Self> {
        let count = Pace::at(bits.varbit_uint()? as i64);
        let zero = Pace::at(bits.varbit_uint()? as i64);
        let sum = Value::at(bits.take_long(64)?);
        let mut buckets = |count: usize| -> Option<Vec<Pace>> {
            let mut buckets = Vec::with_capacity(count);
            for _ in 0..count {
                buckets.push(Pace::at(bits.varbit_int()?));
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
        self.count.read(bits)?;
        self.zero.read(bits)?;
        self.sum.next(bits)?;
        if self.is_stale() {
            return Some(());
        }
        for bucket in self.positive.iter_mut().chain(&mut self.negative) {
            bucket.read(bits)?;
        }
        Some(())
    }

    fn write_first(out: &mut BitWriter, histogram: &Histogram<u64>) -> Self {
        out.varbit_uint(histogram.count);
        out.varbit_uint(histogram.zero_count);
        out.put(histogram.sum.to_bits(), 64);
        let mut buckets = |counts: &[u64]| {
            let write = |difference| {
                out.varbit_int(difference);
                Pace::at(difference)
            };
            differences(counts).map(write).collect()
        };
        Self {
            count: Pace::at(histogram.count as i64),
            zero: Pace::at(histogram.zero_count as i64),
            sum: Value::at(histogram.sum.to_bits()),
            positive: buckets(&histogram.positive),
            negative: buckets(&histogram.negative),
        }
    }

    fn write_next(&mut self, out: &mut BitWriter, histogram: &Histogram<u64>) {
        if histogram.is_stale() {
            // No change of the counts: nothing but further markers follows in the chunk.
            out.put(0, 2);
            self.sum.write(out, histogram.sum.to_bits());
            return;
        }
        self.count.write(out, histogram.count as i64);
        self.zero.write(out, histogram.zero_count as i64);
        self.sum.write(out, histogram.sum.to_bits());
        let positive = self
            .positive
            .iter_mut()
            .zip(differences(&histogram.positive));
        let negative = self
            .negative
            .iter_mut()
            .zip(differences(&histogram.negative));
        for (bucket, difference) in positive.chain(negative) {
            bucket.write(out, difference);
        }
    }

    fn totals(&self) -> (u64, u64) {
        (self.count.value as u64, self.zero.value as u64)
    }

    fn positive(&self) -> impl Iterator<Item = u64> {
        absolute(&self.positive).map(|count| count as u64)
    }

    fn negative(&self) -> impl Iterator<Item = u64> {
        absolute(&self.negative).map(|count| count as u64)
    }

    fn sum(&self) -> u64 {
        self.sum.bits
    }

    fn histogram(&self, layout: &Layout, hint: ResetHint) -> Option<Histogram<u64>> {
        Some(Histogram {
            schema: layout.schema,
            zero_threshold: layout.zero_threshold,
            zero_count: self.zero.value as u64,
            count: self.count.value as u64,
            sum: f64::from_bits(self.sum.bits),
            positive_spans: layout.positive.clone(),
            positive: checked(&self.positive)?,
            negative_spans: layout.negative.clone(),
            negative: checked(&self.negative)?,
            custom: layout.custom.clone(),
            hint,
        })
    }

    fn value(histogram: Histogram<u64>) -> HistogramValue {
        HistogramValue::Integer(Box::new(histogram))
    }

    fn given(value: &HistogramValue) -> Option<&Histogram<u64>> {
        match value {
            HistogramValue::Integer(histogram) => Some(histogram),
            HistogramValue::Float(_) => None,
        }
    }
}
