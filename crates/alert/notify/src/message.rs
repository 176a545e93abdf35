//! The body that webhooks and incident.io are sent: the notification as JSON.
//!
//! Format: <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>.

use contract::{Notification, NotifyError};
use serde_json::Value;

use crate::told::Told;

/// The notification with at most `max_alerts` of its alerts (0 takes all), and how many are
/// missing.
pub(crate) fn truncated(notification: &Notification, max_alerts: u64) -> (Notification, u64) {
    let limit = usize::try_from(max_alerts)
        .ok()
        .filter(|limit| *limit > 0)
        .unwrap_or(usize::MAX);
    let mut kept = notification.clone();
    let missing = kept.alerts.len().saturating_sub(limit);
    kept.alerts.truncate(limit);
    (kept, missing as u64)
}

/// The whole body.
pub(crate) fn body(told: &Told<'_>, version: &str, missing: u64) -> Result<Value, NotifyError> {
    let mut body = told.json()?;
    body.insert("version".to_owned(), version.into());
    body.insert("groupKey".to_owned(), told.group_key().into());
    body.insert("truncatedAlerts".to_owned(), missing.into());
    Ok(Value::Object(body))
}
