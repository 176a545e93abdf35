//! gRPC's framing of a call with one message each way.
//!
//! ```text
//! body = is compressed (1 byte), length (4 bytes, high first), message
//! ```
//! The status comes behind the body as a trailer, or among the headers where there is no body.
//! Source: "gRPC over HTTP2" (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md).

use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Full};
use receive::{Encoding, Form};

use super::{SWITCHED_OFF, reply};
use crate::face::Face;
use crate::intake::{NotTaken, digest, encoding_of};

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const KIND: HeaderValue = HeaderValue::from_static("application/grpc");
/// Bytes in front of a message.
const PREFIX: usize = 5;
/// Characters of a reason that a header carries: more would exceed what clients take of headers.
const MOST_REASON: usize = 1_000;

/// How a call ended, by gRPC's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Ok = 0,
    InvalidArgument = 3,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Unavailable = 14,
}

/// A call that failed.
#[derive(Debug)]
struct Failed(Code, String);

/// `MetricsService/Export`.
pub(crate) async fn export(
    State(face): State<Arc<Face>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let kind = headers.get(header::CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc")) {
        let text = "this path takes calls of gRPC; over HTTP there is /api/v1/otlp/v1/metrics\n";
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, text).into_response();
    }
    match call(&face, &headers, body).await {
        Ok(message) => answer(&message),
        Err(failed) => failed.into_response(),
    }
}

async fn call(face: &Face, headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Failed> {
    let services = face.services();
    let services =
        services.ok_or_else(|| Failed(Code::Unavailable, "Service Unavailable".to_owned()))?;
    let receiver = services.otlp.as_ref();
    let receiver = receiver.ok_or_else(|| Failed(Code::Unimplemented, SWITCHED_OFF.to_owned()))?;
    let body = face.intake.read(body).await?;
    let encoding = message(&body.bytes, headers)?.1;
    let receiver = Arc::clone(receiver);
    let work = move |body: &[u8]| {
        // The prefix was found right above.
        let message = body.get(PREFIX..).unwrap_or_default();
        receiver.write(message, encoding, Form::Protobuf)
    };
    match digest(body, work).await? {
        Ok(accepted) => Ok(reply::protobuf(&accepted)),
        Err(refused) if refused.may_retry => Err(Failed(Code::Unavailable, refused.reason)),
        Err(refused) => Err(Failed(Code::InvalidArgument, refused.reason)),
    }
}

impl From<NotTaken> for Failed {
    fn from(NotTaken(status, reason): NotTaken) -> Self {
        let code = match status {
            StatusCode::PAYLOAD_TOO_LARGE => Code::ResourceExhausted,
            StatusCode::BAD_REQUEST => Code::InvalidArgument,
            _ => Code::Unavailable,
        };
        Self(code, reason)
    }
}

/// The one message of a body, and how it is compressed.
fn message<'a>(body: &'a [u8], headers: &HeaderMap) -> Result<(&'a [u8], Encoding), Failed> {
    let bad = |reason: &str| Failed(Code::InvalidArgument, reason.to_owned());
    let (prefix, message) = body
        .split_first_chunk::<PREFIX>()
        .ok_or_else(|| bad("the call has no message"))?;
    let [flag, length @ ..] = prefix;
    if u32::from_be_bytes(*length) as usize != message.len() {
        return Err(bad(
            "the message has not the length that stands in front of it",
        ));
    }
    let encoding = match flag {
        0 => Encoding::Identity,
        1 => {
            let name = headers.get(ENCODING).and_then(|name| name.to_str().ok());
            let encoding = name.and_then(|name| encoding_of(name, Encoding::Identity));
            encoding.ok_or_else(|| {
                let reason = format!("messages compressed with {name:?} are not taken");
                Failed(Code::Unimplemented, reason)
            })?
        }
        _ => return Err(bad("the message is neither plain nor compressed")),
    };
    Ok((message, encoding))
}

fn answer(message: &[u8]) -> Response {
    let mut framed = Vec::with_capacity(PREFIX + message.len());
    framed.push(0);
    // An answer of ten reasons is far from 4 GiB.
    framed.extend_from_slice(&(message.len() as u32).to_be_bytes());
    framed.extend_from_slice(message);
    let trailers = HeaderMap::from_iter([(STATUS, HeaderValue::from(Code::Ok as u16))]);
    let body = Full::new(Bytes::from(framed)).with_trailers(async { Some(Ok(trailers)) });
    ([(header::CONTENT_TYPE, KIND)], Body::new(body)).into_response()
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let mut reason = String::new();
        for &byte in self.1.as_bytes().iter().take(MOST_REASON) {
            match byte {
                b'%' => reason.push_str("%25"),
                b' '..=b'~' => reason.push(char::from(byte)),
                _ => {
                    let _ = write!(reason, "%{byte:02X}");
                }
            }
        }
        let mut response = [(header::CONTENT_TYPE, KIND)].into_response();
        let headers = response.headers_mut();
        headers.insert(STATUS, HeaderValue::from(self.0 as u16));
        if let Ok(reason) = HeaderValue::try_from(reason) {
            headers.insert(MESSAGE, reason);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_what_its_prefix_says() {
        let check = |body: &[u8], named: &str, expected: Result<(&[u8], Encoding), Code>| {
            let headers = HeaderMap::from_iter([(ENCODING, named.parse().unwrap())]);
            let found = message(body, &headers).map_err(|failed| failed.0);
            assert_eq!(found, expected, "{body:?} {named}");
        };
        check(b"\0\0\0\0\x02ab", "gzip", Ok((b"ab", Encoding::Identity)));
        check(b"\x01\0\0\0\x02ab", "gzip", Ok((b"ab", Encoding::Gzip)));
        check(b"\0\0\0\0\0", "", Ok((b"", Encoding::Identity)));
        check(b"\x01\0\0\0\x02ab", "br", Err(Code::Unimplemented));
        check(b"\0\0\0\0\x03ab", "", Err(Code::InvalidArgument));
        check(b"\x02\0\0\0\x02ab", "", Err(Code::InvalidArgument));
        check(b"\0\0\0", "", Err(Code::InvalidArgument));
    }

    #[test]
    fn reasons_fit_into_a_header() {
        let failed = Failed(Code::InvalidArgument, "a\nß%".to_owned()).into_response();
        assert_eq!(failed.headers()[MESSAGE], "a%0A%C3%9F%25");
        assert_eq!(failed.headers()[STATUS], "3");
    }
}
