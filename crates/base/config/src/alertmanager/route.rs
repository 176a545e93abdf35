//! `route` and `inhibit_rules`.

use std::time::Duration;

use model::{Labels, Matcher};

/// Which labels make a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// `...`: every label, so that each alert is its own group.
    All,
    /// These, in the order of the file; none puts all alerts of the route into one group.
    Labels(Vec<String>),
}

/// A node of the routing tree, with what it inherits from its parent filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// `receiver`.
    pub receiver: String,
    /// `group_by`.
    pub group_by: GroupBy,
    /// `group_wait`: how long a new group waits for more alerts.
    pub group_wait: Duration,
    /// `group_interval`: time between two looks at a group; not 0.
    pub group_interval: Duration,
    /// `repeat_interval`: after this time an unchanged group is told of again; not 0.
    pub repeat_interval: Duration,
    /// `match`, `match_re` and `matchers` together, in the order of name, value and operator, as
    /// group keys have them. An alert must satisfy all; none match every alert.
    pub matchers: Vec<Matcher>,
    /// `mute_time_intervals`: names; not inherited.
    pub mute_time_intervals: Vec<String>,
    /// `active_time_intervals`: names; not inherited, and none means always.
    pub active_time_intervals: Vec<String>,
    /// `continue`: whether later siblings are asked too after this node has matched.
    pub continues: bool,
    /// `labels`: what notifications are told of the route; a child's come over its parent's. The
    /// values are templates.
    pub labels: Labels,
    /// `routes`.
    pub routes: Vec<Route>,
}

/// One of `inhibit_rules`: while an alert that matches the source fires, alerts that match the
/// target and agree with it on some labels are not told of.
#[derive(Clone, Debug, PartialEq)]
pub struct InhibitRule {
    /// `name`; empty where there is none.
    pub name: String,
    /// `source_match`, `source_match_re` and `source_matchers` together.
    pub source: Vec<Matcher>,
    /// `target_match`, `target_match_re` and `target_matchers` together.
    pub target: Vec<Matcher>,
    /// `equal`: an absent label counts as the empty value.
    pub equal: Vec<String>,
}
