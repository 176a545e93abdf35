//! What programs push that measure with OpenTelemetry, over HTTP and over gRPC.
//!
//! gRPC needs no port of its own: its one call is a `POST` of HTTP/2, which every listener speaks
//! with TLS and without. [`grpc`] knows its framing; nothing else here does.

mod grpc;
mod reply;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use receive::{Encoding, Form};

use crate::face::Face;
use crate::intake::{digest, encoding};

pub(crate) use grpc::export;

/// The path of the one call of gRPC.
pub(crate) const GRPC_PATH: &str =
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

/// What is answered where the receiver is off.
const SWITCHED_OFF: &str =
    "otlp write receiver needs to be enabled with --web.enable-otlp-receiver";

/// `POST /api/v1/otlp/v1/metrics`: 200 with what means no series, where that is some; 400 where
/// sending again is of no use, with what is wrong line by line; 503 where it is.
pub(crate) async fn metrics(
    State(face): State<Arc<Face>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(services) = face.services() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable").into_response();
    };
    let Some(receiver) = &services.otlp else {
        return (StatusCode::NOT_FOUND, format!("{SWITCHED_OFF}\n")).into_response();
    };
    let bad = |reason: String| (StatusCode::BAD_REQUEST, reason + "\n").into_response();
    let form = match form(&headers) {
        Ok(form) => form,
        Err(kind) => {
            return bad(format!(
                "unsupported content type: {kind}, supported: [application/json, \
                 application/x-protobuf]"
            ));
        }
    };
    let encoding = match encoding(&headers, Encoding::Identity) {
        Ok(encoding) if encoding != Encoding::Snappy => encoding,
        _ => {
            let named = headers.get(header::CONTENT_ENCODING);
            let named = named.and_then(|name| name.to_str().ok()).unwrap_or("?");
            return bad(format!(
                "unsupported compression: {named}. Only \"gzip\", \"zstd\" or no compression \
                 supported"
            ));
        }
    };
    let body = match face.intake.read(body).await {
        Ok(body) => body,
        Err(refused) => return refused.into_response(),
    };
    let receiver = Arc::clone(receiver);
    let work = move |body: &[u8]| receiver.write(body, encoding, form);
    let outcome = match digest(body, work).await {
        Ok(outcome) => outcome,
        Err(broken) => return broken.into_response(),
    };
    match outcome {
        Ok(accepted) => reply::accepted(&accepted, form),
        Err(refused) if refused.may_retry => {
            (StatusCode::SERVICE_UNAVAILABLE, refused.reason + "\n").into_response()
        }
        Err(refused) => bad(refused.reason),
    }
}

/// The form that the headers say the body has.
fn form(headers: &HeaderMap) -> Result<Form, &str> {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let media = kind.split(';').next().unwrap_or_default().trim();
    [
        ("application/x-protobuf", Form::Protobuf),
        ("application/json", Form::Json),
    ]
    .into_iter()
    .find(|(known, _)| known.eq_ignore_ascii_case(media))
    .map(|(_, form)| form)
    .ok_or(kind)
}
