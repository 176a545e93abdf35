//! `/api/v1/write`: what other servers push by remote write.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use receive::{Refused, Version, Written};

use crate::face::Face;

/// Bytes of a compressed request. What may come out of one is limited by the receiver.
pub(crate) const MAX_REQUEST: usize = 32 << 20;

/// `POST /api/v1/write`: 204 where all was stored; 400 where sending again is of no use, with
/// what is wrong line by line; 500 where it is. Version 2.0 is told how much was stored.
pub(crate) async fn write(
    State(face): State<Arc<Face>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(services) = face.services() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable").into_response();
    };
    let Some(receiver) = &services.remote_write else {
        let text = "remote write receiver needs to be enabled with \
                    --web.enable-remote-write-receiver\n";
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    let version = match version(&headers) {
        Ok(version) => version,
        Err(reason) => return (StatusCode::UNSUPPORTED_MEDIA_TYPE, reason).into_response(),
    };
    // A millisecond or a few: less than to hand it to another thread and back.
    answer(receiver.write(&body, version), version)
}

/// The message that the headers say the body is.
fn version(headers: &HeaderMap) -> Result<Version, String> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let encoding = text(header::CONTENT_ENCODING).unwrap_or("snappy");
    if !encoding.eq_ignore_ascii_case("snappy") {
        return Err(format!(
            "Content-Encoding {encoding:?} is not supported; send snappy\n"
        ));
    }
    let kind = text(header::CONTENT_TYPE).unwrap_or("application/x-protobuf");
    let mut parts = kind.split(';').map(str::trim);
    if !parts
        .next()
        .is_some_and(|media| media.eq_ignore_ascii_case("application/x-protobuf"))
    {
        return Err(format!(
            "Content-Type {kind:?} is not supported; send application/x-protobuf\n"
        ));
    }
    let message = parts.find_map(|part| part.strip_prefix("proto="));
    match message.map(|name| name.trim_matches('"')) {
        None | Some("prometheus.WriteRequest") => Ok(Version::V1),
        Some("io.prometheus.write.v2.Request") => Ok(Version::V2),
        Some(other) => Err(format!(
            "message {other:?} is not supported; there are prometheus.WriteRequest and \
             io.prometheus.write.v2.Request\n"
        )),
    }
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
        let check = |kind: Option<&str>, encoding: Option<&str>, expected: Option<Version>| {
            let mut headers = HeaderMap::new();
            for (name, value) in [
                (header::CONTENT_TYPE, kind),
                (header::CONTENT_ENCODING, encoding),
            ] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            assert_eq!(version(&headers).ok(), expected, "{kind:?} {encoding:?}");
        };
        check(None, None, Some(Version::V1));
        let v1 = "application/x-protobuf;proto=prometheus.WriteRequest";
        check(Some(v1), Some("snappy"), Some(Version::V1));
        let v2 = "application/x-protobuf; proto=io.prometheus.write.v2.Request";
        check(Some(v2), Some("snappy"), Some(Version::V2));
        check(Some("application/json"), None, None);
        check(Some("application/x-protobuf;proto=x.Y"), None, None);
        check(Some(v1), Some("gzip"), None);
    }
}
