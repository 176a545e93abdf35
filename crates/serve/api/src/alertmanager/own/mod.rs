//! What only Argand's Alertmanager answers: `/api/v1/alerting`, in the form of Prometheus' API.
//!
//! | path | what |
//! |---|---|
//! | `history/alerts` | alerts that began and ended |
//! | `history/notifications` | who was told, and who could not be |
//! | `routes` | the routing tree, and where labels lead in it |
//! | `acknowledgements` | alerts that somebody has taken on; taken with `POST` |
//! | `acknowledgements/{fingerprint}` | given back with `DELETE` |

mod acknowledgements;
mod history;
mod page;
mod routes;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get};

pub(super) use acknowledgements::Shown as Acknowledgement;

use super::AlertmanagerFace;
use crate::answer::ApiError;

/// Bytes of a request's body: a few matchers and a comment.
const MAX_BODY: usize = 64 << 10;

/// The routes, below `/api/v1/alerting`.
pub(super) fn routes(face: Arc<AlertmanagerFace>) -> Router {
    Router::new()
        .route("/history/alerts", get(history::alerts))
        .route("/history/notifications", get(history::notifications))
        .route("/routes", get(routes::routes))
        .route(
            "/acknowledgements",
            get(acknowledgements::list).post(acknowledgements::take),
        )
        .route(
            "/acknowledgements/{fingerprint}",
            delete(acknowledgements::give_back),
        )
        .fallback(|| async { ApiError::not_found("no such endpoint under /api/v1/alerting") })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(face)
}
