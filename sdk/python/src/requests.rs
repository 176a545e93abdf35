//! Requests of a web service.

use argand_client::LATENCY_BUCKETS;
use argand_client::requests as native;
use pyo3::prelude::*;
use std::sync::Mutex;

use crate::registry::Registry;

/// The metrics of requests.
#[pyclass(frozen, module = "argand_client")]
pub(crate) struct RequestMetrics(native::RequestMetrics);

#[pymethods]
impl RequestMetrics {
    /// Metrics whose names begin with `prefix`, and whose routes are in `route_label`.
    #[new]
    #[pyo3(signature = (registry, prefix = "http", buckets = None, route_label = "route"))]
    fn new(
        registry: &Registry,
        prefix: &str,
        buckets: Option<Vec<f64>>,
        route_label: &str,
    ) -> PyResult<Self> {
        native::RequestMetrics::builder(&registry.0)
            .prefix(prefix)
            .route_label(route_label)
            .buckets(buckets.as_deref().unwrap_or(&LATENCY_BUCKETS))
            .build()
            .map(Self)
            .map_err(crate::metric_error)
    }

    /// A request begins, on a route pattern or on none.
    #[pyo3(signature = (method, route = None))]
    fn start(&self, method: &str, route: Option<&str>) -> Request {
        Request(Mutex::new(Some(self.0.start(method, route))))
    }
}

/// A request under way; it ends once.
#[pyclass(frozen, module = "argand_client")]
pub(crate) struct Request(Mutex<Option<native::Request>>);

impl Request {
    fn take(&self) -> Option<native::Request> {
        self.0.lock().ok().and_then(|mut request| request.take())
    }
}

#[pymethods]
impl Request {
    /// It was answered with this status.
    fn finish(&self, status: u16) {
        if let Some(request) = self.take() {
            request.finish(status);
        }
    }

    /// There will be no answer: the service failed.
    fn fail(&self) {
        if let Some(request) = self.take() {
            request.fail();
        }
    }

    /// The client went away.
    fn cancel(&self) {
        drop(self.take());
    }
}
