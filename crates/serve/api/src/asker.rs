//! Who sends a request: for the queue of queries and their log.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use model::TraceContext;
use promql::HttpOrigin;

use crate::face::Face;

/// The address of a request's client; whoever serves connections puts it among the extensions of
/// each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// The sender of a request.
pub(crate) struct Asker(pub(crate) HttpOrigin);

impl FromRequestParts<Arc<Face>> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, face: &Arc<Face>) -> Result<Self, Infallible> {
        let caller = parts.extensions.get::<guard::Caller>();
        let client = parts.extensions.get::<ClientAddress>();
        // Nested routes see of the path what is below them; that of the route is whole.
        let route = parts.extensions.get::<MatchedPath>();
        let path = route.map_or(parts.uri.path(), MatchedPath::as_str);
        let below = path.strip_prefix(&face.options.prefix).unwrap_or(path);
        Ok(Self(HttpOrigin {
            user: caller.map(|caller| caller.0.clone()),
            client: client.map_or_else(String::new, |client| client.0.to_string()),
            method: parts.method.to_string(),
            path: below.to_owned(),
            trace: parts.extensions.get::<TraceContext>().copied(),
        }))
    }
}
