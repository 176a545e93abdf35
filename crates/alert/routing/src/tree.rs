//! The routing tree as people look at it: who is told by which route, what is quiet, how many
//! groups there are, and where the labels of an alert would lead.

use std::collections::HashMap;

use config::alertmanager::GroupBy;
use model::{Labels, Matcher};

use crate::naming::matcher_text;
use crate::service::Routing;
use crate::state::muted_by;

/// What becomes of an alert at a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The route's receiver is told.
    Receives,
    /// It fits, and a route below it receives.
    Passes,
    /// A matcher does not fit.
    Fails,
    /// A route above it does not fit, or an earlier one beside it has taken the alert.
    Unasked,
}

/// A route, and what is known of it now.
#[derive(Clone, Debug)]
pub struct RouteView {
    /// Routes above it.
    pub depth: usize,
    /// The receiver's name.
    pub receiver: String,
    /// Its own matchers as they are written.
    pub matchers: Vec<String>,
    /// The names that groups are made by; `None` for all.
    pub group_by: Option<Vec<String>>,
    /// Milliseconds before a new group is told.
    pub group_wait: i64,
    /// Milliseconds between two looks at a group.
    pub group_interval: i64,
    /// Milliseconds before the same is told again.
    pub repeat_interval: i64,
    /// Whether routes beside it are asked although it fits.
    pub continues: bool,
    /// Intervals in which it is quiet.
    pub mute_time_intervals: Vec<String>,
    /// Intervals outside of which it is quiet.
    pub active_time_intervals: Vec<String>,
    /// The intervals of both kinds that keep it quiet now.
    pub quiet: Vec<String>,
    /// Groups that live here.
    pub groups: usize,
    /// Alerts in them.
    pub alerts: usize,
    /// What becomes of the labels that were asked for, and which of the matchers fit them.
    pub asked: Option<(Reach, Vec<bool>)>,
}

impl Routing {
    /// The routes in force, each before those below it; with labels, where they lead.
    pub fn route_views(&self, labels: Option<&Labels>) -> Vec<RouteView> {
        let now = self.now();
        let state = self.world.state.lock();
        let mut lives: HashMap<usize, (usize, usize)> = HashMap::new();
        for group in state.groups.iter() {
            let (groups, alerts) = lives.entry(group.node).or_default();
            *groups += 1;
            *alerts += group.alerts.len();
        }
        let plan = &state.plan;
        let reached = labels.map(|labels| (labels, plan.routes.reach(labels)));
        let view = |(place, depth): (usize, usize)| {
            let node = plan.routes.get(place)?;
            let (groups, alerts) = lives.get(&place).copied().unwrap_or_default();
            let asked = reached.as_ref().and_then(|(labels, reached)| {
                let fits = |m: &Matcher| m.matches(labels.get(m.name()).unwrap_or_default());
                let fits = node.matchers().iter().map(fits).collect();
                Some((*reached.get(place)?, fits))
            });
            Some(RouteView {
                depth,
                receiver: node.receiver.to_string(),
                matchers: node.matchers().iter().map(matcher_text).collect(),
                group_by: match node.group_by() {
                    GroupBy::All => None,
                    GroupBy::Labels(names) => Some(names.clone()),
                },
                group_wait: node.group_wait,
                group_interval: node.group_interval,
                repeat_interval: node.repeat_interval,
                continues: node.continues(),
                mute_time_intervals: node.mute_time_intervals.clone(),
                active_time_intervals: node.active_time_intervals.clone(),
                quiet: muted_by(plan, place, now).0,
                groups,
                alerts,
                asked,
            })
        };
        let places = plan.routes.depths().into_iter().enumerate();
        places.filter_map(view).collect()
    }
}
