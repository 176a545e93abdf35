//! `alerts`: those that fire, and new ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use routing::{AlertView, PostedAlert, RoutingError};
use serde::{Deserialize, Serialize};

use super::answer::{self, Fault};
use super::body::{self, JsonBody, moment_text};
use super::own::Acknowledgement;
use super::{AlertmanagerFace, filter};

#[derive(Serialize)]
pub(super) struct Named {
    pub(super) name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    inhibited_by: Vec<String>,
    muted_by: Vec<String>,
    silenced_by: Vec<String>,
    state: &'static str,
    /// Who has taken it on: an extension of Argand.
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged: Option<Acknowledgement>,
}

/// An alert as answers have it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown {
    annotations: BTreeMap<String, String>,
    ends_at: String,
    fingerprint: String,
    receivers: Vec<Named>,
    starts_at: String,
    status: Status,
    updated_at: String,
    #[serde(rename = "generatorURL", skip_serializing_if = "String::is_empty")]
    generator_url: String,
    labels: BTreeMap<String, String>,
}

impl Shown {
    pub(super) fn new(view: AlertView) -> Self {
        let suppressed = view.is_suppressed();
        let digits = |fingerprint: &u64| format!("{fingerprint:016x}");
        let alert = &view.alert;
        Self {
            annotations: object(&alert.annotations),
            ends_at: moment_text(alert.ends_at),
            fingerprint: digits(&view.fingerprint),
            receivers: view
                .receivers
                .iter()
                .map(|name| Named { name: name.clone() })
                .collect(),
            starts_at: moment_text(alert.starts_at),
            status: Status {
                inhibited_by: view.inhibited_by.iter().map(digits).collect(),
                muted_by: view.muted_by.clone(),
                silenced_by: view.silenced_by.clone(),
                state: if suppressed { "suppressed" } else { "active" },
                acknowledged: view.acknowledged.clone().map(Acknowledgement::from),
            },
            updated_at: moment_text(alert.updated_at),
            generator_url: alert.generator_url.clone(),
            labels: object(&alert.labels),
        }
    }
}

/// Labels as a JSON object.
pub(super) fn object(labels: &model::Labels) -> BTreeMap<String, String> {
    let pairs = labels.iter();
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// `GET alerts`
pub(super) async fn list(
    State(face): State<Arc<AlertmanagerFace>>,
    uri: Uri,
) -> Result<Response, Fault> {
    let views = face.routing.alerts(&filter::alerts(&uri)?);
    let shown: Vec<Shown> = views.into_iter().map(Shown::new).collect();
    Ok(answer::value(&shown))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Posted {
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    #[serde(rename = "generatorURL")]
    generator_url: Option<String>,
}

impl Posted {
    /// The alert, if all that the API's description asks for is there.
    fn checked(self, place: usize) -> Result<PostedAlert, Fault> {
        let time = |text: Option<String>| match text.as_deref() {
            None | Some("") => Ok(None),
            Some(text) => body::moment(text, "alerts"),
        };
        let (starts_at, ends_at) = (time(self.starts_at)?, time(self.ends_at)?);
        let generator_url = self.generator_url.unwrap_or_default();
        if !generator_url.is_empty() && !body::is_url(&generator_url) {
            return Err(body::no_url(
                &format!("{place}.generatorURL"),
                &generator_url,
            ));
        }
        if self.labels.is_none() {
            return Err(Fault::missing(&format!("{place}.labels")));
        }
        Ok(PostedAlert {
            labels: body::labels(self.labels),
            annotations: body::labels(self.annotations),
            starts_at,
            ends_at,
            generator_url,
        })
    }
}

/// `POST alerts`: valid ones are taken also where others are not.
pub(super) async fn post(
    State(face): State<Arc<AlertmanagerFace>>,
    body: JsonBody,
) -> Result<Response, Fault> {
    let posted: Vec<Posted> = body.read("alerts")?;
    let alerts: Result<Vec<PostedAlert>, Fault> = posted
        .into_iter()
        .enumerate()
        .map(|(place, posted)| posted.checked(place))
        .collect();
    match face.routing.post_alerts(alerts?).await {
        Ok(()) => Ok(StatusCode::OK.into_response()),
        Err(error @ RoutingError::InvalidAlerts(_)) => Err(Fault::Bad(error.to_string())),
        Err(error) => Err(Fault::Internal(error.to_string())),
    }
}
