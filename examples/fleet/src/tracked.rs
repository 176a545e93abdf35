//! What every service counts of its requests: the layer of the client library, under the names
//! that all services share (`http_…`), and an agent's own names, `requests_total{endpoint,status}`,
//! `request_duration_seconds` and `errors_total{error_type}`.

use argand_client::requests::RequestMetrics;
use argand_client::{
    Counter, Error, Family, Histogram, Registry, counter, histogram, process, serve,
};
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

use crate::Service;

/// The registry of a service, with what every process has.
///
/// # Errors
/// Where a name is taken.
pub(crate) fn registry(service: Service) -> Result<Registry, Error> {
    let registry = Registry::new();
    registry.build_info(service.job(), env!("CARGO_PKG_VERSION"))?;
    #[cfg(target_os = "linux")]
    process::register(&registry)?;
    Ok(registry)
}

/// Routes whose requests are tracked, with `/metrics` beside them.
///
/// # Errors
/// Where a name is taken.
pub(crate) fn tracked(routes: Router, registry: &Registry) -> Result<Router, Error> {
    let requests = RequestMetrics::new(registry)?;
    Ok(routes
        .layer(requests.layer())
        .merge(serve::axum::router(registry)))
}

/// An agent's own names for its requests.
#[derive(Clone, Debug)]
pub(crate) struct AgentRequests {
    total: Family<Counter, 2>,
    duration: Histogram,
    errors: Family<Counter, 1>,
}

impl AgentRequests {
    pub(crate) fn new(registry: &Registry) -> Result<Self, Error> {
        let requests = Self {
            total: counter!(
                registry,
                "requests_total",
                "Requests that were answered",
                ["endpoint", "status"]
            )?,
            duration: histogram!(
                registry,
                "request_duration_seconds",
                "Time from a request to its answer"
            )?,
            errors: counter!(
                registry,
                "errors_total",
                "Requests that ended with an error",
                ["error_type"]
            )?,
        };
        // There from the beginning, so that the first error is an increase.
        for error in ["rate_limited", "timeout", "internal"] {
            let _ = requests.errors.with([error]);
        }
        Ok(requests)
    }

    /// The routes with their requests counted.
    pub(crate) fn track(&self, routes: Router) -> Router {
        routes.layer(from_fn_with_state(self.clone(), count))
    }
}

async fn count(State(requests): State<AgentRequests>, request: Request, next: Next) -> Response {
    let endpoint = request.extensions().get::<MatchedPath>().cloned();
    let endpoint = endpoint.as_ref().map_or("other", MatchedPath::as_str);
    let timer = requests.duration.start();
    let response = next.run(request).await;
    drop(timer);
    let status = response.status();
    requests.total.with([endpoint, status.as_str()]).inc();
    if let Some(error) = error_type(status) {
        requests.errors.with([error]).inc();
    }
    response
}

/// What went wrong, in a word of a short list.
fn error_type(status: StatusCode) -> Option<&'static str> {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Some("rate_limited"),
        StatusCode::GATEWAY_TIMEOUT => Some("timeout"),
        status if status.is_server_error() => Some("internal"),
        _ => None,
    }
}
