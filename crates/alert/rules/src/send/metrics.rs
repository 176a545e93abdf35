//! What the sender says of itself, under upstream's names.

use std::sync::Arc;

use model::{Family, FamilyKind, Labels};

use super::queue::Queue;
use crate::metrics::durations;

type Value = fn(&Queue) -> f64;

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
const OF_A_QUEUE: [(&str, FamilyKind, &str, Value); 4] = [
    (
        "prometheus_notifications_errors_total",
        FamilyKind::Counter,
        "Total number of sent alerts affected by errors.",
        |queue| queue.errors.get() as f64,
    ),
    (
        "prometheus_notifications_sent_total",
        FamilyKind::Counter,
        "Total number of alerts sent.",
        |queue| queue.sent.get() as f64,
    ),
    (
        "prometheus_notifications_dropped_total",
        FamilyKind::Counter,
        "Total number of alerts dropped due to errors when sending to Alertmanager.",
        |queue| queue.dropped.get() as f64,
    ),
    (
        "prometheus_notifications_queue_length",
        FamilyKind::Gauge,
        "The number of alert notifications in the queue.",
        |queue| queue.len() as f64,
    ),
];

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(super) fn gather(queues: &[Arc<Queue>], capacity: usize, families: &mut Vec<Family>) {
    for (name, kind, help, value) in OF_A_QUEUE {
        let mut family = Family::new(name, help, kind);
        for queue in queues {
            family.push([("alertmanager", &queue.url)], value(queue));
        }
        families.push(family);
    }
    families.extend(durations(
        "prometheus_notifications_latency",
        "Latency of sending alert notifications.",
        queues.iter().map(|queue| {
            let labels = Labels::from_pairs([("alertmanager", &queue.url)]);
            queue.latency.point(labels)
        }),
    ));
    families.extend([
        Family::gauge(
            "prometheus_notifications_queue_capacity",
            "The capacity of the alert notifications queue.",
            capacity as f64,
        ),
        Family::gauge(
            "prometheus_notifications_alertmanagers_discovered",
            "The number of alertmanagers discovered and active.",
            queues.len() as f64,
        ),
    ]);
}
