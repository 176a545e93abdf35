//! Rules: queries that are asked again and again. What a recording rule finds is stored under a
//! name of its own; each series that an alerting rule finds is an alert.
//!
//! In come rule files, checked by `config`; queries go through [`contract::Query`], results through
//! [`contract::Append`], alerts through [`contract::AlertSink`]. A [`RuleManager`] runs the groups;
//! a [`Sender`] is the sink that tells other Alertmanagers.
//!
//! The way of a group: `load` (files to groups) > `run` (its turns) > `group` (one turn: its rules
//! in order) > `recording` or `alerting` (result to samples and alerts) > `writing` (samples to the
//! store). What rules remember from turn to turn lives in `rule` and survives a reload.
//!
//! Invariants:
//! - Turns lie on multiples of the interval, moved by a number made of the group's file and name:
//!   so groups spread, and a group's samples keep their places over restarts.
//! - A turn runs on a thread that may block and never on one that serves requests or scrapes.
//! - A rule that fails stops no other rule, and a file that is wrong stops no group: the rules in
//!   force go on.
//! - A series that a rule does not give any more ends with a stale marker, also where the rule or
//!   its group is gone.
//!
//! What is absent: the language of queries, grouping and silencing of alerts.

mod alerting;
mod error;
mod expand;
mod group;
mod load;
mod manager;
mod metrics;
mod order;
mod recording;
mod rehearsal;
mod restore;
mod rule;
mod run;
mod send;
mod states;
#[cfg(test)]
mod tests;
mod turns;
mod writing;

pub use error::RulesError;
pub use load::{LoadedRules, RuleSettings};
pub use manager::{RuleManager, RuleOptions, RuleStages};
pub use rehearsal::Rehearsal;
pub use send::{LoadedAlerting, Sender, SenderOptions};
