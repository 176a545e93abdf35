//! A push gateway: groups of metrics that jobs push, kept until somebody pushes or deletes again.
//!
//! ```text
//! body > families > checked against what is held > log > groups > Append, and /metrics
//! ```
//! A group is known by its labels, which are part of the URL ([`grouping`]); they stand over the
//! labels of what is pushed. [`Pushgateway`] does the rest: it refuses what contradicts other
//! groups, logs what it takes, shows it, and hands it to a store of samples at each push and from
//! then on in the rhythm of scrapes, as if somebody scraped it.
//!
//! # Invariants
//! - What was acknowledged survives the death of the process ([`Options::folder`]).
//! - A name has one type over all groups, and no two groups hold the same series: whoever shows all
//!   groups never contradicts himself. What is refused changes nothing but the group's time of
//!   failure.
//! - A push costs by its own size, whatever else is held.
//!
//! Absent: HTTP, which `serve` has; the forms of bodies, which `wire` has; native histograms.

mod catalog;
mod feed;
mod gateway;
mod group;
mod grouping;
mod journal;
mod metrics;
mod record;
mod show;
mod state;

pub use gateway::{Options, Push, PushError, Pushgateway};
pub use group::{Group, Held, PUSH_FAILED, PUSH_TIME};
pub use grouping::{GroupingError, grouping};
pub use record::Form;
pub use show::exposition;

/// Groups held at most unless told otherwise: ten times what large installations have.
pub const MOST_GROUPS: usize = 100_000;

/// Series held at most unless told otherwise, some 300 bytes each.
pub const MOST_SERIES: usize = 2_000_000;
