//! `acknowledgements`: alerts that somebody has taken on.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use config::alertmanager::parse_matcher;
use guard::Caller;
use routing::{AcknowledgeError, Acknowledged};
use serde::{Deserialize, Serialize};

use crate::alertmanager::AlertmanagerFace;
use crate::alertmanager::alerts::object;
use crate::alertmanager::body::{self, JsonBody, moment_text};
use crate::answer::{Answer, ApiError};

/// An acknowledgement as answers have it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::alertmanager) struct Shown {
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<String>,
    created_by: String,
    comment: String,
}

impl From<routing::Acknowledgement> for Shown {
    fn from(one: routing::Acknowledgement) -> Self {
        Self {
            at: moment_text(one.at),
            ends_at: one.until.map(moment_text),
            created_by: one.by,
            comment: one.comment,
        }
    }
}

#[derive(Serialize)]
struct Listed {
    fingerprint: String,
    labels: BTreeMap<String, String>,
    #[serde(flatten)]
    acknowledgement: Shown,
}

/// `GET acknowledgements`
pub(super) async fn list(State(face): State<Arc<AlertmanagerFace>>) -> Result<Answer, ApiError> {
    let all = face.routing.acknowledgements().into_iter();
    let listed: Vec<Listed> = all
        .map(|(fingerprint, labels, one)| Listed {
            fingerprint: digits(fingerprint),
            labels: object(&labels),
            acknowledgement: Shown::from(one),
        })
        .collect();
    Answer::of(&listed)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Posted {
    fingerprint: Option<String>,
    #[serde(default)]
    filter: Vec<String>,
    ends_at: Option<String>,
    #[serde(default)]
    created_by: String,
    #[serde(default)]
    comment: String,
}

#[derive(Serialize)]
struct Taken {
    fingerprints: Vec<String>,
}

/// `POST acknowledgements`: takes on the alert with a `fingerprint`, or all that fire and fit every
/// matcher of `filter`. Where users have to say who they are, that is who does it.
pub(super) async fn take(
    State(face): State<Arc<AlertmanagerFace>>,
    caller: Option<Extension<Caller>>,
    body: JsonBody,
) -> Response {
    let posted: Posted = match body.read("acknowledgement") {
        Ok(posted) => posted,
        Err(fault) => return fault.into_response(),
    };
    take_posted(&face, caller.map(|Extension(caller)| caller), posted)
        .await
        .into_response()
}

async fn take_posted(
    face: &AlertmanagerFace,
    caller: Option<Caller>,
    posted: Posted,
) -> Result<Answer, ApiError> {
    let matchers = posted.filter.iter().map(|text| {
        parse_matcher(text).map_err(|error| ApiError::bad_data(format!("filter: {error}")))
    });
    let which = Acknowledged {
        fingerprint: posted.fingerprint.as_deref().map(number).transpose()?,
        matchers: matchers.collect::<Result<_, _>>()?,
    };
    let until = match posted.ends_at.as_deref() {
        None | Some("") => None,
        Some(text) => body::moment(text, "acknowledgement")
            .map_err(|_| ApiError::bad_data(format!("endsAt: {text:?} is no time")))?,
    };
    let by = caller.map_or(posted.created_by, |Caller(name)| name);
    let taken = face
        .routing
        .acknowledge(&which, until, by, posted.comment)
        .await
        .map_err(refused)?;
    Answer::of(&Taken {
        fingerprints: taken.into_iter().map(digits).collect(),
    })
}

/// The part of the path that names an alert. A struct, because within the server of Prometheus'
/// routes the path has other parts as well.
#[derive(Deserialize)]
pub(super) struct ByFingerprint {
    fingerprint: String,
}

/// `DELETE acknowledgements/{fingerprint}`
pub(super) async fn give_back(
    State(face): State<Arc<AlertmanagerFace>>,
    Path(ByFingerprint { fingerprint }): Path<ByFingerprint>,
) -> Result<Answer, ApiError> {
    let fingerprint = number(&fingerprint)?;
    face.routing.give_back(fingerprint).await.map_err(refused)?;
    Ok(Answer::new("null"))
}

fn digits(fingerprint: u64) -> String {
    format!("{fingerprint:016x}")
}

fn number(text: &str) -> Result<u64, ApiError> {
    let whole = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = whole.then(|| u64::from_str_radix(text, 16).ok()).flatten();
    number.ok_or_else(|| {
        let quoted = model::name::quoted(text);
        ApiError::bad_data(format!("{quoted} is no alert's fingerprint"))
    })
}

fn refused(error: AcknowledgeError) -> ApiError {
    match &error {
        AcknowledgeError::NotFound => ApiError::not_found(error.to_string()),
        AcknowledgeError::Store(_) => ApiError::internal(error.to_string()),
        _ => ApiError::bad_data(error.to_string()),
    }
}
