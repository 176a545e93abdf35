//! `/metrics` as an answer of hyper.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::Full;

use crate::Registry;

/// The answer to a request for the metrics, whatever its path and body.
///
/// ```
/// # let registry = argand_client::Registry::new();
/// let request = http::Request::get("/metrics").body(())?;
/// let response = argand_client::serve::hyper::respond(&registry, &request);
/// assert_eq!(response.status(), 200);
/// # Ok::<(), http::Error>(())
/// ```
#[must_use]
pub fn respond<B>(registry: &Registry, request: &Request<B>) -> Response<Full<Bytes>> {
    let accept = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    let (content_type, body) = super::answer(registry, accept);
    let mut response = Response::new(Full::from(body));
    let content_type = HeaderValue::from_static(content_type);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}
