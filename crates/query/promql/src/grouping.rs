//! Grouping by some labels of a set, without building strings for each series.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};

use model::Labels;
use rapidhash::fast::RandomState;

/// Which labels tell groups apart: `by` and `on` keep the listed ones, `without` and `ignoring`
/// keep all but the listed ones and those that describe the metric.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    names: Vec<String>,
    only: bool,
    type_and_unit: bool,
    /// The metric's name tells groups apart, too.
    name: bool,
}

impl Kept {
    pub(crate) fn only(names: &[String]) -> Self {
        Self {
            names: names.to_vec(),
            only: true,
            type_and_unit: false,
            name: false,
        }
    }

    /// All labels but one, the metric's name among them.
    pub(crate) fn whole_but(label: &str) -> Self {
        Self {
            names: vec![label.to_owned()],
            only: false,
            type_and_unit: false,
            name: true,
        }
    }

    pub(crate) fn all_but(names: &[String], type_and_unit: bool) -> Self {
        Self {
            names: names.to_vec(),
            only: false,
            type_and_unit,
            name: false,
        }
    }

    pub(crate) fn keeps(&self, name: &str) -> bool {
        let listed = self.names.iter().any(|listed| listed == name);
        if self.only {
            return listed;
        }
        let described = self.type_and_unit && (name == "__type__" || name == "__unit__");
        !listed && (self.name || name != model::METRIC_NAME) && !described
    }

    /// Whether all series are one group, whatever their labels.
    pub(crate) fn keeps_nothing(&self) -> bool {
        self.only && self.names.is_empty()
    }

    pub(crate) fn apply(&self, labels: &Labels) -> Labels {
        labels.filtered(|name| self.keeps(name))
    }
}

/// Gives each distinct set of kept labels a number, rising from 0.
#[derive(Debug)]
pub(crate) struct Groups {
    kept: Kept,
    hasher: RandomState,
    /// Numbers of the groups with the same hash; nearly always one.
    places: HashMap<u64, Vec<usize>, RandomState>,
    labels: Vec<Labels>,
}

impl Groups {
    pub(crate) fn new(kept: Kept) -> Self {
        Self {
            kept,
            hasher: RandomState::default(),
            places: HashMap::default(),
            labels: Vec::new(),
        }
    }

    /// The number of the group that a label set belongs to.
    pub(crate) fn place(&mut self, labels: &Labels) -> usize {
        let hash = self.hash(labels);
        if let Some(place) = self.find_hashed(hash, labels) {
            return place;
        }
        let place = self.labels.len();
        self.places.entry(hash).or_default().push(place);
        self.labels.push(self.kept.apply(labels));
        place
    }

    /// The number of the group that a label set belongs to, if there is one yet.
    pub(crate) fn find(&self, labels: &Labels) -> Option<usize> {
        self.find_hashed(self.hash(labels), labels)
    }

    fn kept<'l>(&'l self, labels: &'l Labels) -> impl Iterator<Item = (&'l str, &'l str)> + Clone {
        labels.iter().filter(|(name, _)| self.kept.keeps(name))
    }

    fn hash(&self, labels: &Labels) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        self.kept(labels).for_each(|pair| pair.hash(&mut hasher));
        hasher.finish()
    }

    fn find_hashed(&self, hash: u64, labels: &Labels) -> Option<usize> {
        let same = |place: &&usize| {
            self.labels
                .get(**place)
                .is_some_and(|group| group.iter().eq(self.kept(labels)))
        };
        self.places.get(&hash)?.iter().find(same).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    pub(crate) fn labels(&self, place: usize) -> Labels {
        self.labels.get(place).cloned().unwrap_or_default()
    }
}
