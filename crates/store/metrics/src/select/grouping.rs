//! Groups of selected series by some of their labels, told apart by numbers of label pairs.
//!
//! In go a selection and the names of the labels that are kept; out comes a group's number for
//! each series. The head knows each label pair by a number, and so do groups: text is looked at
//! once a label name, and of series that only blocks have. What is absent: labels of groups, which
//! whoever needs them takes from any series of the group.

use std::collections::HashMap;

use model::Labels;
use parking_lot::RwLock;

use super::merge::Rows;
use crate::head::dictionary::Dictionary;
use crate::head::labels::{LabelLists, hash_of};
use crate::head::read::HeadView;
use crate::head::table::IdTable;

/// Groups so far.
struct Groups<'d> {
    /// By pair number: whether the pair's name is kept.
    kept: Vec<bool>,
    dictionary: &'d RwLock<Dictionary>,
    /// Pairs that only blocks had when they were met, numbered from the highest number down.
    others: HashMap<(String, String), u32>,
    /// The kept pairs of each group, and where its list is.
    lists: LabelLists,
    places: Vec<u32>,
    table: IdTable,
    /// The group of the last series: neighbours often share it.
    last: Option<u32>,
}

/// A number for each series: equal where the labels whose names `keeps` answers true for are.
pub(super) fn group(
    head: &HeadView,
    rows: Option<&Rows>,
    keeps: &dyn Fn(&str) -> bool,
) -> Vec<u32> {
    let mut groups = Groups {
        kept: kept(&head.dictionary().read(), keeps),
        dictionary: head.dictionary(),
        others: HashMap::new(),
        lists: LabelLists::default(),
        places: Vec::new(),
        table: IdTable::default(),
        last: None,
    };
    let mut key = Vec::new();
    let mut number_of = |place: usize| {
        key.clear();
        let (labels, head_place) = match rows {
            None => (None, Some(place)),
            Some(rows) => (rows.labels(place), rows.get(place).1),
        };
        match (head_place, labels) {
            (Some(place), _) => groups.of_pairs(head.pairs(place), &mut key),
            (None, Some(labels)) => groups.of_labels(labels, keeps, &mut key),
            (None, None) => {}
        }
        groups.number(&key)
    };
    let count = rows.map_or(head.len(), Rows::len);
    (0..count).map(&mut number_of).collect()
}

/// Which pairs are kept, by number.
fn kept(dictionary: &Dictionary, keeps: &dyn Fn(&str) -> bool) -> Vec<bool> {
    let mut kept = vec![false; dictionary.len()];
    for (_, pairs) in dictionary.names().filter(|(name, _)| keeps(name)) {
        for &pair in pairs {
            if let Some(kept) = kept.get_mut(pair as usize) {
                *kept = true;
            }
        }
    }
    kept
}

impl Groups<'_> {
    /// The kept ones of a series' pairs.
    fn of_pairs(&self, pairs: &[u32], key: &mut Vec<u32>) {
        let is_kept = |pair: &&u32| self.kept.get(**pair as usize) == Some(&true);
        key.extend(pairs.iter().filter(is_kept));
    }

    /// The same of a series that the head does not have.
    fn of_labels(&mut self, labels: &Labels, keeps: &dyn Fn(&str) -> bool, key: &mut Vec<u32>) {
        for (name, value) in labels.iter().filter(|(name, _)| keeps(name)) {
            // A pair keeps the number under which it was met first.
            let owned = (name.to_owned(), value.to_owned());
            let pair = match self.others.get(&owned) {
                Some(&pair) => pair,
                None => match self.dictionary.read().find(name, value) {
                    Some(pair) => pair,
                    None => {
                        let next = u32::MAX - self.others.len() as u32;
                        self.others.insert(owned, next);
                        next
                    }
                },
            };
            key.push(pair);
        }
    }

    /// The number of the group with these pairs, sorted by label name.
    fn number(&mut self, key: &[u32]) -> u32 {
        let list = |group: u32| {
            let place = self.places.get(group as usize).copied();
            place.map_or(&[][..], |place| self.lists.get(place))
        };
        if let Some(last) = self.last.filter(|&last| list(last) == key) {
            return last;
        }
        let hash = hash_of(key);
        let found = self.table.find(hash, |group| list(group) == key);
        let group = match found {
            Some(group) => group,
            None => {
                let next = self.places.len() as u32;
                let hash_of_group = |group: u32| hash_of(list(group));
                self.table.insert(hash, next, hash_of_group);
                // Series have 32-bit numbers, and each adds less than 2³² words in all.
                self.places.push(self.lists.add(key).unwrap_or_default());
                next
            }
        };
        self.last = Some(group);
        group
    }
}
