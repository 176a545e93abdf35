//! A hash table of 32-bit ids whose keys lie elsewhere.
//!
//! The owner of the keys gives the hash and says whether an id is the one; the table keeps five
//! bytes an entry, at most three quarters full. One of the five is a part of the hash, so that
//! keys are looked at, which costs a wait for memory, hardly ever in vain. Nothing is removed
//! singly: whoever forgets keys builds the table anew.

/// The tag of a place without an id.
const EMPTY: u8 = 0;
/// Places of the smallest table; a power of two.
const SMALLEST: usize = 16;
/// Ids that room is made for in advance: 80 MiB at most.
const MOST_EXPECTED: u64 = 1 << 23;

/// A set of ids, found by the hash of their keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct IdTable {
    /// A part of each id's hash, or [`EMPTY`].
    tags: Vec<u8>,
    ids: Vec<u32>,
    used: usize,
}

/// The part of a hash that stands in the table; places come from the other end.
#[inline]
fn tag_of(hash: u64) -> u8 {
    (hash >> 56) as u8 | 1
}

impl IdTable {
    /// The id under a hash for which `is` answers true.
    #[inline]
    pub(crate) fn find(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        let mask = self.tags.len().checked_sub(1)?;
        let mut place = hash as usize & mask;
        loop {
            match self.tags.get(place) {
                None | Some(&EMPTY) => return None,
                Some(&tag) if tag == tag_of(hash) => {
                    let id = *self.ids.get(place)?;
                    if is(id) {
                        return Some(id);
                    }
                }
                Some(_) => {}
            }
            place = (place + 1) & mask;
        }
    }

    /// Makes room in an empty table for this many ids, up to [`MOST_EXPECTED`]: the number is read
    /// from a file, and must not exhaust the memory.
    pub(crate) fn expect(&mut self, count: u64) {
        let count = usize::try_from(count.min(MOST_EXPECTED)).unwrap_or_default();
        if self.used == 0 {
            let size = (count * 4 / 3 + 1).next_power_of_two().max(SMALLEST);
            (self.tags, self.ids) = (vec![EMPTY; size], vec![0; size]);
        }
    }

    /// Adds an id that is not in the table. `rehash` gives the hash of an older id when the table
    /// grows.
    pub(crate) fn insert(&mut self, hash: u64, id: u32, rehash: impl Fn(u32) -> u64) {
        if (self.used + 1) * 4 > self.tags.len() * 3 {
            let size = (self.tags.len() * 2).max(SMALLEST);
            let old = std::mem::replace(&mut self.tags, vec![EMPTY; size]);
            let ids = std::mem::replace(&mut self.ids, vec![0; size]);
            let mut kept: Vec<u32> = old
                .iter()
                .zip(ids)
                .filter(|&(&tag, _)| tag != EMPTY)
                .map(|(_, id)| id)
                .collect();
            // In their own order, in which their keys lie in memory.
            kept.sort_unstable();
            for id in kept {
                self.put(rehash(id), id);
            }
        }
        self.put(hash, id);
        self.used += 1;
    }

    /// Forgets all ids.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn put(&mut self, hash: u64, id: u32) {
        let mask = self.tags.len().wrapping_sub(1);
        let mut place = hash as usize & mask;
        while let (Some(tag), Some(at)) = (self.tags.get_mut(place), self.ids.get_mut(place)) {
            if *tag == EMPTY {
                (*tag, *at) = (tag_of(hash), id);
                return;
            }
            place = (place + 1) & mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colliding_ids_are_told_apart() {
        let mut table = IdTable::default();
        let hash = |id: u32| u64::from(id % 3);
        for id in 0..1000 {
            table.insert(hash(id), id, hash);
        }
        for id in 0..1000 {
            assert_eq!(table.find(hash(id), |found| found == id), Some(id));
        }
        assert_eq!(table.find(1, |id| id == 1000), None);
        assert_eq!(IdTable::default().find(1, |_| true), None);
    }
}
