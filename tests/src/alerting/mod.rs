//! Timed cases of alerting: what is said to an Alertmanager at which moment, and who is told of
//! what, when. A case is a text ([`Case`]); the same is played on Argand and on the original.

mod case;
mod hook;
mod network;
mod nodes;
mod play;

pub use case::{Case, Expected, Step};
pub use hook::{Hook, Told};
pub use network::Network;
pub use nodes::{CLUSTER_FLAGS, LAST_TURN, Nodes};
pub use play::{Alertmanager, check, play, until};
