//! Alerts as Alertmanager's API v2 takes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Alert, Labels};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Postable<'a> {
    annotations: BTreeMap<&'a str, &'a str>,
    ends_at: String,
    starts_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: &'a str,
    labels: BTreeMap<&'a str, &'a str>,
}

/// One alert as JSON, shared by the queues of all Alertmanagers.
pub(super) type Written = Arc<str>;

/// Alerts under the labels that they are sent with.
pub(super) fn all(alerts: &[(&Alert, Labels)]) -> Vec<Written> {
    let written = alerts.iter().filter_map(|(alert, labels)| {
        let postable = Postable {
            annotations: alert.annotations.iter().collect(),
            ends_at: moment(alert.ends_at),
            starts_at: moment(alert.starts_at),
            generator_url: &alert.generator_url,
            labels: labels.iter().collect(),
        };
        // Texts and maps of texts can always be written.
        serde_json::to_string(&postable).ok().map(Arc::from)
    });
    written.collect()
}

/// A moment with milliseconds in UTC.
fn moment(millis: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    format!("{time:.3}")
}

/// A request's body of several alerts.
pub(super) fn list(alerts: &[Written]) -> String {
    let length: usize = alerts.iter().map(|alert| alert.len() + 1).sum();
    let mut body = String::with_capacity(length + 2);
    body.push('[');
    for (place, alert) in alerts.iter().enumerate() {
        if place > 0 {
            body.push(',');
        }
        body.push_str(alert);
    }
    body.push(']');
    body
}
