//! What the running service is asked: silences, alerts, groups, history, and how it is doing.

use contract::{Gather, NotificationStatus};
use model::{Family, FamilyKind, Matcher};

use crate::history::{AlertEvent, Delivery};
use crate::service::Routing;
use crate::silence::{Silence, SilenceState};
use crate::silences;
use crate::views::{AlertFilter, AlertView, GroupView, HistoryFilter, fits};

impl Routing {
    /// A silence by id, with its state.
    pub fn silence(&self, id: &str) -> Option<(Silence, SilenceState)> {
        let now = self.now();
        let state = self.world.state.lock();
        self.world.metrics.silence_queries.inc();
        let silence = state.silences.get(id)?.clone();
        let at = silence.state(now);
        Some((silence, at))
    }

    /// The silences that have all these matchers among theirs: active ones first, then pending,
    /// then expired ones.
    pub fn silences(&self, matchers: &[Matcher]) -> Vec<(Silence, SilenceState)> {
        let now = self.now();
        self.world.metrics.silence_queries.inc();
        let has_all = |silence: &&Silence| matchers.iter().all(|m| silence.matchers.contains(m));
        let mut found: Vec<Silence> = {
            let state = self.world.state.lock();
            state.silences.all().filter(has_all).cloned().collect()
        };
        silences::order_for_answers(&mut found, now);
        found
            .into_iter()
            .map(|silence| {
                let at = silence.state(now);
                (silence, at)
            })
            .collect()
    }

    /// The alerts that fire, by rising number.
    pub fn alerts(&self, filter: &AlertFilter) -> Vec<AlertView> {
        let now = self.now();
        self.world.state.lock().alert_views(filter, now)
    }

    /// The groups with alerts that fire, by labels and receiver.
    pub fn groups(&self, filter: &AlertFilter) -> Vec<GroupView> {
        let now = self.now();
        self.world.state.lock().group_views(filter, now)
    }

    /// The names of the receivers in the order of the file.
    pub fn receivers(&self) -> Vec<String> {
        self.world.state.lock().plan.names.clone()
    }

    /// The configuration in force, without its secrets.
    pub fn configuration(&self) -> String {
        self.world.state.lock().plan.redacted.clone()
    }

    /// When the service started, in milliseconds since the epoch.
    pub fn started_at(&self) -> i64 {
        self.started_at
    }

    /// Alerts that began and ended, the latest first.
    pub fn alert_history(&self, filter: &HistoryFilter) -> Vec<AlertEvent> {
        let state = self.world.state.lock();
        let wanted = |event: &&AlertEvent| {
            let firing = |status| status == NotificationStatus::Firing;
            filter.covers(event.at)
                && filter
                    .status
                    .is_none_or(|status| firing(status) == event.firing)
                && fits(&filter.matchers, &event.labels)
        };
        let found = state.history.alerts().rev().filter(wanted);
        found
            .take(filter.limit.unwrap_or(usize::MAX))
            .cloned()
            .collect()
    }

    /// Notifications that were sent, or given up, the latest first.
    pub fn deliveries(&self, filter: &HistoryFilter) -> Vec<Delivery> {
        let state = self.world.state.lock();
        let wanted = |delivery: &&Delivery| {
            filter.covers(delivery.at)
                && filter
                    .receiver
                    .as_ref()
                    .is_none_or(|name| *name == delivery.receiver)
        };
        let found = state.history.deliveries().rev().filter(wanted);
        found
            .take(filter.limit.unwrap_or(usize::MAX))
            .cloned()
            .collect()
    }
}

impl Gather for Routing {
    fn gather(&self, families: &mut Vec<Family>) {
        let now = self.now();
        let mut state = self.world.state.lock();
        let (active, suppressed) = state.count_alerts(now);
        let mut by_state = Family::new(
            "alertmanager_alerts",
            "How many alerts by state.",
            FamilyKind::Gauge,
        );
        for (name, count) in [
            ("active", active),
            ("suppressed", suppressed),
            ("unprocessed", 0),
        ] {
            by_state.push([("state", name)], count as f64);
        }
        let mut silences = Family::new(
            "alertmanager_silences",
            "How many silences by state.",
            FamilyKind::Gauge,
        );
        for at in [
            SilenceState::Active,
            SilenceState::Pending,
            SilenceState::Expired,
        ] {
            let count = state.silences.count(at, now);
            silences.push([("state", at.as_str())], count as f64);
        }
        families.extend([by_state, silences]);
        let integrations: usize = state.plan.receivers.values().map(Vec::len).sum();
        let (log, checkpoint) = self.journal.sizes();
        for (name, help, value) in [
            (
                "alertmanager_dispatcher_aggregation_groups",
                "Number of active aggregation groups",
                state.groups.len() as f64,
            ),
            (
                "alertmanager_alerts_per_alert_limit",
                "Current limit on number of alerts per alert name",
                self.limits.alerts_per_name as f64,
            ),
            (
                "alertmanager_nflog_entries",
                "Entries of the notification log.",
                state.told.len() as f64,
            ),
            (
                "alertmanager_receivers",
                "Number of configured receivers.",
                state.plan.names.len() as f64,
            ),
            (
                "alertmanager_integrations",
                "Number of configured integrations.",
                integrations as f64,
            ),
            (
                "alertmanager_journal_size_bytes",
                "Bytes of the log of alerts, silences and notifications since its last checkpoint.",
                log as f64,
            ),
            (
                "alertmanager_journal_checkpoint_size_bytes",
                "Bytes of the last checkpoint of that log.",
                checkpoint as f64,
            ),
        ] {
            families.push(Family::gauge(name, help, value));
        }
        state.metrics().gather(families);
    }
}
