//! Groups of alerts and when each of them has its next turn.

use std::collections::{BTreeSet, HashMap};

use model::Labels;

use crate::routes::Node;

/// Alerts of one route that are told of together.
#[derive(Debug)]
pub(crate) struct Group {
    /// The place of its route.
    pub(crate) node: usize,
    pub(crate) labels: Labels,
    /// Its name in messages and in the notification log.
    pub(crate) key: String,
    /// By fingerprint.
    pub(crate) alerts: BTreeSet<u64>,
    /// The time intervals that keep it quiet, as of its last turn.
    pub(crate) muted_by: Vec<String>,
    /// Whether it has had a turn: only before that may an old alert bring the first one forward.
    flushed: bool,
    /// Whether its last turn goes on.
    busy: bool,
    /// The next turn, in milliseconds since the epoch.
    due: i64,
}

impl Group {
    /// The next turn, in milliseconds since the epoch.
    pub(crate) fn due(&self) -> i64 {
        self.due
    }
}

/// All groups, by a number that is theirs as long as they live.
pub(crate) struct Groups {
    by_id: HashMap<u64, Group>,
    /// By route and labels.
    by_place: HashMap<(usize, Labels), u64>,
    /// The turns to come; groups whose turn goes on are not in it.
    queue: BTreeSet<(i64, u64)>,
    next_id: u64,
    limit: usize,
    /// No turn comes before this moment: after a start others have to say their alerts first.
    not_before: i64,
}

/// There are too many groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Groups {
    pub(crate) fn new(limit: usize, not_before: i64) -> Self {
        Self {
            by_id: HashMap::new(),
            by_place: HashMap::new(),
            queue: BTreeSet::new(),
            next_id: 0,
            limit,
            not_before,
        }
    }

    /// Puts an alert (fingerprint, labels, beginning) into its group of a route. At the start of
    /// the program `told` says when the group was told of last, if ever.
    pub(crate) fn insert(
        &mut self,
        (place, node): (usize, &Node),
        alert: (u64, &Labels, i64),
        told: impl Fn(&str) -> Option<i64>,
        now: i64,
    ) -> Result<(), TooMany> {
        let (fingerprint, labels, starts_at) = alert;
        let labels = node.group_labels(labels);
        let id = match self.by_place.get(&(place, labels.clone())) {
            Some(id) => *id,
            None => {
                if self.by_id.len() >= self.limit {
                    return Err(TooMany);
                }
                self.add((place, node), labels, told, now)
            }
        };
        let Some(group) = self.by_id.get_mut(&id) else {
            return Ok(());
        };
        group.alerts.insert(fingerprint);
        let waited = starts_at.saturating_add(node.group_wait) < now;
        if !group.flushed && waited {
            self.schedule(id, now);
        }
        Ok(())
    }

    fn add(
        &mut self,
        (place, node): (usize, &Node),
        labels: Labels,
        told: impl Fn(&str) -> Option<i64>,
        now: i64,
    ) -> u64 {
        let key = node.group_key(&labels);
        let told = told(&key);
        // A group that was told of shortly before this program started goes on in its rhythm
        // instead of beginning anew.
        let rhythm = told.map(|told| told.saturating_add(node.group_interval));
        let rhythm = rhythm.filter(|next| *next > now);
        let due = rhythm.unwrap_or(now.saturating_add(node.group_wait));
        let id = self.next_id;
        self.next_id += 1;
        self.by_place.insert((place, labels.clone()), id);
        let group = Group {
            node: place,
            labels,
            key,
            alerts: BTreeSet::new(),
            muted_by: Vec::new(),
            flushed: rhythm.is_some(),
            busy: false,
            due,
        };
        self.by_id.insert(id, group);
        self.schedule(id, due);
        id
    }

    /// Gives a group its next turn at a moment, instead of when it had it.
    fn schedule(&mut self, id: u64, due: i64) {
        let due = due.max(self.not_before);
        if let Some(group) = self.by_id.get_mut(&id) {
            self.queue.remove(&(group.due, id));
            group.due = due;
            if !group.busy {
                self.queue.insert((due, id));
            }
        }
    }

    /// The next group whose turn has come: it is busy until [`Groups::finish`], and its turn after
    /// this one is `interval` from now.
    pub(crate) fn begin(
        &mut self,
        now: i64,
        interval: impl Fn(&Group) -> i64,
    ) -> Option<(u64, &mut Group)> {
        let (due, id) = self.queue.first().copied().filter(|(due, _)| *due <= now)?;
        self.queue.remove(&(due, id));
        let group = self.by_id.get_mut(&id)?;
        group.due = now.saturating_add(interval(group).max(1));
        group.flushed = true;
        group.busy = true;
        Some((id, group))
    }

    /// A turn is over.
    pub(crate) fn finish(&mut self, id: u64) {
        if let Some(group) = self.by_id.get_mut(&id) {
            group.busy = false;
            self.queue.insert((group.due, id));
        }
    }

    /// When the next turn is, in milliseconds since the epoch.
    pub(crate) fn next_turn(&self) -> Option<i64> {
        self.queue.first().map(|(due, _)| *due)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Group> {
        self.by_id.get_mut(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Group> {
        self.by_id.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Drops groups that nothing is in.
    pub(crate) fn collect(&mut self) {
        let empty: Vec<u64> = self
            .by_id
            .iter()
            .filter(|(_, group)| group.alerts.is_empty() && !group.busy)
            .map(|(id, _)| *id)
            .collect();
        for id in empty {
            self.remove(id);
        }
    }

    fn remove(&mut self, id: u64) {
        if let Some(group) = self.by_id.remove(&id) {
            self.queue.remove(&(group.due, id));
            self.by_place.remove(&(group.node, group.labels));
        }
    }

    /// Makes the groups of another tree: `homes` says for an alert where it belongs now. A group
    /// that has the same name and receiver there goes on, with its rhythm and its turn under way;
    /// the others are dropped. Answers the alerts that were in any group.
    pub(crate) fn rehouse(&mut self, home: impl Fn(&Group) -> Option<usize>) -> BTreeSet<u64> {
        let mut alerts = BTreeSet::new();
        let mut places = HashMap::new();
        let ids: Vec<u64> = self.by_id.keys().copied().collect();
        for id in ids {
            let Some(group) = self.by_id.get_mut(&id) else {
                continue;
            };
            alerts.extend(std::mem::take(&mut group.alerts));
            let new = home(group).filter(|new| !places.contains_key(&(*new, group.labels.clone())));
            match new {
                Some(new) => {
                    group.node = new;
                    places.insert((new, group.labels.clone()), id);
                }
                None => {
                    self.queue.remove(&(group.due, id));
                    self.by_id.remove(&id);
                }
            }
        }
        self.by_place = places;
        alerts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::Routes;
    use crate::routes::tests::route;

    const SECOND: i64 = 1000;

    /// When the first turn is, for a group that was told of at a moment, of an alert that began at
    /// another, at the time of 1000 s. The wait is 30 s, the interval 300 s.
    #[track_caller]
    fn check(told: Option<i64>, starts_at: i64, not_before: i64, expected: i64) {
        let routes = Routes::new(&route("r", vec![], vec![]));
        let mut groups = Groups::new(9, not_before * SECOND);
        let labels = Labels::from_pairs([("alertname", "A")]);
        let told = |_: &str| told.map(|told| told * SECOND);
        let alert = (1, &labels, starts_at * SECOND);
        groups
            .insert((0, routes.get(0).unwrap()), alert, told, 1000 * SECOND)
            .unwrap();
        assert_eq!(groups.next_turn(), Some(expected * SECOND));
    }

    #[test]
    fn first_turns() {
        check(None, 1000, 0, 1030);
        check(None, 971, 0, 1030);
        check(None, 969, 0, 1000);
        check(None, 969, 1100, 1100);
        check(Some(900), 969, 0, 1200);
        check(Some(900), 1000, 0, 1200);
        check(Some(100), 1000, 0, 1030);
        check(Some(100), 969, 0, 1000);
    }

    #[test]
    fn turns_follow_in_the_interval() {
        let routes = Routes::new(&route("r", vec![], vec![]));
        let mut groups = Groups::new(1, 0);
        let labels = Labels::from_pairs([("alertname", "A")]);
        let place = (0, routes.get(0).unwrap());
        groups.insert(place, (1, &labels, 0), |_| None, 0).unwrap();
        assert!(groups.begin(29_999, |_| 300_000).is_none());
        let (id, _) = groups.begin(30_500, |_| 300_000).unwrap();
        // Its turn goes on, and none follows meanwhile.
        assert_eq!(groups.next_turn(), None);
        groups
            .insert(place, (2, &labels, 0), |_| None, 31_000)
            .unwrap();
        groups.finish(id);
        assert_eq!(groups.next_turn(), Some(330_500));
        let other = Labels::from_pairs([("alertname", "B")]);
        assert_eq!(
            groups.insert(place, (3, &other, 0), |_| None, 0),
            Err(TooMany)
        );
        groups.collect();
        assert_eq!(groups.len(), 1);
        groups.get_mut(id).unwrap().alerts.clear();
        groups.collect();
        assert_eq!((groups.len(), groups.next_turn()), (0, None));
    }
}
