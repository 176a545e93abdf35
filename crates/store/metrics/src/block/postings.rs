//! Postings: sorted lists of series references, and what is done with them.
//!
//! In the index: `length u32 | count u32 | { reference u32 }… | CRC32C u32`. A stored list is read
//! where it lies; of two lists the longer is searched in leaps that double (galloping), so that an
//! intersection costs about the length of the shorter.

use super::section::section;
use crate::record::bytes::Cursor;

/// A sorted list without repetition.
#[derive(Clone, Debug)]
pub(super) enum Postings<'a> {
    /// In the index.
    Stored(&'a [[u8; 4]]),
    /// Made here.
    Owned(Vec<u32>),
}

impl<'a> Postings<'a> {
    /// The list at a place of the index; `None` where it does not add up.
    pub(super) fn open(index: &'a [u8], at: u64) -> Option<Self> {
        let mut cursor = Cursor(section(index, at)?);
        let count = cursor.u32()?;
        let (references, rest) = cursor.0.as_chunks::<4>();
        (rest.is_empty() && u32::try_from(references.len()) == Ok(count))
            .then_some(Self::Stored(references))
    }

    /// How many references there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Stored(list) => list.len(),
            Self::Owned(list) => list.len(),
        }
    }

    /// Takes what is in both lists.
    pub(super) fn intersect(self, other: &Postings<'_>) -> Postings<'a> {
        let mut from = 0;
        Postings::Owned(self.filtered(|reference| other.gallop(&mut from, reference)))
    }

    /// Takes what is not in the other list.
    pub(super) fn subtract(self, other: &Postings<'_>) -> Postings<'a> {
        let mut from = 0;
        Postings::Owned(self.filtered(|reference| !other.gallop(&mut from, reference)))
    }

    /// The references as numbers.
    pub(super) fn into_vec(self) -> Vec<u32> {
        match self {
            Self::Stored(list) => list.iter().copied().map(u32::from_be_bytes).collect(),
            Self::Owned(list) => list,
        }
    }

    fn filtered(self, mut keep: impl FnMut(u32) -> bool) -> Vec<u32> {
        match self {
            Self::Stored(list) => {
                let references = list.iter().copied().map(u32::from_be_bytes);
                references.filter(|&reference| keep(reference)).collect()
            }
            Self::Owned(mut list) => {
                list.retain(|&reference| keep(reference));
                list
            }
        }
    }

    fn each(&self, each: impl FnMut(u32)) {
        match self {
            Self::Stored(list) => list.iter().copied().map(u32::from_be_bytes).for_each(each),
            Self::Owned(list) => list.iter().copied().for_each(each),
        }
    }

    /// The reference at a place.
    pub(super) fn get(&self, place: usize) -> Option<u32> {
        match self {
            Self::Stored(list) => list.get(place).copied().map(u32::from_be_bytes),
            Self::Owned(list) => list.get(place).copied(),
        }
    }

    /// Whether `wanted` is in the list; moves `from` to the first place that is not less. Calls
    /// must come with rising `wanted`.
    fn gallop(&self, from: &mut usize, wanted: u32) -> bool {
        let mut leap = 1;
        let mut low = *from;
        let mut high = low;
        while self.get(high).is_some_and(|reference| reference < wanted) {
            low = high + 1;
            high = low + leap;
            leap *= 2;
        }
        high = high.min(self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle) {
                Some(reference) if reference < wanted => low = middle + 1,
                _ => high = middle,
            }
        }
        *from = low;
        self.get(low) == Some(wanted)
    }
}

/// What is in any of the lists.
pub(super) fn union(mut lists: Vec<Postings<'_>>) -> Postings<'_> {
    if lists.len() <= 1 {
        return lists.pop().unwrap_or(Postings::Owned(Vec::new()));
    }
    let count = lists.iter().map(Postings::len).sum();
    let first = lists.iter().filter_map(|list| list.get(0)).min();
    let last = lists
        .iter()
        .filter_map(|list| list.get(list.len().wrapping_sub(1)))
        .max();
    let (Some(first), Some(last)) = (first, last) else {
        return Postings::Owned(Vec::new());
    };
    let words = (last.saturating_sub(first) / u64::BITS) as usize + 1;
    if words > count {
        return Postings::Owned(sorted(&lists, count));
    }
    // Many references close together: a bit for each sorts them at once.
    let mut bits = vec![0u64; words];
    for list in &lists {
        list.each(|reference| {
            let place = reference.saturating_sub(first);
            if let Some(word) = bits.get_mut((place / u64::BITS) as usize) {
                *word |= 1 << (place % u64::BITS);
            }
        });
    }
    let mut all = Vec::with_capacity(count);
    for (place, mut word) in (0..).zip(bits) {
        let start = first.wrapping_add(place * u64::BITS);
        while word != 0 {
            all.push(start.wrapping_add(word.trailing_zeros()));
            word &= word - 1;
        }
    }
    Postings::Owned(all)
}

/// The references of all lists, `count` with repetitions.
fn sorted(lists: &[Postings<'_>], count: usize) -> Vec<u32> {
    let mut all = Vec::with_capacity(count);
    for list in lists {
        list.each(|reference| all.push(reference));
    }
    // A stable sort finds the sorted stretches and merges them.
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn set() -> impl Strategy<Value = BTreeSet<u32>> {
        prop_oneof![
            proptest::collection::btree_set(0u32..200, 0..150),
            proptest::collection::btree_set(any::<u32>(), 0..5),
            proptest::collection::btree_set(u32::MAX - 99..=u32::MAX, 0..50),
        ]
    }

    proptest! {
        #[test]
        fn lists_do_as_sets_do(a in set(), b in set(), stored: bool) {
            let bytes: Vec<[u8; 4]> = b.iter().map(|n| n.to_be_bytes()).collect();
            let owned = |set: &BTreeSet<u32>| Postings::Owned(set.iter().copied().collect());
            let other = if stored { Postings::Stored(&bytes) } else { owned(&b) };
            let both: Vec<u32> = a.intersection(&b).copied().collect();
            prop_assert_eq!(owned(&a).intersect(&other).into_vec(), &both[..]);
            prop_assert_eq!(other.clone().intersect(&owned(&a)).into_vec(), both);
            let less: Vec<u32> = a.difference(&b).copied().collect();
            prop_assert_eq!(owned(&a).subtract(&other).into_vec(), less);
            let any: Vec<u32> = a.union(&b).copied().collect();
            prop_assert_eq!(union(vec![other.clone(), owned(&a)]).into_vec(), &any[..]);
            prop_assert_eq!(sorted(&[other, owned(&a)], 0), any);
        }
    }
}
