//! What others see: alerts and groups with what keeps them quiet, silences, history.

use std::collections::{BTreeMap, BTreeSet};

use contract::NotificationStatus;
use model::{Alert, Labels, MatchOp, Matcher, Pattern};

use crate::acknowledgement::Acknowledgement;
use crate::naming;
use crate::state::State;

/// Which alerts are asked for.
#[derive(Clone, Debug)]
pub struct AlertFilter {
    /// Also those that somebody is told of.
    pub active: bool,
    /// Also those that a silence mutes.
    pub silenced: bool,
    /// Also those that other alerts inhibit.
    pub inhibited: bool,
    /// Also groups that a time interval keeps quiet; asked of groups only.
    pub muted: bool,
    /// All of them must fit.
    pub matchers: Vec<Matcher>,
    /// The receiver's name, as an anchored pattern.
    pub receiver: Option<Pattern>,
}

impl Default for AlertFilter {
    /// Everything.
    fn default() -> Self {
        Self {
            active: true,
            silenced: true,
            inhibited: true,
            muted: true,
            matchers: Vec::new(),
            receiver: None,
        }
    }
}

/// An alert that fires, and what keeps it quiet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertView {
    /// The alert.
    pub alert: Alert,
    /// Its number.
    pub fingerprint: u64,
    /// Who is told of it.
    pub receivers: Vec<String>,
    /// The silences that mute it, by id.
    pub silenced_by: Vec<String>,
    /// The alerts that inhibit it, by number.
    pub inhibited_by: Vec<u64>,
    /// The time intervals that keep its group quiet.
    pub muted_by: Vec<String>,
    /// Who has taken it on.
    pub acknowledged: Option<Acknowledgement>,
}

impl AlertView {
    /// Whether a silence or another alert keeps it quiet.
    pub fn is_suppressed(&self) -> bool {
        !self.silenced_by.is_empty() || !self.inhibited_by.is_empty()
    }
}

/// A group with its alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupView {
    /// Its name in messages and in the notification log.
    pub key: String,
    /// The labels it was made by.
    pub labels: Labels,
    /// Who is told of it.
    pub receiver: String,
    /// When it has its next turn, in milliseconds since the epoch.
    pub next_turn: i64,
    /// When anybody was told of it last, in milliseconds since the epoch.
    pub last_notified: Option<i64>,
    /// Its alerts that fire and that were asked for; never none.
    pub alerts: Vec<AlertView>,
}

/// Which entries of the history are asked for.
#[derive(Clone, Debug, Default)]
pub struct HistoryFilter {
    /// Not before this moment, in milliseconds since the epoch.
    pub since: Option<i64>,
    /// Before this moment, in milliseconds since the epoch.
    pub until: Option<i64>,
    /// Labels of alerts; not asked of deliveries.
    pub matchers: Vec<Matcher>,
    /// The receiver of deliveries; not asked of alerts.
    pub receiver: Option<String>,
    /// Only beginnings, or only ends; not asked of deliveries.
    pub status: Option<NotificationStatus>,
    /// At most so many, the latest.
    pub limit: Option<usize>,
}

impl HistoryFilter {
    pub(crate) fn covers(&self, at: i64) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
    }
}

/// Whether labels fit a filter. An empty value asks for the label's absence (`=`) or presence
/// (`!=`), whatever the operator makes of it.
pub(crate) fn fits(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| {
        let value = labels.get(matcher.name());
        let negative = matches!(matcher.op(), MatchOp::NotEqual | MatchOp::NotRegex);
        if matcher.value().is_empty() && value.is_some() == negative {
            return true;
        }
        matcher.matches(value.unwrap_or(""))
    })
}

impl State {
    /// The alert as others see it, if it fires and is asked for.
    fn asked_for(&mut self, fingerprint: u64, filter: &AlertFilter, now: i64) -> Option<AlertView> {
        let alert = &self.alerts.get(fingerprint)?.alert;
        if alert.is_resolved_at(now) || !fits(&filter.matchers, &alert.labels) {
            return None;
        }
        let inhibiting = self.inhibitor.inhibiting(&alert.labels, &self.alerts, now);
        let silenced = self.silences.muting(fingerprint, &alert.labels, now);
        let suppressed = inhibiting.is_some() || !silenced.is_empty();
        let hidden = (!filter.active && !suppressed)
            || (!filter.silenced && !silenced.is_empty())
            || (!filter.inhibited && inhibiting.is_some());
        (!hidden).then(|| AlertView {
            alert: alert.clone(),
            fingerprint,
            receivers: Vec::new(),
            silenced_by: silenced.iter().map(|id| id.to_string()).collect(),
            inhibited_by: inhibiting.into_iter().collect(),
            muted_by: Vec::new(),
            acknowledged: self.acknowledged.of(fingerprint, alert, now).cloned(),
        })
    }

    /// How many alerts somebody may be told of, and how many are kept quiet.
    pub(crate) fn count_alerts(&mut self, now: i64) -> (usize, usize) {
        let (mut active, mut suppressed) = (0, 0);
        for (fingerprint, known) in self.alerts.iter() {
            let labels = &known.alert.labels;
            if known.alert.is_resolved_at(now) {
                continue;
            }
            let inhibiting = self.inhibitor.inhibiting(labels, &self.alerts, now);
            let quiet =
                inhibiting.is_some() || !self.silences.muting(fingerprint, labels, now).is_empty();
            *(if quiet { &mut suppressed } else { &mut active }) += 1;
        }
        (active, suppressed)
    }

    /// By rising number.
    pub(crate) fn alert_views(&mut self, filter: &AlertFilter, now: i64) -> Vec<AlertView> {
        let known: BTreeSet<u64> = self.alerts.iter().map(|(f, _)| f).collect();
        let mut views = Vec::new();
        for fingerprint in known {
            let Some(mut view) = self.asked_for(fingerprint, filter, now) else {
                continue;
            };
            let nodes = self.plan.routes.of(&view.alert.labels);
            let nodes = nodes
                .iter()
                .filter_map(|place| self.plan.routes.get(*place));
            view.receivers = nodes.map(|node| node.receiver.to_string()).collect();
            let wanted = |name: &String| filter.receiver.as_ref().is_none_or(|p| p.matches(name));
            if view.receivers.iter().any(wanted) {
                views.push(view);
            }
        }
        views
    }

    /// By labels, then receiver.
    pub(crate) fn group_views(&mut self, filter: &AlertFilter, now: i64) -> Vec<GroupView> {
        let mut groups = Vec::new();
        for group in self.groups.iter() {
            let Some(node) = self.plan.routes.get(group.node) else {
                continue;
            };
            let wanted = filter
                .receiver
                .as_ref()
                .is_none_or(|p| p.matches(&node.receiver));
            if !wanted || (!filter.muted && !group.muted_by.is_empty()) {
                continue;
            }
            let view = GroupView {
                key: group.key.clone(),
                labels: group.labels.clone(),
                receiver: node.receiver.to_string(),
                next_turn: group.due(),
                last_notified: self.told.last(&group.key),
                alerts: Vec::new(),
            };
            groups.push((view, group.alerts.clone(), group.muted_by.clone()));
        }
        let mut receivers: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        let mut views = Vec::new();
        for (mut group, alerts, muted_by) in groups {
            for fingerprint in alerts {
                if let Some(mut view) = self.asked_for(fingerprint, filter, now) {
                    view.muted_by.clone_from(&muted_by);
                    receivers
                        .entry(fingerprint)
                        .or_default()
                        .push(group.receiver.clone());
                    group.alerts.push(view);
                }
            }
            if !group.alerts.is_empty() {
                group
                    .alerts
                    .sort_by(|a, b| naming::compare_alerts(&a.alert, &b.alert));
                views.push(group);
            }
        }
        receivers.values_mut().for_each(|names| names.sort());
        for alert in views.iter_mut().flat_map(|group| &mut group.alerts) {
            alert.receivers = receivers
                .get(&alert.fingerprint)
                .cloned()
                .unwrap_or_default();
        }
        views.sort_by(|a, b| {
            naming::compare_labels(&a.labels, &b.labels).then_with(|| a.receiver.cmp(&b.receiver))
        });
        views
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_ask_for_presence_and_absence() {
        let labels = Labels::from_pairs([("a", "x")]);
        for (name, op, value, expected) in [
            ("a", MatchOp::Equal, "x", true),
            ("a", MatchOp::Equal, "y", false),
            ("b", MatchOp::Equal, "", true),
            ("a", MatchOp::Equal, "", false),
            ("a", MatchOp::NotEqual, "", true),
            ("b", MatchOp::NotEqual, "", false),
            ("a", MatchOp::Regex, "x|y", true),
            ("b", MatchOp::NotRegex, "x", true),
        ] {
            let matcher = Matcher::new(name, op, value).unwrap();
            assert_eq!(
                fits(std::slice::from_ref(&matcher), &labels),
                expected,
                "{matcher}"
            );
        }
    }
}
