//! What rules say of themselves, under upstream's names.

use contract::RuleGroupState;
use model::instrument::{Counter, Gauge, Histogram};
use model::{Family, FamilyKind, Labels, Point, PointValue};

use crate::expand;

/// Seconds of an evaluation, as upstream divides them.
const SECONDS: [f64; 4] = [0.01, 0.1, 1.0, 10.0];

/// Of all groups together.
pub(crate) struct Metrics {
    /// Of each rule.
    pub(crate) evaluation: Histogram,
    /// Of each turn of a group.
    pub(crate) turn: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            evaluation: Histogram::new(&SECONDS),
            turn: Histogram::new(&SECONDS),
        }
    }
}

/// Of one group; a reload keeps them.
#[derive(Default)]
pub(crate) struct GroupMetrics {
    pub(crate) missed: Counter,
    pub(crate) scheduled: Counter,
    pub(crate) evaluations: Counter,
    pub(crate) failures: Counter,
    pub(crate) samples: Gauge,
    pub(crate) rule_seconds: Gauge,
    pub(crate) restore_seconds: Gauge,
}

/// One group's metrics with what it shows.
pub(crate) struct GroupReport<'a> {
    pub(crate) shown: &'a RuleGroupState,
    pub(crate) metrics: &'a GroupMetrics,
}

impl Metrics {
    pub(crate) fn gather(&self, families: &mut Vec<Family>) {
        expand::gather(families);
        for (histogram, name, what) in [
            (
                &self.evaluation,
                "prometheus_rule_evaluation_duration",
                "The duration for a rule to execute.",
            ),
            (
                &self.turn,
                "prometheus_rule_group_duration",
                "The duration of rule group evaluations.",
            ),
        ] {
            families.extend(durations(name, what, [histogram.point(Labels::empty())]));
        }
    }
}

/// Durations as a summary without quantiles and as a histogram: the two forms that upstream has.
pub(crate) fn durations(
    name: &str,
    help: &str,
    points: impl IntoIterator<Item = Point>,
) -> [Family; 2] {
    let mut histogram = Family::new(
        &format!("{name}_histogram_seconds"),
        help,
        FamilyKind::Histogram,
    );
    let mut summary = Family::new(&format!("{name}_seconds"), help, FamilyKind::Summary);
    for point in points {
        if let PointValue::Histogram { sum, count, .. } = point.value {
            summary.points.push(Point {
                labels: point.labels.clone(),
                value: PointValue::Summary {
                    quantiles: Vec::new(),
                    sum,
                    count,
                },
            });
        }
        histogram.points.push(point);
    }
    [summary, histogram]
}

type Value = fn(&GroupReport<'_>) -> f64;

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
const OF_A_GROUP: [(&str, FamilyKind, &str, Value); 11] = [
    (
        "prometheus_rule_group_iterations_missed_total",
        FamilyKind::Counter,
        "The total number of rule group evaluations missed due to slow rule group evaluation.",
        |group| group.metrics.missed.get() as f64,
    ),
    (
        "prometheus_rule_group_iterations_total",
        FamilyKind::Counter,
        "The total number of scheduled rule group evaluations, whether executed or missed.",
        |group| group.metrics.scheduled.get() as f64,
    ),
    (
        "prometheus_rule_evaluations_total",
        FamilyKind::Counter,
        "The total number of rule evaluations.",
        |group| group.metrics.evaluations.get() as f64,
    ),
    (
        "prometheus_rule_evaluation_failures_total",
        FamilyKind::Counter,
        "The total number of rule evaluation failures.",
        |group| group.metrics.failures.get() as f64,
    ),
    (
        "prometheus_rule_group_interval_seconds",
        FamilyKind::Gauge,
        "The interval of a rule group.",
        |group| group.shown.interval.as_secs_f64(),
    ),
    (
        "prometheus_rule_group_last_evaluation_timestamp_seconds",
        FamilyKind::Gauge,
        "The timestamp of the last rule group evaluation in seconds.",
        |group| group.shown.last_evaluation.unwrap_or(0) as f64 / 1000.0,
    ),
    (
        "prometheus_rule_group_last_duration_seconds",
        FamilyKind::Gauge,
        "The duration of the last rule group evaluation.",
        |group| group.shown.evaluation_time.as_secs_f64(),
    ),
    (
        "prometheus_rule_group_last_rule_duration_sum_seconds",
        FamilyKind::Gauge,
        "The time that the rules of the last evaluation took, one after the other.",
        |group| group.metrics.rule_seconds.get(),
    ),
    (
        "prometheus_rule_group_last_restore_duration_seconds",
        FamilyKind::Gauge,
        "How long it took to find out since when alerts hold.",
        |group| group.metrics.restore_seconds.get(),
    ),
    (
        "prometheus_rule_group_rules",
        FamilyKind::Gauge,
        "The number of rules.",
        |group| group.shown.rules.len() as f64,
    ),
    (
        "prometheus_rule_group_last_evaluation_samples",
        FamilyKind::Gauge,
        "The number of samples returned during the last rule group evaluation.",
        |group| group.metrics.samples.get(),
    ),
];

/// The families with one point a group.
pub(crate) fn gather_groups(groups: &[GroupReport<'_>], families: &mut Vec<Family>) {
    for (name, kind, help, value) in OF_A_GROUP {
        let mut family = Family::new(name, help, kind);
        for group in groups {
            let key = format!("{};{}", group.shown.file, group.shown.name);
            family.push([("rule_group", key)], value(group));
        }
        families.push(family);
    }
}
