//! What clients of API servers say of themselves.

use std::collections::BTreeMap;

use model::instrument::Counter;
use model::{Family, FamilyKind};
use parking_lot::Mutex;

/// Counters of all clients of a hub.
#[derive(Default)]
pub(crate) struct Metrics {
    pub(crate) failures: Counter,
    /// By kind of object and event; both come from the source, so the number is bounded.
    events: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
}

/// Kinds that upstream shows even where nothing was heard of them.
const ROLES: [&str; 6] = [
    "endpointslice",
    "endpoints",
    "node",
    "pod",
    "service",
    "ingress",
];
const EVENTS: [&str; 3] = ["add", "delete", "update"];

impl Metrics {
    pub(crate) fn count(&self, role: &'static str, event: &'static str, number: u64) {
        *self.events.lock().entry((role, event)).or_default() += number;
    }
}

impl Metrics {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub(crate) fn gather_as(&self, prefix: &str, families: &mut Vec<Family>) {
        let mut events = Family::new(
            &format!("{prefix}_kubernetes_events_total"),
            "Number of objects of Kubernetes that came, changed or went.",
            FamilyKind::Counter,
        );
        let mut counted = self.events.lock().clone();
        for role in ROLES {
            for event in EVENTS {
                counted.entry((role, event)).or_default();
            }
        }
        for ((role, event), count) in counted {
            events.push([("event", event), ("role", role)], count as f64);
        }
        families.push(events);
        families.push(Family::counter(
            &format!("{prefix}_kubernetes_failures_total"),
            "Number of lists and watches of Kubernetes that failed.",
            self.failures.get() as f64,
        ));
    }
}
