//! Prometheus Operator's objects, followed without the operator.
//!
//! In come the objects of an API server (`ServiceMonitor`, `PodMonitor`, `Probe`, `ScrapeConfig`,
//! `PrometheusRule`, `AlertmanagerConfig`) that a [`Settings`] file selects as a `Prometheus`
//! object would; out comes an [`Outcome`] each time that any of it changes: scrape sections, rule
//! files, and what Alertmanager's configuration gets, as the operator writes them, with the state
//! of each object.
//!
//! Invariants: an object that is wrong is named and left out, and the others go on; a section is
//! what `config` makes of the text that the operator would write, so that an object is held
//! against the same rules as a file; secrets are looked up by reference, each watched alone, and
//! never shown.
//!
//! Absent: shards (this server is one), scrape classes, and rewriting the expressions of rules for
//! an enforced namespace label.

#![expect(
    clippy::indexing_slicing,
    reason = "a field that a JSON value does not have is read as null; nothing is written so"
)]

mod alertmanager;
mod convert;
mod events;
mod follow;
mod jobs;
mod objects;
mod outcome;
mod pod_monitor;
mod probe;
mod references;
mod relabelings;
mod rules;
mod scrape_config;
mod selector;
mod service_monitor;
mod settings;
#[cfg(test)]
mod written;

pub use follow::{Check, Checks, Operator, OperatorMetrics};
pub use outcome::{ObjectState, Outcome};
pub use settings::{Settings, SettingsError};
