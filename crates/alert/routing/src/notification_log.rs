//! What each integration was told of each group last: the memory that keeps anybody from being
//! told the same twice.

use std::collections::HashMap;

use contract::NotificationReason;

use crate::codec::{self, Bytes};

/// Who was told of what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) group_key: String,
    pub(crate) receiver: String,
    /// The integration's kind.
    pub(crate) kind: String,
    /// Which of its kind.
    pub(crate) index: u64,
}

/// What was told. Fingerprints are in rising order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) firing: Vec<u64>,
    pub(crate) resolved: Vec<u64>,
    /// In milliseconds since the epoch.
    pub(crate) at: i64,
    /// When this may be forgotten, in milliseconds since the epoch.
    pub(crate) expires: i64,
}

/// The last notification of each target.
#[derive(Default)]
pub(crate) struct NotificationLog {
    told: HashMap<Target, Told>,
    /// When each group was told of last, to any of its receivers.
    groups: HashMap<String, i64>,
}

impl NotificationLog {
    pub(crate) fn record(&mut self, target: Target, told: Told) {
        let last = self
            .groups
            .entry(target.group_key.clone())
            .or_insert(told.at);
        *last = told.at.max(*last);
        self.told.insert(target, told);
    }

    /// Takes what another node has told, where that is later than what is known and not to be
    /// forgotten yet; answers whether it was. Of two entries of one moment all nodes keep the
    /// same. There may be `limit` entries; targets beyond that are not taken.
    pub(crate) fn merge(&mut self, target: &Target, told: &Told, limit: usize, now: i64) -> bool {
        if told.expires <= now {
            return false;
        }
        let is_news = match self.told.get(target) {
            Some(held) => rank(told) > rank(held),
            None => self.told.len() < limit,
        };
        if is_news {
            self.record(target.clone(), told.clone());
        }
        is_news
    }

    /// The moment that an entry made at `now` has: later than the one it replaces, also where
    /// that was made by a node whose clock is ahead.
    pub(crate) fn moment_after(&self, target: &Target, now: i64) -> i64 {
        let held = self.told.get(target);
        held.map_or(now, |held| now.max(held.at.saturating_add(1)))
    }

    /// Why a target has to be told of a group in this state; `None` where it need not be.
    pub(crate) fn reason(
        &self,
        target: &Target,
        firing: &[u64],
        resolved: &[u64],
        sends_resolved: bool,
        repeat_since: i64,
    ) -> Option<NotificationReason> {
        let Some(told) = self.told.get(target) else {
            // What nobody was told of need not be called off.
            return (!firing.is_empty()).then_some(NotificationReason::First);
        };
        let knows = |list: &[u64], f: &u64| list.binary_search(f).is_ok();
        if firing.iter().any(|f| !knows(&told.firing, f)) {
            return Some(NotificationReason::NewAlerts);
        }
        if firing.is_empty() {
            // Also where ends are not told: the next time must count as new.
            return (!told.firing.is_empty()).then_some(NotificationReason::AllResolved);
        }
        if sends_resolved && resolved.iter().any(|f| !knows(&told.resolved, f)) {
            return Some(NotificationReason::NewlyResolved);
        }
        (told.at < repeat_since).then_some(NotificationReason::Repeat)
    }

    /// When a target was told last.
    pub(crate) fn last_of(&self, target: &Target) -> Option<i64> {
        self.told.get(target).map(|told| told.at)
    }

    /// Keeps what a target was told until a later moment; answers it.
    pub(crate) fn extend(&mut self, target: &Target, expires: i64) -> Option<&Told> {
        let told = self.told.get_mut(target)?;
        told.expires = expires;
        Some(told)
    }

    /// Gives an alert another number in what a target was told; answers what it was told then.
    pub(crate) fn rename(&mut self, target: &Target, from: u64, to: u64) -> Option<Told> {
        let told = self.told.get_mut(target)?;
        for list in [&mut told.firing, &mut told.resolved] {
            for number in list.iter_mut().filter(|number| **number == from) {
                *number = to;
            }
            list.sort_unstable();
        }
        // A change like any other: nodes that have taken nothing over hear of it.
        told.at = told.at.saturating_add(1);
        Some(told.clone())
    }

    /// When what a target was told may be forgotten.
    pub(crate) fn expiry_of(&self, target: &Target) -> Option<i64> {
        self.told.get(target).map(|told| told.expires)
    }

    /// When a group was told of last.
    pub(crate) fn last(&self, group_key: &str) -> Option<i64> {
        self.groups.get(group_key).copied()
    }

    /// Forgets what has expired.
    pub(crate) fn collect(&mut self, now: i64) {
        self.told.retain(|_, told| told.expires > now);
        let kept: std::collections::HashSet<&str> = self
            .told
            .keys()
            .map(|target| target.group_key.as_str())
            .collect();
        self.groups.retain(|group, _| kept.contains(group.as_str()));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Target, &Told)> {
        self.told.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.told.len()
    }
}

/// The order in which entries of one target replace each other.
fn rank(told: &Told) -> (i64, i64, &[u64], &[u64]) {
    (told.at, told.expires, &told.firing, &told.resolved)
}

pub(crate) fn encode_target(out: &mut Vec<u8>, target: &Target) {
    for text in [&target.group_key, &target.receiver, &target.kind] {
        codec::put_text(out, text);
    }
    codec::put_number(out, target.index);
}

pub(crate) fn decode_target(bytes: &mut Bytes<'_>) -> Option<Target> {
    Some(Target {
        group_key: bytes.text()?.to_owned(),
        receiver: bytes.text()?.to_owned(),
        kind: bytes.text()?.to_owned(),
        index: bytes.number()?,
    })
}

pub(crate) fn encode(out: &mut Vec<u8>, target: &Target, told: &Told) {
    encode_target(out, target);
    codec::put_fingerprints(out, &told.firing);
    codec::put_fingerprints(out, &told.resolved);
    codec::put_signed(out, told.at);
    codec::put_signed(out, told.expires);
}

pub(crate) fn decode(bytes: &mut Bytes<'_>) -> Option<(Target, Told)> {
    let target = decode_target(bytes)?;
    let told = Told {
        firing: bytes.fingerprints()?,
        resolved: bytes.fingerprints()?,
        at: bytes.signed()?,
        expires: bytes.signed()?,
    };
    Some((target, told))
}

#[cfg(test)]
mod tests {
    use super::*;
    use NotificationReason::{AllResolved, First, NewAlerts, NewlyResolved, Repeat};
    use proptest::prelude::*;

    #[test]
    fn who_has_to_be_told() {
        let target = Target {
            group_key: "g".to_owned(),
            receiver: "r".to_owned(),
            kind: "webhook".to_owned(),
            index: 0,
        };
        let told = |firing: &[u64], resolved: &[u64]| {
            Some(Told {
                firing: firing.to_vec(),
                resolved: resolved.to_vec(),
                at: 100,
                expires: 1000,
            })
        };
        for (held, firing, resolved, sends_resolved, repeat_since, reason) in [
            (None, &[1][..], &[][..], true, 0, Some(First)),
            (None, &[], &[1], true, 0, None),
            (told(&[1], &[]), &[1], &[], true, 0, None),
            (told(&[1, 2], &[]), &[1], &[], true, 0, None),
            (told(&[1], &[]), &[1, 2], &[], true, 0, Some(NewAlerts)),
            (told(&[1, 2], &[]), &[1], &[2], true, 0, Some(NewlyResolved)),
            (told(&[1, 2], &[]), &[1], &[2], false, 0, None),
            (told(&[1], &[2]), &[1], &[2], true, 0, None),
            (told(&[1], &[]), &[], &[1], true, 0, Some(AllResolved)),
            (told(&[1], &[]), &[], &[1], false, 0, Some(AllResolved)),
            (told(&[], &[1]), &[], &[1], true, 200, None),
            (told(&[1], &[]), &[1], &[], true, 101, Some(Repeat)),
            (told(&[1], &[]), &[1], &[], true, 100, None),
        ] {
            let mut log = NotificationLog::default();
            if let Some(held) = held.clone() {
                log.record(target.clone(), held);
            }
            let found = log.reason(&target, firing, resolved, sends_resolved, repeat_since);
            assert_eq!(found, reason, "{held:?} {firing:?} {resolved:?}");
        }
    }

    #[test]
    fn what_expired_is_forgotten() {
        let mut log = NotificationLog::default();
        let target = Target {
            group_key: "g".to_owned(),
            receiver: "r".to_owned(),
            kind: "k".to_owned(),
            index: 0,
        };
        let told = Told {
            firing: vec![1],
            resolved: vec![],
            at: 5,
            expires: 10,
        };
        log.record(target, told);
        log.collect(9);
        assert_eq!((log.len(), log.last("g")), (1, Some(5)));
        log.collect(10);
        assert_eq!((log.len(), log.last("g")), (0, None));
    }

    fn entries() -> impl Strategy<Value = Vec<(Target, Told)>> {
        let entry = (0u64..3, 0i64..3, 0u64..3, 5i64..20);
        let entries = proptest::collection::vec(entry, 0..12);
        entries.prop_map(|entries| {
            let made = |(index, at, firing, expires)| {
                let target = Target {
                    group_key: "g".to_owned(),
                    receiver: "r".to_owned(),
                    kind: "k".to_owned(),
                    index,
                };
                let told = Told {
                    firing: vec![firing],
                    resolved: vec![],
                    at,
                    expires,
                };
                (target, told)
            };
            entries.into_iter().map(made).collect()
        })
    }

    fn merged<'a>(entries: impl Iterator<Item = &'a (Target, Told)>) -> NotificationLog {
        let mut log = NotificationLog::default();
        for (target, told) in entries {
            log.merge(target, told, 100, 10);
        }
        log
    }

    proptest! {
        #[test]
        fn merging_knows_no_order_and_no_number(entries in entries()) {
            let mut log = merged(entries.iter());
            let other = merged(entries.iter().rev());
            prop_assert_eq!(&log.told, &other.told);
            prop_assert_eq!(&log.groups, &other.groups);
            for (target, told) in &entries {
                prop_assert!(!log.merge(target, told, 100, 10), "known already");
            }
        }
    }

    #[test]
    fn foreign_entries_have_a_limit() {
        let target = |index| Target {
            group_key: "g".to_owned(),
            receiver: "r".to_owned(),
            kind: "k".to_owned(),
            index,
        };
        let told = |at| Told {
            firing: vec![1],
            resolved: vec![],
            at,
            expires: 99,
        };
        let mut log = NotificationLog::default();
        assert!(log.merge(&target(0), &told(5), 1, 10));
        assert!(!log.merge(&target(1), &told(5), 1, 10), "too many");
        assert!(
            log.merge(&target(0), &told(6), 1, 10),
            "a later one of a known target"
        );
        assert_eq!(log.moment_after(&target(0), 4), 7, "a clock that is behind");
        assert_eq!(log.moment_after(&target(0), 40), 40);
    }
}
