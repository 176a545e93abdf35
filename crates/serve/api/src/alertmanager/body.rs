//! Bodies: JSON that is read and checked against the API's description; times in upstream's forms.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::DateTime;
use model::Labels;
use serde::de::DeserializeOwned;

use super::answer::{Fault, Misfit};

/// A body that says it is JSON, still as bytes.
pub(super) struct JsonBody(Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.map_or("application/octet-stream", |kind| {
            kind.to_str().unwrap_or_default()
        });
        let plain = kind.split(';').next().unwrap_or_default().trim().to_owned();
        let body = Bytes::from_request(request, state)
            .await
            .map_err(IntoResponse::into_response)?;
        // An empty body is told to be missing, whatever it says it is.
        if !body.is_empty() && !plain.eq_ignore_ascii_case("application/json") {
            let message = format!(
                "unsupported media type {}, only [application/json] are allowed",
                model::name::quoted(&plain)
            );
            return Err(Fault::Type(message).into_response());
        }
        Ok(Self(body))
    }
}

impl JsonBody {
    /// The value of this body, called `name` in the API's description.
    pub(super) fn read<T: DeserializeOwned>(&self, name: &str) -> Result<T, Fault> {
        if self.0.is_empty() {
            return Err(Fault::missing(name));
        }
        let read: Result<Option<T>, _> = serde_json::from_slice(&self.0);
        read.map_err(|error| unreadable(name, &error.to_string()))?
            .ok_or_else(|| Fault::missing(name))
    }
}

fn unreadable(name: &str, reason: &str) -> Fault {
    Fault::Unreadable(format!(
        "parsing {name} body from \"\" failed, because {reason}"
    ))
}

/// A moment in milliseconds since the epoch; `None` for the year 1, which clients written in Go
/// send for a moment they do not know. Without an offset it is taken for UTC.
pub(super) fn moment(text: &str, body: &str) -> Result<Option<i64>, Fault> {
    let time: Option<Timestamp> = text.parse().ok().or_else(|| {
        let local: DateTime = text.parse().ok()?;
        Some(local.in_tz("UTC").ok()?.timestamp())
    });
    let time = time.ok_or_else(|| {
        let quoted = model::name::quoted(text);
        unreadable(
            body,
            &format!("{quoted} is no time of the form 2006-01-02T15:04:05Z"),
        )
    })?;
    Ok(Some(time.as_millisecond()).filter(|millis| *millis != UNKNOWN))
}

/// The first moment of the year 1 in milliseconds since the epoch.
const UNKNOWN: i64 = -62_135_596_800_000;

/// As upstream writes moments: UTC, with milliseconds.
pub(super) fn moment_text(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(
        |_| "0001-01-01T00:00:00.000Z".to_owned(),
        |time| time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
    )
}

/// Whether a text is a URL as upstream's check has it: a scheme and more, or a path from the root.
pub(super) fn is_url(text: &str) -> bool {
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return false;
    }
    let scheme = |text: &str| {
        let letters = text.starts_with(|c: char| c.is_ascii_alphabetic());
        letters
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    text.starts_with('/')
        || text
            .split_once(':')
            .is_some_and(|(before, _)| scheme(before))
}

/// A value that is no URL.
pub(super) fn no_url(place: &str, text: &str) -> Fault {
    let quoted = model::name::quoted(text);
    Fault::Unfit(
        Misfit::Type,
        format!("{place} in body must be of type uri: {quoted}"),
    )
}

/// Labels of a JSON object.
pub(super) fn labels(pairs: Option<BTreeMap<String, String>>) -> Labels {
    Labels::from_pairs(pairs.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_their_forms() {
        for (text, millis) in [
            ("1970-01-01T00:00:01Z", Some(1000)),
            ("1970-01-01T01:00:01.5+01:00", Some(1500)),
            ("1970-01-01T00:00:01.123456789Z", Some(1123)),
            ("1970-01-01T00:00:01", Some(1000)),
            ("0001-01-01T00:00:00Z", None),
            ("0001-01-01T00:00:00.000Z", None),
        ] {
            assert_eq!(moment(text, "alerts"), Ok(millis), "{text}");
        }
        assert!(moment("yesterday", "alerts").is_err());
        assert_eq!(moment_text(1500), "1970-01-01T00:00:01.500Z");
    }

    #[test]
    fn urls() {
        for (text, expected) in [
            ("http://x", true),
            ("/graph?g0", true),
            ("not a url", false),
            ("x", false),
            ("ä:b", false),
        ] {
            assert_eq!(is_url(text), expected, "{text}");
        }
    }
}
