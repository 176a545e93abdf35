//! One metric of a collector: a figure that is read when somebody asks.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

/// One figure and what it means.
pub(crate) struct Figure<'a> {
    /// Name without unit and `_total`.
    pub(crate) name: &'a str,
    /// What it says, with the full stop that the library appends to those of other metrics.
    pub(crate) help: &'a str,
    /// Appended to the name.
    pub(crate) unit: Option<&'a Unit>,
    /// What it is now.
    pub(crate) value: f64,
}

impl Figure<'_> {
    /// Writes it as a gauge.
    pub(crate) fn gauge(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let kind = MetricType::Gauge;
        let descriptor = encoder.encode_descriptor(self.name, self.help, self.unit, kind)?;
        ConstGauge::new(self.value).encode(descriptor)
    }

    /// Writes it as a counter.
    pub(crate) fn counter(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let kind = MetricType::Counter;
        let descriptor = encoder.encode_descriptor(self.name, self.help, self.unit, kind)?;
        ConstCounter::new(self.value).encode(descriptor)
    }
}
