//! The labels of all series: pair numbers in one flat list.

/// The hash of a list, equal for equal lists.
pub(crate) fn hash_of(pairs: &[u32]) -> u64 {
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mixed = pairs.iter().fold(0u64, |hash, &pair| {
        (hash.rotate_left(29) ^ u64::from(pair)).wrapping_mul(SPREAD)
    });
    mixed ^ mixed >> 32
}

/// Label lists, each behind its length.
#[derive(Debug, Default)]
pub(crate) struct LabelLists {
    flat: Vec<u32>,
    /// Words of lists that nobody refers to any more.
    dead: usize,
}

impl LabelLists {
    /// Adds a list; answers its place. `None` when the store is full: 2³² words.
    pub(crate) fn add(&mut self, pairs: &[u32]) -> Option<u32> {
        let place = u32::try_from(self.flat.len()).ok()?;
        self.flat.push(u32::try_from(pairs.len()).ok()?);
        self.flat.extend_from_slice(pairs);
        Some(place)
    }

    /// Words of all lists, dead ones too.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.flat.len()
    }

    /// The list at a place, sorted by label name.
    #[inline]
    pub(crate) fn get(&self, place: u32) -> &[u32] {
        let Some((&len, rest)) = self
            .flat
            .get(place as usize..)
            .and_then(<[u32]>::split_first)
        else {
            return &[];
        };
        rest.get(..len as usize).unwrap_or_default()
    }

    /// Says that a list is no longer needed.
    pub(crate) fn forget(&mut self, place: u32) {
        self.dead += self.get(place).len() + 1;
    }

    /// Whether rebuilding would free at least half.
    pub(crate) fn is_wasteful(&self) -> bool {
        self.dead * 2 > self.flat.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_found_at_their_place() {
        let mut lists = LabelLists::default();
        let a = lists.add(&[1, 2, 3]).unwrap();
        let b = lists.add(&[]).unwrap();
        let c = lists.add(&[9]).unwrap();
        assert_eq!(
            (lists.get(a), lists.get(b), lists.get(c)),
            (&[1, 2, 3][..], &[][..], &[9][..])
        );
        assert_eq!(lists.get(c + 2), &[] as &[u32]);
        assert!(!lists.is_wasteful());
        lists.forget(a);
        assert!(lists.is_wasteful());
    }
}
