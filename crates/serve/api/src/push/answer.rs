//! Answers in upstream's form.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A text.
pub(super) fn plain(status: StatusCode, text: impl Into<Body>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (status, kind, text.into()).into_response()
}

/// An error, which ends with a line feed and is not taken for anything else.
pub(super) fn error(status: StatusCode, text: &str) -> Response {
    let mut response = plain(status, format!("{text}\n"));
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

pub(super) fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "404 page not found")
}

/// Another method than those of the place.
pub(super) fn not_allowed(methods: &'static str) -> Response {
    let mut response = error(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    let methods = HeaderValue::from_static(methods);
    response.headers_mut().insert(header::ALLOW, methods);
    response
}

/// Another place is meant.
pub(super) fn moved(method: &Method, status: StatusCode, place: &str) -> Response {
    let mut response = Response::new(Body::empty());
    if *method == Method::GET {
        let named = match status {
            StatusCode::MOVED_PERMANENTLY => "Moved Permanently",
            _ => "Temporary Redirect",
        };
        // What a place is made of needs no escape but this.
        let shown = place.replace('&', "&amp;");
        response = (
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            format!("<a href=\"{shown}\">{named}</a>.\n\n"),
        )
            .into_response();
    }
    *response.status_mut() = status;
    // A path is ASCII by now, and a query came in a request's head.
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// Headers by which pages of any origin may read an answer of the API.
pub(super) fn with_cors(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Accept, Authorization, Content-Type, Origin",
        ),
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET, POST, DELETE, OPTIONS",
        ),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "Date"),
        (header::CACHE_CONTROL, "no-cache, no-store, must-revalidate"),
    ] as [(HeaderName, &'static str); 5]
    {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
