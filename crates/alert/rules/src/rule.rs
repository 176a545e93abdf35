//! A rule of a group that runs, and what it remembers from turn to turn.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use config::{AlertRule, RuleConfig, RuleKind};
use contract::{AlertState, AlertingState, PreparedQuery, RuleHealth, RuleState, Texts};
use parking_lot::Mutex;

use crate::alerting::{Alerts, Terms};
use crate::expand::Templates;
use crate::writing::Written;

/// A rule.
pub(crate) struct Rule {
    pub(crate) config: RuleConfig,
    pub(crate) query: Arc<dyn PreparedQuery>,
    /// Of an alerting rule.
    pub(crate) templates: Option<Templates>,
    /// Shared with the rule that takes this one's place after a reload.
    pub(crate) carried: Arc<Carried>,
}

/// What a rule remembers. Only one evaluation at a time works with it; pages look in at any time.
#[derive(Default)]
pub(crate) struct Carried {
    pub(crate) memory: Mutex<Memory>,
    /// The series of the last result. Held while samples are stored, which pages need not wait for.
    pub(crate) written: Mutex<Written>,
}

/// The part of it that is shown.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) health: RuleHealth,
    pub(crate) last_error: String,
    pub(crate) evaluation_time: Duration,
    /// In milliseconds since the epoch.
    pub(crate) last_evaluation: Option<i64>,
    pub(crate) alerts: Alerts,
    /// Whether since when alerts hold has been found out, where that was to be done: only then it
    /// is stored, so that what an earlier run stored is not written over.
    pub(crate) restored: bool,
}

impl Rule {
    pub(crate) fn alert(&self) -> Option<&AlertRule> {
        match &self.config.kind {
            RuleKind::Alert(alert) => Some(alert),
            RuleKind::Record(_) => None,
        }
    }

    /// Whether this rule goes on where the other one was: the same name and labels, of one kind.
    pub(crate) fn succeeds(&self, other: &RuleConfig) -> bool {
        self.config.name() == other.name()
            && self.config.labels == other.labels
            && self.alert().is_some() == matches!(other.kind, RuleKind::Alert(_))
    }

    /// As it is shown.
    pub(crate) fn shown(&self, with_alerts: bool) -> RuleState {
        let memory = self.carried.memory.lock();
        let alerting = self.alert().map(|alert| AlertingState {
            state: match memory.last_evaluation {
                None => AlertState::Unknown,
                Some(_) => memory.alerts.state(),
            },
            hold: alert.hold,
            keep_firing_for: alert.keep_firing_for,
            annotations: texts(&alert.annotations),
            alerts: with_alerts.then(|| memory.alerts.shown()),
        });
        RuleState {
            name: self.config.name().to_owned(),
            query: self.query.text().to_owned(),
            labels: texts(&self.config.labels),
            health: memory.health,
            last_error: memory.last_error.clone(),
            evaluation_time: memory.evaluation_time,
            last_evaluation: memory.last_evaluation,
            alerting,
        }
    }
}

/// How long alerts of a rule must hold and go on firing, within a group's limit.
pub(crate) fn terms(alert: &AlertRule, limit: i64) -> Terms {
    Terms {
        hold: millis(alert.hold),
        keep_firing_for: millis(alert.keep_firing_for),
        limit,
    }
}

fn texts(map: &BTreeMap<String, String>) -> Texts {
    map.iter()
        .map(|(name, text)| (name.clone(), text.clone()))
        .collect()
}

/// A length of time in milliseconds.
pub(crate) fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}
