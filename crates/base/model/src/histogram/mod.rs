//! Native histograms: how often values fell into buckets whose bounds need no listing.
//!
//! Bucket `i` of an exponential schema `s` holds the values in `(2^((i-1)·2^-s), 2^(i·2^-s)]`, and
//! likewise below zero; values within the zero threshold of 0 have a bucket of their own. The schema
//! [`CUSTOM_SCHEMA`] has the upper bounds that [`Histogram::custom`] lists instead, and only positive
//! buckets. Buckets without observations are left out: [`Span`]s say which ones are there.
//!
//! Source: the Prometheus specification of native histograms (prometheus.io/docs/specs).

pub mod buckets;

use crate::stale_nan;

/// The schema of histograms whose bounds are listed.
pub const CUSTOM_SCHEMA: i32 = -53;
/// The coarsest exponential schema: bounds grow by a factor of 65,536.
pub const MIN_SCHEMA: i32 = -4;
/// The finest exponential schema: bounds grow by a factor of 2^(1/256).
pub const MAX_SCHEMA: i32 = 8;

/// Buckets that follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Buckets left out before it; of the first span, the index of its first bucket.
    pub offset: i32,
    /// How many buckets it has.
    pub length: u32,
}

/// What a histogram says of the one before it in its series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ResetHint {
    /// Nothing: whoever wants to know compares the two.
    #[default]
    Unknown,
    /// Counting began again.
    Reset,
    /// Counting went on.
    NotReset,
    /// Counts may fall: this is a gauge.
    Gauge,
}

/// A histogram that counts in `C`: `u64` as programs do, `f64` after arithmetic.
///
/// All counts are those of one bucket; in files and messages they may stand as differences.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram<C> {
    /// [`MIN_SCHEMA`] to [`MAX_SCHEMA`], or [`CUSTOM_SCHEMA`].
    pub schema: i32,
    /// Values from minus this to this are in the zero bucket.
    pub zero_threshold: f64,
    /// Values in the zero bucket.
    pub zero_count: C,
    /// All observations, NaN included.
    pub count: C,
    /// Their sum; the stale marker here ends the series.
    pub sum: f64,
    /// Which buckets above zero there are.
    pub positive_spans: Vec<Span>,
    /// Their counts, as many as the spans say.
    pub positive: Vec<C>,
    /// Which buckets below zero there are; the index grows away from zero.
    pub negative_spans: Vec<Span>,
    /// Their counts.
    pub negative: Vec<C>,
    /// The upper bounds of [`CUSTOM_SCHEMA`], rising, without the infinity at the end.
    pub custom: Vec<f64>,
    /// What is known of a counter reset just before.
    pub hint: ResetHint,
}

/// A histogram as programs count.
pub type IntegerHistogram = Histogram<u64>;
/// A histogram as queries reckon.
pub type FloatHistogram = Histogram<f64>;

impl<C: Default> Default for Histogram<C> {
    fn default() -> Self {
        Self {
            schema: 0,
            zero_threshold: 0.0,
            zero_count: C::default(),
            count: C::default(),
            sum: 0.0,
            positive_spans: Vec::new(),
            positive: Vec::new(),
            negative_spans: Vec::new(),
            negative: Vec::new(),
            custom: Vec::new(),
            hint: ResetHint::Unknown,
        }
    }
}

impl<C> Histogram<C> {
    /// Whether it only says that the series has ended.
    pub fn is_stale(&self) -> bool {
        crate::is_stale(self.sum)
    }

    /// Whether its bounds are listed.
    pub fn is_custom(&self) -> bool {
        self.schema == CUSTOM_SCHEMA
    }
}

impl<C: Default> Histogram<C> {
    /// The histogram that ends a series.
    pub fn stale() -> Self {
        Self {
            sum: stale_nan(),
            ..Self::default()
        }
    }
}

impl From<IntegerHistogram> for FloatHistogram {
    fn from(whole: IntegerHistogram) -> Self {
        let floats = |counts: Vec<u64>| counts.into_iter().map(|count| count as f64).collect();
        Self {
            schema: whole.schema,
            zero_threshold: whole.zero_threshold,
            zero_count: whole.zero_count as f64,
            count: whole.count as f64,
            sum: whole.sum,
            positive_spans: whole.positive_spans,
            positive: floats(whole.positive),
            negative_spans: whole.negative_spans,
            negative: floats(whole.negative),
            custom: whole.custom,
            hint: whole.hint,
        }
    }
}

/// A histogram as it was given: whole counts stay whole in the store.
#[derive(Clone, Debug, PartialEq)]
pub enum HistogramValue {
    /// As programs count.
    Integer(Box<IntegerHistogram>),
    /// As a recording rule or a gauge of floats gives it.
    Float(Box<FloatHistogram>),
}

impl HistogramValue {
    /// As queries reckon.
    pub fn into_float(self) -> FloatHistogram {
        match self {
            Self::Integer(whole) => FloatHistogram::from(*whole),
            Self::Float(float) => *float,
        }
    }

    /// Whether it only says that the series has ended.
    pub fn is_stale(&self) -> bool {
        match self {
            Self::Integer(whole) => whole.is_stale(),
            Self::Float(float) => float.is_stale(),
        }
    }
}

/// A histogram at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramSample {
    /// Milliseconds since the Unix epoch.
    pub time: i64,
    /// What was counted.
    pub value: HistogramValue,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_counts_become_floats_and_stale_stays_stale() {
        let whole = IntegerHistogram {
            schema: 3,
            count: 5,
            sum: 2.5,
            positive_spans: vec![Span {
                offset: -2,
                length: 2,
            }],
            positive: vec![2, 3],
            hint: ResetHint::NotReset,
            ..Histogram::default()
        };
        let float = HistogramValue::Integer(Box::new(whole)).into_float();
        assert_eq!((float.count, &float.positive[..]), (5.0, &[2.0, 3.0][..]));
        assert_eq!(float.hint, ResetHint::NotReset);
        let stale = HistogramValue::Integer(Box::new(Histogram::stale()));
        assert!(stale.is_stale() && stale.into_float().is_stale());
        assert!(!float.is_stale());
    }
}
