//! `silences` and `silence/{id}`: shown, made, changed and ended.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use guard::Caller;
use model::{MatchOp, Matcher};
use routing::{Silence, SilenceError, SilenceState};
use serde::{Deserialize, Serialize};

use super::answer::{self, Fault, Misfit};
use super::body::{self, JsonBody, moment_text};
use super::{AlertmanagerFace, filter};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownMatcher {
    is_equal: bool,
    is_regex: bool,
    name: String,
    value: String,
}

#[derive(Serialize)]
struct Status {
    state: &'static str,
}

/// A silence as answers have it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    id: String,
    status: Status,
    updated_at: String,
    comment: String,
    created_by: String,
    ends_at: String,
    matchers: Vec<ShownMatcher>,
    starts_at: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    ends_with_alerts: bool,
}

impl Shown {
    fn new((silence, state): (Silence, SilenceState)) -> Self {
        let matcher = |matcher: &Matcher| ShownMatcher {
            is_equal: matches!(matcher.op(), MatchOp::Equal | MatchOp::Regex),
            is_regex: matches!(matcher.op(), MatchOp::Regex | MatchOp::NotRegex),
            name: matcher.name().to_owned(),
            value: matcher.value().to_owned(),
        };
        Self {
            matchers: silence.matchers.iter().map(matcher).collect(),
            id: silence.id,
            status: Status {
                state: state.as_str(),
            },
            updated_at: moment_text(silence.updated_at),
            comment: silence.comment,
            created_by: silence.created_by,
            ends_at: moment_text(silence.ends_at),
            starts_at: moment_text(silence.starts_at),
            ends_with_alerts: silence.ends_with_alerts,
        }
    }
}

/// `GET silences`
pub(super) async fn list(
    State(face): State<Arc<AlertmanagerFace>>,
    uri: Uri,
) -> Result<Response, Fault> {
    let found = face.routing.silences(&filter::matchers(&uri)?);
    let shown: Vec<Shown> = found.into_iter().map(Shown::new).collect();
    Ok(answer::value(&shown))
}

/// The id of a path: a UUID, since those that are none name nothing.
fn id_of(id: &str) -> Result<&str, Fault> {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = id.split('-').collect();
    let fits = parts.len() == lengths.len()
        && parts.iter().zip(lengths).all(|(part, length)| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
    if fits {
        return Ok(id);
    }
    let quoted = model::name::quoted(id);
    Err(Fault::Unfit(
        Misfit::Type,
        format!("silenceID in path must be of type uuid: {quoted}"),
    ))
}

/// The part of the path that names a silence. A struct, because within the server of Prometheus'
/// routes the path has other parts as well.
#[derive(Deserialize)]
pub(super) struct ById {
    id: String,
}

/// `GET silence/{id}`
pub(super) async fn one(
    State(face): State<Arc<AlertmanagerFace>>,
    Path(ById { id }): Path<ById>,
) -> Result<Response, Fault> {
    let found = face.routing.silence(id_of(&id)?);
    let found = found.ok_or(Fault::NotFound(""))?;
    Ok(answer::value(&Shown::new(found)))
}

/// `DELETE silence/{id}`
pub(super) async fn expire(
    State(face): State<Arc<AlertmanagerFace>>,
    Path(ById { id }): Path<ById>,
) -> Result<Response, Fault> {
    match face.routing.expire_silence(id_of(&id)?).await {
        Ok(()) => Ok(StatusCode::OK.into_response()),
        Err(SilenceError::NotFound) => Err(Fault::NotFound("")),
        Err(error) => Err(Fault::Internal(error.to_string())),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostedMatcher {
    is_equal: Option<bool>,
    is_regex: Option<bool>,
    name: Option<String>,
    value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Posted {
    id: Option<String>,
    matchers: Option<Vec<PostedMatcher>>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    created_by: Option<String>,
    comment: Option<String>,
    #[serde(default)]
    ends_with_alerts: bool,
    /// Whether it is meant to mute every alert: an extension of Argand.
    #[serde(default)]
    confirmed: bool,
}

#[derive(Serialize)]
struct Made {
    #[serde(rename = "silenceID")]
    silence_id: String,
}

impl PostedMatcher {
    fn checked(self, place: usize) -> Result<Matcher, Fault> {
        let missing = |field: &str| Fault::missing(&format!("matchers.{place}.{field}"));
        let is_regex = self.is_regex.ok_or_else(|| missing("isRegex"))?;
        let name = self.name.ok_or_else(|| missing("name"))?;
        let value = self.value.ok_or_else(|| missing("value"))?;
        let op = match (self.is_equal.unwrap_or(true), is_regex) {
            (true, false) => MatchOp::Equal,
            (false, false) => MatchOp::NotEqual,
            (true, true) => MatchOp::Regex,
            (false, true) => MatchOp::NotRegex,
        };
        Matcher::new(&name, op, &value).map_err(|error| {
            Fault::Bad(format!(
                "invalid silence: invalid label matcher {place}: invalid regular expression {}: {error}",
                model::name::quoted(&value)
            ))
        })
    }
}

impl Posted {
    /// The silence, if all that the API's description asks for is there.
    fn checked(self) -> Result<Silence, Fault> {
        let time = |text: &Option<String>| match text.as_deref() {
            None | Some("") => Ok(None),
            Some(text) => body::moment(text, "silence"),
        };
        let (starts_at, ends_at) = (time(&self.starts_at)?, time(&self.ends_at)?);
        let missing = |field: &str| Fault::missing(field);
        let comment = self.comment.ok_or_else(|| missing("comment"))?;
        let created_by = self.created_by.ok_or_else(|| missing("createdBy"))?;
        if self.ends_at.is_none() {
            return Err(missing("endsAt"));
        }
        let matchers = self.matchers.ok_or_else(|| missing("matchers"))?;
        if matchers.is_empty() {
            let message = "matchers in body should have at least 1 items".to_owned();
            return Err(Fault::Unfit(Misfit::TooFew, message));
        }
        if self.starts_at.is_none() {
            return Err(missing("startsAt"));
        }
        let matchers: Result<Vec<Matcher>, Fault> = matchers
            .into_iter()
            .enumerate()
            .map(|(place, matcher)| matcher.checked(place))
            .collect();
        Ok(Silence {
            id: self.id.unwrap_or_default(),
            matchers: matchers?,
            starts_at: starts_at.unwrap_or(i64::MIN),
            ends_at: ends_at.unwrap_or(i64::MIN),
            updated_at: 0,
            created_by,
            comment,
            ends_with_alerts: self.ends_with_alerts,
        })
    }
}

/// `POST silences`: makes one, or changes the one with the id given. Where users have to say who
/// they are, that is who made it, whatever the request says.
pub(super) async fn set(
    State(face): State<Arc<AlertmanagerFace>>,
    caller: Option<Extension<Caller>>,
    body: JsonBody,
) -> Result<Response, Fault> {
    let posted: Posted = body.read("silence")?;
    let confirmed = posted.confirmed;
    let mut silence = posted.checked()?;
    if let Some(Extension(Caller(name))) = caller {
        silence.created_by = name;
    }
    let refused = |reason: &str| Err(Fault::Bad(format!("Failed to create silence: {reason}")));
    if silence.starts_at >= silence.ends_at {
        return refused("start time must be before end time");
    }
    if silence.ends_at < face.routing.now() {
        return refused("end time can't be in the past");
    }
    match face.routing.set_silence(silence, confirmed).await {
        Ok(silence_id) => Ok(answer::value(&Made { silence_id })),
        Err(SilenceError::NotFound) => Err(Fault::NotFound("silence not found")),
        Err(error @ SilenceError::Store(_)) => Err(Fault::Internal(error.to_string())),
        Err(error) => Err(Fault::Bad(error.to_string())),
    }
}
