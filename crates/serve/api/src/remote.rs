//! `/api/v1/write`: what other servers push by remote write.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use receive::{Encoding, Refused, Version, Written};

use crate::face::Face;
use crate::intake::{digest, encoding};

/// `POST /api/v1/write`: 204 where all was stored; 400 where sending again is of no use, with
/// what is wrong line by line; 500 where it is. Version 2.0 is told how much was stored.
pub(crate) async fn write(
    State(face): State<Arc<Face>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(services) = face.services() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable").into_response();
    };
    let Some(receiver) = &services.remote_write else {
        let text = "remote write receiver needs to be enabled with \
                    --web.enable-remote-write-receiver\n";
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    let (encoding, version) = match message(&headers) {
        Ok((_, version)) if !receiver.accepts(version) => {
            let reason = format!(
                "{} protobuf message is not accepted by this server; see \
                 --web.remote-write-receiver.accepted-protobuf-messages\n",
                version.message()
            );
            return (StatusCode::UNSUPPORTED_MEDIA_TYPE, reason).into_response();
        }
        Ok(message) => message,
        Err(reason) => return (StatusCode::UNSUPPORTED_MEDIA_TYPE, reason).into_response(),
    };
    let body = match face.intake.read(body).await {
        Ok(body) => body,
        Err(refused) => return refused.into_response(),
    };
    let receiver = Arc::clone(receiver);
    let work = move |body: &[u8]| receiver.write(body, encoding, version);
    match digest(body, work).await {
        Ok(outcome) => answer(outcome, version),
        Err(broken) => broken.into_response(),
    }
}

/// How the headers say that the body is compressed, and which message it is.
fn message(headers: &HeaderMap) -> Result<(Encoding, Version), String> {
    // Upstream knows snappy alone; other senders prefer zstd.
    let encoding = encoding(headers, Encoding::Snappy).map_err(|name| {
        format!("{name} encoding (compression) is not accepted by this server; snappy, zstd and gzip are\n")
    })?;
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = match kind.map(|kind| kind.to_str().unwrap_or("?").trim()) {
        None | Some("") => "application/x-protobuf",
        Some(kind) => kind,
    };
    let refused = || {
        format!(
            "Content-Type {kind:?} is not supported; send application/x-protobuf, with \
             proto=prometheus.WriteRequest or proto=io.prometheus.write.v2.Request\n"
        )
    };
    let mut parts = kind.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    if !media.eq_ignore_ascii_case("application/x-protobuf") {
        return Err(refused());
    }
    for parameter in parts {
        let (name, value) = parameter.split_once('=').ok_or_else(refused)?;
        if name == "proto" {
            let version = Version::of_message(value.trim_matches('"')).ok_or_else(refused)?;
            return Ok((encoding, version));
        }
    }
    Ok((encoding, Version::V1))
}

fn answer(outcome: Result<Written, Refused>, version: Version) -> Response {
    let (status, written, text) = match outcome {
        Ok(written) => (StatusCode::NO_CONTENT, written, String::new()),
        Err(refused) => {
            let status = if refused.may_retry {
                StatusCode::INTERNAL_SERVER_ERROR
            } else {
                StatusCode::BAD_REQUEST
            };
            (status, refused.written, refused.reason + "\n")
        }
    };
    let mut response = (status, text).into_response();
    if version == Version::V2 {
        for (name, count) in [
            ("x-prometheus-remote-write-samples-written", written.samples),
            (
                "x-prometheus-remote-write-histograms-written",
                written.histograms,
            ),
            (
                "x-prometheus-remote-write-exemplars-written",
                written.exemplars,
            ),
        ] {
            let name = HeaderName::from_static(name);
            response
                .headers_mut()
                .insert(name, HeaderValue::from(count));
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_message_a_request_is() {
        let check = |kind: Option<&str>, given: Option<&str>, expected| {
            let mut headers = HeaderMap::new();
            for (name, value) in [
                (header::CONTENT_TYPE, kind),
                (header::CONTENT_ENCODING, given),
            ] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            assert_eq!(message(&headers).ok(), expected, "{kind:?} {given:?}");
        };
        use Encoding::{Gzip, Snappy, Zstd};
        use Version::{V1, V2};
        check(None, None, Some((Snappy, V1)));
        check(Some(""), Some(""), Some((Snappy, V1)));
        let v1 = "application/x-protobuf;proto=prometheus.WriteRequest";
        check(Some(v1), Some("snappy"), Some((Snappy, V1)));
        let v2 = "application/x-protobuf; proto=io.prometheus.write.v2.Request";
        check(Some(v2), Some("snappy"), Some((Snappy, V2)));
        check(Some("application/json"), None, None);
        check(Some("application/x-protobuf;proto=x.Y"), None, None);
        check(Some("application/x-protobuf;proto"), None, None);
        check(Some("application/x-protobuf;a=b"), None, Some((Snappy, V1)));
        check(Some(v1), Some("gzip"), Some((Gzip, V1)));
        check(Some(v1), Some("zstd"), Some((Zstd, V1)));
        check(Some(v1), Some("br"), None);
    }
}
