//! A hash table of 32-bit ids whose keys lie elsewhere.
//!
//! The owner of the keys gives the hash and says whether an id is the one; the table keeps four
//! bytes an entry, at most three quarters full. Nothing is removed singly: whoever forgets keys
//! builds the table anew.

/// No id.
const EMPTY: u32 = u32::MAX;
/// Places of the smallest table; a power of two.
const SMALLEST: usize = 16;
/// Ids that room is made for in advance: 64 MiB at most.
const MOST_EXPECTED: u64 = 1 << 23;

/// A set of ids, found by the hash of their keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct IdTable {
    places: Vec<u32>,
    used: usize,
}

impl IdTable {
    /// The id under a hash for which `is` answers true.
    #[inline]
    pub(crate) fn find(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        let mask = self.places.len().checked_sub(1)?;
        let mut place = hash as usize & mask;
        loop {
            match self.places.get(place) {
                None | Some(&EMPTY) => return None,
                Some(&id) if is(id) => return Some(id),
                Some(_) => place = (place + 1) & mask,
            }
        }
    }

    /// Makes room in an empty table for this many ids, up to [`MOST_EXPECTED`]: the number is read
    /// from a file, and must not exhaust the memory.
    pub(crate) fn expect(&mut self, count: u64) {
        let count = usize::try_from(count.min(MOST_EXPECTED)).unwrap_or_default();
        if self.used == 0 {
            let size = (count * 4 / 3 + 1).next_power_of_two().max(SMALLEST);
            self.places = vec![EMPTY; size];
        }
    }

    /// Adds an id that is not in the table. `rehash` gives the hash of an older id when the table
    /// grows.
    pub(crate) fn insert(&mut self, hash: u64, id: u32, rehash: impl Fn(u32) -> u64) {
        if (self.used + 1) * 4 > self.places.len() * 3 {
            let size = (self.places.len() * 2).max(SMALLEST);
            let old = std::mem::replace(&mut self.places, vec![EMPTY; size]);
            for id in old.into_iter().filter(|&id| id != EMPTY) {
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
        let mask = self.places.len().wrapping_sub(1);
        let mut place = hash as usize & mask;
        while let Some(at) = self.places.get_mut(place) {
            if *at == EMPTY {
                *at = id;
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
