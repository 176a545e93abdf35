//! Ids by the hash of what a series is known by in requests.
//!
//! Senders send their series in much the same order every time. So ids lie in the order in which
//! their series came first, and the one behind the last one found is tried before the hash is
//! looked up: a read of memory in sequence instead of one anywhere, which costs a cache miss or
//! two.

use contract::SeriesId;
use rapidhash::RapidHashMap;

/// Series kept at most in either generation, 32 bytes and a little each. Beyond it the older half
/// goes, and what is still sent is looked up in the store once more.
const MOST_KEPT: usize = 2_000_000;

/// The ids of the series that were sent lately.
#[derive(Default)]
pub(crate) struct Ids {
    young: Generation,
    old: Generation,
}

#[derive(Default)]
struct Generation {
    /// Hashes and ids in the order in which they came.
    order: Vec<(u64, SeriesId)>,
    /// Where a hash stands in it.
    places: RapidHashMap<u64, u32>,
}

/// Where one request is in the order of series.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cursor {
    is_old: bool,
    next: usize,
}

impl Ids {
    /// The id of a series, which is quickly found where it came behind the last one found before.
    #[inline]
    pub(crate) fn get(&self, cursor: &mut Cursor, hash: u64) -> Option<SeriesId> {
        let generation = if cursor.is_old {
            &self.old
        } else {
            &self.young
        };
        match generation.order.get(cursor.next) {
            Some(&(expected, id)) if expected == hash => {
                cursor.next += 1;
                Some(id)
            }
            _ => self.find(cursor, hash),
        }
    }

    fn find(&self, cursor: &mut Cursor, hash: u64) -> Option<SeriesId> {
        for (is_old, generation) in [(false, &self.young), (true, &self.old)] {
            if let Some(&place) = generation.places.get(&hash) {
                let place = place as usize;
                *cursor = Cursor {
                    is_old,
                    next: place + 1,
                };
                return generation.order.get(place).map(|(_, id)| *id);
            }
        }
        None
    }

    /// From now on a series has this id.
    pub(crate) fn insert(&mut self, hash: u64, id: SeriesId) {
        if let Some(&place) = self.young.places.get(&hash) {
            if let Some(known) = self.young.order.get_mut(place as usize) {
                known.1 = id;
            }
            return;
        }
        if self.young.order.len() >= MOST_KEPT {
            self.old = std::mem::take(&mut self.young);
        }
        // Fewer than 2^32 by far.
        let place = self.young.order.len() as u32;
        self.young.order.push((hash, id));
        self.young.places.insert(hash, place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_any_order_and_renewed() {
        let mut ids = Ids::default();
        for hash in 0..10 {
            ids.insert(hash, SeriesId(hash + 100));
        }
        let mut cursor = Cursor::default();
        let mut check = |ids: &Ids, hashes: &[u64], expected: &[Option<u64>]| {
            let found = hashes.iter().map(|&hash| ids.get(&mut cursor, hash));
            let found: Vec<Option<u64>> = found.map(|id| id.map(|id| id.0)).collect();
            assert_eq!(found, expected, "{hashes:?}");
        };
        check(&ids, &[0, 1, 2], &[Some(100), Some(101), Some(102)]);
        check(
            &ids,
            &[9, 50, 3, 4],
            &[Some(109), None, Some(103), Some(104)],
        );
        ids.insert(5, SeriesId(7));
        check(&ids, &[5, 5, 6], &[Some(7), Some(7), Some(106)]);
        ids.old = std::mem::take(&mut ids.young);
        ids.insert(20, SeriesId(1));
        check(
            &ids,
            &[7, 8, 20, 9],
            &[Some(107), Some(108), Some(1), Some(109)],
        );
    }
}
