//! Counts requests: how many, how long, how large, by route.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use model::instrument::{Counter, Histogram};
use model::{Family, FamilyKind, Labels, Point, PointValue};
use parking_lot::Mutex;

/// Upper bounds in seconds, as upstream's.
const DURATION_BOUNDS: [f64; 11] = [
    0.1, 0.2, 0.4, 1.0, 3.0, 8.0, 20.0, 60.0, 120.0, 300.0, 600.0,
];

/// Upper bounds in bytes, as upstream's.
const SIZE_BOUNDS: [f64; 8] = [100.0, 1_000.0, 10_000.0, 100_000.0, 1e6, 1e7, 1e8, 1e9];

struct Route {
    duration: Histogram,
    size: Histogram,
    by_code: BTreeMap<u16, Arc<Counter>>,
}

/// Counts by route. Routes are patterns of the router, so that their number is fixed.
pub(crate) struct RequestMetrics {
    /// What the names of the metrics begin with.
    program: &'static str,
    /// What all paths begin with, which the routes in the metrics do not.
    prefix: String,
    routes: Mutex<BTreeMap<String, Route>>,
}

impl RequestMetrics {
    pub(crate) fn new(program: &'static str, prefix: &str) -> Self {
        Self {
            program,
            prefix: prefix.to_owned(),
            routes: Mutex::default(),
        }
    }

    /// Counts an answer; `bytes` where it is known how long it is.
    pub(crate) fn observe(&self, route: &str, code: u16, seconds: f64, bytes: Option<u64>) {
        let mut routes = self.routes.lock();
        if !routes.contains_key(route) {
            let new = Route {
                duration: Histogram::new(&DURATION_BOUNDS),
                size: Histogram::new(&SIZE_BOUNDS),
                by_code: BTreeMap::new(),
            };
            routes.insert(route.to_owned(), new);
        }
        if let Some(counts) = routes.get_mut(route) {
            counts.duration.observe(seconds);
            if let Some(bytes) = bytes {
                counts.size.observe(bytes as f64);
            }
            counts.by_code.entry(code).or_default().inc();
        }
    }

    pub(crate) fn gather(&self, families: &mut Vec<Family>) {
        let mut requests = Family::new(
            &format!("{}_http_requests_total", self.program),
            "Counter of HTTP requests.",
            FamilyKind::Counter,
        );
        let mut duration = Family::new(
            &format!("{}_http_request_duration_seconds", self.program),
            "Histogram of latencies for HTTP requests.",
            FamilyKind::Histogram,
        );
        let mut size = Family::new(
            &format!("{}_http_response_size_bytes", self.program),
            "Histogram of response size for HTTP requests.",
            FamilyKind::Histogram,
        );
        for (route, counts) in self.routes.lock().iter() {
            let labels = Labels::from_pairs([("handler", route)]);
            duration.points.push(counts.duration.point(labels.clone()));
            size.points.push(counts.size.point(labels));
            for (code, count) in &counts.by_code {
                requests.points.push(Point {
                    labels: Labels::from_pairs([
                        ("handler", route.as_str()),
                        ("code", &code.to_string()),
                    ]),
                    value: PointValue::Number(count.get() as f64),
                });
            }
        }
        families.extend([requests, duration, size]);
    }
}

/// Counts one request.
pub(crate) async fn layer(
    State(requests): State<Arc<RequestMetrics>>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or_else(
        || "/*".to_owned(),
        |path| {
            let path = path.as_str();
            let below = path.strip_prefix(&requests.prefix).unwrap_or(path);
            below.replace(['{', '}'], "")
        },
    );
    let began = Instant::now();
    let response = next.run(request).await;
    let bytes = response.body().size_hint().exact();
    let code = response.status().as_u16();
    requests.observe(&route, code, began.elapsed().as_secs_f64(), bytes);
    response
}
