//! Memory of requests that have ended, kept for those that come.

use parking_lot::Mutex;

/// Buffers kept for later requests.
const MOST_KEPT: usize = 8;

/// What grew beyond this many samples, new series or bytes is not kept: a request that is larger
/// than usual leaves nothing behind.
pub(crate) const MOST_KEPT_SAMPLES: usize = 1 << 18;
pub(crate) const MOST_KEPT_SERIES: usize = 1 << 14;
pub(crate) const MOST_KEPT_BYTES: usize = 4 << 20;

/// Memory of one request.
pub(crate) trait Scratch: Default {
    /// Empties it, and keeps its memory.
    fn clear(&mut self);

    /// Whether it has not grown beyond what is kept.
    fn is_worth_keeping(&self) -> bool;
}

/// Memory that no request uses now.
#[derive(Debug, Default)]
pub(crate) struct Free<T>(Mutex<Vec<T>>);

impl<T: Scratch> Free<T> {
    /// Memory for a request: some that is there, or none yet.
    pub(crate) fn take(&self) -> T {
        self.0.lock().pop().unwrap_or_default()
    }

    /// Takes the memory of a request that has ended back.
    pub(crate) fn give_back(&self, mut scratch: T) {
        scratch.clear();
        if scratch.is_worth_keeping() {
            let mut free = self.0.lock();
            if free.len() < MOST_KEPT {
                free.push(scratch);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of which at most four are kept.
    #[derive(Debug, Default)]
    struct Few(Vec<u8>);

    impl Scratch for Few {
        fn clear(&mut self) {
            self.0.clear();
        }

        fn is_worth_keeping(&self) -> bool {
            self.0.capacity() <= 4
        }
    }

    #[test]
    fn what_comes_again_is_empty_and_not_large() {
        let free = Free::default();
        for (capacity, kept) in [(4, 4), (5, 0)] {
            let mut used = Few(Vec::with_capacity(capacity));
            used.0.push(1);
            free.give_back(used);
            let Few(bytes) = free.take();
            assert!(bytes.is_empty());
            assert_eq!(bytes.capacity(), kept);
        }
        for _ in 0..=MOST_KEPT {
            free.give_back(Few(Vec::with_capacity(1)));
        }
        assert_eq!(free.0.lock().len(), MOST_KEPT);
    }
}
