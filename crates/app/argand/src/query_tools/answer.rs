//! What a query gives, as the API writes it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

/// Labels, sorted.
pub(super) type Metric = BTreeMap<String, String>;

/// A moment in milliseconds since the epoch, written as seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time(pub(super) i64);

/// A number, written as a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number(pub(super) f64);

/// The value of a query.
#[derive(Debug, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub(super) enum Data {
    Scalar((Time, Number)),
    String((Time, String)),
    Vector(Vec<Sample>),
    Matrix(Vec<Stream>),
}

/// A series at one moment: a number, or a histogram where there is one.
#[derive(Debug, Deserialize)]
pub(super) struct Sample {
    pub(super) metric: Metric,
    #[serde(default)]
    pub(super) value: Option<(Time, Number)>,
    #[serde(default)]
    pub(super) histogram: Option<(Time, Histogram)>,
}

/// A series over time.
#[derive(Debug, Deserialize)]
pub(super) struct Stream {
    pub(super) metric: Metric,
    #[serde(default)]
    pub(super) values: Vec<(Time, Number)>,
    #[serde(default)]
    pub(super) histograms: Vec<(Time, Histogram)>,
}

/// A native histogram.
#[derive(Debug, Deserialize)]
pub(super) struct Histogram {
    pub(super) count: Number,
    pub(super) sum: Number,
    #[serde(default)]
    pub(super) buckets: Vec<Bucket>,
}

/// Which of its bounds belong to it (0: the upper, 1: the lower, 2: none, 3: both), the bounds, and
/// how many observations lie in it.
pub(super) type Bucket = (u8, Number, Number, Number);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Ok(Self((seconds * 1000.0).round() as i64))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number: f64 = text
            .parse()
            .map_err(|_| D::Error::custom(format!("{text:?} is no number")))?;
        Ok(Self(number))
    }
}
