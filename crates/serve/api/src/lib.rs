//! The HTTP faces: Prometheus' API, Alertmanager's API, the push gateway's, the program's own metrics, health, and the pages.
//!
//! In comes a request, out goes an answer of Prometheus' form: [`answer`] knows the envelope and
//! the error kinds, [`params`] how clients write times and durations. Each family of routes has a
//! module that asks the stages through their contracts. A face listens before the store has read
//! its log back; until [`Face::open`] everything but health answers 503.
//!
//! What is absent: any knowledge of files, flags or how stages are joined. No path of a request
//! reaches the file system: pages come from the binary.

mod admin;
mod alertmanager;
mod answer;
mod asker;
mod at_hand;
mod batch;
mod cors;
mod dashboards;
mod debug;
mod exemplars;
mod face;
mod features;
mod federate;
mod health;
mod intake;
mod json;
mod known_labels;
mod lifecycle;
mod metadata;
mod notices;
mod objects;
mod observe;
mod openapi;
mod otlp;
mod own_metrics;
mod pages;
mod params;
mod parse_tree;
mod plan_tree;
mod push;
mod query;
mod relabel_steps;
mod remote;
mod remote_read;
mod roles;
mod routes;
mod rules;
mod safe;
mod search;
mod self_metrics;
mod series;
mod stats;
mod status;
mod tally;
mod targets;

pub use alertmanager::{AlertmanagerFace, Role, alertmanager_routes, role_router};
pub use asker::ClientAddress;
pub use cors::CorsOrigin;
pub use debug::HeapParts;
pub use face::{Face, FaceOptions, Lifecycle, Reload, Runtime, Services};
pub use features::FeatureList;
pub use notices::{DISCOVERY_INACTIVE, Notices, RELOAD_FAILED, STARTING};
pub use plan_tree::plan_json;
pub use push::{PushFace, PushIntake, push_router};
pub use remote_read::{RemoteRead, RemoteReadOptions};
pub use roles::role_of;
pub use routes::router;
pub use stats::stats_json;
