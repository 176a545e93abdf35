//! The whole face of a process that is Alertmanager alone: the API beside health, reload and
//! `/metrics`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use contract::Gather;
use tokio::sync::{mpsc, oneshot};
use tower_http::compression::CompressionLayer;

use super::{AlertmanagerFace, alertmanager_routes};
use crate::face::Reload;
use crate::observe::RequestMetrics;
use crate::{observe, own_metrics, safe};

/// What belongs to the process rather than to the API.
pub struct Role {
    /// Takes requests to read the configuration again.
    pub reload: mpsc::Sender<Reload>,
    /// What `/metrics` tells.
    pub gatherers: Vec<Arc<dyn Gather>>,
    /// What every path begins with, such as `/alerts`; empty for none.
    pub prefix: String,
}

struct Process {
    role: Role,
    requests: Arc<RequestMetrics>,
}

/// All routes of the process, below its prefix.
pub fn role_router(face: &Arc<AlertmanagerFace>, role: Role) -> Router {
    let prefix = role.prefix.clone();
    let requests = Arc::new(RequestMetrics::new("alertmanager", &prefix));
    let process = Arc::new(Process {
        role,
        requests: Arc::clone(&requests),
    });
    let routes = Router::new()
        .route("/-/healthy", get(|| async { "OK" }))
        .route("/-/ready", get(|| async { "OK" }))
        .route("/-/reload", post(reload))
        .route("/metrics", get(metrics))
        .with_state(process)
        .merge(alertmanager_routes(face))
        .layer(from_fn_with_state(requests, observe::layer))
        .layer(from_fn(safe::layer))
        .layer(CompressionLayer::new().gzip(true));
    if prefix.is_empty() {
        routes
    } else {
        Router::new().nest(&prefix, routes)
    }
}

async fn reload(State(process): State<Arc<Process>>) -> Response {
    let (done, outcome) = oneshot::channel();
    let failure = match process.role.reload.send(done).await {
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

async fn metrics(State(process): State<Arc<Process>>, headers: HeaderMap) -> Response {
    let mut families = Vec::new();
    for gatherer in &process.role.gatherers {
        gatherer.gather(&mut families);
    }
    process.requests.gather(&mut families);
    own_metrics::exposition(families, &headers)
}
