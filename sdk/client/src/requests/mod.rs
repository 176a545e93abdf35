//! Requests as metrics: how many, how long, how they ended, how many are under way.
//!
//! | metric | kind | labels |
//! |---|---|---|
//! | `http_requests_total` | counter | `method`, `route`, `status` |
//! | `http_request_errors_total` | counter | `method`, `route`, `kind` |
//! | `http_request_duration_seconds` | histogram | `method`, `route` |
//! | `http_requests_in_flight` | gauge | `method`, `route` |
//!
//! Invariants: a route is a pattern that the service itself has written (`/orders/{id}`) and never
//! the path of a request; what has none is `other`, and so is a method that HTTP does not know.
//! Whatever is sent from outside, the series are bounded.
//!
//! The duration ends when the head of the answer is there. [`RequestMetrics::start`] is for every
//! framework; [`layer`] is for those of `tower`.

#[cfg(feature = "tower")]
pub mod grpc;
#[cfg(feature = "tower")]
pub mod layer;

use std::sync::Arc;
use std::time::Instant;

use parking_lot::RwLock;

use crate::family::Family;
use crate::metric::{Counter, Gauge, Histogram, LATENCY_BUCKETS};
use crate::table::{OTHER, Table};
use crate::{Error, Registry};

/// Methods that have a label value of their own.
const METHODS: [&str; 9] = [
    "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE",
];

/// The metrics of the requests that a service answers; cheap to clone.
///
/// ```
/// use argand_client::{Registry, requests::RequestMetrics};
/// let registry = Registry::new();
/// let requests = RequestMetrics::new(&registry)?;
///
/// let request = requests.start("GET", Some("/orders/{id}"));
/// // … answer it …
/// request.finish(200);
/// # assert!(registry.text(argand_client::Format::Text)
/// #     .contains("http_requests_total{method=\"GET\",route=\"/orders/{id}\",status=\"200\"} 1"));
/// # Ok::<(), argand_client::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RequestMetrics(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    total: Family<Counter, 3>,
    errors: Family<Counter, 3>,
    duration: Family<Histogram, 2>,
    in_flight: Family<Gauge, 2>,
    /// The series of each method and route, found in one step.
    routes: Table<2, Arc<Route>>,
}

/// The series of one method and route.
#[derive(Debug)]
struct Route {
    labels: [Box<str>; 2],
    duration: Histogram,
    in_flight: Gauge,
    /// Counters by status: few, and nearly always the first.
    by_status: RwLock<Vec<(u16, Counter)>>,
}

impl RequestMetrics {
    /// Metrics whose names begin with `http`, with the standard buckets.
    ///
    /// # Errors
    /// [`Error::Taken`] when the registry has them already.
    pub fn new(registry: &Registry) -> Result<Self, Error> {
        Self::builder(registry).build()
    }

    /// The same under other names, for dashboards that ask for them.
    ///
    /// ```
    /// # use argand_client::{Registry, requests::RequestMetrics};
    /// # let registry = Registry::new();
    /// // agent_requests_total{method, endpoint, status}
    /// let requests = RequestMetrics::builder(&registry)
    ///     .prefix("agent")
    ///     .route_label("endpoint")
    ///     .build()?;
    /// # Ok::<(), argand_client::Error>(())
    /// ```
    #[must_use]
    pub fn builder(registry: &Registry) -> Builder<'_> {
        Builder {
            registry,
            prefix: "http",
            route_label: "route",
            buckets: &LATENCY_BUCKETS,
        }
    }

    /// A request begins. `route` is the pattern that it met, never its path.
    #[must_use = "the request ends as cancelled when the guard is dropped"]
    pub fn start(&self, method: &str, route: Option<&str>) -> Request {
        let method = METHODS.into_iter().find(|known| *known == method);
        let labels = [method.unwrap_or(OTHER), route.unwrap_or(OTHER)];
        let route = self.0.routes.get(labels, |labels| {
            Arc::new(Route {
                duration: self.0.duration.with(labels),
                in_flight: self.0.in_flight.with(labels),
                by_status: RwLock::default(),
                labels: labels.map(Box::from),
            })
        });
        if route.folded {
            // Counted as the family would, which has no room for it either.
            let _ = self.0.duration.with(labels);
        }
        route.value.in_flight.inc();
        Request {
            metrics: self.clone(),
            route: route.value,
            started: Instant::now(),
            ended: false,
        }
    }
}

/// What the metrics of requests are made with; see [`RequestMetrics::builder`].
#[derive(Clone, Debug)]
pub struct Builder<'a> {
    registry: &'a Registry,
    prefix: &'a str,
    route_label: &'a str,
    buckets: &'a [f64],
}

impl<'a> Builder<'a> {
    /// What names begin with: `agent` gives `agent_requests_total`, and nothing at all
    /// `requests_total`.
    #[must_use]
    pub fn prefix(mut self, prefix: &'a str) -> Self {
        self.prefix = prefix;
        self
    }

    /// What the label of the route is called.
    #[must_use]
    pub fn route_label(mut self, label: &'a str) -> Self {
        self.route_label = label;
        self
    }

    /// Upper bounds of the buckets of durations, in seconds.
    #[must_use]
    pub fn buckets(mut self, buckets: &'a [f64]) -> Self {
        self.buckets = buckets;
        self
    }

    /// The metrics.
    ///
    /// # Errors
    /// As [`Registry::histogram_family`].
    pub fn build(self) -> Result<RequestMetrics, Error> {
        let Self {
            registry,
            prefix,
            route_label: route,
            buckets,
        } = self;
        let name = |rest: &str| match prefix {
            "" => rest.to_owned(),
            _ => format!("{prefix}_{rest}"),
        };
        Ok(RequestMetrics(Arc::new(Shared {
            total: registry.counter_family(
                &name("requests_total"),
                "Requests that were answered, failed or given up",
                ["method", route, "status"],
            )?,
            errors: registry.counter_family(
                &name("request_errors_total"),
                "Requests that ended badly: server_error is a status of 500 and above, failed no answer at all, cancelled a client that went away",
                ["method", route, "kind"],
            )?,
            duration: registry.histogram_family(
                &name("request_duration_seconds"),
                "Time from a request to the head of its answer",
                ["method", route],
                buckets,
            )?,
            in_flight: registry.gauge_family(
                &name("requests_in_flight"),
                "Requests under way",
                ["method", route],
            )?,
            routes: Table::new(registry.series_limit()),
        })))
    }
}

impl Shared {
    /// The counter of a route and status.
    fn answered(&self, route: &Route, status: u16) -> Counter {
        let find = |all: &[(u16, Counter)]| {
            all.iter()
                .find(|(known, _)| *known == status)
                .map(|(_, counter)| counter.clone())
        };
        if let Some(counter) = find(&route.by_status.read()) {
            return counter;
        }
        let [method, path] = &route.labels;
        let counter = self.total.find([method, path, &status.to_string()]);
        let mut by_status = route.by_status.write();
        if !counter.folded && find(&by_status).is_none() {
            by_status.push((status, counter.value.clone()));
        }
        counter.value
    }

    /// The counter of a route and one more label.
    fn labelled(&self, family: &Family<Counter, 3>, route: &Route, last: &str) -> Counter {
        let [method, path] = &route.labels;
        family.with([method, path, last])
    }
}

/// A request under way. Dropped without an end, it counts as cancelled.
#[derive(Debug)]
pub struct Request {
    metrics: RequestMetrics,
    route: Arc<Route>,
    started: Instant,
    ended: bool,
}

impl Request {
    /// It was answered with this status.
    pub fn finish(mut self, status: u16) {
        self.end();
        let shared = &self.metrics.0;
        // Three digits, as HTTP has them: a service cannot make series of others.
        let status = if (100..=999).contains(&status) {
            status
        } else {
            500
        };
        shared.answered(&self.route, status).inc();
        if status >= 500 {
            let errors = shared.labelled(&shared.errors, &self.route, "server_error");
            errors.inc();
        }
    }

    /// There will be no answer: the service failed.
    pub fn fail(mut self) {
        self.lost("failed");
    }

    /// Counts a request that had no status.
    fn lost(&mut self, kind: &str) {
        self.end();
        let shared = &self.metrics.0;
        shared.labelled(&shared.total, &self.route, kind).inc();
        shared.labelled(&shared.errors, &self.route, kind).inc();
    }

    fn end(&mut self) {
        self.ended = true;
        self.route.in_flight.dec();
        self.route.duration.observe_duration(self.started.elapsed());
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if !self.ended {
            self.lost("cancelled");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;
    use proptest::prelude::*;

    #[test]
    fn every_end_of_a_request_is_counted() {
        let registry = Registry::new();
        let builder = RequestMetrics::builder(&registry).prefix("agent");
        let requests = builder.buckets(&[1.0]).build().unwrap();
        requests.start("GET", Some("/a")).finish(200);
        requests.start("GET", Some("/a")).finish(200);
        requests.start("GET", Some("/a")).finish(503);
        requests.start("BREW", None).fail();
        drop(requests.start("POST", Some("/b")));
        let open = requests.start("GET", Some("/c"));
        let text = registry.text(Format::Text);
        for line in [
            "agent_requests_total{method=\"GET\",route=\"/a\",status=\"200\"} 2.0",
            "agent_requests_total{method=\"GET\",route=\"/a\",status=\"503\"} 1.0",
            "agent_requests_total{method=\"other\",route=\"other\",status=\"failed\"} 1.0",
            "agent_requests_total{method=\"POST\",route=\"/b\",status=\"cancelled\"} 1.0",
            "agent_request_errors_total{method=\"GET\",route=\"/a\",kind=\"server_error\"} 1.0",
            "agent_request_errors_total{method=\"other\",route=\"other\",kind=\"failed\"} 1.0",
            "agent_request_errors_total{method=\"POST\",route=\"/b\",kind=\"cancelled\"} 1.0",
            "agent_request_duration_seconds_count{method=\"GET\",route=\"/a\"} 3",
            "agent_requests_in_flight{method=\"GET\",route=\"/a\"} 0.0",
            "agent_requests_in_flight{method=\"GET\",route=\"/c\"} 1.0",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} in {text}");
        }
        open.finish(204);
        let text = registry.text(Format::Text);
        assert!(text.contains("agent_requests_in_flight{method=\"GET\",route=\"/c\"} 0.0"));
    }

    #[test]
    fn every_request_that_is_folded_is_counted() {
        let registry = Registry::builder().series_limit(1).build().unwrap();
        let requests = RequestMetrics::new(&registry).unwrap();
        for status in [200, 200, 404, 404, 404] {
            requests.start("GET", Some("/a")).finish(status);
        }
        requests.start("GET", Some("/b")).finish(200);
        requests.start("GET", Some("/b")).finish(200);
        let text = registry.text(Format::Text);
        for line in [
            "metrics_series_folded_total{metric=\"http_requests_total\"} 5.0",
            "http_requests_total{method=\"other\",route=\"other\",status=\"other\"} 5.0",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} in {text}");
        }
    }

    #[test]
    fn names_that_dashboards_ask_for() {
        let registry = Registry::new();
        let builder = RequestMetrics::builder(&registry).prefix("");
        let requests = builder.route_label("endpoint").build().unwrap();
        requests.start("GET", Some("/a")).finish(200);
        let line = "requests_total{method=\"GET\",endpoint=\"/a\",status=\"200\"} 1.0";
        assert!(registry.text(Format::Text).contains(line));
    }

    proptest! {
        #[test]
        fn series_are_bounded_whatever_comes(
            asked in proptest::collection::vec((".{0,4}", ".{0,4}", any::<u16>()), 0..60),
        ) {
            let registry = Registry::builder().series_limit(5).build().unwrap();
            let requests = RequestMetrics::new(&registry).unwrap();
            for (method, route, status) in &asked {
                requests.start(method, Some(route)).finish(*status);
            }
            prop_assert!(requests.0.total.series() <= 6);
            prop_assert!(requests.0.in_flight.series() <= 6);
            prop_assert!(requests.0.routes.len() <= 6);
            // Each request is counted once, wherever.
            let total: f64 = registry
                .text(Format::Text)
                .lines()
                .filter(|line| line.starts_with("http_requests_total{"))
                .map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap())
                .sum();
            prop_assert_eq!(total, asked.len() as f64);
        }
    }
}
