//! Discovery: where targets are.
//!
//! In come the `*_sd_configs` of each job; out go target groups, through
//! [`contract::TargetSink`]. Each mechanism runs on its own as a [`Mechanism`] and answers with
//! everything it knows each time that changes, or with the groups that did; the [`Manager`] merges
//! the mechanisms of a job, and sends the job's groups as a whole at first and then what changed.
//!
//! Invariants: a job is sent nothing before each of its mechanisms has answered once, so that
//! start-up and reloads never show half a job; a mechanism that fails keeps its last good answer;
//! only one task calls the sink, so that a later answer never arrives before an earlier one.
//!
//! Absent: relabelling and the building of targets, which are the scraper's.

mod ask;
mod dns;
mod fields;
mod file;
mod format;
mod known;
mod kubernetes;
mod manager;
mod mechanism;
mod metrics;
mod poll;
mod sources;
mod state;
mod static_groups;
mod xml;

pub use format::{FileError, read_targets};
pub use manager::{Manager, THROTTLE};
pub use mechanism::{Mechanism, Publisher, Running};
