//! Exemplars: one event that stands for what a sample counts.

use crate::Labels;

/// One event, usually with a trace id, that a sample's value was made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// Labels of the event, such as `trace_id`.
    pub labels: Labels,
    /// The event's value in the unit of its series.
    pub value: f64,
    /// When it happened, in milliseconds since the Unix epoch; `None` where the source did not
    /// say, and then the time of the scrape stands for it.
    pub time: Option<i64>,
}
