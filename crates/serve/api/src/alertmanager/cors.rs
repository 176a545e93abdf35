//! Pages of any origin may ask this API, as upstream has it: with the methods and headers that a
//! form could send, and a JSON body. Credentials are not sent along.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const METHODS: [&str; 3] = ["GET", "POST", "HEAD"];
const HEADERS: [&str; 4] = ["accept", "content-type", "x-requested-with", "origin"];

/// Adds the headers to an answer, and answers a browser's question beforehand.
pub(super) async fn layer(request: Request, next: Next) -> Response {
    let asked = request.headers();
    let from_elsewhere = asked.contains_key(header::ORIGIN);
    let wanted = asked.get(header::ACCESS_CONTROL_REQUEST_METHOD).cloned();
    if let (&Method::OPTIONS, Some(method)) = (request.method(), wanted) {
        return beforehand(asked, method, from_elsewhere);
    }
    let simple = METHODS.contains(&request.method().as_str());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    vary(headers, &header::ORIGIN);
    if from_elsewhere && simple {
        allow(headers);
    }
    response
}

/// The answer to whether a request may be sent at all.
fn beforehand(asked: &HeaderMap, method: HeaderValue, from_elsewhere: bool) -> Response {
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    for name in [
        header::ORIGIN,
        header::ACCESS_CONTROL_REQUEST_METHOD,
        header::ACCESS_CONTROL_REQUEST_HEADERS,
    ] {
        vary(headers, &name);
    }
    let extra = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
    let known = extra.is_none_or(|list| {
        list.to_str().is_ok_and(|list| {
            let mut names = list.split(',').map(|name| name.trim().to_ascii_lowercase());
            names.all(|name| name.is_empty() || HEADERS.contains(&name.as_str()))
        })
    });
    if !from_elsewhere || !known || !METHODS.iter().any(|one| *one == method) {
        return response;
    }
    allow(headers);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, method);
    if let Some(extra) = extra {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, extra.clone());
    }
    response
}

fn vary(headers: &mut HeaderMap, on: &HeaderName) {
    headers.append(header::VARY, HeaderValue::from(on.clone()));
}

fn allow(headers: &mut HeaderMap) {
    let anybody = HeaderValue::from_static("*");
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, anybody);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_sent_is_told_beforehand() {
        let check = |method: &'static str, extra: Option<&'static str>, allowed: bool| {
            let mut asked = HeaderMap::new();
            if let Some(extra) = extra {
                let extra = HeaderValue::from_static(extra);
                asked.insert(header::ACCESS_CONTROL_REQUEST_HEADERS, extra);
            }
            let answer = beforehand(&asked, HeaderValue::from_static(method), true);
            let origin = answer.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
            assert_eq!(origin.is_some(), allowed, "{method} {extra:?}");
        };
        check("GET", None, true);
        check("POST", Some("Content-Type"), true);
        check("POST", Some("content-type, x-requested-with"), true);
        check("POST", Some("authorization"), false);
        check("DELETE", None, false);
    }
}
