//! An agent: is asked to optimise, asks a language model, finds something or fails.
//!
//! What all agents have is here; what one kind of agent finds is in a file of its own
//! (`Speciality`).

mod application;
mod cost;
mod performance;
mod resource;

use std::sync::Arc;
use std::time::Duration;

use argand_client::{Counter, Error, Family, Histogram, Registry, counter};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use parking_lot::Mutex;

use crate::tracked::{self, AgentRequests};
use crate::{Chance, Kind, Service};

/// Mean time of an optimisation: some take over a second, so that percentiles have a shape.
const WORK: Duration = Duration::from_millis(120);

/// Share of optimisations that end with an error, as a service in fair health has.
const ERRORS: f64 = 0.02;

/// Time between two moves of what changes by itself.
const DRIFT: Duration = Duration::from_secs(1);

/// Upper bounds of a confidence.
const CONFIDENCE: [f64; 10] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

/// Models that are asked: provider and name.
const MODELS: [(&str, &str); 3] = [
    ("openai", "gpt-4o-mini"),
    ("anthropic", "claude-haiku"),
    ("local", "llama-8b"),
];

/// What one kind of agent has beside what all have.
trait Speciality: Send + Sync {
    /// What it optimises: the first, and the others.
    fn types(&self) -> (&'static str, &'static [&'static str]);
    /// An optimisation of this type was carried out.
    fn optimised(&self, kind: &str, chance: &mut Chance);
    /// Time has passed.
    fn drift(&self, chance: &mut Chance);
}

/// One agent; cheap to clone.
#[derive(Clone)]
pub struct Agent(Arc<Shared>);

struct Shared {
    registry: Registry,
    requests: AgentRequests,
    metrics: Metrics,
    speciality: Box<dyn Speciality>,
    chance: Mutex<Chance>,
}

struct Metrics {
    calls: Family<Counter, 2>,
    tokens: Family<Counter, 2>,
    executions: Family<Counter, 2>,
    confidence: Histogram,
}

impl Metrics {
    fn new(registry: &Registry) -> Result<Self, Error> {
        Ok(Self {
            calls: counter!(
                registry,
                "llm_api_calls_total",
                "Calls of language models",
                ["provider", "model"]
            )?,
            tokens: counter!(
                registry,
                "llm_token_usage_total",
                "Tokens sent to and had from language models",
                ["provider", "type"]
            )?,
            executions: counter!(
                registry,
                "optimization_executions_total",
                "Optimisations that were tried",
                ["type", "outcome"]
            )?,
            confidence: registry.histogram_with(
                "recommendation_confidence",
                "How sure the agent is of what it recommends, 0 to 1",
                &CONFIDENCE,
            )?,
        })
    }

    /// A language model was asked.
    fn ask_model(&self, chance: &mut Chance) {
        let [first, others @ ..] = MODELS;
        let (provider, model) = chance.one_of(first, &others);
        self.calls.with([provider, model]).inc();
        let prompt = chance.between(400.0, 4_000.0).round();
        self.tokens.with([provider, "prompt"]).inc_by(prompt);
        let completion = chance.between(50.0, 900.0).round();
        self.tokens
            .with([provider, "completion"])
            .inc_by(completion);
    }
}

/// What chance has drawn for one request.
struct Plan {
    kind: &'static str,
    takes: Duration,
    answer: StatusCode,
}

impl Agent {
    /// An agent; chance begins with `seed`.
    ///
    /// # Errors
    /// Where a metric's name is refused.
    pub fn new(kind: Kind, seed: u64) -> Result<Self, Error> {
        let registry = tracked::registry(Service::Agent(kind))?;
        let speciality: Box<dyn Speciality> = match kind {
            Kind::Cost => Box::new(cost::Cost::new(&registry)?),
            Kind::Performance => Box::new(performance::Performance::new(&registry)?),
            Kind::Resource => Box::new(resource::Resource::new(&registry)?),
            Kind::Application => Box::new(application::Application::new(&registry)?),
        };
        Ok(Self(Arc::new(Shared {
            requests: AgentRequests::new(&registry)?,
            metrics: Metrics::new(&registry)?,
            speciality,
            chance: Mutex::new(Chance::new(seed, kind.name())),
            registry,
        })))
    }

    /// `POST /optimize`, `GET /health` and `GET /metrics`. Once for an agent: a second time its
    /// names are taken.
    ///
    /// # Errors
    /// Where a metric's name is refused.
    pub fn router(&self) -> Result<Router, Error> {
        let routes = Router::new()
            .route("/optimize", post(optimize))
            .route("/health", get(|| async { "well\n" }))
            .with_state(self.clone());
        tracked::tracked(self.0.requests.track(routes), &self.0.registry)
    }

    /// Moves what changes by itself, for ever.
    pub async fn drift(self) {
        let mut ticks = tokio::time::interval(DRIFT);
        loop {
            ticks.tick().await;
            self.0.speciality.drift(&mut self.0.chance.lock());
        }
    }

    fn plan(&self) -> Plan {
        let mut chance = self.0.chance.lock();
        let (first, others) = self.0.speciality.types();
        let answer = if chance.happens(ERRORS) {
            chance.one_of(
                StatusCode::INTERNAL_SERVER_ERROR,
                &[StatusCode::GATEWAY_TIMEOUT, StatusCode::TOO_MANY_REQUESTS],
            )
        } else {
            StatusCode::OK
        };
        Plan {
            kind: chance.one_of(first, others),
            takes: chance.time(WORK),
            answer,
        }
    }

    /// What a plan has led to, counted.
    fn end(&self, plan: &Plan) {
        let Shared {
            metrics,
            speciality,
            chance,
            ..
        } = &*self.0;
        let chance = &mut *chance.lock();
        metrics.ask_model(chance);
        let confidence = chance.between(0.35, 1.0);
        metrics.confidence.observe(confidence);
        let outcome = match plan.answer {
            StatusCode::OK if confidence < 0.5 => "rejected",
            StatusCode::OK => "success",
            _ => "failure",
        };
        metrics.executions.with([plan.kind, outcome]).inc();
        if outcome == "success" {
            speciality.optimised(plan.kind, chance);
        }
    }
}

async fn optimize(State(agent): State<Agent>) -> StatusCode {
    let plan = agent.plan();
    tokio::time::sleep(plan.takes).await;
    agent.end(&plan);
    plan.answer
}
