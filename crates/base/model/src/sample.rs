//! Samples: a number at a moment.

use crate::HistogramSample;

/// One number at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Milliseconds since the Unix epoch.
    pub time: i64,
    /// The number; see [`is_stale`] for the one NaN with a meaning of its own.
    pub value: f64,
}

/// The bits of the NaN that says "this series has ended here" (Prometheus' stale marker).
pub const STALE_NAN_BITS: u64 = 0x7ff0_0000_0000_0002;

/// The stale marker.
pub fn stale_nan() -> f64 {
    f64::from_bits(STALE_NAN_BITS)
}

/// Whether a value is the stale marker.
#[inline]
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_NAN_BITS
}

/// Whether two values are the same to the bit: NaN equals NaN here, and the stale marker differs
/// from other NaN.
#[inline]
pub fn same_value(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits()
}

/// Samples of one series, oldest first: numbers as two columns of equal length, and the native
/// histograms among them. The times of each rise strictly, and none stands in both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// Milliseconds since the Unix epoch.
    pub times: Vec<i64>,
    /// The value at the same place of `times`.
    pub values: Vec<f64>,
    /// The moments at which the series has a histogram instead of a number.
    pub histograms: Vec<HistogramSample>,
    /// When the counting of the number at the same place began, in milliseconds since the epoch,
    /// 0 where that is unknown; empty where it is unknown of all.
    pub starts: Vec<i64>,
    /// The same of the histograms.
    pub histogram_starts: Vec<i64>,
}

impl Columns {
    /// Columns without samples.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a number behind the last one.
    #[inline]
    pub fn push(&mut self, time: i64, value: f64) {
        self.times.push(time);
        self.values.push(value);
    }

    /// How many numbers there are; histograms are not counted.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is neither a number nor a histogram.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty() && self.histograms.is_empty()
    }

    /// Removes all samples and keeps the memory.
    pub fn clear(&mut self) {
        self.times.clear();
        self.values.clear();
        self.histograms.clear();
        self.starts.clear();
        self.histogram_starts.clear();
    }

    /// The numbers, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Sample> {
        self.times
            .iter()
            .zip(&self.values)
            .map(|(&time, &value)| Sample { time, value })
    }
}
