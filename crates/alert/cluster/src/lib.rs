//! A cluster of Alertmanagers: who is alive, and a state that all of them hold.
//!
//! In come the addresses of some nodes, a state that can be merged ([`contract::Replica`]), and its
//! changes ([`contract::Peers::tell`]). Out go the changes to all living nodes at once, and this
//! node's place among them, by which the one task that all have is done once.
//!
//! ```text
//! names > joining --greets--> server > exchange > Replica
//!            |                  |
//!        membership <-packets---+          tell > links > the others
//! ```
//!
//! # Invariants
//! - Whoever was cut off catches up: each pair of nodes compares all it has when they meet, and
//!   regularly after that, and sends what the other lacks.
//! - Telling never waits; what does not reach a node is made up for by the next comparison.
//! - No bytes panic this crate, and nobody makes it hold more than the limits in `limits` say.
//! - Only nodes with the same label talk; with TLS only those that certificates admit.
//!
//! What is absent: what records mean, a leader, agreement. A cluster that is cut in two goes on as
//! two.

mod address;
mod cluster;
mod codec;
mod error;
mod exchange;
mod frame;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod joining;
mod limits;
mod links;
mod membership;
mod metrics;
mod node;
mod options;
mod packet;
mod server;
mod shared;
mod transport;

pub use cluster::Cluster;
pub use error::ClusterError;
pub use options::{Options, ReadTls, Times, Tls};
