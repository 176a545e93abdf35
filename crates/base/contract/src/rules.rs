//! Rules as pages and the API show them, and the Alertmanagers that hear of alerts.

use std::time::Duration;

use model::Labels;

/// How a rule's last evaluation went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RuleHealth {
    /// Not evaluated yet.
    #[default]
    Unknown,
    /// It succeeded.
    Good,
    /// It failed, or its result could not be stored.
    Bad,
}

impl RuleHealth {
    /// The word in API answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Good => "ok",
            Self::Bad => "err",
        }
    }
}

/// How far an alert has come, or the furthest of a rule's alerts. In rising order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertState {
    /// Its rule was not evaluated yet.
    #[default]
    Unknown,
    /// It does not hold, or not any more.
    Inactive,
    /// It holds, and not yet for as long as its rule asks.
    Pending,
    /// Somebody has to hear of it.
    Firing,
}

impl AlertState {
    /// The word in API answers and in the label `alertstate`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Inactive => "inactive",
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}

/// Names and texts, sorted by name; a text may be empty, which labels cannot be.
pub type Texts = Vec<(String, String)>;

/// An alert that holds.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveAlert {
    /// Who it is, `alertname` among them.
    pub labels: Labels,
    /// What people read.
    pub annotations: Texts,
    /// Pending or firing.
    pub state: AlertState,
    /// Since when it holds, in milliseconds since the epoch.
    pub active_at: i64,
    /// Since when it fires only because its rule says so, in milliseconds since the epoch.
    pub keep_firing_since: Option<i64>,
    /// The expression's value.
    pub value: f64,
}

/// What only alerting rules show.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertingState {
    /// The furthest of its alerts.
    pub state: AlertState,
    /// How long it must hold before it fires.
    pub hold: Duration,
    /// How long it goes on firing after it held last.
    pub keep_firing_for: Duration,
    /// The annotations' templates.
    pub annotations: Texts,
    /// The alerts that hold, by labels; `None` where nobody asked for them.
    pub alerts: Option<Vec<ActiveAlert>>,
}

/// A rule as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleState {
    /// The metric it writes, or the alert's name.
    pub name: String,
    /// Its expression in canonical form.
    pub query: String,
    /// The labels it sets.
    pub labels: Texts,
    /// How its last evaluation went.
    pub health: RuleHealth,
    /// Why the last evaluation failed; empty where it did not.
    pub last_error: String,
    /// How long the last evaluation took.
    pub evaluation_time: Duration,
    /// When the last evaluation began, in milliseconds since the epoch; `None` before the first.
    pub last_evaluation: Option<i64>,
    /// What alerting rules show beside; `None` of a recording rule.
    pub alerting: Option<AlertingState>,
}

/// A group as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleGroupState {
    /// Its name, unique within the file.
    pub name: String,
    /// The file it stands in.
    pub file: String,
    /// Time between two evaluations.
    pub interval: Duration,
    /// Series or alerts that one rule may give, as the file says it; none where not positive.
    pub limit: i64,
    /// How long the last evaluation took.
    pub evaluation_time: Duration,
    /// When the last evaluation began, in milliseconds since the epoch; `None` before the first.
    pub last_evaluation: Option<i64>,
    /// Its rules, in the order of the file.
    pub rules: Vec<RuleState>,
}

/// Whoever evaluates rules, as pages and the API ask.
pub trait RuleStates: Send + Sync {
    /// All groups by file, then name; with their alerts where asked for.
    fn groups(&self, with_alerts: bool) -> Vec<RuleGroupState>;
}

/// Whoever tells other Alertmanagers of alerts, as pages and the API ask.
pub trait Alertmanagers: Send + Sync {
    /// The URLs that alerts are sent to, sorted.
    fn active(&self) -> Vec<String>;

    /// The URLs that relabelling dropped, sorted.
    fn dropped(&self) -> Vec<String>;
}
