//! The bytes of open chunks: chains of small segments of one size, in one pool.
//!
//! A chunk grows a byte or two a sample. A buffer of its own for each series would cost a
//! header, be half empty and be copied as it grows; a chain wastes less than one segment and
//! moves nothing. Freed segments serve the next chunk, whatever its size.

use super::paged::Paged;

/// Bytes of a segment that hold data.
const DATA: usize = 28;
/// No segment.
const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Segment {
    next: u32,
    data: [u8; DATA],
}

/// The bytes of one chunk in the pool. Made empty by `default`; must be given back with
/// [`Segments::release`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain {
    first: u32,
    last: u32,
    len: u16,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            first: NONE,
            last: NONE,
            len: 0,
        }
    }
}

impl Chain {
    /// How many bytes the chain holds.
    pub(crate) fn len(&self) -> usize {
        usize::from(self.len)
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
    /// Adds a byte at the end. A byte beyond 65,535 or beyond the pool's 2³² segments is refused.
    #[inline]
    pub(crate) fn push(&mut self, chain: &mut Chain, byte: u8) -> bool {
        let place = chain.len() % DATA;
        let Some(len) = chain.len.checked_add(1) else {
            return false;
        };
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
            *at = byte;
        }
        chain.len = len;
        true
    }

    /// The last byte, to read and change.
    #[inline]
    pub(crate) fn last_mut(&mut self, chain: &Chain) -> Option<&mut u8> {
        let place = chain.len().checked_sub(1)? % DATA;
        self.pool.get_mut(chain.last)?.data.get_mut(place)
    }

    /// Appends the chain's bytes to `out`.
    pub(crate) fn copy(&self, chain: &Chain, out: &mut Vec<u8>) {
        let mut left = chain.len();
        let mut next = chain.first;
        while let Some(segment) = self.pool.get(next) {
            let taken = left.min(DATA);
            out.extend_from_slice(segment.data.get(..taken).unwrap_or_default());
            left -= taken;
            if left == 0 {
                return;
            }
            next = segment.next;
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
        fn chains_keep_their_bytes(steps in proptest::collection::vec((0usize..4, any::<u8>(), 0u8..40), 0..400)) {
            let mut pool = Segments::default();
            let mut chains = [Chain::default(); 4];
            let mut model: [Vec<u8>; 4] = Default::default();
            for (which, byte, action) in steps {
                match action {
                    0 => {
                        pool.release(&mut chains[which]);
                        model[which].clear();
                    }
                    1 => {
                        if let Some(last) = pool.last_mut(&chains[which]) {
                            *last ^= byte;
                            *model[which].last_mut().unwrap() ^= byte;
                        }
                    }
                    _ => {
                        for n in 0..action {
                            prop_assert!(pool.push(&mut chains[which], byte ^ n));
                            model[which].push(byte ^ n);
                        }
                    }
                }
                for (chain, bytes) in chains.iter().zip(&model) {
                    let mut out = Vec::new();
                    pool.copy(chain, &mut out);
                    prop_assert_eq!(&out, bytes);
                }
            }
        }
    }
}
