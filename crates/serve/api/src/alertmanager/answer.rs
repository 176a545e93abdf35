//! Answers: JSON of a value, a message as a JSON text, or a code with a message where a request
//! does not fit the API's description.

use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

const JSON: &str = "application/json";

/// What went wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It asks for something that cannot be: 400 with the message alone.
    Bad(String),
    /// Its body cannot be read: 400, with a code.
    Unreadable(String),
    /// It does not fit the API's description: 422, with the description's code.
    Unfit(Misfit, String),
    /// Its body is of another type: 415.
    Type(String),
    /// There is no such silence.
    NotFound(&'static str),
    /// The server failed.
    Internal(String),
}

/// How a request does not fit the API's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// A value is of the wrong type.
    Type = 601,
    /// A value is missing.
    Missing = 602,
    /// A list is too short.
    TooFew = 612,
}

impl Fault {
    /// A value that must be given was not.
    pub(super) fn missing(what: &str) -> Self {
        Self::Unfit(Misfit::Missing, format!("{what} in body is required"))
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match self {
            Self::Bad(message) => text(StatusCode::BAD_REQUEST, &message),
            Self::Unreadable(message) => coded(StatusCode::BAD_REQUEST, 400, &message),
            Self::Unfit(misfit, message) => {
                coded(StatusCode::UNPROCESSABLE_ENTITY, misfit as u16, &message)
            }
            Self::Type(message) => coded(StatusCode::UNSUPPORTED_MEDIA_TYPE, 415, &message),
            Self::NotFound("") => StatusCode::NOT_FOUND.into_response(),
            Self::NotFound(message) => text(StatusCode::NOT_FOUND, message),
            Self::Internal(message) => text(StatusCode::INTERNAL_SERVER_ERROR, &message),
        }
    }
}

/// A value as JSON, as upstream's encoder ends it.
pub(super) fn value(value: &impl Serialize) -> Response {
    match serde_json::to_string(value) {
        Ok(body) => json(StatusCode::OK, body),
        Err(error) => text(
            StatusCode::INTERNAL_SERVER_ERROR,
            &format!("writing the answer: {error}"),
        ),
    }
}

fn json(status: StatusCode, mut body: String) -> Response {
    body.push('\n');
    (status, [(header::CONTENT_TYPE, JSON)], body).into_response()
}

fn text(status: StatusCode, message: &str) -> Response {
    let mut body = String::new();
    crate::json::push_string(&mut body, message);
    json(status, body)
}

fn coded(status: StatusCode, code: u16, message: &str) -> Response {
    let mut body = format!("{{\"code\":{code},\"message\":");
    crate::json::push_string(&mut body, message);
    body.push('}');
    (status, [(header::CONTENT_TYPE, JSON)], body).into_response()
}

/// No route has this path, which is what lies below the API's own.
pub(super) async fn unknown_path(uri: Uri) -> Response {
    let message = format!("path /api/v2{} was not found", uri.path());
    coded(StatusCode::NOT_FOUND, 404, &message)
}

/// The path has other methods.
pub(super) fn wrong_method(method: &Method, allowed: &'static str) -> Response {
    let message = format!("method {method} is not allowed, but [{allowed}] are");
    let mut response = coded(StatusCode::METHOD_NOT_ALLOWED, 405, &message);
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, header::HeaderValue::from_static(allowed));
    response
}
