//! The orchestrator: takes orders, has them approved, hands them to agents, and looks after these.

use std::sync::Arc;
use std::time::Duration;

use argand_client::{
    Counter, Error, Family, Gauge, Histogram, LATENCY_BUCKETS, Registry, counter, gauge,
};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use http::Method;
use parking_lot::Mutex;

use crate::http_client::HttpClient;
use crate::tracked;
use crate::{Chance, Kind, Service};

/// Time between two looks at the agents' health.
const WATCH: Duration = Duration::from_secs(2);

/// Upper bounds for approvals, in seconds: some are given by rules at once, some by people.
const APPROVAL: [f64; 7] = [1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0];

/// Share of the orders that wait for a person.
const BY_HAND: f64 = 0.15;

/// Optimisations at once from which on two may want the same machine.
const CROWD: f64 = 3.0;

/// The orchestrator; cheap to clone.
#[derive(Clone)]
pub struct Orchestrator(Arc<Shared>);

struct Shared {
    /// Where agents listen, as `host:port`.
    agents: Vec<(Kind, String)>,
    registry: Registry,
    metrics: Metrics,
    client: HttpClient,
    chance: Mutex<Chance>,
}

struct Metrics {
    requests: Family<Counter, 2>,
    duration: Family<Histogram, 1>,
    health: Family<Gauge, 1>,
    conflicts: Counter,
    approval: Histogram,
    active: Gauge,
}

impl Metrics {
    fn new(registry: &Registry) -> Result<Self, Error> {
        Ok(Self {
            requests: counter!(
                registry,
                "agent_requests_total",
                "Orders handed to agents",
                ["agent", "status"]
            )?,
            duration: registry.histogram_family(
                "agent_request_duration_seconds",
                "Time until an agent has carried out an order",
                ["agent"],
                &LATENCY_BUCKETS,
            )?,
            health: gauge!(
                registry,
                "agent_health_status",
                "Whether an agent says that it is well: 1, or 0",
                ["agent"]
            )?,
            conflicts: counter!(
                registry,
                "coordination_conflicts_total",
                "Orders that wanted what another one had"
            )?,
            approval: registry.histogram_with(
                "approval_workflow_duration_seconds",
                "Time until an order was approved",
                &APPROVAL,
            )?,
            active: gauge!(
                registry,
                "active_optimizations",
                "Orders that are being carried out"
            )?,
        })
    }
}

impl Orchestrator {
    /// One for agents at these addresses, each `host:port`; chance begins with `seed`.
    ///
    /// # Errors
    /// Where a metric's name is refused.
    pub fn new(agents: Vec<(Kind, String)>, seed: u64) -> Result<Self, Error> {
        let registry = tracked::registry(Service::Orchestrator)?;
        let metrics = Metrics::new(&registry)?;
        for (kind, _) in &agents {
            for status in ["success", "error"] {
                let _ = metrics.requests.with([kind.name(), status]);
            }
        }
        Ok(Self(Arc::new(Shared {
            agents,
            registry,
            metrics,
            client: HttpClient::new(),
            chance: Mutex::new(Chance::new(seed, "orchestrator")),
        })))
    }

    /// `POST /agents/{agent}/optimize` and `GET /metrics`. Once for an orchestrator: a second time
    /// its names are taken.
    ///
    /// # Errors
    /// Where a metric's name is refused.
    pub fn router(&self) -> Result<Router, Error> {
        let routes = Router::new()
            .route("/agents/{agent}/optimize", post(optimize))
            .with_state(self.clone());
        tracked::tracked(routes, &self.0.registry)
    }

    /// Asks the agents how they are, for ever.
    pub async fn watch(self) {
        let mut ticks = tokio::time::interval(WATCH);
        loop {
            ticks.tick().await;
            for (kind, host) in &self.0.agents {
                let answer = self.0.client.ask(Method::GET, host, "/health").await;
                let well = answer.is_some_and(|status| status.is_success());
                let health = self.0.metrics.health.with([kind.name()]);
                health.set(if well { 1.0 } else { 0.0 });
            }
        }
    }

    /// Has an order approved: told as if people had answered, without waiting for them.
    fn approve(&self) {
        let mut chance = self.0.chance.lock();
        let took = if chance.happens(BY_HAND) {
            chance.between(20.0, 1_200.0)
        } else {
            chance.between(0.1, 3.0)
        };
        self.0.metrics.approval.observe(took);
        if self.0.metrics.active.get() > CROWD && chance.happens(0.3) {
            self.0.metrics.conflicts.inc();
        }
    }
}

async fn optimize(
    State(orchestrator): State<Orchestrator>,
    Path(agent): Path<String>,
) -> StatusCode {
    let shared = &orchestrator.0;
    let found = shared.agents.iter().find(|(kind, _)| kind.name() == agent);
    let Some((kind, host)) = found else {
        return StatusCode::NOT_FOUND;
    };
    let _active = shared.metrics.active.hold();
    orchestrator.approve();
    let timer = shared.metrics.duration.with([kind.name()]).start();
    let answer = shared.client.ask(Method::POST, host, "/optimize").await;
    drop(timer);
    let succeeded = answer.is_some_and(|status| status.is_success());
    let status = if succeeded { "success" } else { "error" };
    shared.metrics.requests.with([kind.name(), status]).inc();
    if succeeded {
        StatusCode::OK
    } else {
        StatusCode::BAD_GATEWAY
    }
}
