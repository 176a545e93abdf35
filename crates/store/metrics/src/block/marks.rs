//! What is noted in a block after it was written: deleted stretches, and that merging it failed.
//!
//! Each file is replaced at one stroke. Tombstones come before `meta.json`, which only counts them:
//! a crash between the two loses no deletion.

use serde_json::Value;

use super::meta::BlockMeta;
use super::out::replace_file;
use super::read::Block;
use super::tombstones::{self, Tombstones};
use crate::StoreError;

/// A stretch of time in milliseconds, both ends included.
pub(crate) type Interval = (i64, i64);

/// Adds a stretch to a sorted list; stretches that touch become one.
pub(super) fn add_interval(list: &mut Vec<Interval>, (first, last): Interval) {
    let from = list.partition_point(|&(_, end)| end < first.saturating_sub(1));
    let until = list.partition_point(|&(start, _)| start <= last.saturating_add(1));
    let touching = list.get(from..until).unwrap_or_default();
    let start = touching.first().map_or(first, |t| t.0.min(first));
    let end = touching.last().map_or(last, |t| t.1.max(last));
    list.splice(from..until.max(from), [(start, end)]);
}

impl Block {
    /// Deletes stretches of series, given by their references. Answers the block as it then is;
    /// this value goes on without them.
    pub(crate) fn with_deleted(
        &self,
        stretches: impl Iterator<Item = (u32, Interval)>,
    ) -> Result<Self, StoreError> {
        let mut stones: Tombstones = self.tombstones().clone();
        for (reference, stretch) in stretches {
            add_interval(stones.entry(reference).or_default(), stretch);
        }
        let mut all: Vec<(u32, i64, i64)> = stones
            .iter()
            .flat_map(|(&reference, list)| list.iter().map(move |&(a, b)| (reference, a, b)))
            .collect();
        all.sort_unstable();
        replace_file(self.path(), "tombstones", &tombstones::encode(&all))?;
        let mut meta = self.meta().clone();
        meta.stats.num_tombstones = all.len() as u64;
        self.write_meta(&meta)?;
        Ok(self.with(meta, stones))
    }

    /// Notes that merging the block failed, so that it is left out from now on: the block as it then
    /// is, and whether that could be written.
    pub(crate) fn with_failure(&self) -> (Self, Result<(), StoreError>) {
        let mut meta = self.meta().clone();
        let extra = &mut meta.compaction.extra;
        extra.insert("failed".to_owned(), Value::Bool(true));
        let written = self.write_meta(&meta);
        (self.with(meta, self.tombstones().clone()), written)
    }

    fn write_meta(&self, meta: &BlockMeta) -> Result<(), StoreError> {
        let path = self.path();
        let bytes = meta
            .to_bytes()
            .map_err(|error| StoreError::io(path)(error.into()))?;
        replace_file(path, "meta.json", &bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn stretches_add_up(given in proptest::collection::vec((0i64..60, 0i64..9), 0..12)) {
            let mut list = Vec::new();
            let mut model = [false; 80];
            for (first, length) in given {
                add_interval(&mut list, (first, first + length));
                model[first as usize..=(first + length) as usize].fill(true);
            }
            for (time, &is_deleted) in (0..).zip(&model) {
                let covered = list.iter().filter(|&&(a, b)| a <= time && time <= b).count();
                prop_assert_eq!(covered, usize::from(is_deleted), "{} {:?}", time, &list);
            }
            prop_assert!(list.is_sorted_by(|a, b| a.1 + 1 < b.0), "{:?}", list);
        }
    }

    #[test]
    fn the_ends_of_time_are_survived() {
        let mut list = vec![(i64::MIN, -5), (7, i64::MAX)];
        add_interval(&mut list, (i64::MIN, i64::MIN));
        add_interval(&mut list, (i64::MAX, i64::MAX));
        assert_eq!(list, [(i64::MIN, -5), (7, i64::MAX)]);
        add_interval(&mut list, (-4, 6));
        assert_eq!(list, [(i64::MIN, i64::MAX)]);
    }
}
