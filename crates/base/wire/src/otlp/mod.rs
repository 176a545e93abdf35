//! OTLP: metrics that programs push, and [`spans`] that are sent to a collector.
//!
//! A request is walked where it lies, from [`resources`] down to points and attributes; nothing is
//! copied but texts that have to be put together, and no more than one point is held at a time.
//! [`from_json`] turns a request in JSON into the same bytes first. Sources: the messages of
//! opentelemetry-proto 1 (metrics/v1, common/v1, resource/v1) and the OTLP specification.
//!
//! Absent: what becomes of it all. Names, suffixes and labels are `receive`'s affair.

mod json;
mod point;
pub mod spans;
mod value;

pub use crate::fields::Malformed;
pub use json::{JsonError, from_json};
pub use point::{Buckets, Exemplar, ExponentialPoint, HistogramPoint, NumberPoint, SummaryPoint};
pub use value::{AnyValue, Attribute, Attributes};

use crate::fields::{Fields, Value};

/// Those parts of a message that stand in fields of one number, in turn. Ends behind an error.
#[derive(Clone)]
pub struct Each<'a, T> {
    fields: Fields<'a>,
    number: u32,
    read: fn(&'a [u8]) -> Result<T, Malformed>,
}

impl<'a, T> Each<'a, T> {
    fn new(message: &'a [u8], number: u32, read: fn(&'a [u8]) -> Result<T, Malformed>) -> Self {
        Self {
            fields: Fields(message),
            number,
            read,
        }
    }

    fn find(&mut self) -> Result<Option<T>, Malformed> {
        while let Some((number, value)) = self.fields.next()? {
            if number == self.number {
                return (self.read)(value.bytes(number)?).map(Some);
            }
        }
        Ok(None)
    }
}

impl<T> Iterator for Each<'_, T> {
    type Item = Result<T, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.find();
        if found.is_err() {
            self.fields = Fields::default();
        }
        found.transpose()
    }
}

/// What the resources of a request measured: of `ExportMetricsServiceRequest`.
pub fn resources(request: &[u8]) -> Each<'_, ResourceMetrics<'_>> {
    Each::new(request, 1, ResourceMetrics::read)
}

/// What one resource measured.
#[derive(Clone, Copy, Debug)]
pub struct ResourceMetrics<'a> {
    /// The resource as it lies: equal bytes are equal resources.
    pub resource: &'a [u8],
    message: &'a [u8],
}

impl<'a> ResourceMetrics<'a> {
    fn read(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut resource: &[u8] = &[];
        let mut fields = Fields(message);
        while let Some((number, value)) = fields.next()? {
            if number == 1 {
                resource = value.bytes(number)?;
            }
        }
        Ok(Self { resource, message })
    }

    /// What the resource is.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.resource, 1)
    }

    /// What its libraries measured.
    pub fn scopes(&self) -> Each<'a, ScopeMetrics<'a>> {
        Each::new(self.message, 2, ScopeMetrics::read)
    }
}

/// What one library measured.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScopeMetrics<'a> {
    /// The library as it lies.
    pub scope: &'a [u8],
    /// Its name; empty where not said.
    pub name: &'a str,
    /// Its version; empty where not said.
    pub version: &'a str,
    /// Which words are used; empty where not said.
    pub schema_url: &'a str,
    message: &'a [u8],
}

impl<'a> ScopeMetrics<'a> {
    fn read(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut scope = Self {
            message,
            ..Self::default()
        };
        let mut fields = Fields(message);
        while let Some((number, value)) = fields.next()? {
            match number {
                1 => scope.scope = value.bytes(number)?,
                3 => scope.schema_url = value.text(number)?,
                _ => {}
            }
        }
        let mut fields = Fields(scope.scope);
        while let Some((number, value)) = fields.next()? {
            match number {
                1 => scope.name = value.text(number)?,
                2 => scope.version = value.text(number)?,
                _ => {}
            }
        }
        Ok(scope)
    }

    /// What more is said about the library.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.scope, 3)
    }

    /// Its metrics.
    pub fn metrics(&self) -> Each<'a, Metric<'a>> {
        Each::new(self.message, 2, Metric::read)
    }
}

/// One metric with its points.
#[derive(Clone, Copy, Debug, Default)]
pub struct Metric<'a> {
    /// Such as `http.server.duration`.
    pub name: &'a str,
    /// For people.
    pub description: &'a str,
    /// In the notation of UCUM, such as `By/s`.
    pub unit: &'a str,
    /// The points; `None` where there is no data of a known kind.
    pub data: Option<Data<'a>>,
}

/// What the points of a metric are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKind {
    /// Numbers that stand for themselves.
    Gauge,
    /// Numbers that add up.
    Sum,
    /// Counts in buckets with listed bounds.
    Histogram,
    /// Counts in buckets whose bounds grow exponentially.
    ExponentialHistogram,
    /// Quantiles.
    Summary,
}

/// What the counts of a point are counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Temporality {
    /// Not said, although it has to be.
    #[default]
    Unspecified,
    /// The point before.
    Delta,
    /// A fixed beginning.
    Cumulative,
}

/// The points of a metric, and what holds for all of them.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// What the points are.
    pub kind: DataKind,
    /// What they count from; of gauges and summaries, which do not say it, unspecified.
    pub temporality: Temporality,
    /// Whether a sum only grows.
    pub is_monotonic: bool,
    message: &'a [u8],
}

impl<'a> Metric<'a> {
    fn read(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut metric = Self::default();
        let mut fields = Fields(message);
        while let Some((number, value)) = fields.next()? {
            let kind = match number {
                1 => {
                    metric.name = value.text(number)?;
                    continue;
                }
                2 => {
                    metric.description = value.text(number)?;
                    continue;
                }
                3 => {
                    metric.unit = value.text(number)?;
                    continue;
                }
                5 => DataKind::Gauge,
                7 => DataKind::Sum,
                9 => DataKind::Histogram,
                10 => DataKind::ExponentialHistogram,
                11 => DataKind::Summary,
                _ => continue,
            };
            metric.data = Some(Data::read(kind, value.bytes(number)?)?);
        }
        Ok(metric)
    }
}

impl<'a> Data<'a> {
    fn read(kind: DataKind, message: &'a [u8]) -> Result<Self, Malformed> {
        let mut data = Self {
            kind,
            temporality: Temporality::Unspecified,
            is_monotonic: false,
            message,
        };
        if matches!(kind, DataKind::Gauge | DataKind::Summary) {
            return Ok(data);
        }
        let mut fields = Fields(message);
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (2, Value::Number(1)) => data.temporality = Temporality::Delta,
                (2, Value::Number(2)) => data.temporality = Temporality::Cumulative,
                (2, Value::Number(_)) => data.temporality = Temporality::Unspecified,
                (3, Value::Number(said)) if kind == DataKind::Sum => data.is_monotonic = said != 0,
                (2, _) => return Err(Malformed::Field(number)),
                _ => {}
            }
        }
        Ok(data)
    }

    /// The points as they lie.
    pub fn points(&self) -> Each<'a, &'a [u8]> {
        Each::new(self.message, 1, Ok)
    }

    /// The points of a gauge or a sum.
    pub fn numbers(&self) -> Each<'a, NumberPoint<'a>> {
        Each::new(self.message, 1, NumberPoint::read)
    }

    /// The points of a histogram.
    pub fn histograms(&self) -> Each<'a, HistogramPoint<'a>> {
        Each::new(self.message, 1, HistogramPoint::read)
    }

    /// The points of an exponential histogram.
    pub fn exponentials(&self) -> Each<'a, ExponentialPoint<'a>> {
        Each::new(self.message, 1, ExponentialPoint::read)
    }

    /// The points of a summary.
    pub fn summaries(&self) -> Each<'a, SummaryPoint<'a>> {
        Each::new(self.message, 1, SummaryPoint::read)
    }

    /// The times of the points, in nanoseconds since the Unix epoch; 0 where not said.
    pub fn times(&self) -> Each<'a, u64> {
        Each::new(self.message, 1, point::time)
    }
}

#[cfg(test)]
mod tests;
