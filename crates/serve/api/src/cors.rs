//! Which web pages of other origins may read answers (`--web.cors.origin`).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use model::{Pattern, PatternError};

use crate::face::Face;

/// The origins that may ask, as a pattern over the whole `Origin` header.
#[derive(Clone, Debug)]
pub struct CorsOrigin(Pattern);

impl CorsOrigin {
    /// Compiles the pattern.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        Pattern::new(pattern).map(Self)
    }

    fn allow(&self, origin: HeaderValue, answer: &mut HeaderMap) {
        if !origin.to_str().is_ok_and(|origin| self.0.matches(origin)) {
            return;
        }
        let fixed = [
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "Accept, Authorization, Content-Type, Origin",
            ),
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
            (header::ACCESS_CONTROL_EXPOSE_HEADERS, "Date"),
        ];
        for (name, value) in fixed {
            answer.insert(name, HeaderValue::from_static(value));
        }
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}

/// Adds the headers to an API answer, and answers a browser's question beforehand.
pub(crate) async fn layer(State(face): State<Arc<Face>>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = if *request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    // Also where nobody asks from elsewhere, or a cache would hand one's answer to the other.
    let vary = HeaderValue::from_static("Origin");
    response.headers_mut().append(header::VARY, vary);
    if let Some(origin) = origin {
        face.options.cors.allow(origin, response.headers_mut());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_matching_origins_are_allowed() {
        let cors = CorsOrigin::new("https?://(a|b)\\.example").unwrap();
        for (origin, allowed) in [
            ("http://a.example", true),
            ("https://b.example", true),
            ("http://evil.example", false),
        ] {
            let mut answer = HeaderMap::new();
            cors.allow(HeaderValue::from_static(origin), &mut answer);
            assert_eq!(
                answer.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN),
                allowed
            );
        }
    }
}
