//! `/-/healthy` and `/-/ready`, and the answer while the store is not ready.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::face::Face;

/// The process runs.
pub(crate) async fn healthy() -> &'static str {
    "Argand is Healthy.\n"
}

/// The process answers queries.
pub(crate) async fn ready(State(face): State<Arc<Face>>) -> Response {
    if is_ready(&face) {
        "Argand is Ready.\n".into_response()
    } else {
        unavailable()
    }
}

/// Holds requests off until the store has been opened.
pub(crate) async fn layer(State(face): State<Arc<Face>>, request: Request, next: Next) -> Response {
    if is_ready(&face) {
        next.run(request).await
    } else {
        unavailable()
    }
}

/// Whether questions are answered.
pub(crate) fn is_ready(face: &Face) -> bool {
    face.services()
        .is_some_and(|services| services.store.is_ready())
}

fn unavailable() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable").into_response()
}
