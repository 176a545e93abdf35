//! A configuration in force: routes, rules, intervals and receivers, ready for use.

use std::collections::HashMap;
use std::sync::Arc;

use config::alertmanager::{AlertmanagerConfig, InhibitRule, TimeInterval};
use contract::Notify;

use crate::routes::Routes;

/// The integrations of each receiver.
pub type Receivers = HashMap<String, Vec<Arc<dyn Notify>>>;

/// What a configuration says.
pub(crate) struct Plan {
    pub(crate) routes: Routes,
    pub(crate) inhibit_rules: Vec<InhibitRule>,
    pub(crate) intervals: Vec<TimeInterval>,
    pub(crate) receivers: Receivers,
    /// The names of the receivers in the order of the file.
    pub(crate) names: Vec<String>,
    /// Milliseconds after which an alert ends that nobody says again.
    pub(crate) resolve_timeout: i64,
    /// The file without its secrets, for the status.
    pub(crate) redacted: String,
}

impl Plan {
    pub(crate) fn new(config: &AlertmanagerConfig, receivers: Receivers) -> Self {
        let timeout = config.global.resolve_timeout.as_millis();
        Self {
            routes: Routes::new(&config.route),
            inhibit_rules: config.inhibit_rules.clone(),
            intervals: config.time_intervals.clone(),
            names: config.receivers.iter().map(|r| r.name.clone()).collect(),
            receivers,
            resolve_timeout: i64::try_from(timeout).unwrap_or(i64::MAX),
            redacted: config.redacted.clone(),
        }
    }
}
