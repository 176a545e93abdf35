//! Which rules of a group may be evaluated at once: those of which none reads what another one
//! writes. A rule waits for every earlier one that writes what it reads, and for every earlier one
//! that reads what it writes, so that each sees what it would see one after the other.

use contract::Reads;

use crate::alerting::{ALERTS, ALERTS_FOR_STATE};

/// What a rule reads and writes.
#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    pub(crate) reads: Reads,
    /// The metric of a recording rule; `None` of an alerting rule.
    pub(crate) records: Option<String>,
}

impl Traffic {
    fn reads_of(&self, other: &Self) -> bool {
        let Reads::Metrics(names) = &self.reads else {
            return true;
        };
        names.iter().any(|name| match &other.records {
            Some(metric) => name == metric,
            None => name == ALERTS || name == ALERTS_FOR_STATE,
        })
    }
}

/// The places of rules in the order of their evaluation; those of one batch at once.
pub(crate) fn batches(rules: &[Traffic]) -> Vec<Vec<usize>> {
    let mut levels: Vec<usize> = Vec::with_capacity(rules.len());
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for (place, rule) in rules.iter().enumerate() {
        let earlier = rules.iter().zip(&levels);
        let waits_for = earlier.filter(|(other, _)| rule.reads_of(other) || other.reads_of(rule));
        let level = waits_for.map(|(_, level)| level + 1).max().unwrap_or(0);
        levels.push(level);
        if batches.len() <= level {
            batches.resize_with(level + 1, Vec::new);
        }
        if let Some(batch) = batches.get_mut(level) {
            batch.push(place);
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(metric: &str, reads: &[&str]) -> Traffic {
        Traffic {
            reads: Reads::Metrics(reads.iter().map(|name| (*name).to_owned()).collect()),
            records: Some(metric.to_owned()),
        }
    }

    fn alerts(reads: &[&str]) -> Traffic {
        Traffic {
            records: None,
            ..records("", reads)
        }
    }

    fn check(rules: &[Traffic], expected: &[&[usize]]) {
        assert_eq!(batches(rules), expected);
    }

    #[test]
    fn rules_wait_for_what_they_read_and_for_those_who_read_them() {
        check(&[], &[]);
        check(&[records("a", &["x"]), records("b", &["x"])], &[&[0, 1]]);
        check(
            &[
                records("a", &["x"]),
                records("b", &["a"]),
                records("c", &["x"]),
                alerts(&["b", "c"]),
                alerts(&["x"]),
            ],
            &[&[0, 2, 4], &[1], &[3]],
        );
        // The first reads what the second wrote a turn ago.
        check(&[records("a", &["b"]), records("b", &["x"])], &[&[0], &[1]]);
        check(&[alerts(&["x"]), records("n", &["ALERTS"])], &[&[0], &[1]]);
    }

    #[test]
    fn a_rule_that_may_read_anything_waits_and_is_waited_for() {
        let anything = Traffic {
            reads: Reads::Anything,
            records: Some("s".to_owned()),
        };
        check(
            &[records("a", &["x"]), anything, records("b", &["x"])],
            &[&[0], &[1], &[2]],
        );
    }
}
