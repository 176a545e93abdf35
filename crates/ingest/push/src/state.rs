//! All groups: what a push, a refusal and a deletion make of them. Whether they may is told before.

use std::collections::BTreeSet;
use std::sync::Arc;

use contract::SeriesId;
use model::Family;
use rapidhash::{HashMapExt as _, RapidHashMap};
use wire::families::{Families, LabelPairs};

use crate::catalog::Catalog;
use crate::feed::{Fed, Feed, Lost};
use crate::group::{Group, Held, PUSH_FAILED, PUSH_TIME};
use crate::record::{Event, Record};

/// A group with what the store knows it by.
pub(crate) struct Entry {
    pub(crate) group: Arc<Group>,
    pub(crate) fed: Fed,
}

/// All groups, and what is known of all of them together.
pub(crate) struct State {
    pub(crate) groups: RapidHashMap<LabelPairs, Entry>,
    pub(crate) catalog: Catalog,
    /// When groups go by themselves.
    pub(crate) ends: BTreeSet<(i64, LabelPairs)>,
    pub(crate) feed: Feed,
    pub(crate) record: Vec<u8>,
}

impl State {
    /// Nothing yet, beside what the program says of itself.
    pub(crate) fn new(own: &[Family]) -> Self {
        Self {
            groups: RapidHashMap::new(),
            catalog: Catalog::new(own),
            ends: BTreeSet::new(),
            feed: Feed::default(),
            record: Vec::new(),
        }
    }

    /// Families as they are held, of what was read; those that a gateway says itself are passed
    /// over.
    pub(crate) fn held(&self, read: Families, time: i64) -> Vec<Arc<Held>> {
        let pushed = read.families.into_iter();
        pushed
            .filter(|family| ![PUSH_TIME, PUSH_FAILED].contains(&&*family.name))
            .map(|family| self.catalog.held(family, time))
            .collect()
    }

    /// Does what a record of the log says.
    pub(crate) fn replay(&mut self, record: &Record<'_>) {
        let labels = &record.labels;
        match record.event {
            Event::Pushed {
                replaces,
                expires,
                form,
                body,
            } => match form.read(body, labels) {
                Ok(read) => {
                    let new = self.held(read, record.time);
                    self.put(labels, record.time, replaces, expires, new);
                }
                Err(error) => {
                    tracing::error!(%error, "a push in the log cannot be read back");
                }
            },
            Event::Refused => self.refused(labels, record.time),
            Event::Deleted => drop(self.remove(labels)),
            Event::Wiped => drop(self.wipe()),
        }
    }

    fn entry(&mut self, labels: &LabelPairs, now: i64) -> &mut Entry {
        let Self {
            groups, catalog, ..
        } = self;
        groups.entry(labels.clone()).or_insert_with(|| {
            let group = Group::new(labels.clone(), now);
            catalog.add_group(&group);
            Entry {
                group: Arc::new(group),
                fed: Fed::default(),
            }
        })
    }

    pub(crate) fn refused(&mut self, labels: &LabelPairs, now: i64) {
        let entry = self.entry(labels, now);
        Arc::make_mut(&mut entry.group).failed = now;
    }

    /// Puts families, which are sorted by name, where they belong; answers those that went or
    /// have other series now.
    pub(crate) fn put(
        &mut self,
        labels: &LabelPairs,
        now: i64,
        replaces: bool,
        expires: Option<i64>,
        new: Vec<Arc<Held>>,
    ) -> Vec<Lost> {
        self.entry(labels, now);
        let Self {
            groups,
            catalog,
            ends,
            ..
        } = self;
        let Some(Entry { group, fed }) = groups.get_mut(labels) else {
            return Vec::new();
        };
        let group = Arc::make_mut(group);
        for end in group.expires.iter() {
            ends.remove(&(*end, labels.clone()));
        }
        ends.extend(expires.map(|end| (end, labels.clone())));
        (group.pushed, group.expires) = (now, expires);

        let old = std::mem::take(&mut group.families);
        let mut known = std::mem::take(&mut fed.ids);
        known.resize_with(old.len(), Vec::new);
        let mut old = old.into_iter().zip(known).peekable();
        let mut lost = Vec::new();
        let mut keep = |held: Arc<Held>, ids: Vec<SeriesId>| {
            group.families.push(held);
            fed.ids.push(ids);
        };
        for new in new {
            while let Some((held, ids)) = old.next_if(|(h, _)| h.family.name < new.family.name) {
                if replaces {
                    catalog.replace(Some(&held), None);
                    lost.push((held, ids));
                } else {
                    keep(held, ids);
                }
            }
            let former = old.next_if(|(held, _)| held.family.name == new.family.name);
            catalog.replace(former.as_ref().map(|(held, _)| &**held), Some(&new));
            match former {
                Some((held, ids)) if held.shows_like(&new) => keep(new, ids),
                former => {
                    lost.extend(former);
                    keep(new, Vec::new());
                }
            }
        }
        for (held, ids) in old {
            if replaces {
                catalog.replace(Some(&held), None);
                lost.push((held, ids));
            } else {
                keep(held, ids);
            }
        }
        lost
    }

    /// Drops a group, which is answered.
    pub(crate) fn remove(&mut self, labels: &LabelPairs) -> Option<Entry> {
        let entry = self.groups.remove(labels)?;
        for held in &entry.group.families {
            self.catalog.replace(Some(held), None);
        }
        self.catalog.remove_group(&entry.group);
        if let Some(end) = entry.group.expires {
            self.ends.remove(&(end, labels.clone()));
        }
        Some(entry)
    }

    /// Drops all groups, which are answered.
    pub(crate) fn wipe(&mut self) -> Vec<Entry> {
        let all: Vec<LabelPairs> = self.groups.keys().cloned().collect();
        all.iter()
            .filter_map(|labels| self.remove(labels))
            .collect()
    }
}
