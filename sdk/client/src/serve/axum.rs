//! `/metrics` as a router of axum.

use ::axum::Router;
use ::axum::http::{HeaderMap, header};
use ::axum::response::{IntoResponse, Response};
use ::axum::routing::get;

use crate::Registry;

/// A router with `GET /metrics`, to be merged into the one of the service.
///
/// ```
/// # let registry = argand_client::Registry::new();
/// let app: axum::Router = axum::Router::new()
///     .merge(argand_client::serve::axum::router(&registry));
/// ```
pub fn router<S: Clone + Send + Sync + 'static>(registry: &Registry) -> Router<S> {
    let registry = registry.clone();
    let handler = move |headers: HeaderMap| async move { respond(&registry, &headers) };
    Router::new().route("/metrics", get(handler))
}

/// The answer to a request with these headers, for a handler of your own.
#[must_use]
pub fn respond(registry: &Registry, headers: &HeaderMap) -> Response {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    let (content_type, body) = super::answer(registry, accept);
    ([(header::CONTENT_TYPE, content_type)], body).into_response()
}
