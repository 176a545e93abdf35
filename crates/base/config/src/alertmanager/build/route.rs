//! The routing tree and inhibition.

use std::time::Duration;

use model::{Labels, MatchOp, Matcher, PatternError};

use super::super::matchers::{parse_matchers, sort};
use super::super::sections::is_all_labels;
use super::super::{GroupBy, InhibitRule, Route};
use super::text;
use crate::error::Fault;
use crate::table::Table;

/// What a route has that says nothing and has no parent.
fn origin() -> Route {
    Route {
        receiver: String::new(),
        group_by: GroupBy::Labels(Vec::new()),
        group_wait: Duration::from_secs(30),
        group_interval: Duration::from_secs(5 * 60),
        repeat_interval: Duration::from_secs(4 * 60 * 60),
        matchers: Vec::new(),
        mute_time_intervals: Vec::new(),
        active_time_intervals: Vec::new(),
        continues: false,
        labels: Labels::empty(),
        routes: Vec::new(),
    }
}

/// The tree under a root.
pub(super) fn tree(root: &Table) -> Result<Route, Fault> {
    route(root, &origin())
}

/// One node and what is below; the depth is that of the file, which is limited.
fn route(table: &Table, parent: &Route) -> Result<Route, Fault> {
    let own = |key: &str, inherited: Duration| {
        if table.holds(key) {
            table.duration(key)
        } else {
            inherited
        }
    };
    let mut labels = parent.labels.to_builder();
    for (name, item) in table.map("labels") {
        labels.set(name, item.text());
    }
    let mut node = Route {
        receiver: if table.has("receiver") {
            text(table, "receiver")
        } else {
            parent.receiver.clone()
        },
        // An empty list is one: it puts all alerts into one group, as upstream has it since 0.31
        // (before, it inherited).
        group_by: if table.holds("group_by") {
            group_by(table)
        } else {
            parent.group_by.clone()
        },
        group_wait: own("group_wait", parent.group_wait),
        group_interval: own("group_interval", parent.group_interval),
        repeat_interval: own("repeat_interval", parent.repeat_interval),
        matchers: matchers(table, "match", "match_re", "matchers")?,
        mute_time_intervals: table.texts("mute_time_intervals"),
        active_time_intervals: table.texts("active_time_intervals"),
        continues: table.bool("continue"),
        labels: labels.build(),
        routes: Vec::new(),
    };
    node.routes = table
        .tables("routes")
        .map(|child| route(child, &node))
        .collect::<Result<_, Fault>>()?;
    Ok(node)
}

fn group_by(table: &Table) -> GroupBy {
    let labels = table.texts("group_by");
    if labels.iter().any(|label| is_all_labels(label)) {
        GroupBy::All
    } else {
        GroupBy::Labels(labels)
    }
}

/// The two older forms and the newer one, together.
fn matchers(
    table: &Table,
    equal: &str,
    patterns: &str,
    written: &str,
) -> Result<Vec<Matcher>, Fault> {
    let mut all: Vec<Matcher> = table
        .map(equal)
        .iter()
        .map(|(name, item)| Matcher::equal(name, item.text()))
        .collect();
    for (name, item) in table.map(patterns) {
        let invalid = |error: PatternError| table.fault(patterns, error.to_string());
        Matcher::new(name, MatchOp::Regex, item.text()).map_err(invalid)?;
        // The older form is written with its anchors in the names of groups, and receivers know
        // groups by those.
        let anchored = format!("^(?:{})$", item.text());
        all.push(Matcher::new(name, MatchOp::Regex, &anchored).map_err(invalid)?);
    }
    for item in table.list(written) {
        let parsed = parse_matchers(item.text()).map_err(|error| {
            let mut fault = table.fault(written, error.to_string());
            fault.at = item.at;
            fault
        })?;
        all.extend(parsed);
    }
    sort(&mut all);
    Ok(all)
}

pub(super) fn inhibit_rule(rule: &Table) -> Result<InhibitRule, Fault> {
    Ok(InhibitRule {
        name: text(rule, "name"),
        source: matchers(rule, "source_match", "source_match_re", "source_matchers")?,
        target: matchers(rule, "target_match", "target_match_re", "target_matchers")?,
        equal: rule.texts("equal"),
    })
}
