//! Alerting rules: which alerts hold, since when, and who has to be told.
//!
//! An alert is *pending* from the first evaluation that finds it, *firing* once it has held for as
//! long as its rule asks, and *inactive* from the evaluation that does not find it any more. An
//! ended one is kept for a while, so that those who missed its end are told again.

use std::collections::BTreeMap;

use contract::{ActiveAlert, AlertState, QueryPoint, Texts};
use model::{Alert, Labels, METRIC_NAME};

use crate::error::RuleError;
use crate::recording::with_labels;

/// The metric that says which alerts hold.
pub(crate) const ALERTS: &str = "ALERTS";
/// The metric whose value says since when an alert holds, in seconds since the epoch.
pub(crate) const ALERTS_FOR_STATE: &str = "ALERTS_FOR_STATE";
/// The label with the name of an alert.
pub(crate) const ALERT_NAME: &str = "alertname";
/// The label of [`ALERTS`] with the alert's state.
const ALERT_STATE: &str = "alertstate";

/// Milliseconds for which the end of an alert is told again and again: long enough for an
/// Alertmanager to restart and for its group to have its turn. Upstream's.
const RESOLVED_RETENTION: i64 = 15 * 60 * 1000;

/// An alert that is said again this many times later than usual still counts as firing.
const VALIDITY: i64 = 4;

/// One alert of a rule. Moments are in milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Instance {
    pub(crate) annotations: Texts,
    pub(crate) value: f64,
    pub(crate) state: AlertState,
    pub(crate) active_at: i64,
    fired_at: Option<i64>,
    resolved_at: Option<i64>,
    last_sent: Option<i64>,
    keep_firing_since: Option<i64>,
}

/// What an evaluation has found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) labels: Labels,
    pub(crate) annotations: Texts,
    pub(crate) value: f64,
}

/// How long an alert of a rule must hold and goes on firing, in milliseconds, and how many of them
/// the group allows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) hold: i64,
    pub(crate) keep_firing_for: i64,
    pub(crate) limit: i64,
}

/// The alerts of a rule, those that have ended lately among them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Alerts(BTreeMap<Labels, Instance>);

impl Alerts {
    /// Takes in what an evaluation at `now` has found.
    pub(crate) fn step(
        &mut self,
        found: Vec<Found>,
        now: i64,
        terms: Terms,
    ) -> Result<(), RuleError> {
        let mut fresh = BTreeMap::new();
        for one in found {
            let instance = Instance {
                annotations: one.annotations,
                value: one.value,
                state: AlertState::Pending,
                active_at: now,
                fired_at: None,
                resolved_at: None,
                last_sent: None,
                keep_firing_since: None,
            };
            if fresh.insert(one.labels, instance).is_some() {
                return Err(RuleError::SameAlertLabels);
            }
        }
        let mut active = 0;
        self.0
            .retain(|labels, instance| match fresh.remove(labels) {
                Some(found) => {
                    instance.hold_on(found, now, terms);
                    active += 1;
                    true
                }
                None => match instance.let_go(now, terms) {
                    Outcome::KeepsFiring => {
                        active += 1;
                        true
                    }
                    Outcome::Ended => true,
                    Outcome::Forgotten => false,
                },
            });
        active += fresh.len();
        for (labels, mut instance) in fresh {
            instance.rise(now, terms);
            self.0.insert(labels, instance);
        }
        let refused = RuleError::beyond(terms.limit, active, "alerts");
        if refused.is_err() {
            self.0.clear();
        }
        refused
    }

    /// The series that tell of the alerts that hold. `labels` are the rule's own.
    pub(crate) fn samples(&self, name: &str, labels: &BTreeMap<String, String>) -> Vec<QueryPoint> {
        let own = Labels::from_pairs(labels);
        let active = self.0.iter().filter(|(_, instance)| instance.is_active());
        let mut samples = Vec::with_capacity(2 * self.0.len());
        for (labels, instance) in active {
            // Upstream has the rule's labels here even where an alert's own template came out
            // empty, and there unexpanded.
            let series = |metric| {
                let over = [(METRIC_NAME, metric), (ALERT_NAME, name)];
                with_labels(&own, labels.iter().chain(over))
            };
            let state = [(ALERT_STATE, instance.state.as_str())];
            let since = instance.active_at.div_euclid(1000);
            #[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^53")]
            for (labels, value) in [
                (with_labels(&series(ALERTS), state), 1.0),
                (series(ALERTS_FOR_STATE), since as f64),
            ] {
                samples.push(QueryPoint {
                    labels,
                    value,
                    histogram: None,
                });
            }
        }
        samples
    }

    /// The alerts that somebody has to be told of at `now`, and notes that they were. Times are in
    /// milliseconds; `generator_url` is only asked where there are any.
    pub(crate) fn due(
        &mut self,
        now: i64,
        resend_delay: i64,
        interval: i64,
        generator_url: impl FnOnce() -> String,
    ) -> Vec<Alert> {
        if !self
            .0
            .values()
            .any(|instance| instance.is_due(now, resend_delay))
        {
            return Vec::new();
        }
        let generator_url = generator_url();
        let valid_until = now.saturating_add(VALIDITY.saturating_mul(interval.max(resend_delay)));
        let due = self.0.iter_mut();
        due.filter(|(_, instance)| instance.is_due(now, resend_delay))
            .map(|(labels, instance)| {
                instance.last_sent = Some(now);
                Alert {
                    labels: labels.clone(),
                    annotations: Labels::from_pairs(instance.annotations.iter().cloned()),
                    starts_at: instance.fired_at.unwrap_or(instance.active_at),
                    ends_at: instance.resolved_at.unwrap_or(valid_until),
                    updated_at: now,
                    generator_url: generator_url.clone(),
                }
            })
            .collect()
    }

    /// The furthest that any of the alerts has come.
    pub(crate) fn state(&self) -> AlertState {
        let states = self.0.values().map(|instance| instance.state);
        states.max().unwrap_or(AlertState::Inactive)
    }

    /// The alerts that hold, as they are shown.
    pub(crate) fn shown(&self) -> Vec<ActiveAlert> {
        let active = self.0.iter().filter(|(_, instance)| instance.is_active());
        active
            .map(|(labels, instance)| ActiveAlert {
                labels: labels.clone(),
                annotations: instance.annotations.clone(),
                state: instance.state,
                active_at: instance.active_at,
                keep_firing_since: instance.keep_firing_since,
                value: instance.value,
            })
            .collect()
    }

    /// Whether there is any alert.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Moves the moments since when alerts hold, where `find` knows better.
    pub(crate) fn set_active_at(&mut self, mut find: impl FnMut(&Labels) -> Option<i64>) {
        for (labels, instance) in &mut self.0 {
            if let Some(active_at) = find(labels) {
                instance.active_at = active_at;
            }
        }
    }
}

/// What becomes of an alert that was not found any more.
enum Outcome {
    KeepsFiring,
    Ended,
    Forgotten,
}

impl Instance {
    /// Pending or firing.
    fn is_active(&self) -> bool {
        matches!(self.state, AlertState::Pending | AlertState::Firing)
    }

    /// It was found again.
    fn hold_on(&mut self, found: Self, now: i64, terms: Terms) {
        if self.is_active() {
            self.value = found.value;
            self.annotations = found.annotations;
        } else {
            *self = found;
        }
        self.keep_firing_since = None;
        self.rise(now, terms);
    }

    /// It was not found any more.
    fn let_go(&mut self, now: i64, terms: Terms) -> Outcome {
        if self.state == AlertState::Firing && terms.keep_firing_for > 0 {
            let since = *self.keep_firing_since.get_or_insert(now);
            if now.saturating_sub(since) < terms.keep_firing_for {
                self.rise(now, terms);
                return Outcome::KeepsFiring;
            }
        }
        let long_ended = self
            .resolved_at
            .is_some_and(|ended| now.saturating_sub(ended) > RESOLVED_RETENTION);
        if self.state == AlertState::Pending || long_ended {
            return Outcome::Forgotten;
        }
        if self.state != AlertState::Inactive {
            self.state = AlertState::Inactive;
            self.resolved_at = Some(now);
        }
        Outcome::Ended
    }

    /// Pending becomes firing after its time, and firing pending where a reload made that longer.
    fn rise(&mut self, now: i64, terms: Terms) {
        let held = now.saturating_sub(self.active_at) >= terms.hold;
        match self.state {
            AlertState::Pending if held => {
                self.state = AlertState::Firing;
                self.fired_at = Some(now);
            }
            AlertState::Firing if !held => {
                self.state = AlertState::Pending;
                self.fired_at = None;
                self.last_sent = None;
                self.keep_firing_since = None;
            }
            _ => {}
        }
    }

    fn is_due(&self, now: i64, resend_delay: i64) -> bool {
        if self.state == AlertState::Pending {
            return false;
        }
        let Some(sent) = self.last_sent else {
            return true;
        };
        self.resolved_at.is_some_and(|ended| ended > sent)
            || sent.saturating_add(resend_delay) < now
    }
}

/// The labels of an alert: those of the result without its name, the rule's own, expanded, and the
/// alert's name.
pub(crate) fn alert_labels(name: &str, result: &Labels, own: &Texts) -> Labels {
    let own = own
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let no_metric = [(METRIC_NAME, "")];
    let named = [(ALERT_NAME, name)];
    with_labels(result, no_metric.into_iter().chain(own).chain(named))
}
