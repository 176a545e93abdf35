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

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn what_an_answer_says_itself_is_left() {
        let own = [
            (header::RETRY_AFTER, "30"),
            (header::X_FRAME_OPTIONS, "DENY"),
        ];
        let routes = Router::new()
            .route("/busy", get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
            .route(
                "/own",
                get(move || async move { (StatusCode::TOO_MANY_REQUESTS, own) }),
            )
            .route("/fine", get(|| async { StatusCode::OK }))
            .layer(from_fn(layer));
        for (path, again, frames) in [
            ("/busy", Some("1"), "SAMEORIGIN"),
            ("/own", Some("30"), "DENY"),
            ("/fine", None, "SAMEORIGIN"),
        ] {
            let request = Request::get(path).body(Body::empty()).expect("a request");
            let answer = routes.clone().oneshot(request).await.expect("an answer");
            let text = |name| answer.headers().get(name).and_then(|v| v.to_str().ok());
            assert_eq!(text(header::RETRY_AFTER), again, "{path}");
            assert_eq!(text(header::X_FRAME_OPTIONS), Some(frames), "{path}");
            assert_eq!(
                text(header::X_CONTENT_TYPE_OPTIONS),
                Some("nosniff"),
                "{path}"
            );
        }
    }
}
