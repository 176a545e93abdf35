//! What names became, so that a name that comes again is looked up and not mapped.
//!
//! Once all places are taken, a hand goes round: a name that was asked for since the hand came by
//! last stays, another one makes room. That is nearly the one unused for longest, without a list to
//! keep at every look.

use config::StatsdKind;
use rapidhash::RapidHashMap;

use crate::counts::place;
use crate::mapper::Target;
use crate::registry::SeriesRef;
use crate::value::Type;

/// Targets by kind and name.
#[derive(Debug)]
pub(crate) struct Cache {
    places: [RapidHashMap<Box<str>, usize>; 3],
    entries: Vec<Entry>,
    most: usize,
    hand: usize,
    pub(crate) gets: u64,
    pub(crate) hits: u64,
}

/// A name that is kept.
#[derive(Debug)]
pub(crate) struct Entry {
    kind: StatsdKind,
    name: Box<str>,
    was_asked: bool,
    pub(crate) target: Target,
    /// The series of samples without tags, which need no further look.
    pub(crate) untagged: Option<(Type, SeriesRef)>,
}

impl Cache {
    /// A cache of so many names, at least one.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            places: Default::default(),
            entries: Vec::new(),
            most: most.max(1),
            hand: 0,
            gets: 0,
            hits: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Forgets all names, for the mappings have changed.
    pub(crate) fn clear(&mut self) {
        self.places = Default::default();
        self.entries.clear();
        self.hand = 0;
    }

    /// The entry of a name; `map` makes what is not there.
    pub(crate) fn entry(
        &mut self,
        kind: StatsdKind,
        name: &str,
        map: impl FnOnce() -> Target,
    ) -> Option<&mut Entry> {
        self.gets += 1;
        let known = self.places.get(place(kind)).and_then(|p| p.get(name));
        let at = match known {
            Some(&at) => {
                self.hits += 1;
                at
            }
            None => self.insert(Entry {
                kind,
                name: name.into(),
                was_asked: false,
                target: map(),
                untagged: None,
            }),
        };
        let entry = self.entries.get_mut(at)?;
        entry.was_asked = true;
        Some(entry)
    }

    fn insert(&mut self, entry: Entry) -> usize {
        let at = if self.entries.len() < self.most {
            self.entries.len()
        } else {
            self.unused()
        };
        if let Some(places) = self.places.get_mut(place(entry.kind)) {
            places.insert(entry.name.clone(), at);
        }
        match self.entries.get_mut(at) {
            Some(old) => {
                let old = std::mem::replace(old, entry);
                if let Some(places) = self.places.get_mut(place(old.kind)) {
                    places.remove(&old.name);
                }
            }
            None => self.entries.push(entry),
        }
        at
    }

    /// The place of an entry that nobody asked for since the hand was there.
    fn unused(&mut self) -> usize {
        loop {
            let at = self.hand;
            self.hand = (at + 1) % self.most;
            match self.entries.get_mut(at) {
                Some(entry) if entry.was_asked => entry.was_asked = false,
                _ => return at,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapper::Mapper;

    #[test]
    fn names_in_use_stay() {
        let mapper = Mapper::new(config::StatsdConfig::default());
        let mut cache = Cache::new(3);
        let mut ask = |name: &str| {
            let hits = cache.hits;
            let map = || mapper.map(name, StatsdKind::Counter);
            let entry = cache.entry(StatsdKind::Counter, name, map).unwrap();
            assert_eq!(&*entry.target.name, name);
            cache.hits > hits
        };
        for name in ["a", "b", "c"] {
            assert!(!ask(name));
        }
        // The hand clears all marks once round, and a goes; then b and c go in turn unless asked.
        assert!(!ask("d"));
        assert!(ask("b"));
        assert!(!ask("e"));
        assert!(ask("b") && ask("d") && ask("e"));
        assert!(!ask("c") && !ask("a"));
        assert_eq!((cache.len(), cache.gets), (3, 11));
        cache.clear();
        assert_eq!(cache.len(), 0);
    }
}
