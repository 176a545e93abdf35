//! The pages, out of the binary.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use ui::Asset;

use crate::face::Face;

/// Answers whatever no other route knows.
pub(crate) async fn page(State(face): State<Arc<Face>>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (
            StatusCode::METHOD_NOT_ALLOWED,
            [(header::ALLOW, "GET, HEAD")],
        )
            .into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    if path.is_empty() {
        return Redirect::to(&format!("{}/query", face.options.prefix)).into_response();
    }
    match ui::page(path).or_else(|| ui::asset(path)) {
        Some(asset) => answer(asset, request.headers()),
        None => (StatusCode::NOT_FOUND, "404 page not found\n").into_response(),
    }
}

fn answer(asset: Asset, asked: &HeaderMap) -> Response {
    let tag = HeaderValue::from_str(&asset.etag).ok();
    let (caching, kind) = (asset.cache_control(), asset.content_type);
    let mut response = if tag.is_some() && asked.get(header::IF_NONE_MATCH) == tag.as_ref() {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        asset.bytes.into_owned().into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(tag) = tag {
        headers.insert(header::ETAG, tag);
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, ui::CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
