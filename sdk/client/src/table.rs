//! A bounded map from label values to what is kept for them.
//!
//! Invariants: at most `limit` sets of values have an entry of their own, whatever comes from
//! outside; all others share one entry under [`OTHER`], and each time that happens the caller is
//! told. Looking up a known set takes one shared lock and allocates nothing.

use std::hash::{BuildHasher as _, Hash, Hasher};
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};
use parking_lot::RwLock;

/// The label value of everything that has no series of its own.
pub const OTHER: &str = "other";

/// Longest label value, in bytes; longer ones are cut. Far above any route or error kind.
pub const MAX_LABEL_VALUE: usize = 256;

/// The values of `N` labels, and what is kept for them.
struct Entry<const N: usize, V> {
    labels: Arc<[Box<str>; N]>,
    value: V,
}

/// The map.
pub(crate) struct Table<const N: usize, V> {
    entries: RwLock<HashTable<Entry<N, V>>>,
    hasher: DefaultHashBuilder,
    limit: usize,
}

/// What was found.
pub(crate) struct Found<V> {
    /// The value.
    pub(crate) value: V,
    /// Whether it is that of [`OTHER`] for want of room.
    pub(crate) folded: bool,
}

impl<const N: usize, V: Clone> Table<N, V> {
    /// An empty one for at most `limit` sets, and the one of [`OTHER`].
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            entries: RwLock::new(HashTable::new()),
            hasher: DefaultHashBuilder::default(),
            limit,
        }
    }

    /// The value of a set of labels; `make` is called with the labels kept when there is none yet.
    pub(crate) fn get(&self, labels: [&str; N], make: impl FnOnce([&str; N]) -> V) -> Found<V> {
        let labels = labels.map(cut);
        if let Some(value) = self.find(labels) {
            return Found {
                value,
                folded: false,
            };
        }
        let mut entries = self.entries.write();
        let hash = self.hash(labels);
        if let Some(entry) = entries.find(hash, |entry| same(&entry.labels, labels)) {
            let value = entry.value.clone();
            return Found {
                value,
                folded: false,
            };
        }
        let folded = entries.len() >= self.limit;
        let kept = if folded { [OTHER; N] } else { labels };
        let hash = self.hash(kept);
        if let Some(entry) = entries.find(hash, |entry| same(&entry.labels, kept)) {
            let value = entry.value.clone();
            return Found { value, folded };
        }
        let value = make(kept);
        let entry = Entry {
            labels: Arc::new(kept.map(Box::from)),
            value: value.clone(),
        };
        entries.insert_unique(hash, entry, |entry| {
            self.hash(entry.labels.each_ref().map(AsRef::as_ref))
        });
        Found { value, folded }
    }

    /// All entries, by their labels.
    pub(crate) fn sorted(&self) -> Vec<(Arc<[Box<str>; N]>, V)> {
        let mut all: Vec<_> = self
            .entries
            .read()
            .iter()
            .map(|entry| (Arc::clone(&entry.labels), entry.value.clone()))
            .collect();
        all.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        all
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.read().len()
    }

    fn find(&self, labels: [&str; N]) -> Option<V> {
        let hash = self.hash(labels);
        let entries = self.entries.read();
        let entry = entries.find(hash, |entry| same(&entry.labels, labels))?;
        Some(entry.value.clone())
    }

    fn hash(&self, labels: [&str; N]) -> u64 {
        let mut state = self.hasher.build_hasher();
        for label in labels {
            label.hash(&mut state);
        }
        state.finish()
    }
}

impl<const N: usize, V> std::fmt::Debug for Table<N, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("entries", &self.entries.read().len())
            .field("limit", &self.limit)
            .finish()
    }
}

fn same<const N: usize>(kept: &[Box<str>; N], asked: [&str; N]) -> bool {
    kept.iter().zip(asked).all(|(kept, asked)| **kept == *asked)
}

/// A value within [`MAX_LABEL_VALUE`].
fn cut(value: &str) -> &str {
    if value.len() <= MAX_LABEL_VALUE {
        return value;
    }
    let end = (0..=MAX_LABEL_VALUE)
        .rev()
        .find(|end| value.is_char_boundary(*end))
        .unwrap_or(0);
    value.get(..end).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn never_more_than_its_limit_and_other(
            asked in proptest::collection::vec(("[a-e]{0,2}", "[a-e]{0,2}"), 0..100),
            limit in 0_usize..8,
        ) {
            let table: Table<2, String> = Table::new(limit);
            for (left, right) in &asked {
                let make = |kept: [&str; 2]| kept.join("/");
                let found = table.get([left, right], make);
                let own = format!("{left}/{right}");
                let expected = if found.folded { "other/other" } else { &own };
                prop_assert_eq!(found.value, expected);
            }
            prop_assert!(table.len() <= limit + 1);
            let labels: Vec<_> = table.sorted().into_iter().map(|(labels, _)| labels).collect();
            prop_assert!(labels.is_sorted());
        }

        #[test]
        fn long_values_are_cut_at_characters(value in "[aä]{0,400}") {
            let short = cut(&value);
            prop_assert!(value.starts_with(short) && short.len() <= MAX_LABEL_VALUE);
            prop_assert!(short.len() + 2 > MAX_LABEL_VALUE.min(value.len()));
        }
    }
}
