//! `history/alerts` and `history/notifications`: what happened, the latest first.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use config::alertmanager::parse_matcher;
use contract::{NotificationReason, NotificationStatus};
use routing::{AlertEvent, Delivery, HistoryFilter};
use serde::Serialize;

use super::page;
use crate::alertmanager::AlertmanagerFace;
use crate::alertmanager::alerts::object;
use crate::alertmanager::body::moment_text;
use crate::answer::{Answer, ApiError};
use crate::params::Params;

/// A page of entries.
#[derive(Serialize)]
struct Page<T> {
    entries: Vec<T>,
    /// What `page` asks for the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
struct Event {
    at: String,
    status: &'static str,
    fingerprint: String,
    labels: BTreeMap<String, String>,
}

impl From<AlertEvent> for Event {
    fn from(event: AlertEvent) -> Self {
        let status = if event.firing {
            NotificationStatus::Firing
        } else {
            NotificationStatus::Resolved
        };
        Self {
            at: moment_text(event.at),
            status: status.as_str(),
            fingerprint: format!("{:016x}", model::fingerprint(&event.labels)),
            labels: object(&event.labels),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    at: String,
    receiver: String,
    integration: String,
    index: u64,
    group_key: String,
    reason: &'static str,
    firing: u64,
    resolved: u64,
    attempts: u64,
    outcome: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    error: String,
}

impl From<Delivery> for Told {
    fn from(delivery: Delivery) -> Self {
        Self {
            at: moment_text(delivery.at),
            outcome: outcome(&delivery),
            receiver: delivery.receiver,
            integration: delivery.kind,
            index: delivery.index,
            group_key: delivery.group_key,
            reason: word(delivery.reason),
            firing: delivery.firing,
            resolved: delivery.resolved,
            attempts: delivery.attempts,
            error: delivery.error,
        }
    }
}

fn outcome(delivery: &Delivery) -> &'static str {
    if delivery.error.is_empty() {
        "sent"
    } else {
        "failed"
    }
}

fn word(reason: NotificationReason) -> &'static str {
    match reason {
        NotificationReason::First => "first",
        NotificationReason::NewAlerts => "new_alerts",
        NotificationReason::NewlyResolved => "newly_resolved",
        NotificationReason::AllResolved => "all_resolved",
        NotificationReason::Repeat => "repeat",
    }
}

/// The time that both kinds are asked for: from `start` on, before `end`.
fn times(params: &Params) -> Result<HistoryFilter, ApiError> {
    let range = params.range()?;
    Ok(HistoryFilter {
        since: Some(range.start),
        until: Some(range.end),
        ..HistoryFilter::default()
    })
}

/// A parameter that is one of some words, or absent.
fn choice<'a>(params: &'a Params, name: &str, words: [&str; 2]) -> Result<&'a str, ApiError> {
    match params.get(name) {
        word if word.is_empty() || words.contains(&word) => Ok(word),
        _ => {
            let [one, other] = words;
            Err(ApiError::parameter(
                name,
                format!("{one} or {other} was expected"),
            ))
        }
    }
}

/// `GET history/alerts?start=&end=&filter=&status=&limit=&page=`
pub(super) async fn alerts(
    State(face): State<Arc<AlertmanagerFace>>,
    params: Params,
) -> Result<Answer, ApiError> {
    let mut filter = times(&params)?;
    filter.matchers = params
        .all("filter")
        .map(|text| parse_matcher(text).map_err(|error| ApiError::parameter("filter", error)))
        .collect::<Result<_, _>>()?;
    filter.status = match choice(&params, "status", ["firing", "resolved"])? {
        "firing" => Some(NotificationStatus::Firing),
        "resolved" => Some(NotificationStatus::Resolved),
        _ => None,
    };
    let found = face.routing.alert_history(&filter);
    let (entries, next) = page::cut(found, &params, |event| event.at)?;
    let entries: Vec<Event> = entries.into_iter().map(Event::from).collect();
    Answer::of(&Page { entries, next })
}

/// `GET history/notifications?start=&end=&receiver=&integration=&outcome=&limit=&page=`
pub(super) async fn notifications(
    State(face): State<Arc<AlertmanagerFace>>,
    params: Params,
) -> Result<Answer, ApiError> {
    let mut filter = times(&params)?;
    let given = |name| Some(params.get(name)).filter(|text| !text.is_empty());
    filter.receiver = given("receiver").map(str::to_owned);
    let wanted = choice(&params, "outcome", ["sent", "failed"])?;
    let kind = params.get("integration");
    let mut found = face.routing.deliveries(&filter);
    found.retain(|delivery| {
        (kind.is_empty() || delivery.kind == kind)
            && (wanted.is_empty() || outcome(delivery) == wanted)
    });
    let (entries, next) = page::cut(found, &params, |delivery| delivery.at)?;
    let entries: Vec<Told> = entries.into_iter().map(Told::from).collect();
    Answer::of(&Page { entries, next })
}
