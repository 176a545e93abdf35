//! All silences: made, changed, ended, forgotten, asked for.
//!
//! A change is first worked out ([`Silences::plan_set`], [`Silences::plan_expire`]) and carried out
//! with [`Silences::apply`] once the log has it, so that nothing is answered that is not kept.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use model::Labels;

use crate::limits::{ID_BYTES, Limits};
use crate::silence::{Silence, SilenceError, SilenceState};

/// How silences are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SilenceRules {
    /// Milliseconds that an ended silence is still shown.
    pub(crate) retention: i64,
    /// Whether one that would mute everything is refused.
    pub(crate) refuse_everything: bool,
    pub(crate) limits: Limits,
}

/// The silences by id.
pub(crate) struct Silences {
    rules: SilenceRules,
    by_id: BTreeMap<Arc<str>, Silence>,
    /// Grows with every change.
    version: u64,
    /// The last change of each silence, by the version that it made.
    changes: BTreeMap<u64, Arc<str>>,
    /// The other way round.
    changed: HashMap<Arc<str>, u64>,
    /// Per alert: the version that was looked at, and the unexpired silences that are about it.
    /// Asking again looks only at what has changed since.
    found: HashMap<u64, (u64, Vec<Arc<str>>)>,
    /// Silences that end with their alerts and have muted one.
    used: BTreeMap<Arc<str>, ()>,
}

impl Silences {
    pub(crate) fn new(rules: SilenceRules) -> Self {
        Self {
            rules,
            by_id: BTreeMap::new(),
            version: 0,
            changes: BTreeMap::new(),
            changed: HashMap::new(),
            found: HashMap::new(),
            used: BTreeMap::new(),
        }
    }

    /// What has to be kept so that this silence holds: the silence as it will be, with its id,
    /// and before it the one it replaces where that cannot be changed in place. `fresh_id` is
    /// used where a new one is made; `confirmed` says that one that mutes everything is meant to.
    pub(crate) fn plan_set(
        &self,
        mut wanted: Silence,
        fresh_id: String,
        confirmed: bool,
        now: i64,
    ) -> Result<Vec<Silence>, SilenceError> {
        let held = self.get(&wanted.id);
        wanted.updated_at = held.map_or(now, |held| moment_after(held, now));
        let limits = &self.rules.limits;
        if wanted.size() > limits.silence_bytes {
            return Err(SilenceError::Limit(format!(
                "silence exceeded maximum size: {} bytes (limit: {} bytes)",
                wanted.size(),
                limits.silence_bytes
            )));
        }
        wanted.check()?;
        let mut changes = Vec::new();
        if !wanted.id.is_empty() {
            let held = self.get(&wanted.id).ok_or(SilenceError::NotFound)?;
            if changes_in_place(held, &wanted, now) {
                return Ok(vec![wanted]);
            }
            if held.state(now) != SilenceState::Expired {
                changes.push(ended(held, now));
            }
        }
        if self.rules.refuse_everything && !confirmed && wanted.names_nothing() {
            return Err(SilenceError::MutesEverything);
        }
        if self.by_id.len() >= limits.silences {
            return Err(SilenceError::Limit(format!(
                "exceeded maximum number of silences: {} (limit: {})",
                self.by_id.len(),
                limits.silences
            )));
        }
        wanted.id = fresh_id;
        wanted.starts_at = wanted.starts_at.max(now);
        changes.push(wanted);
        Ok(changes)
    }

    /// What has to be kept so that a silence is over; nothing where it is already.
    pub(crate) fn plan_expire(&self, id: &str, now: i64) -> Result<Vec<Silence>, SilenceError> {
        let held = self.get(id).ok_or(SilenceError::NotFound)?;
        let over = held.state(now) == SilenceState::Expired;
        Ok(if over {
            Vec::new()
        } else {
            vec![ended(held, now)]
        })
    }

    /// Takes a silence as it is, from a plan or from the log.
    pub(crate) fn apply(&mut self, silence: Silence) {
        self.version += 1;
        let id: Arc<str> = Arc::from(silence.id.as_str());
        if let Some(before) = self.changed.insert(Arc::clone(&id), self.version) {
            self.changes.remove(&before);
        }
        self.changes.insert(self.version, Arc::clone(&id));
        self.by_id.insert(id, silence);
    }

    /// Takes a silence of another node, where it was changed later than the one that is held and
    /// is not to be forgotten yet; answers whether it was. Of two changes of one moment all nodes
    /// keep the same.
    pub(crate) fn merge(&mut self, silence: &Silence, now: i64) -> bool {
        let limits = &self.rules.limits;
        let may_be_kept = silence.check().is_ok()
            && !silence.id.is_empty()
            && silence.id.len() <= ID_BYTES
            && silence.size() <= limits.silence_bytes
            && silence.ends_at.saturating_add(self.rules.retention) > now;
        if !may_be_kept {
            return false;
        }
        let is_news = match self.get(&silence.id) {
            Some(held) => rank(silence) > rank(held),
            None => self.by_id.len() < limits.silences,
        };
        if is_news {
            self.apply(silence.clone());
        }
        is_news
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Silence> {
        self.by_id.get(id)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Silence> {
        self.by_id.values()
    }

    /// The ids of the silences that mute an alert now.
    pub(crate) fn muting(&mut self, fingerprint: u64, labels: &Labels, now: i64) -> Vec<Arc<str>> {
        let (looked_at, about) = self.found.entry(fingerprint).or_default();
        for id in self.changes.range(*looked_at + 1..).map(|(_, id)| id) {
            about.retain(|known| known != id);
            if self
                .by_id
                .get(id)
                .is_some_and(|silence| silence.matches(labels))
            {
                about.push(Arc::clone(id));
            }
        }
        *looked_at = self.version;
        let state = |id: &Arc<str>| self.by_id.get(id).map(|silence| silence.state(now));
        // What has expired stays so.
        about.retain(|id| state(id).is_some_and(|state| state != SilenceState::Expired));
        let active = |id: &&Arc<str>| state(id) == Some(SilenceState::Active);
        about.iter().filter(active).cloned().collect()
    }

    /// Forgets what was found for an alert that is gone.
    pub(crate) fn forget_alert(&mut self, fingerprint: u64) {
        self.found.remove(&fingerprint);
    }

    /// Silences that end with their alerts, have muted one, and mute none that fires any more.
    pub(crate) fn done<'a>(
        &mut self,
        firing: impl Iterator<Item = &'a Labels> + Clone,
        now: i64,
    ) -> Vec<Silence> {
        let mut done = Vec::new();
        for (id, silence) in &self.by_id {
            if !silence.ends_with_alerts || silence.state(now) != SilenceState::Active {
                continue;
            }
            if firing.clone().any(|labels| silence.matches(labels)) {
                self.used.insert(Arc::clone(id), ());
            } else if self.used.contains_key(id) {
                done.push(ended(silence, now));
            }
        }
        done
    }

    /// Forgets silences that ended longer ago than they are kept; answers how many.
    pub(crate) fn collect(&mut self, now: i64) -> usize {
        let before = self.by_id.len();
        let keep = self.rules.retention;
        self.by_id
            .retain(|_, silence| silence.ends_at.saturating_add(keep) > now);
        self.used.retain(|id, ()| self.by_id.contains_key(id));
        self.changed.retain(|id, _| self.by_id.contains_key(id));
        self.changes.retain(|_, id| self.by_id.contains_key(id));
        before - self.by_id.len()
    }

    /// How many are in each state.
    pub(crate) fn count(&self, state: SilenceState, now: i64) -> usize {
        self.all()
            .filter(|silence| silence.state(now) == state)
            .count()
    }
}

/// The order of answers: active ones by what ends next, then pending ones by what begins next,
/// then expired ones by what ended last.
pub(crate) fn order_for_answers(silences: &mut [Silence], now: i64) {
    silences.sort_by_key(|silence| {
        let state = silence.state(now);
        let moment = match state {
            SilenceState::Active => silence.ends_at,
            SilenceState::Pending => silence.starts_at,
            SilenceState::Expired => silence.ends_at.saturating_neg(),
        };
        (state, moment, silence.id.clone())
    });
}

fn changes_in_place(held: &Silence, wanted: &Silence, now: i64) -> bool {
    if held.matchers != wanted.matchers {
        return false;
    }
    match held.state(now) {
        // Clients say the start in whole seconds.
        SilenceState::Active => {
            wanted.starts_at / 1000 == held.starts_at / 1000 && wanted.ends_at >= now
        }
        SilenceState::Pending => wanted.starts_at >= now,
        SilenceState::Expired => false,
    }
}

/// The moment that a change made at `now` has: later than the one before it, also where that was
/// made by a node whose clock is ahead.
fn moment_after(held: &Silence, now: i64) -> i64 {
    now.max(held.updated_at.saturating_add(1))
}

/// The order in which changes of one silence replace each other.
fn rank(silence: &Silence) -> (i64, Vec<u8>) {
    let mut bytes = Vec::new();
    silence.encode(&mut bytes);
    (silence.updated_at, bytes)
}

/// A silence that never began ends before it begins.
fn ended(silence: &Silence, now: i64) -> Silence {
    Silence {
        starts_at: silence.starts_at.min(now),
        ends_at: now,
        updated_at: moment_after(silence, now),
        ..silence.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Matcher;
    use proptest::prelude::*;

    const RULES: SilenceRules = SilenceRules {
        retention: 100,
        refuse_everything: true,
        limits: Limits {
            alerts: 10,
            alerts_per_name: 0,
            alert_bytes: 1000,
            groups: 10,
            silences: 3,
            silence_bytes: 100,
            history: 10,
        },
    };

    fn wanted(id: &str, value: &str, starts_at: i64, ends_at: i64) -> Silence {
        Silence {
            id: id.to_owned(),
            matchers: vec![Matcher::equal("a", value)],
            starts_at,
            ends_at,
            updated_at: 0,
            created_by: String::new(),
            comment: String::new(),
            ends_with_alerts: false,
        }
    }

    fn set(silences: &mut Silences, silence: Silence, id: &str, now: i64) -> String {
        let changes = silences
            .plan_set(silence, id.to_owned(), false, now)
            .unwrap();
        let id = changes.last().unwrap().id.clone();
        changes
            .into_iter()
            .for_each(|change| silences.apply(change));
        id
    }

    #[test]
    fn what_can_be_changed_in_place_keeps_its_id() {
        for (start, end, value, now, in_place) in [
            (10, 200, "x", 50, true),
            (11, 200, "x", 50, false),
            (10, 200, "y", 50, false),
            (10, 200, "x", 150, false),
            (30, 40, "x", 5, true),
            (3, 40, "x", 5, false),
        ] {
            let [start, end, now] = [start, end, now].map(|second| second * 1000);
            let mut silences = Silences::new(RULES);
            let first = set(&mut silences, wanted("", "x", 10_200, 100_000), "one", 0);
            let changed = wanted(&first, value, start, end);
            let second = set(&mut silences, changed, "two", now);
            assert_eq!(second == "one", in_place, "{start} {end} {value} at {now}");
            if !in_place {
                let first = silences.get("one").unwrap();
                assert_eq!(first.state(now), SilenceState::Expired);
                assert!(first.starts_at <= first.ends_at);
            }
        }
    }

    #[test]
    fn unknown_and_ended_silences_are_told_apart() {
        let mut silences = Silences::new(RULES);
        let stray = silences.plan_set(wanted("none", "x", 0, 9), "n".to_owned(), false, 0);
        assert_eq!(stray, Err(SilenceError::NotFound));
        assert_eq!(silences.plan_expire("none", 0), Err(SilenceError::NotFound));
        set(&mut silences, wanted("", "x", 0, 10), "one", 0);
        let ended = silences.plan_expire("one", 5).unwrap();
        assert_eq!(ended.len(), 1);
        ended.into_iter().for_each(|ended| silences.apply(ended));
        assert_eq!(silences.plan_expire("one", 5), Ok(vec![]));
    }

    #[test]
    fn alerts_are_muted_while_a_silence_is_active() {
        let mut silences = Silences::new(RULES);
        let labels = Labels::from_pairs([("a", "x")]);
        assert!(silences.muting(1, &labels, 0).is_empty());
        set(&mut silences, wanted("", "x", 10, 20), "one", 0);
        for (now, count) in [(0, 0), (10, 1), (19, 1), (20, 0)] {
            assert_eq!(silences.muting(1, &labels, now).len(), count, "{now}");
        }
        // A change that comes later is seen, and one that is over is not.
        let mut longer = wanted("one", "x", 10, 30);
        longer.comment = "longer".to_owned();
        set(&mut silences, longer, "two", 12);
        assert_eq!(silences.muting(1, &labels, 25).len(), 1);
        set(&mut silences, wanted("", "x", 10, 40), "three", 26);
        assert_eq!(silences.muting(1, &labels, 27).len(), 2);
        let over = silences.plan_expire("one", 28).unwrap();
        over.into_iter().for_each(|over| silences.apply(over));
        assert_eq!(silences.muting(1, &labels, 29).len(), 1);
        assert!(
            silences
                .muting(2, &Labels::from_pairs([("a", "y")]), 15)
                .is_empty()
        );
    }

    #[test]
    fn whoever_means_to_mute_everything_says_so() {
        let mut silences = Silences::new(RULES);
        let everything = |id: &str, ends_at| Silence {
            matchers: vec![Matcher::new("a", model::MatchOp::Regex, ".+").unwrap()],
            ..wanted(id, "", 0, ends_at)
        };
        let refused = silences.plan_set(everything("", 10), "1".to_owned(), false, 0);
        assert_eq!(refused, Err(SilenceError::MutesEverything));
        let planned = silences.plan_set(everything("", 10), "1".to_owned(), true, 0);
        planned
            .unwrap()
            .into_iter()
            .for_each(|one| silences.apply(one));
        // What is there is prolonged without another word.
        let longer = silences.plan_set(everything("1", 20), "2".to_owned(), false, 5);
        assert_eq!(longer.unwrap().len(), 1);
    }

    #[test]
    fn limits_are_named() {
        let mut silences = Silences::new(RULES);
        for id in ["1", "2", "3"] {
            set(&mut silences, wanted("", "x", 0, 10), id, 0);
        }
        let refused = silences.plan_set(wanted("", "x", 0, 10), "4".to_owned(), false, 0);
        let message = refused.unwrap_err().to_string();
        assert_eq!(message, "exceeded maximum number of silences: 3 (limit: 3)");
        let large = wanted("", &"x".repeat(200), 0, 10);
        let message = silences
            .plan_set(large, "5".to_owned(), false, 0)
            .unwrap_err()
            .to_string();
        assert!(
            message.starts_with("silence exceeded maximum size"),
            "{message}"
        );
        assert_eq!(silences.collect(109), 0);
        assert_eq!(silences.collect(110), 3);
    }

    #[test]
    fn a_silence_may_end_with_its_alerts() {
        let mut silences = Silences::new(RULES);
        let mut silence = wanted("", "x", 0, 1000);
        silence.ends_with_alerts = true;
        set(&mut silences, silence, "one", 0);
        let (mine, other) = (
            Labels::from_pairs([("a", "x")]),
            Labels::from_pairs([("a", "y")]),
        );
        assert!(
            silences.done([&other].into_iter(), 1).is_empty(),
            "nothing muted yet"
        );
        assert!(
            silences.done([&mine, &other].into_iter(), 2).is_empty(),
            "it fires"
        );
        let done = silences.done([&other].into_iter(), 3);
        assert_eq!(done.len(), 1);
        assert_eq!(done[0].state(3), SilenceState::Expired);
    }

    fn changes() -> impl Strategy<Value = Vec<Silence>> {
        let change = ("[ab]", "[xy]", 0i64..3, 0i64..300, 0i64..300);
        let changes = proptest::collection::vec(change, 0..12);
        changes.prop_map(|changes| {
            let made = |(id, value, updated_at, start, end): (String, String, i64, i64, i64)| {
                let mut silence = wanted(&id, &value, start, end);
                silence.updated_at = updated_at;
                silence
            };
            changes.into_iter().map(made).collect()
        })
    }

    fn merged<'a>(changes: impl Iterator<Item = &'a Silence>) -> Silences {
        let mut silences = Silences::new(RULES);
        for change in changes {
            silences.merge(change, 150);
        }
        silences
    }

    proptest! {
        #[test]
        fn merging_knows_no_order_and_no_number(changes in changes()) {
            let mut silences = merged(changes.iter());
            let other = merged(changes.iter().rev());
            prop_assert_eq!(&silences.by_id, &other.by_id);
            for change in &changes {
                prop_assert!(!silences.merge(change, 150), "known already");
            }
        }
    }

    #[test]
    fn what_others_send_has_limits() {
        let sent = |id: &str, value: &str, end| {
            let mut silences = Silences::new(RULES);
            silences.merge(&wanted(id, value, 0, end), 150)
        };
        assert!(sent("one", "x", 60));
        assert!(!sent("one", "x", 50), "over for too long");
        assert!(!sent("", "x", 60), "without a name");
        assert!(!sent(&"i".repeat(65), "x", 60), "too long a name");
        assert!(!sent("one", &"x".repeat(200), 60), "too large");
        assert!(!sent("one", "", 60), "it would mute everything");
        let mut silences = Silences::new(RULES);
        let taken: Vec<bool> = ["1", "2", "3", "4"]
            .map(|id| silences.merge(&wanted(id, "x", 0, 200), 150))
            .into();
        assert_eq!(taken, [true, true, true, false], "too many");
    }

    #[test]
    fn a_change_is_later_than_the_one_before_whatever_the_clock_says() {
        let mut silences = Silences::new(RULES);
        let mut ahead = wanted("one", "x", 0, 1000);
        ahead.updated_at = 500;
        assert!(silences.merge(&ahead, 100));
        let over = silences.plan_expire("one", 100).unwrap();
        assert_eq!(over[0].updated_at, 501);
    }
}
