//! Routing: what happens between receiving alerts and calling receivers.
//!
//! In come alerts, from rules in this process ([`contract::AlertSink`]) or from clients
//! ([`Routing::post_alerts`]), and a checked `alertmanager.yml`. Out go notifications to
//! [`contract::Notify`], one group of alerts at a time:
//!
//! ```text
//! alerts > routes > groups > (inhibit, time intervals, silence) > notification log > Notify
//! ```
//!
//! Everything that has to last lies in one log under the data folder: alerts, silences, what was
//! told to whom, and the history of both.
//!
//! # Invariants
//! - Nobody is told the same twice: not after a new configuration, not after a restart, unless the
//!   process died between the receiver's answer and the record of it.
//! - Nobody is told of an end that was none: alerts that fired when the process ended hold for the
//!   resolve timeout after the next start.
//! - What an API call acknowledged is on the disk.
//! - One lock guards the state, and nobody waits for a disk's sync or a receiver while holding it.
//! - Everything that grows has a limit ([`Limits`]).
//!
//! In a cluster every node has all alerts from their senders; silences, acknowledgements and the
//! notification log are merged ([`contract::Replica`]); and a turn waits until the nodes before this one had their time
//! ([`contract::Peers`]).
//!
//! What is absent: how nodes find and reach each other, reading files of configuration, receivers,
//! HTTP.

mod acknowledgement;
mod alerts;
mod codec;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod groups;
mod history;
mod import;
mod inhibit;
mod intervals;
mod journal;
mod limits;
mod memory;
mod metrics;
mod naming;
mod notification_log;
mod plan;
mod post;
mod questions;
mod quiet;
mod record;
mod routes;
mod service;
mod sharing;
mod silence;
mod silences;
mod state;
mod tree;
mod turn;
mod uuid;
mod views;

pub use acknowledgement::{AcknowledgeError, Acknowledged, Acknowledgement};
pub use history::{AlertEvent, Delivery};
pub use import::{Imported, ImportedNotification, is_fresh};
pub use limits::Limits;
pub use plan::Receivers;
pub use post::PostedAlert;
pub use service::{Options, Routing, RoutingError};
pub use silence::{Silence, SilenceError, SilenceState};
pub use tree::{Reach, RouteView};
pub use views::{AlertFilter, AlertView, GroupView, HistoryFilter};
