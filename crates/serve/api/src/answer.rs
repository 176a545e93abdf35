//! The envelope of every API answer, and the error kinds that clients tell apart.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use promql::QueryError;

use crate::json;

/// Notes of one kind are cut after this many, with a line that says how many more there were.
const NOTES_SHOWN: usize = 10;

/// What kind of failure the client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The request is wrong.
    BadData,
    /// The query is right and could not be answered.
    Execution,
    /// It took too long.
    Timeout,
    /// The client went away.
    Canceled,
    /// The store failed.
    Internal,
    /// Nothing is there.
    NotFound,
    /// What answers is switched off.
    Unavailable,
    /// Too many ask at once.
    Busy,
    /// What is there does not allow it.
    Conflict,
}

impl ErrorKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BadData => "bad_data",
            Self::Execution => "execution",
            Self::Timeout => "timeout",
            Self::Canceled => "canceled",
            Self::Internal => "internal",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Unavailable | Self::Busy => "unavailable",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::BadData => StatusCode::BAD_REQUEST,
            Self::Execution => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Timeout | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            // 499, "client closed request", which no standard lists.
            Self::Canceled => {
                StatusCode::from_u16(499).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
            // Upstream has no status of its own for what is switched off.
            Self::Internal | Self::Unavailable => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
        }
    }
}

/// A failed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
}

impl ApiError {
    pub(crate) fn bad_data(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::BadData,
            message: message.into(),
        }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Internal,
            message: message.into(),
        }
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::NotFound,
            message: message.into(),
        }
    }

    /// A parameter that does not parse, in upstream's words.
    pub(crate) fn parameter(name: &str, reason: impl std::fmt::Display) -> Self {
        Self::bad_data(format!(
            "invalid parameter {}: {reason}",
            model::name::quoted(name)
        ))
    }
}

impl From<contract::SelectError> for ApiError {
    fn from(error: contract::SelectError) -> Self {
        Self::internal(error.to_string())
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        let kind = match &error {
            QueryError::Timeout(_) => ErrorKind::Timeout,
            QueryError::Canceled(_) => ErrorKind::Canceled,
            QueryError::Select(_) => ErrorKind::Internal,
            QueryError::QueueFull { .. } => ErrorKind::Busy,
            QueryError::Parse(_) | QueryError::Type(_) => ErrorKind::BadData,
            _ => ErrorKind::Execution,
        };
        let message = match &error {
            QueryError::Parse(_) | QueryError::Type(_) => {
                format!("invalid parameter \"query\": {error}")
            }
            _ => error.to_string(),
        };
        Self { kind, message }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = String::from("{\"status\":\"error\",\"errorType\":");
        json::push_string(&mut body, self.kind.name());
        body.push_str(",\"error\":");
        json::push_string(&mut body, &self.message);
        body.push('}');
        json_response(self.kind.status(), body)
    }
}

/// What the text of a successful answer begins with.
const HEAD: &str = "{\"status\":\"success\",\"data\":";

/// A successful answer: data already written as JSON, and notes on it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The envelope as far as the end of the data.
    text: String,
    pub(crate) warnings: Vec<String>,
    infos: Vec<String>,
}

impl Answer {
    /// An answer whose data are about to be written behind what is there: large ones need not be
    /// copied. `room` is how many bytes they will take, as far as that is known.
    pub(crate) fn begun(room: usize) -> String {
        // The end of the envelope fits as well.
        let mut text = String::with_capacity(HEAD.len() + room + 1);
        text.push_str(HEAD);
        text
    }

    /// An answer of what [`Answer::begun`] gave, the data behind it.
    pub(crate) fn written(text: String) -> Self {
        Self {
            text,
            warnings: Vec::new(),
            infos: Vec::new(),
        }
    }

    /// The same with notes.
    pub(crate) fn noting(self, warnings: Vec<String>, infos: Vec<String>) -> Self {
        Self {
            warnings,
            infos,
            ..self
        }
    }

    /// An answer without notes.
    pub(crate) fn new(data: &str) -> Self {
        let mut text = Self::begun(data.len());
        text.push_str(data);
        Self::written(text)
    }

    /// An answer of anything serde can write.
    pub(crate) fn of(value: &impl serde::Serialize) -> Result<Self, ApiError> {
        serde_json::to_string(value)
            .map(|data| Self::new(&data))
            .map_err(|e| ApiError::internal(format!("writing the answer: {e}")))
    }
}

impl Answer {
    /// The data as they were written, and behind them the notes.
    pub(crate) fn into_parts(self) -> (Bytes, String) {
        let mut notes = String::new();
        push_notes(&mut notes, "warnings", "warning", &self.warnings);
        push_notes(&mut notes, "infos", "info", &self.infos);
        (Bytes::from(self.text).slice(HEAD.len()..), notes)
    }

    /// The whole text of the answer.
    pub(crate) fn into_text(self) -> String {
        let mut body = self.text;
        push_notes(&mut body, "warnings", "warning", &self.warnings);
        push_notes(&mut body, "infos", "info", &self.infos);
        body.push('}');
        body
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        json_response(StatusCode::OK, self.into_text())
    }
}

fn push_notes(body: &mut String, field: &str, kind: &str, notes: &[String]) {
    if notes.is_empty() {
        return;
    }
    body.push_str(",\"");
    body.push_str(field);
    body.push_str("\":[");
    for (place, note) in notes.iter().take(NOTES_SHOWN).enumerate() {
        if place > 0 {
            body.push(',');
        }
        json::push_string(body, note);
    }
    if let Some(more) = notes
        .len()
        .checked_sub(NOTES_SHOWN)
        .filter(|more| *more > 0)
    {
        body.push(',');
        json::push_string(body, &format!("{more} more {kind} annotations omitted"));
    }
    body.push(']');
}

/// A response of JSON that has been written.
pub(crate) fn json_response(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

/// What a handler gives.
pub(crate) type ApiResult = Result<Answer, ApiError>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_beyond_ten_are_counted() {
        let notes: Vec<String> = (0..13).map(|n| n.to_string()).collect();
        let mut body = String::new();
        push_notes(&mut body, "infos", "info", &notes);
        assert!(
            body.ends_with(r#""9","3 more info annotations omitted"]"#),
            "{body}"
        );
        body.clear();
        push_notes(&mut body, "infos", "info", &notes[..10]);
        assert!(body.ends_with(r#""9"]"#), "{body}");
    }
}
