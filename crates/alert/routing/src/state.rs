//! Everything that routing knows, and how it changes: reports come in, turns go out. Pure but for
//! the log, which every change that must last is written to; time is an argument.

use std::path::Path;
use std::sync::Arc;

use contract::Peers;
use model::Alert;
use wal::WalError;

use crate::acknowledgement::Acknowledgements;
use crate::alerts::{Alerts, Change};
use crate::groups::Groups;
use crate::history::{AlertEvent, Delivery, History};
use crate::import::Strangers;
use crate::inhibit::Inhibitor;
use crate::intervals;
use crate::journal::{Compaction, Journal};
use crate::limits::Limits;
use crate::memory::Memories;
use crate::metrics::{Metrics, Suppressed};
use crate::naming;
use crate::notification_log::{NotificationLog, Target, Told};
use crate::plan::Plan;
use crate::record::Record;
use crate::silence::{Silence, SilenceError};
use crate::silences::{SilenceRules, Silences};
use crate::turn::{Seen, Turn};

/// How long things are kept, and how much of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StateRules {
    pub(crate) silences: SilenceRules,
    pub(crate) limits: Limits,
    /// Milliseconds that the notification log keeps an entry at most.
    pub(crate) retention: i64,
    /// Milliseconds after the start before the first turn.
    pub(crate) start_delay: i64,
}

/// The whole state.
pub(crate) struct State {
    pub(crate) plan: Arc<Plan>,
    pub(crate) alerts: Alerts,
    pub(crate) inhibitor: Inhibitor,
    pub(crate) silences: Silences,
    pub(crate) groups: Groups,
    pub(crate) told: NotificationLog,
    pub(crate) acknowledged: Acknowledgements,
    pub(crate) history: History,
    /// What integrations have to remember.
    pub(crate) memories: Memories,
    /// Alerts that were told of under numbers of another Alertmanager.
    pub(crate) strangers: Strangers,
    /// When what that one had left was taken over, in milliseconds since the epoch.
    pub(crate) imported_at: i64,
    journal: Arc<Journal>,
    metrics: Arc<Metrics>,
    /// Who else holds silences and the notification log.
    pub(crate) peers: Arc<dyn Peers>,
    pub(crate) rules: StateRules,
}

impl State {
    /// Reads back what was known, and makes the groups of it.
    pub(crate) fn open(
        folder: &Path,
        plan: Plan,
        rules: StateRules,
        metrics: Arc<Metrics>,
        peers: Arc<dyn Peers>,
        now: i64,
    ) -> Result<Self, WalError> {
        let mut alerts = Alerts::new(rules.limits.alerts, rules.limits.alerts_per_name);
        let mut silences = Silences::new(rules.silences);
        let mut told = NotificationLog::default();
        let mut acknowledged = Acknowledgements::default();
        let mut memories = Memories::default();
        let mut history = History::new(rules.limits.history);
        let (mut alive, mut imported_at) = (0, i64::MIN);
        let journal = Journal::open(folder, now, |record| match record {
            Record::Alert(known) => {
                alive = alive.max(known.alert.updated_at);
                alerts.restore(known);
            }
            Record::Again {
                fingerprint,
                ends_at,
                updated_at,
            } => {
                alive = alive.max(updated_at);
                if let Some(known) = alerts.get_mut(fingerprint) {
                    known.alert.ends_at = ends_at;
                    known.alert.updated_at = updated_at;
                }
            }
            Record::Silence(silence) => silences.apply(silence),
            Record::Notified(target, entry) => {
                alive = alive.max(entry.at);
                told.record(target, entry);
            }
            Record::Acknowledged(fingerprint, one) => acknowledged.restore(fingerprint, one),
            Record::Memory(target, memory) => memories.restore(target, memory),
            Record::Imported(at) => imported_at = at,
            Record::Alive(at) => alive = alive.max(at),
            Record::Event(event) => history.alert(event),
            Record::Delivery(delivery) => history.delivery(delivery),
        })?;
        silences.collect(now);
        told.collect(now);
        memories.recall(&plan);
        let mut state = Self {
            inhibitor: Inhibitor::new(&plan.inhibit_rules),
            groups: Groups::new(rules.limits.groups, now.saturating_add(rules.start_delay)),
            plan: Arc::new(plan),
            alerts,
            silences,
            told,
            acknowledged,
            history,
            memories,
            strangers: Strangers::default(),
            imported_at,
            journal: Arc::new(journal),
            metrics,
            peers,
            rules,
        };
        state.wait_for_reports(alive, now);
        state.look_for_strangers(imported_at);
        let known: Vec<u64> = state.alerts.iter().map(|(f, _)| f).collect();
        for fingerprint in known {
            state.house(fingerprint, true, now);
        }
        Ok(state)
    }

    /// Alerts that fired when the process ended were not said again since because nobody was
    /// there to listen. They hold as long as one that was just said, so that nobody is told of an
    /// end that was none.
    fn wait_for_reports(&mut self, alive: i64, now: i64) {
        let until = now.saturating_add(self.plan.resolve_timeout);
        for (_, known) in self.alerts.iter_mut() {
            if known.alert.ends_at > alive && known.alert.ends_at < until {
                known.alert.ends_at = until;
                known.timeout = true;
            }
        }
    }

    /// Writes to the log. What could not be written is known only as long as the process lives;
    /// telling people goes before that.
    pub(crate) fn keep(&self, records: &[Record]) {
        if let Err(error) = self.append(records)
            && let Some(left_out) = self.metrics.complaints.may_speak("log")
        {
            tracing::error!(%error, left_out, "alerts and notifications are not stored; a restart would forget them");
        }
    }

    /// Writes to the log; all of it or nothing.
    pub(crate) fn append(&self, records: &[Record]) -> Result<(), WalError> {
        let written = self.journal.append(records);
        if written.is_err() {
            self.metrics.journal_failures.inc();
        }
        written
    }

    /// Takes reports of alerts; `timeout` says of each whether its end is only a timeout.
    pub(crate) fn put(&mut self, reports: Vec<(Alert, bool)>, now: i64) {
        let mut records = Vec::with_capacity(reports.len());
        for (alert, timeout) in reports {
            let fingerprint = alert.fingerprint();
            let change = self.alerts.put(alert, timeout);
            if change == Change::Refused {
                self.metrics.refused.inc();
                self.complain_of_alerts();
                continue;
            }
            if change == Change::Content {
                self.recognise(fingerprint, &mut records);
            }
            self.note(fingerprint, change, now, &mut records);
            self.house(fingerprint, false, now);
        }
        self.keep(&records);
    }

    fn complain_of_alerts(&self) {
        if let Some(left_out) = self.metrics.complaints.may_speak("alerts") {
            tracing::error!(
                limit = self.rules.limits.alerts,
                limit_of_one_name = self.rules.limits.alerts_per_name,
                left_out,
                "too many alerts: a new one is not taken"
            );
        }
    }

    /// What the log and the history must know of an alert that was put.
    fn note(&mut self, fingerprint: u64, change: Change, now: i64, records: &mut Vec<Record>) {
        let Some(known) = self.alerts.get_mut(fingerprint) else {
            return;
        };
        let fires = !known.alert.is_resolved_at(now);
        let event = (fires != known.in_history).then(|| AlertEvent {
            at: if fires {
                known.alert.starts_at
            } else {
                known.alert.ends_at
            },
            labels: known.alert.labels.clone(),
            firing: fires,
        });
        known.in_history = fires;
        if change == Change::Content || event.is_some() {
            records.push(Record::Alert(known.clone()));
        } else {
            records.push(Record::Again {
                fingerprint,
                ends_at: known.alert.ends_at,
                updated_at: known.alert.updated_at,
            });
        }
        if let Some(event) = event {
            records.push(Record::Event(event.clone()));
            self.history.alert(event);
        }
    }

    /// Puts a known alert where it belongs: among the sources of inhibition, and into its groups.
    /// A group that is made at the start of the program goes on where it was.
    fn house(&mut self, fingerprint: u64, at_start: bool, now: i64) {
        let Some(known) = self.alerts.get(fingerprint) else {
            return;
        };
        let alert = &known.alert;
        self.inhibitor.add(fingerprint, &alert.labels);
        let plan = Arc::clone(&self.plan);
        for place in plan.routes.of(&alert.labels) {
            let Some(node) = plan.routes.get(place) else {
                continue;
            };
            let told = |key: &str| at_start.then(|| self.told.last(key)).flatten();
            let what = (fingerprint, &alert.labels, alert.starts_at);
            if self.groups.insert((place, node), what, told, now).is_err() {
                self.metrics.group_limit.inc();
                let Some(left_out) = self.metrics.complaints.may_speak("groups") else {
                    continue;
                };
                tracing::error!(
                    limit = self.rules.limits.groups,
                    alert = alert.name(),
                    left_out,
                    "too many groups: nobody is told of this alert"
                );
            }
        }
    }

    /// The next group whose turn has come, with what has to be told of it.
    pub(crate) fn next_turn(&mut self, now: i64) -> Option<Turn> {
        loop {
            let plan = Arc::clone(&self.plan);
            let interval = |group: &crate::groups::Group| {
                let node = plan.routes.get(group.node);
                node.map_or(1, |node| node.group_interval)
            };
            let (id, _) = self.groups.begin(now, interval)?;
            if let Some(turn) = self.turn_of(id, now) {
                return Some(turn);
            }
        }
    }

    /// What has to be told of a group whose turn has begun; where there is nothing, the turn ends.
    pub(crate) fn turn_of(&mut self, id: u64, now: i64) -> Option<Turn> {
        let plan = Arc::clone(&self.plan);
        let group = self.groups.get_mut(id)?;
        let (place, key, labels) = (group.node, group.key.clone(), group.labels.clone());
        let fingerprints: Vec<u64> = group.alerts.iter().copied().collect();
        if fingerprints.is_empty() {
            self.groups.finish(id);
            return None;
        }
        let known = |f: &u64| self.alerts.get(*f).map(|known| known.alert.clone());
        let mut alerts: Vec<Alert> = fingerprints.iter().filter_map(known).collect();
        alerts.sort_by(naming::compare_alerts);
        let seen = alerts.iter().map(|alert| Seen::of(alert, now)).collect();
        let alerts = self.audible(id, place, alerts, now);
        let turn = Turn::new(id, plan, place, key, labels, seen, alerts, now);
        match turn {
            Some(turn) if !turn.alerts.is_empty() => return Some(turn),
            Some(turn) => self.end_turn(&turn, true),
            None => self.groups.finish(id),
        }
        None
    }

    /// Leaves out what nobody is to be told of now.
    fn audible(&mut self, id: u64, place: usize, alerts: Vec<Alert>, now: i64) -> Vec<Alert> {
        let before = alerts.len();
        let heard: Vec<Alert> = alerts
            .into_iter()
            .filter(|alert| {
                let source = self.inhibitor.inhibiting(&alert.labels, &self.alerts, now);
                source.is_none()
            })
            .collect();
        self.metrics
            .suppressed(Suppressed::Inhibition, before - heard.len());
        let plan = Arc::clone(&self.plan);
        let (muted_by, why) = muted_by(&plan, place, now);
        let is_muted = !muted_by.is_empty();
        if let Some(group) = self.groups.get_mut(id) {
            group.muted_by = muted_by;
        }
        if is_muted {
            self.metrics.suppressed(why, heard.len());
            return Vec::new();
        }
        let before = heard.len();
        let heard: Vec<Alert> = heard
            .into_iter()
            .filter(|alert| {
                let muting = self
                    .silences
                    .muting(alert.fingerprint(), &alert.labels, now);
                muting.is_empty()
            })
            .collect();
        self.metrics
            .suppressed(Suppressed::Silence, before - heard.len());
        heard
    }

    /// A turn is over. Where all went well, alerts that had ended leave the group, unless they
    /// were said again meanwhile.
    pub(crate) fn end_turn(&mut self, turn: &Turn, done: bool) {
        if done && let Some(group) = self.groups.get_mut(turn.group) {
            for seen in turn.seen.iter().filter(|seen| seen.resolved) {
                let known = self.alerts.get(seen.fingerprint);
                if known.is_none_or(|known| known.alert.updated_at == seen.updated_at) {
                    group.alerts.remove(&seen.fingerprint);
                }
            }
        }
        self.groups.finish(turn.group);
    }

    /// A delivery has come to its end; `told` is what the target knows from now on.
    pub(crate) fn delivered(
        &mut self,
        target: Target,
        told: Option<Told>,
        delivery: Option<Delivery>,
    ) {
        let mut records = Vec::new();
        if let Some(mut told) = told {
            let keep = told
                .expires
                .min(told.at.saturating_add(self.rules.retention));
            told.expires = keep;
            told.at = self.told.moment_after(&target, told.at);
            records.push(Record::Notified(target.clone(), told.clone()));
            self.told.record(target, told);
        }
        if let Some(delivery) = delivery {
            records.push(Record::Delivery(delivery.clone()));
            self.history.delivery(delivery);
        }
        self.keep(&records);
        self.tell(&records);
    }

    /// Makes or changes a silence; answers its id. The log has it, though not yet for certain the
    /// disk.
    pub(crate) fn set_silence(
        &mut self,
        wanted: Silence,
        fresh_id: String,
        confirmed: bool,
        now: i64,
    ) -> Result<String, SilenceError> {
        let changes = self.silences.plan_set(wanted, fresh_id, confirmed, now)?;
        let id = changes.last().map(|silence| silence.id.clone());
        self.change_silences(changes)?;
        id.ok_or(SilenceError::NotFound)
    }

    /// Ends a silence that has not ended yet.
    pub(crate) fn expire_silence(&mut self, id: &str, now: i64) -> Result<(), SilenceError> {
        let ended = self.silences.plan_expire(id, now)?;
        self.change_silences(ended)
    }

    fn change_silences(&mut self, changes: Vec<Silence>) -> Result<(), SilenceError> {
        let records: Vec<Record> = changes.iter().cloned().map(Record::Silence).collect();
        self.append(&records)
            .map_err(|error| SilenceError::Store(error.to_string()))?;
        self.tell(&records);
        changes
            .into_iter()
            .for_each(|change| self.silences.apply(change));
        Ok(())
    }

    /// Puts things in order: ends that came by time go to the history, what is kept long enough
    /// is forgotten. Answers the checkpoint to be written where one is due.
    pub(crate) fn maintain(&mut self, now: i64) -> Option<Compaction> {
        let mut records = vec![Record::Alive(now)];
        for (_, known) in self.alerts.iter_mut() {
            if known.in_history && known.alert.is_resolved_at(now) {
                known.in_history = false;
                let event = AlertEvent {
                    at: known.alert.ends_at,
                    labels: known.alert.labels.clone(),
                    firing: false,
                };
                records.push(Record::Alert(known.clone()));
                records.push(Record::Event(event.clone()));
                self.history.alert(event);
            }
        }
        self.keep(&records);
        let done = self.silences.done(self.alerts.firing(now), now);
        if let Err(error) = self.change_silences(done) {
            tracing::error!(%error, "a silence does not end with its alerts yet");
        }
        self.silences.collect(now);
        self.told.collect(now);
        self.memories.collect(&self.told);
        self.acknowledged.collect(&self.alerts, now);
        self.groups.collect();
        let held: std::collections::HashSet<u64> = self
            .groups
            .iter()
            .flat_map(|group| group.alerts.iter().copied())
            .collect();
        for (fingerprint, labels) in self.alerts.collect(now, |f| held.contains(&f)) {
            self.inhibitor.remove(fingerprint, &labels);
            self.silences.forget_alert(fingerprint);
        }
        self.journal
            .wants_compaction()
            .then(|| self.compact())
            .flatten()
    }

    /// Begins a checkpoint.
    pub(crate) fn compact(&self) -> Option<Compaction> {
        let alerts = self
            .alerts
            .iter()
            .map(|(_, known)| Record::Alert(known.clone()));
        let silences = self.silences.all().cloned().map(Record::Silence);
        let told = self
            .told
            .iter()
            .map(|(target, told)| Record::Notified(target.clone(), told.clone()));
        let acknowledged = self.acknowledged.records();
        let imported = (self.imported_at > i64::MIN).then_some(Record::Imported(self.imported_at));
        let memories = self.memories.records();
        let events = self.history.alerts().cloned().map(Record::Event);
        let deliveries = self.history.deliveries().cloned().map(Record::Delivery);
        let state = alerts
            .chain(silences)
            .chain(told)
            .chain(acknowledged)
            .chain(imported)
            .chain(memories)
            .chain(events)
            .chain(deliveries);
        match self.journal.begin_compaction(state) {
            Ok(compaction) => Some(compaction),
            Err(error) => {
                tracing::error!(%error, "the log of alerts and silences is not compacted");
                None
            }
        }
    }

    /// Puts another configuration in force. Groups that it has, too, go on.
    pub(crate) fn reload(&mut self, plan: Plan, now: i64) {
        let (old, new) = (Arc::clone(&self.plan), Arc::new(plan));
        let grouped = self.groups.rehouse(|group| {
            let node = old.routes.get(group.node)?;
            new.routes.like(node)
        });
        self.inhibitor = Inhibitor::new(&new.inhibit_rules);
        self.memories.recall(&new);
        self.plan = new;
        let known: Vec<(u64, bool)> = self
            .alerts
            .iter()
            .map(|(f, known)| (f, known.alert.is_resolved_at(now) && !grouped.contains(&f)))
            .collect();
        for (fingerprint, over) in known {
            if !over {
                self.house(fingerprint, false, now);
            }
        }
    }

    pub(crate) fn journal(&self) -> Arc<Journal> {
        Arc::clone(&self.journal)
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }
}

/// The time intervals that keep a route quiet, and of which kind they are. Outside of all active
/// intervals those themselves are named.
pub(crate) fn muted_by(plan: &Plan, place: usize, now: i64) -> (Vec<String>, Suppressed) {
    let Some(node) = plan.routes.get(place) else {
        return (Vec::new(), Suppressed::MuteInterval);
    };
    let active = &node.active_time_intervals;
    if !active.is_empty() && intervals::containing(active, &plan.intervals, now).is_empty() {
        return (active.clone(), Suppressed::ActiveInterval);
    }
    let muting = intervals::containing(&node.mute_time_intervals, &plan.intervals, now);
    (muting, Suppressed::MuteInterval)
}
