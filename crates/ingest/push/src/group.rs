//! One group: what it is known by, what it holds, when it was pushed.

use std::sync::Arc;

use model::FamilyKind;
use wire::families::{LabelPairs, Metric, MetricFamily, MetricValue, Overlay};

/// The family that says when a group was pushed last.
pub const PUSH_TIME: &str = "push_time_seconds";
/// The family that says when a push of a group was refused last.
pub const PUSH_FAILED: &str = "push_failure_time_seconds";

/// The metrics of one group. It never changes: a push makes another one in its place.
#[derive(Clone, Debug)]
pub struct Group {
    /// What it is known by.
    pub labels: LabelPairs,
    /// What was pushed, sorted by name.
    pub families: Vec<Arc<Held>>,
    /// When a push was last taken, in milliseconds since the epoch; 0 for never.
    pub pushed: i64,
    /// When a push was last refused; 0 for never.
    pub failed: i64,
    /// When it was made.
    pub made: i64,
    /// When it goes by itself.
    pub expires: Option<i64>,
}

/// A family as it is held.
#[derive(Debug)]
pub struct Held {
    /// What was pushed, with the labels of the group.
    pub family: MetricFamily,
    /// When, in milliseconds since the epoch.
    pub time: i64,
    /// What each metric is known by, in their order.
    pub(crate) hashes: Vec<u64>,
}

impl Group {
    /// A group that nothing was pushed to yet.
    pub(crate) fn new(labels: LabelPairs, made: i64) -> Self {
        Self {
            labels,
            families: Vec::new(),
            pushed: 0,
            failed: 0,
            made,
            expires: None,
        }
    }

    /// The family of a name, where it is held.
    pub(crate) fn family(&self, name: &str) -> Option<&Arc<Held>> {
        let place = self
            .families
            .binary_search_by(|held| (*held.family.name).cmp(name));
        self.families.get(place.ok()?)
    }

    /// Whether the last push was taken.
    pub fn is_well(&self) -> bool {
        self.pushed >= self.failed
    }

    /// What is said of the group itself, with the moments when it was last said.
    pub fn own(&self) -> [(MetricFamily, i64); 2] {
        let labels = Overlay::new(self.labels.clone()).alone();
        let gauge = |name: &str, help: &str, time: i64| MetricFamily {
            name: name.into(),
            kind: FamilyKind::Gauge,
            help: Some(help.into()),
            metrics: vec![Metric {
                labels: labels.clone(),
                value: MetricValue::Number(time as f64 / 1000.0),
            }],
        };
        let failed = gauge(
            PUSH_FAILED,
            "Last Unix time when changing this group in the Pushgateway failed.",
            self.failed,
        );
        let pushed = gauge(
            PUSH_TIME,
            "Last Unix time when changing this group in the Pushgateway succeeded.",
            self.pushed,
        );
        [
            (failed, self.failed.max(self.made)),
            (pushed, self.pushed.max(self.made)),
        ]
    }
}

impl Held {
    /// Lines that it shows.
    pub(crate) fn series(&self) -> usize {
        let metrics = self.family.metrics.iter();
        metrics.map(|metric| metric.value.count()).sum()
    }

    /// Whether both are the same metrics of the same type, whatever they say.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.family.kind == other.family.kind && self.hashes == other.hashes
    }

    /// Whether both show the same lines in the same order, whatever their values.
    pub(crate) fn shows_like(&self, other: &Self) -> bool {
        let (mine, others) = (self.family.metrics.iter(), other.family.metrics.iter());
        self.is_like(other)
            && mine
                .zip(others)
                .all(|(one, two)| parts_agree(&one.value, &two.value))
    }
}

fn parts_agree(one: &MetricValue, other: &MetricValue) -> bool {
    fn bounds<T>(parts: &[(f64, T)]) -> impl Iterator<Item = u64> {
        parts.iter().map(|(bound, _)| bound.to_bits())
    }
    match (one, other) {
        (MetricValue::Number(_), MetricValue::Number(_)) => true,
        (MetricValue::Histogram(one), MetricValue::Histogram(other)) => {
            bounds(&one.parts).eq(bounds(&other.parts))
        }
        (MetricValue::Summary(one), MetricValue::Summary(other)) => {
            bounds(&one.parts).eq(bounds(&other.parts))
        }
        _ => false,
    }
}
