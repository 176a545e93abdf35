//! Pushes in, groups held.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use contract::{Append, AppendError, Clock};
use model::{Family, Matcher};
use parking_lot::Mutex;
use thiserror::Error;
use wal::WalError;
use wire::families::{FamiliesError, LabelPairs};

use crate::feed::Lost;
use crate::group::{Group, Held};
use crate::journal::Journal;
use crate::metrics::Counts;
use crate::record::{Event, Form, Record};
use crate::state::{Entry, State};
use crate::{MOST_GROUPS, MOST_SERIES};

/// Groups that are fed to the store under one lock: pushes wait for a millisecond or so.
const FED_AT_ONCE: usize = 64;

/// How a push gateway is set up.
pub struct Options {
    /// Where the log lies; without it nothing survives the process.
    pub folder: Option<PathBuf>,
    /// Groups held at most.
    pub most_groups: usize,
    /// Series held at most.
    pub most_series: usize,
    /// What the program says of itself beside the groups: nobody may push another type of these.
    pub own: Vec<Family>,
}

impl Options {
    /// A gateway that keeps its log in a folder, with the usual limits.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            most_groups: MOST_GROUPS,
            most_series: MOST_SERIES,
            own: Vec::new(),
        }
    }
}

/// What somebody pushes.
pub struct Push<'a> {
    /// The group.
    pub labels: &'a LabelPairs,
    /// Whether all that the group holds goes, not only the families of the same names.
    pub replaces: bool,
    /// The form of the body.
    pub form: Form,
    /// The body, decompressed.
    pub body: &'a [u8],
    /// How long from now on the group is held; without it until it is deleted.
    pub lives: Option<Duration>,
}

/// Why a push was not taken.
#[derive(Debug, Error)]
pub enum PushError {
    /// The body does not keep to its form.
    #[error(transparent)]
    Malformed(#[from] FamiliesError),
    /// It contradicts itself or what is held; the text is upstream's.
    #[error("pushed metrics are invalid or inconsistent with existing metrics: {0}")]
    Inconsistent(String),
    /// No more is held.
    #[error(
        "{held} {what} are held, and no more than {most} may be: delete some, or raise --{flag}"
    )]
    Full {
        /// What there are too many of.
        what: &'static str,
        /// How many would be held.
        held: usize,
        /// The limit.
        most: usize,
        /// What raises it.
        flag: &'static str,
    },
    /// It could not be logged, and so was not taken.
    #[error("the log of pushes: {0}")]
    Log(#[from] WalError),
}

/// How much is held.
pub(crate) struct Holding {
    pub(crate) groups: usize,
    pub(crate) series: usize,
    pub(crate) log_bytes: u64,
    pub(crate) checkpoint_bytes: u64,
}

/// Holds what jobs push.
pub struct Pushgateway {
    clock: Arc<dyn Clock>,
    journal: Option<Journal>,
    most_groups: usize,
    most_series: usize,
    state: Mutex<State>,
    store: OnceLock<Arc<dyn Append>>,
    store_fails: AtomicBool,
    counts: Counts,
}

impl Pushgateway {
    /// Reads back what an earlier process was told, and goes on from there.
    ///
    /// # Errors
    /// Where the log cannot be read or written. Damage in it is told in the log of the program,
    /// and passed over.
    pub fn open(options: Options, clock: Arc<dyn Clock>) -> Result<Self, WalError> {
        let mut state = State::new(&options.own);
        let journal = match &options.folder {
            Some(folder) => Some(Journal::open(folder, clock.now(), |r| state.replay(&r))?),
            None => None,
        };
        Ok(Self {
            clock,
            journal,
            most_groups: options.most_groups,
            most_series: options.most_series,
            state: Mutex::new(state),
            store: OnceLock::new(),
            store_fails: AtomicBool::new(false),
            counts: Counts::default(),
        })
    }

    /// From now on samples go to this store, too. A second call changes nothing.
    pub fn feed(&self, store: Arc<dyn Append>) {
        let _ = self.store.set(store);
    }

    /// Takes a push.
    ///
    /// # Errors
    /// Where it was not taken. One that contradicts what is held is noted with its group.
    pub fn push(&self, push: &Push<'_>) -> Result<(), PushError> {
        let read = push.form.read(push.body, push.labels)?;
        let mut state = self.state.lock();
        let now = self.clock.now();
        let has_times = read.has_times;
        let new = state.held(read, now);
        let checked = if has_times {
            let reason = "pushed metrics must not have timestamps".to_owned();
            Err(PushError::Inconsistent(reason))
        } else {
            self.check(&state, push, &new, now)
        };
        if let Err(refused) = checked {
            self.counts.refused.inc();
            tracing::warn!(group = %push.labels, error = %refused, "a push is refused");
            self.refuse(&mut state, push.labels, now)?;
            return Err(refused);
        }
        let lives = push.lives.map(|lives| i64::try_from(lives.as_millis()));
        let expires = lives.map(|lives| now.saturating_add(lives.unwrap_or(i64::MAX)));
        let event = Event::Pushed {
            replaces: push.replaces,
            expires,
            form: push.form,
            body: push.body,
        };
        self.log(&mut state, push.labels, now, event)?;
        let lost = state.put(push.labels, now, push.replaces, expires, new);
        self.feed_group(&mut state, push.labels, lost, now);
        self.counts.taken.inc();
        Ok(())
    }

    fn check(
        &self,
        state: &State,
        push: &Push<'_>,
        new: &[Arc<Held>],
        now: i64,
    ) -> Result<(), PushError> {
        let old = state.groups.get(push.labels).map(|entry| &*entry.group);
        if old.is_none() {
            let group = Group::new(push.labels.clone(), now);
            state
                .catalog
                .check_new(&group)
                .map_err(PushError::Inconsistent)?;
            self.room_for_group(state)?;
        }
        let is_named = |held: &Held| {
            let name = &held.family.name;
            new.binary_search_by(|new| new.family.name.cmp(name))
                .is_ok()
        };
        let goes = |held: &Held| push.replaces || is_named(held);
        let checked = state.catalog.check(new, old, goes);
        checked.map_err(PushError::Inconsistent)?;
        let families = old.map_or(&[][..], |old| &old.families).iter();
        let going: usize = families.filter(|h| goes(h)).map(|h| h.series()).sum();
        let coming: usize = new.iter().map(|held| held.series()).sum();
        let held = (state.catalog.series() + coming).saturating_sub(going);
        if coming > going && held > self.most_series {
            return Err(PushError::Full {
                what: "series",
                held,
                most: self.most_series,
                flag: "push.max-series",
            });
        }
        Ok(())
    }

    fn room_for_group(&self, state: &State) -> Result<(), PushError> {
        let held = state.groups.len();
        if held < self.most_groups {
            return Ok(());
        }
        Err(PushError::Full {
            what: "groups",
            held,
            most: self.most_groups,
            flag: "push.max-groups",
        })
    }

    /// Notes that a push of a group was refused; the group is made where there is none and it
    /// may be.
    fn refuse(&self, state: &mut State, labels: &LabelPairs, now: i64) -> Result<(), WalError> {
        if !state.groups.contains_key(labels) {
            let group = Group::new(labels.clone(), now);
            let is_new = state.catalog.check_new(&group).is_ok();
            if !is_new || self.room_for_group(state).is_err() {
                return Ok(());
            }
        }
        self.log(state, labels, now, Event::Refused)?;
        state.refused(labels, now);
        self.feed_group(state, labels, Vec::new(), now);
        Ok(())
    }

    fn log(
        &self,
        state: &mut State,
        labels: &LabelPairs,
        time: i64,
        event: Event<'_>,
    ) -> Result<(), WalError> {
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        let record = Record {
            time,
            labels: labels.clone(),
            event,
        };
        record.encode(&mut state.record);
        journal.append(&[&state.record])
    }

    /// Drops a group; answers whether there was one.
    ///
    /// # Errors
    /// Where that could not be logged; then the group stays.
    pub fn delete(&self, labels: &LabelPairs) -> Result<bool, WalError> {
        let mut state = self.state.lock();
        let now = self.clock.now();
        if !state.groups.contains_key(labels) {
            return Ok(false);
        }
        self.log(&mut state, labels, now, Event::Deleted)?;
        let ended = state.remove(labels);
        self.end_series(&mut state, ended, now);
        Ok(true)
    }

    /// Drops the groups whose labels match all of one of these lists; answers how many.
    ///
    /// # Errors
    /// Where that could not be logged; then the groups that are left stay.
    pub fn delete_matching(&self, any: &[Vec<Matcher>]) -> Result<usize, WalError> {
        let matches = |labels: &LabelPairs, all: &Vec<Matcher>| {
            let value = |matcher: &Matcher| labels.get(matcher.name()).unwrap_or_default();
            all.iter().all(|matcher| matcher.matches(value(matcher)))
        };
        let groups = self.groups();
        let labels = groups.iter().map(|group| &group.labels);
        let mut deleted = 0;
        for labels in labels.filter(|labels| any.iter().any(|all| matches(labels, all))) {
            deleted += usize::from(self.delete(labels)?);
        }
        Ok(deleted)
    }

    /// Drops all groups.
    ///
    /// # Errors
    /// Where that could not be logged; then all stay.
    pub fn wipe(&self) -> Result<(), WalError> {
        let mut state = self.state.lock();
        let now = self.clock.now();
        self.log(&mut state, &LabelPairs::default(), now, Event::Wiped)?;
        let ended = state.wipe();
        self.end_series(&mut state, ended, now);
        Ok(())
    }

    /// All groups, sorted by their labels.
    pub fn groups(&self) -> Vec<Arc<Group>> {
        let state = self.state.lock();
        let entries = state.groups.values();
        let mut groups: Vec<Arc<Group>> = entries.map(|entry| Arc::clone(&entry.group)).collect();
        drop(state);
        groups.sort_unstable_by(|one, other| one.labels.iter().cmp(other.labels.iter()));
        groups
    }

    /// What is due: groups whose time is over go, values that were not appended for so long are
    /// appended again, the log is forced to the disk and made anew. Blocks. Asked for every second
    /// or so.
    ///
    /// # Errors
    /// Where the log could not be written; what is held stays as it is.
    pub fn tend(&self, interval: Duration) -> Result<(), WalError> {
        self.expire()?;
        self.refresh(interval);
        self.sync()
    }

    /// Forces the log to the disk and makes it anew where that saves room. Blocks.
    ///
    /// # Errors
    /// Where the log could not be written.
    pub fn sync(&self) -> Result<(), WalError> {
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        journal.sync()?;
        if !journal.wants_compaction() {
            return Ok(());
        }
        self.checkpoint()
    }

    /// Makes the log anew: it holds what is held now, and nothing else. Blocks.
    ///
    /// # Errors
    /// Where it could not be written; then the old one holds.
    pub fn checkpoint(&self) -> Result<(), WalError> {
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        let state = self.state.lock();
        let first_kept = journal.begin_compaction()?;
        let entries = state.groups.values();
        let groups: Vec<Arc<Group>> = entries.map(|entry| Arc::clone(&entry.group)).collect();
        drop(state);
        journal.finish_compaction(first_kept, &groups)
    }

    fn expire(&self) -> Result<(), WalError> {
        loop {
            let mut state = self.state.lock();
            let now = self.clock.now();
            let Some((_, labels)) = state.ends.first().filter(|(end, _)| *end <= now).cloned()
            else {
                return Ok(());
            };
            self.log(&mut state, &labels, now, Event::Deleted)?;
            let ended = state.remove(&labels);
            self.end_series(&mut state, ended, now);
            self.counts.expired.inc();
        }
    }

    /// Appends what was not appended for as long as `interval`.
    fn refresh(&self, interval: Duration) {
        if self.store.get().is_none() {
            return;
        }
        let now = self.clock.now();
        let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
        let due_before = now.saturating_sub(interval);
        let due: Vec<LabelPairs> = {
            let state = self.state.lock();
            let groups = state.groups.iter();
            let due = groups.filter(|(_, entry)| entry.fed.last <= due_before);
            due.map(|(labels, _)| labels.clone()).collect()
        };
        for some in due.chunks(FED_AT_ONCE) {
            let mut state = self.state.lock();
            // Pushes have been taken meanwhile.
            let now = self.clock.now();
            for labels in some {
                self.feed_group(&mut state, labels, Vec::new(), now);
            }
        }
    }

    /// Appends a group's values. What goes wrong is the store's affair: the push was taken, and is
    /// appended with the next refresh.
    fn feed_group(&self, state: &mut State, labels: &LabelPairs, lost: Vec<Lost>, now: i64) {
        let Some(store) = self.store.get() else {
            return;
        };
        let State { groups, feed, .. } = state;
        if let Some(entry) = groups.get_mut(labels) {
            let outcome = feed.group(&**store, &entry.group, &mut entry.fed, lost, now);
            self.note(outcome);
        }
    }

    fn end_series(&self, state: &mut State, ended: impl IntoIterator<Item = Entry>, now: i64) {
        let Some(store) = self.store.get() else {
            return;
        };
        for Entry { group, mut fed } in ended {
            self.note(state.feed.end(&**store, &group, &mut fed, now));
        }
    }

    fn note(&self, outcome: Result<usize, AppendError>) {
        let fails = outcome.is_err();
        let failed = self.store_fails.swap(fails, Ordering::Relaxed);
        match outcome {
            Ok(refused) => self.counts.not_stored.add(refused as u64),
            Err(error) if !failed => {
                tracing::warn!(%error, "pushed metrics are held but cannot be stored as samples for now");
            }
            Err(_) => {}
        }
    }

    pub(crate) fn held(&self) -> Holding {
        let (log_bytes, checkpoint_bytes) = self.journal.as_ref().map_or((0, 0), Journal::sizes);
        let state = self.state.lock();
        Holding {
            groups: state.groups.len(),
            series: state.catalog.series(),
            log_bytes,
            checkpoint_bytes,
        }
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }
}
