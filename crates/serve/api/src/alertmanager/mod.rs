//! Alertmanager's API v2: `/api/v2`, and the same under `/alertmanager/api/v2`; beside it, under
//! `/api/v1/alerting`, what only Argand answers.
//!
//! In come requests of Alertmanager's clients, such as `amtool` and Prometheus; out goes JSON of
//! upstream's form, with its codes and its words where a request is wrong. The routes ask the
//! routing stage and know nothing else.

mod alerts;
mod answer;
mod body;
mod cors;
mod filter;
mod groups;
mod own;
mod role;
mod silences;
mod status;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use routing::Routing;
use tower::ServiceExt as _;
use tower_http::set_header::SetResponseHeaderLayer;

pub use role::{Role, role_router};

use crate::face::Face;

/// Bytes of a request's body: several times the largest batch of alerts that servers send.
const MAX_BODY: usize = 16 << 20;

/// What the routes ask.
pub struct AlertmanagerFace {
    /// The stage that answers.
    pub routing: Arc<Routing>,
    /// Argand's own version, for the status.
    pub version: &'static str,
}

/// The routes, below `/api/v2`.
fn v2(face: Arc<AlertmanagerFace>) -> Router {
    Router::new()
        .route("/status", get(status::status).fallback(only_get))
        .route("/receivers", get(status::receivers).fallback(only_get))
        .route(
            "/silences",
            get(silences::list)
                .post(silences::set)
                .fallback(get_or_post),
        )
        .route(
            "/silence/{id}",
            get(silences::one)
                .delete(silences::expire)
                .fallback(get_or_delete),
        )
        .route(
            "/alerts",
            get(alerts::list).post(alerts::post).fallback(get_or_post),
        )
        .route("/alerts/groups", get(groups::list).fallback(only_get))
        .fallback(answer::unknown_path)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(SetResponseHeaderLayer::overriding(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .layer(from_fn(cors::layer))
        .with_state(face)
}

/// All routes of the API, with their full paths.
pub fn alertmanager_routes(face: &Arc<AlertmanagerFace>) -> Router {
    let v2 = v2(Arc::clone(face));
    Router::new()
        .nest("/api/v2", v2.clone())
        .nest("/alertmanager/api/v2", v2)
        .nest("/api/v1/alerting", own::routes(Arc::clone(face)))
}

/// A request to a face of Prometheus, which passes it on where Alertmanager runs in the process.
pub(crate) async fn mounted(State(face): State<Arc<Face>>, request: Request) -> Response {
    match face.alertmanager.get() {
        Some(router) => router.clone().oneshot(request).await.into_response(),
        None => {
            let text = "no Alertmanager runs in this process: --alertmanager.config.file names its configuration\n";
            (StatusCode::NOT_FOUND, text).into_response()
        }
    }
}

async fn only_get(method: Method) -> Response {
    answer::wrong_method(&method, "GET")
}

async fn get_or_post(method: Method) -> Response {
    answer::wrong_method(&method, "GET,POST")
}

async fn get_or_delete(method: Method) -> Response {
    answer::wrong_method(&method, "DELETE,GET")
}
