//! `/-/reload` and `/-/quit`, where they are switched on.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::oneshot;

use crate::face::Face;

fn disabled() -> Response {
    (StatusCode::FORBIDDEN, "Lifecycle API is not enabled.\n").into_response()
}

/// `POST /-/reload`: reads the configuration again and answers when that has been done.
pub(crate) async fn reload(State(face): State<Arc<Face>>) -> Response {
    let Some(lifecycle) = &face.options.lifecycle else {
        return disabled();
    };
    let (done, outcome) = oneshot::channel();
    let failure = match lifecycle.reload.send(done).await {
        Ok(()) => outcome
            .await
            .unwrap_or_else(|_| Err("the server is stopping".to_owned()))
            .err(),
        Err(_) => Some("the server is stopping".to_owned()),
    };
    match failure {
        None => StatusCode::OK.into_response(),
        Some(error) => {
            let text = format!("failed to reload config: {error}\n");
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
    }
}

/// `POST /-/quit`: ends the process in order.
pub(crate) async fn quit(State(face): State<Arc<Face>>) -> Response {
    let Some(lifecycle) = &face.options.lifecycle else {
        return disabled();
    };
    // A full channel means that the end has been asked for already.
    let _ = lifecycle.quit.try_send(());
    "Requesting termination... Goodbye!".into_response()
}

/// Steering by GET would let any link stop the server.
pub(crate) async fn only_post() -> Response {
    (
        StatusCode::METHOD_NOT_ALLOWED,
        [(header::ALLOW, "POST, PUT")],
        "Only POST or PUT requests allowed",
    )
        .into_response()
}
