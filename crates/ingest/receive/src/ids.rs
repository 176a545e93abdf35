//! Ids by the hash of a series' labels as a request has them.

use contract::SeriesId;
use rapidhash::RapidHashMap;

/// Series kept at most in either generation, 16 bytes and a little each. Beyond it the older half
/// goes, and what is still sent is looked up in the store once more.
const MOST_KEPT: usize = 2_000_000;

/// The ids of the series that were sent lately.
#[derive(Default)]
pub(crate) struct Ids {
    young: RapidHashMap<u64, SeriesId>,
    old: RapidHashMap<u64, SeriesId>,
}

impl Ids {
    #[inline]
    pub(crate) fn get(&self, hash: u64) -> Option<SeriesId> {
        let found = self.young.get(&hash).or_else(|| self.old.get(&hash));
        found.copied()
    }

    pub(crate) fn insert(&mut self, hash: u64, id: SeriesId) {
        if self.young.len() >= MOST_KEPT {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(hash, id);
    }
}
