//! Pushing and deleting.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use model::{Matcher, duration};
use push::{Push, PushError, grouping};
use receive::BodyError;
use wire::families::LabelPairs;

use super::answer::{error, not_allowed};
use super::{Asked, PushFace, body};
use crate::intake::{Taken, digest};

/// The header that says how long a group lives.
const LIVES_HEADER: &str = "push-ttl";
/// The parameter that does.
const LIVES: &str = "ttl";

/// Selectors of one request that deletes.
const MOST_SELECTORS: usize = 100;

/// A request to a group: `path` is what stands behind `/metrics/job`.
pub(super) async fn answer(asked: Asked, path: String, body: Body) -> Response {
    const METHODS: &str = "DELETE, OPTIONS, POST, PUT";
    let counted = Arc::clone(&asked.face);
    let (handler, method) = match asked.method {
        Method::PUT => ("push", "put"),
        Method::POST => ("push", "post"),
        Method::DELETE => ("delete", "delete"),
        Method::OPTIONS => {
            return ([(axum::http::header::ALLOW, METHODS)], "").into_response();
        }
        _ => return not_allowed(METHODS),
    };
    let response = if handler == "push" {
        push(asked, &path, body, method).await
    } else {
        delete(&asked.face, &path)
    };
    let code = response.status().as_u16();
    counted.intake.counts.count(handler, method, code);
    response
}

async fn push(asked: Asked, path: &str, body: Body, method: &'static str) -> Response {
    let began = Instant::now();
    let labels = match grouping(path) {
        Ok(labels) => labels,
        Err(refused) => return error(StatusCode::BAD_REQUEST, &refused.to_string()),
    };
    let lives = match lives(&asked) {
        Ok(lives) => lives,
        Err(refused) => return error(StatusCode::BAD_REQUEST, &refused),
    };
    let face = Arc::clone(&asked.face);
    let body = match face.intake.room.read(body).await {
        Ok(body) => body,
        Err(refused) => return refused.into_response(),
    };
    let bytes = body.bytes.len();
    let outcome = take(asked, labels, lives, body, method == "put").await;
    face.intake.counts.pushed(method, began.elapsed(), bytes);
    match outcome {
        Ok(()) if face.answers_unchecked => StatusCode::ACCEPTED.into_response(),
        Ok(()) => StatusCode::OK.into_response(),
        Err(response) => response,
    }
}

/// Hands a push over; what went wrong is an answer.
async fn take(
    asked: Asked,
    labels: LabelPairs,
    lives: Option<Duration>,
    body: Taken,
    replaces: bool,
) -> Result<(), Response> {
    let unchecked = asked.face.answers_unchecked;
    let work = move |bytes: &[u8]| -> Result<(), Fault> {
        let mut memory = Vec::new();
        asked.face.gateway.push(&Push {
            labels: &labels,
            replaces,
            form: body::form(&asked.headers),
            body: body::decompressed(&asked.headers, bytes, &mut memory)?,
            lives,
        })?;
        Ok(())
    };
    let done = digest(body, work).await;
    match done.map_err(IntoResponse::into_response)? {
        Err(Fault::Push(PushError::Inconsistent(_))) if unchecked => Ok(()),
        other => other.map_err(Fault::answer),
    }
}

/// Why a push was not taken.
enum Fault {
    Body(BodyError),
    Push(PushError),
}

impl From<BodyError> for Fault {
    fn from(fault: BodyError) -> Self {
        Self::Body(fault)
    }
}

impl From<PushError> for Fault {
    fn from(fault: PushError) -> Self {
        Self::Push(fault)
    }
}

impl Fault {
    fn answer(self) -> Response {
        match self {
            Self::Body(fault @ BodyError::TooLarge) => {
                error(StatusCode::PAYLOAD_TOO_LARGE, &fault.to_string())
            }
            Self::Body(fault) => error(StatusCode::BAD_REQUEST, &fault.to_string()),
            Self::Push(fault) => {
                let status = match &fault {
                    PushError::Malformed(_) | PushError::Inconsistent(_) => StatusCode::BAD_REQUEST,
                    PushError::Full { .. } => StatusCode::INSUFFICIENT_STORAGE,
                    PushError::Log(_) => StatusCode::INTERNAL_SERVER_ERROR,
                };
                error(status, &fault.to_string())
            }
        }
    }
}

/// How long the group is to live, where the request says so.
fn lives(asked: &Asked) -> Result<Option<Duration>, String> {
    let header = asked.headers.get(LIVES_HEADER);
    let header = header.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let mut pairs = form_urlencoded::parse(asked.query.as_bytes());
    let parameter = pairs
        .find(|(name, _)| name == LIVES)
        .map(|(_, v)| v.into_owned());
    let Some(text) = parameter.or(header) else {
        return Ok(None);
    };
    let millis = duration::parse(text.trim())
        .map_err(|fault| format!("invalid time to live {text:?}: {fault}"))?;
    match u64::try_from(millis) {
        Ok(millis) if millis > 0 => Ok(Some(Duration::from_millis(millis))),
        _ => Err(format!(
            "invalid time to live {text:?}: more than none was expected"
        )),
    }
}

fn delete(face: &PushFace, path: &str) -> Response {
    let labels = match grouping(path) {
        Ok(labels) => labels,
        Err(refused) => return error(StatusCode::BAD_REQUEST, &refused.to_string()),
    };
    match face.gateway.delete(&labels) {
        Ok(_) => StatusCode::ACCEPTED.into_response(),
        Err(fault) => error(StatusCode::INTERNAL_SERVER_ERROR, &fault.to_string()),
    }
}

/// `PUT /api/v1/admin/wipe`
pub(super) fn wipe(face: &PushFace) -> Response {
    let response = match face.gateway.wipe() {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(fault) => error(StatusCode::INTERNAL_SERVER_ERROR, &fault.to_string()),
    };
    face.intake
        .counts
        .count("wipe", "put", response.status().as_u16());
    response
}

/// `DELETE /api/v1/groups?match[]=…`: drops the groups that one of the selectors matches, which
/// are of labels alone; tells how many there were.
pub(super) fn delete_matching(asked: &Asked) -> Response {
    let selectors = form_urlencoded::parse(asked.query.as_bytes());
    let selectors: Vec<String> = selectors
        .filter(|(name, _)| name == "match[]")
        .map(|(_, value)| value.into_owned())
        .collect();
    let said = match selectors.len() {
        0 => Some("no match[] parameter provided".to_owned()),
        count if count > MOST_SELECTORS => {
            Some(format!("{count} selectors are more than {MOST_SELECTORS}"))
        }
        _ => None,
    };
    if let Some(said) = said {
        return error(StatusCode::BAD_REQUEST, &said);
    }
    let mut lists: Vec<Vec<Matcher>> = Vec::new();
    for selector in &selectors {
        match promql::parse_series_selector(selector) {
            Ok(matchers) => lists.push(matchers),
            Err(fault) => {
                let text = format!("invalid parameter \"match[]\": {fault}");
                return error(StatusCode::BAD_REQUEST, &text);
            }
        }
    }
    match asked.face.gateway.delete_matching(&lists) {
        Ok(deleted) => {
            let text = format!("{{\"status\":\"success\",\"data\":{{\"deleted\":{deleted}}}}}");
            crate::answer::json_response(StatusCode::OK, text)
        }
        Err(fault) => error(StatusCode::INTERNAL_SERVER_ERROR, &fault.to_string()),
    }
}
