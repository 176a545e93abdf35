//! Inhibition: alerts that are not told of while others fire.
//!
//! Each rule keeps the alerts that match its source by the values of the labels that must be
//! equal, so that asking about one alert looks only at those that can matter.

use std::collections::{BTreeMap, HashMap};

use config::alertmanager::InhibitRule;
use model::Labels;

use crate::alerts::Alerts;
use crate::silence::matches_all;

/// The rules with their sources.
pub(crate) struct Inhibitor(Vec<Rule>);

struct Rule {
    rule: InhibitRule,
    /// By the values of the equal labels: alerts that match the source, and whether each matches
    /// the target, too.
    sources: HashMap<Vec<String>, BTreeMap<u64, bool>>,
}

impl Rule {
    fn values(&self, labels: &Labels) -> Vec<String> {
        let value = |name: &String| labels.get(name).unwrap_or("").to_owned();
        self.rule.equal.iter().map(value).collect()
    }
}

impl Inhibitor {
    pub(crate) fn new(rules: &[InhibitRule]) -> Self {
        let rule = |rule: &InhibitRule| Rule {
            rule: rule.clone(),
            sources: HashMap::new(),
        };
        Self(rules.iter().map(rule).collect())
    }

    /// An alert has become known.
    pub(crate) fn add(&mut self, fingerprint: u64, labels: &Labels) {
        for rule in &mut self.0 {
            if matches_all(&rule.rule.source, labels) {
                let both = matches_all(&rule.rule.target, labels);
                let values = rule.values(labels);
                rule.sources
                    .entry(values)
                    .or_default()
                    .insert(fingerprint, both);
            }
        }
    }

    /// An alert is forgotten.
    pub(crate) fn remove(&mut self, fingerprint: u64, labels: &Labels) {
        for rule in &mut self.0 {
            let values = rule.values(labels);
            if let Some(sources) = rule.sources.get_mut(&values) {
                sources.remove(&fingerprint);
                if sources.is_empty() {
                    rule.sources.remove(&values);
                }
            }
        }
    }

    /// The alert for whose sake this one is not told of. Where it matches both sides of a rule,
    /// others that do cannot inhibit it, nor can it itself.
    pub(crate) fn inhibiting(&self, labels: &Labels, alerts: &Alerts, now: i64) -> Option<u64> {
        self.0.iter().find_map(|rule| {
            if !matches_all(&rule.rule.target, labels) {
                return None;
            }
            let mine_is_source = matches_all(&rule.rule.source, labels);
            let sources = rule.sources.get(&rule.values(labels))?;
            let fires = |fingerprint: u64| {
                let known = alerts.get(fingerprint);
                known.is_some_and(|known| !known.alert.is_resolved_at(now))
            };
            sources
                .iter()
                .find(|(fingerprint, both)| !(mine_is_source && **both) && fires(**fingerprint))
                .map(|(fingerprint, _)| *fingerprint)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Alert, Matcher};

    fn rule(source: &str, target: &str) -> InhibitRule {
        InhibitRule {
            name: String::new(),
            source: vec![Matcher::equal(source, "1")],
            target: vec![Matcher::equal(target, "1")],
            equal: vec!["e".to_owned()],
        }
    }

    /// Whether the second alert, in force at 5, is inhibited while the first holds from 0 to 10.
    #[track_caller]
    fn check(
        rule: InhibitRule,
        first: &[(&str, &str)],
        second: &[(&str, &str)],
        now: i64,
        expected: bool,
    ) {
        let mut alerts = Alerts::new(9, 0);
        let mut inhibitor = Inhibitor::new(&[rule]);
        for labels in [first, second] {
            let labels = Labels::from_pairs(labels.iter().copied());
            let alert = Alert {
                labels,
                annotations: Labels::empty(),
                starts_at: 0,
                ends_at: 10,
                updated_at: 0,
                generator_url: String::new(),
            };
            inhibitor.add(alert.fingerprint(), &alert.labels);
            alerts.put(alert, false);
        }
        let second = Labels::from_pairs(second.iter().copied());
        let found = inhibitor.inhibiting(&second, &alerts, now);
        assert_eq!(found.is_some(), expected, "{first:?} {second:?}");
        let first = Labels::from_pairs(first.iter().copied());
        inhibitor.remove(model::fingerprint(&first), &first);
        assert_eq!(inhibitor.inhibiting(&second, &alerts, now), None);
    }

    #[test]
    fn sources_inhibit_targets() {
        check(
            rule("s", "t"),
            &[("s", "1"), ("e", "1")],
            &[("t", "1"), ("e", "1")],
            5,
            true,
        );
        check(
            rule("s", "t"),
            &[("s", "1"), ("e", "1")],
            &[("t", "1"), ("e", "2")],
            5,
            false,
        );
        check(
            rule("s", "t"),
            &[("s", "1"), ("e", "1")],
            &[("t", "1"), ("e", "1")],
            10,
            false,
        );
        check(
            rule("s", "t"),
            &[("s", "2"), ("e", "1")],
            &[("t", "1"), ("e", "1")],
            5,
            false,
        );
        // An absent label equals another absent one.
        check(rule("s", "t"), &[("s", "1")], &[("t", "1")], 5, true);
    }

    #[test]
    fn alerts_of_both_sides_do_not_inhibit_each_other() {
        let both = [("s", "1"), ("t", "1"), ("a", "1")];
        let too = [("s", "1"), ("t", "1"), ("a", "2")];
        check(rule("s", "t"), &both, &too, 5, false);
        // One that is only a target is inhibited by one of both sides, and the other way round.
        check(rule("s", "t"), &both, &[("t", "1")], 5, true);
        check(rule("s", "t"), &[("s", "1")], &too, 5, true);
    }
}
