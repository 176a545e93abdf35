//! The HTTP faces: Prometheus' API, Alertmanager's API, the program's own metrics, health, and the pages.
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
mod cors;
mod face;
mod health;
mod json;
mod lifecycle;
mod metadata;
mod observe;
mod own_metrics;
mod pages;
mod params;
mod query;
mod remote;
mod routes;
mod series;
mod status;
mod targets;

pub use alertmanager::{AlertmanagerFace, Role, alertmanager_routes, role_router};
pub use cors::CorsOrigin;
pub use face::{Face, FaceOptions, Lifecycle, Reload, Runtime, Services};
pub use routes::router;
