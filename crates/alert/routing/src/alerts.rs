//! The alerts that are known: one for each label set, as it was said last.

use std::collections::HashMap;

use model::{Alert, Labels};

/// An alert and what routing knows of it beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) alert: Alert,
    /// Whether nobody said when it ends: its end is only how long it holds without being said
    /// again.
    pub(crate) timeout: bool,
    /// Whether the history has its beginning and not yet its end.
    pub(crate) in_history: bool,
}

/// What a report changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The alert, or what is said of it, is new.
    Content,
    /// Only its end and the time of the report have moved.
    Moments,
    /// There are too many: it was not taken.
    Refused,
}

/// The alerts by fingerprint.
pub(crate) struct Alerts {
    by_fingerprint: HashMap<u64, Known>,
    limit: usize,
    /// How many of one name there may be; 0 for any number.
    per_name: usize,
    /// How many of each name there are; empty where any number may be.
    names: HashMap<String, usize>,
}

impl Alerts {
    pub(crate) fn new(limit: usize, per_name: usize) -> Self {
        Self {
            by_fingerprint: HashMap::new(),
            limit,
            per_name,
            names: HashMap::new(),
        }
    }

    fn add(&mut self, fingerprint: u64, known: Known) {
        if self.per_name > 0 && !self.by_fingerprint.contains_key(&fingerprint) {
            let name = known.alert.name().to_owned();
            *self.names.entry(name).or_default() += 1;
        }
        self.by_fingerprint.insert(fingerprint, known);
    }

    /// Whether no further alert of this name is taken.
    fn is_full(&self, name: &str) -> bool {
        let of_name = || self.names.get(name).copied().unwrap_or(0);
        self.by_fingerprint.len() >= self.limit || (self.per_name > 0 && of_name() >= self.per_name)
    }

    /// Takes a report, merged with what was said before where both speak of the same stretch of
    /// time.
    pub(crate) fn put(&mut self, alert: Alert, timeout: bool) -> Change {
        let fingerprint = alert.fingerprint();
        let Some(held) = self.by_fingerprint.get_mut(&fingerprint) else {
            if self.is_full(alert.name()) {
                return Change::Refused;
            }
            let known = Known {
                alert,
                timeout,
                in_history: false,
            };
            self.add(fingerprint, known);
            return Change::Content;
        };
        let (merged, timeout) = if overlap(&held.alert, &alert) {
            merge(held, alert, timeout)
        } else {
            (alert, timeout)
        };
        let same = merged.annotations == held.alert.annotations
            && merged.generator_url == held.alert.generator_url
            && merged.starts_at == held.alert.starts_at
            && timeout == held.timeout;
        held.alert = merged;
        held.timeout = timeout;
        if same {
            Change::Moments
        } else {
            Change::Content
        }
    }

    /// Takes an alert as it is, from the log.
    pub(crate) fn restore(&mut self, known: Known) {
        self.add(known.alert.fingerprint(), known);
    }

    pub(crate) fn get(&self, fingerprint: u64) -> Option<&Known> {
        self.by_fingerprint.get(&fingerprint)
    }

    pub(crate) fn get_mut(&mut self, fingerprint: u64) -> Option<&mut Known> {
        self.by_fingerprint.get_mut(&fingerprint)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Known)> {
        self.by_fingerprint.iter().map(|(f, known)| (*f, known))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (u64, &mut Known)> {
        self.by_fingerprint.iter_mut().map(|(f, known)| (*f, known))
    }

    /// The labels of those that fire.
    pub(crate) fn firing(&self, now: i64) -> impl Iterator<Item = &Labels> + Clone {
        self.by_fingerprint
            .values()
            .filter(move |known| !known.alert.is_resolved_at(now))
            .map(|known| &known.alert.labels)
    }

    /// Forgets alerts that have ended and that `held` does not ask for; answers them.
    pub(crate) fn collect(&mut self, now: i64, held: impl Fn(u64) -> bool) -> Vec<(u64, Labels)> {
        let gone: Vec<(u64, Labels)> = self
            .iter()
            .filter(|(f, known)| known.alert.is_resolved_at(now) && !held(*f))
            .map(|(f, known)| (f, known.alert.labels.clone()))
            .collect();
        for (fingerprint, _) in &gone {
            if let Some(known) = self.by_fingerprint.remove(fingerprint)
                && let Some(count) = self.names.get_mut(known.alert.name())
            {
                *count = count.saturating_sub(1);
            }
        }
        self.names.retain(|_, count| *count > 0);
        gone
    }
}

/// Whether one end of the new report lies within the time of the old one.
fn overlap(held: &Alert, new: &Alert) -> bool {
    let within = |moment: i64| held.starts_at < moment && moment < held.ends_at;
    within(new.ends_at) || within(new.starts_at) || new.starts_at == held.starts_at
}

/// The younger report with the earlier start. Of two ends that were both said to be ends, the later
/// one holds; an end that was said outlives a later report that merely has a timeout.
fn merge(held: &Known, new: Alert, timeout: bool) -> (Alert, bool) {
    let (young, young_timeout, old, old_timeout) = if new.updated_at < held.alert.updated_at {
        (held.alert.clone(), held.timeout, &new, timeout)
    } else {
        (new.clone(), timeout, &held.alert, held.timeout)
    };
    let mut merged = young;
    let mut is_timeout = young_timeout;
    merged.starts_at = merged.starts_at.min(old.starts_at);
    let now = merged.updated_at;
    let said = if merged.is_resolved_at(now) {
        old.is_resolved_at(now)
    } else {
        !old_timeout
    };
    if said && old.ends_at > merged.ends_at {
        merged.ends_at = old.ends_at;
        is_timeout = old_timeout;
    }
    (merged, is_timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(starts_at: i64, ends_at: i64, updated_at: i64) -> Alert {
        Alert {
            labels: Labels::from_pairs([("alertname", "A")]),
            annotations: Labels::empty(),
            starts_at,
            ends_at,
            updated_at,
            generator_url: String::new(),
        }
    }

    #[test]
    fn reports_are_merged() {
        for (first, second, expected, what) in [
            (
                (alert(10, 100, 10), true),
                (alert(20, 150, 20), true),
                (10, 150),
                "the earlier start",
            ),
            (
                (alert(10, 100, 10), true),
                (alert(10, 30, 30), false),
                (10, 30),
                "an end that is said",
            ),
            (
                (alert(10, 100, 10), false),
                (alert(10, 50, 20), true),
                (10, 100),
                "an end outlives a timeout",
            ),
            (
                (alert(10, 15, 20), false),
                (alert(12, 14, 21), false),
                (10, 15),
                "the later of two ends",
            ),
            (
                (alert(10, 20, 25), false),
                (alert(40, 90, 40), true),
                (40, 90),
                "it fires anew",
            ),
            (
                (alert(10, 100, 30), true),
                (alert(5, 50, 20), true),
                (5, 100),
                "an older report",
            ),
        ] {
            let mut alerts = Alerts::new(9, 0);
            alerts.put(first.0.clone(), first.1);
            alerts.put(second.0, second.1);
            let known = alerts.get(first.0.fingerprint()).unwrap();
            assert_eq!(
                (known.alert.starts_at, known.alert.ends_at),
                expected,
                "{what}"
            );
        }
    }

    #[test]
    fn changes_are_told_apart() {
        let mut alerts = Alerts::new(1, 0);
        assert_eq!(alerts.put(alert(1, 9, 1), true), Change::Content);
        assert_eq!(alerts.put(alert(1, 19, 2), true), Change::Moments);
        let mut annotated = alert(1, 20, 3);
        annotated.annotations = Labels::from_pairs([("summary", "x")]);
        assert_eq!(alerts.put(annotated, true), Change::Content);
        let mut other = alert(1, 20, 3);
        other.labels = Labels::from_pairs([("alertname", "B")]);
        assert_eq!(alerts.put(other, true), Change::Refused);
        assert_eq!(alerts.iter().count(), 1);
        assert!(alerts.collect(19, |_| false).is_empty());
        assert!(alerts.collect(20, |_| true).is_empty());
        assert_eq!(alerts.collect(20, |_| false).len(), 1);
    }

    #[test]
    fn one_name_may_have_its_own_limit() {
        let named = |name: &str, n: &str, ends_at| Alert {
            labels: Labels::from_pairs([("alertname", name), ("n", n)]),
            ..alert(1, ends_at, 1)
        };
        let mut alerts = Alerts::new(9, 2);
        for (name, n, change) in [
            ("A", "1", Change::Content),
            ("A", "2", Change::Content),
            ("A", "3", Change::Refused),
            ("A", "1", Change::Moments),
            ("B", "1", Change::Content),
        ] {
            assert_eq!(alerts.put(named(name, n, 9), true), change, "{name} {n}");
        }
        assert_eq!(alerts.collect(9, |_| false).len(), 3);
        assert_eq!(alerts.put(named("A", "3", 20), true), Change::Content);
    }
}
