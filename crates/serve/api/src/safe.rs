//! Headers that keep a browser from making of an answer what it is not: a page out of text, or a
//! part of somebody else's page; and one that says when asking again is of use.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

/// Seconds after which a server that was busy, or not ready, may be asked again.
const AGAIN: HeaderValue = HeaderValue::from_static("1");

/// Adds them, except where the answer has its own. `--web.config.file` may set others.
pub(crate) async fn layer(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let is_passing = matches!(
        response.status(),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
    );
    let headers = response.headers_mut();
    if is_passing {
        headers.entry(header::RETRY_AFTER).or_insert(AGAIN);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}
