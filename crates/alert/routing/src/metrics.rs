//! What routing says of itself, under upstream's names.

use std::collections::BTreeMap;

use model::instrument::{Counter, Histogram};
use model::{Family, FamilyKind, Labels};
use parking_lot::Mutex;

use crate::quiet::Complaints;

/// Upper bounds in seconds of the time that one attempt takes, as upstream's.
const LATENCY_BOUNDS: [f64; 5] = [1.0, 5.0, 10.0, 15.0, 20.0];

/// Why alerts are not told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Suppressed {
    Silence,
    Inhibition,
    MuteInterval,
    ActiveInterval,
}

impl Suppressed {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Silence, "silence"),
        (Self::Inhibition, "inhibition"),
        (Self::MuteInterval, "mute_time_interval"),
        (Self::ActiveInterval, "active_time_interval"),
    ];
}

/// Why a notification was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum GivenUp {
    /// The receiver said that another attempt makes no sense.
    Refused,
    /// The group's next turn came.
    Deadline,
}

/// Counts of one kind of integration.
struct Kind {
    notifications: Counter,
    refused: Counter,
    late: Counter,
    requests: Counter,
    failed_requests: Counter,
    latency: Histogram,
}

impl Default for Kind {
    fn default() -> Self {
        Self {
            notifications: Counter::new(),
            refused: Counter::new(),
            late: Counter::new(),
            requests: Counter::new(),
            failed_requests: Counter::new(),
            latency: Histogram::new(&LATENCY_BOUNDS),
        }
    }
}

/// All counts. What is held, rather than counted, is asked for when somebody gathers.
#[derive(Default)]
pub(crate) struct Metrics {
    pub(crate) received_firing: Counter,
    pub(crate) received_resolved: Counter,
    pub(crate) invalid: Counter,
    pub(crate) refused: Counter,
    pub(crate) group_limit: Counter,
    pub(crate) journal_failures: Counter,
    pub(crate) nflog_queries: Counter,
    pub(crate) silence_queries: Counter,
    pub(crate) nflog_propagated: Counter,
    pub(crate) silences_propagated: Counter,
    pub(crate) acknowledgements_propagated: Counter,
    /// What the log was told of lately.
    pub(crate) complaints: Complaints,
    suppressed: [Counter; 4],
    kinds: Mutex<BTreeMap<&'static str, Kind>>,
}

impl Metrics {
    pub(crate) fn suppressed(&self, why: Suppressed, count: usize) {
        if let Some(counter) = self.suppressed.get(why as usize) {
            counter.add(count as u64);
        }
    }

    fn with_kind(&self, kind: &'static str, count: impl FnOnce(&Kind)) {
        count(self.kinds.lock().entry(kind).or_default());
    }

    /// A kind that is configured is told of from the beginning, with zeros.
    pub(crate) fn know(&self, kind: &'static str) {
        self.with_kind(kind, |_| {});
    }

    pub(crate) fn request(&self, kind: &'static str, failed: bool, seconds: f64) {
        self.with_kind(kind, |counts| {
            counts.requests.inc();
            counts.latency.observe(seconds);
            if failed {
                counts.failed_requests.inc();
            }
        });
    }

    pub(crate) fn notification(&self, kind: &'static str, given_up: Option<GivenUp>) {
        self.with_kind(kind, |counts| {
            counts.notifications.inc();
            match given_up {
                None => {}
                Some(GivenUp::Refused) => counts.refused.inc(),
                Some(GivenUp::Deadline) => counts.late.inc(),
            }
        });
    }

    pub(crate) fn gather(&self, families: &mut Vec<Family>) {
        let counter = |name: &str, help: &str| Family::new(name, help, FamilyKind::Counter);
        let received = counter(
            "alertmanager_alerts_received_total",
            "The total number of received alerts.",
        )
        .with(
            [("status", "firing"), ("version", "v2")],
            self.received_firing.get() as f64,
        )
        .with(
            [("status", "resolved"), ("version", "v2")],
            self.received_resolved.get() as f64,
        );
        let invalid = counter(
            "alertmanager_alerts_invalid_total",
            "The total number of received alerts that were invalid.",
        )
        .with([("version", "v2")], self.invalid.get() as f64);
        let mut suppressed = counter(
            "alertmanager_notifications_suppressed_total",
            "The total number of notifications suppressed for being silenced, inhibited, outside of active time intervals or within muted time intervals.",
        );
        for (why, name) in Suppressed::ALL {
            let count = self.suppressed.get(why as usize).map_or(0, Counter::get);
            suppressed.push([("reason", name)], count as f64);
        }
        families.extend([received, invalid, suppressed]);
        for (name, help, count) in [
            (
                "alertmanager_alerts_limited_total",
                "Alerts that were not taken because there are too many.",
                &self.refused,
            ),
            (
                "alertmanager_dispatcher_aggregation_group_limit_reached_total",
                "Number of times when dispatcher failed to create new aggregation group due to limit.",
                &self.group_limit,
            ),
            (
                "alertmanager_nflog_queries_total",
                "Number of notification log queries were received.",
                &self.nflog_queries,
            ),
            (
                "alertmanager_silences_queries_total",
                "How many silence queries were received.",
                &self.silence_queries,
            ),
            (
                "alertmanager_nflog_gossip_messages_propagated_total",
                "Number of received gossip messages that have been further gossiped.",
                &self.nflog_propagated,
            ),
            (
                "alertmanager_silences_gossip_messages_propagated_total",
                "Number of received gossip messages that have been further gossiped.",
                &self.silences_propagated,
            ),
            (
                "alertmanager_acknowledgements_gossip_messages_propagated_total",
                "Number of received gossip messages that have been further gossiped.",
                &self.acknowledgements_propagated,
            ),
            (
                "alertmanager_journal_failures_total",
                "Writes to the log of alerts, silences and notifications that failed.",
                &self.journal_failures,
            ),
        ] {
            families.push(Family::counter(name, help, count.get() as f64));
        }
        self.gather_kinds(families);
    }

    fn gather_kinds(&self, families: &mut Vec<Family>) {
        let counter = |name: &str, help: &str| Family::new(name, help, FamilyKind::Counter);
        let mut sent = counter(
            "alertmanager_notifications_total",
            "The total number of attempted notifications.",
        );
        let mut failed = counter(
            "alertmanager_notifications_failed_total",
            "The total number of failed notifications.",
        );
        let mut requests = counter(
            "alertmanager_notification_requests_total",
            "The total number of attempted notification requests.",
        );
        let mut failed_requests = counter(
            "alertmanager_notification_requests_failed_total",
            "The total number of failed notification requests.",
        );
        let mut latency = Family::new(
            "alertmanager_notification_latency_seconds",
            "The latency of notifications in seconds.",
            FamilyKind::Histogram,
        );
        for (kind, counts) in self.kinds.lock().iter() {
            let labels = [("integration", *kind)];
            sent.push(labels, counts.notifications.get() as f64);
            requests.push(labels, counts.requests.get() as f64);
            failed_requests.push(labels, counts.failed_requests.get() as f64);
            for (reason, count) in [
                ("contextDeadlineExceeded", &counts.late),
                ("other", &counts.refused),
            ] {
                let labels = [("integration", *kind), ("reason", reason)];
                failed.push(labels, count.get() as f64);
            }
            latency
                .points
                .push(counts.latency.point(Labels::from_pairs(labels)));
        }
        families.extend([sent, failed, requests, failed_requests, latency]);
    }
}
