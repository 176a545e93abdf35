//! The bits of open chunks: chains of small segments of one size, in one pool.
//!
//! A chunk grows a byte or two a sample. A buffer of its own for each series would cost a
//! header, be half empty and be copied as it grows; a chain wastes less than one segment and
//! moves nothing. Freed segments serve the next chunk, whatever its size.

use super::paged::Paged;

/// Words of a segment that hold data; 32 bytes with the link.
const DATA: usize = 7;
/// No segment.
const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Segment {
    next: u32,
    data: [u32; DATA],
}

/// Where the words of one chunk lie in the pool; how many there are its owner knows. Made empty by
/// `default`; must be given back with [`Segments::release`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain {
    first: u32,
    last: u32,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            first: NONE,
            last: NONE,
        }
    }
}

/// The pool.
#[derive(Debug)]
pub(crate) struct Segments {
    pool: Paged<Segment>,
    /// Chain of the free ones.
    free: u32,
}

impl Default for Segments {
    fn default() -> Self {
        Self {
            pool: Paged::default(),
            free: NONE,
        }
    }
}

impl Segments {
    /// Segments in the pool, free ones too.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.pool.len()
    }

    /// Adds a word at the end of a chain that has `len`. A word beyond the pool's 2³² segments is
    /// refused.
    #[inline]
    pub(crate) fn push(&mut self, chain: &mut Chain, len: u16, word: u32) -> bool {
        let place = usize::from(len) % DATA;
        if place == 0 {
            let Some(fresh) = self.take() else {
                return false;
            };
            match self.pool.get_mut(chain.last) {
                Some(last) => last.next = fresh,
                None => chain.first = fresh,
            }
            chain.last = fresh;
        }
        let at = self
            .pool
            .get_mut(chain.last)
            .and_then(|segment| segment.data.get_mut(place));
        if let Some(at) = at {
            *at = word;
        }
        true
    }

    /// Appends the `len` words of a chain to `out`, highest byte first.
    pub(crate) fn copy(&self, chain: &Chain, len: u16, out: &mut Vec<u8>) {
        let mut left = usize::from(len);
        let mut next = chain.first;
        while left > 0
            && let Some(segment) = self.pool.get(next)
        {
            let taken = left.min(DATA);
            let bytes = segment.data.map(u32::to_be_bytes);
            let bytes = bytes.get(..taken).unwrap_or_default();
            out.extend_from_slice(bytes.as_flattened());
            left -= taken;
            next = segment.next;
        }
    }

    /// Goes to the end of chains, side by side: each step along one waits for memory, and so the
    /// waits for all come to about those for one. Whoever copies the chains next waits no more.
    pub(crate) fn warm(&self, chains: &mut [Chain]) {
        let mut goes_on = true;
        while goes_on {
            goes_on = false;
            for chain in chains.iter_mut() {
                if let Some(segment) = self.pool.get(chain.first) {
                    let is_last = chain.first == chain.last;
                    chain.first = if is_last { NONE } else { segment.next };
                    goes_on = true;
                }
            }
        }
    }

    /// Gives the chain's segments back and makes it empty.
    pub(crate) fn release(&mut self, chain: &mut Chain) {
        if let Some(last) = self.pool.get_mut(chain.last) {
            last.next = self.free;
            self.free = chain.first;
        }
        *chain = Chain::default();
    }

    fn take(&mut self) -> Option<u32> {
        if let Some(segment) = self.pool.get_mut(self.free) {
            return Some(std::mem::replace(
                &mut self.free,
                std::mem::replace(&mut segment.next, NONE),
            ));
        }
        let fresh = u32::try_from(self.pool.len()).ok().filter(|&n| n != NONE)?;
        self.pool.push(Segment {
            next: NONE,
            data: [0; DATA],
        });
        Some(fresh)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn chains_keep_their_words(steps in proptest::collection::vec((0usize..4, any::<u32>(), 0u32..40), 0..400)) {
            let mut pool = Segments::default();
            let mut chains = [Chain::default(); 4];
            let mut model: [Vec<u32>; 4] = Default::default();
            for (which, word, action) in steps {
                if action == 0 {
                    pool.release(&mut chains[which]);
                    model[which].clear();
                }
                for n in 0..action {
                    prop_assert!(pool.push(&mut chains[which], model[which].len() as u16, word ^ n));
                    model[which].push(word ^ n);
                }
                for (chain, words) in chains.iter().zip(&model) {
                    let mut out = Vec::new();
                    pool.copy(chain, words.len() as u16, &mut out);
                    let expected: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
                    prop_assert_eq!(&out, &expected);
                }
            }
        }
    }
}
