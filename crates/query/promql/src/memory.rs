//! Memory of queries in bytes: each has a limit, and all of them together have one.
//!
//! Whoever allocates in bulk (the column of a series, the cells of a group, the list of series that
//! a selector found) takes a [`Held`] for it, which gives the bytes back when it is dropped with
//! what it stands for. Queries take memory from the [`Pool`] in slabs, so that the threads of one
//! meet those of others rarely.
//!
//! What is absent: single samples and small things that live shortly; the counts are estimates from
//! the sizes of allocations, not the allocator's.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use crate::QueryError;

/// What a query takes from the pool at once: small beside the memory of a large query, large beside
/// one column.
const SLAB: u64 = 256 << 10;

/// A query gives slabs back once it has so many to spare.
const SPARE: u64 = 16 * SLAB;

/// The memory that all queries of an engine share.
#[derive(Debug)]
pub(crate) struct Pool {
    limit: u64,
    used: AtomicU64,
}

impl Pool {
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            limit,
            used: AtomicU64::new(0),
        }
    }

    /// Bytes that queries have taken.
    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    fn take(&self, bytes: u64) -> bool {
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|sum| *sum <= self.limit)
            })
            .is_ok()
    }

    fn give_back(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The memory of one query; shared by its threads and by what it answers with.
#[derive(Debug)]
pub(crate) struct Memory {
    pool: Arc<Pool>,
    limit: u64,
    used: AtomicU64,
    peak: AtomicU64,
    /// Taken from the pool: at least what is used, unless something was refused.
    reserved: Mutex<u64>,
    /// A copy of it that is read without the lock.
    reserved_now: AtomicU64,
    refused: OnceLock<QueryError>,
}

impl Memory {
    pub(crate) fn new(pool: Arc<Pool>, limit: u64) -> Self {
        Self {
            pool,
            limit,
            used: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            reserved: Mutex::new(0),
            reserved_now: AtomicU64::new(0),
            refused: OnceLock::new(),
        }
    }

    /// The most that was held at once.
    pub(crate) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    /// Fails where something was refused before.
    pub(crate) fn check(&self) -> Result<(), QueryError> {
        self.refused.get().map_or(Ok(()), |why| Err(why.clone()))
    }

    /// Whether so much more would fit; if not, the query has been refused.
    pub(crate) fn has_room(&self, bytes: u64) -> bool {
        if let Some(error) = self.excess(bytes) {
            self.refuse(error);
        }
        self.refused.get().is_none()
    }

    /// The limit that so much more would exceed.
    pub(crate) fn excess(&self, bytes: u64) -> Option<QueryError> {
        let wanted = self.used.load(Ordering::Relaxed).saturating_add(bytes);
        if wanted > self.limit {
            return Some(self.too_much(wanted));
        }
        let reserved = self.reserved_now.load(Ordering::Relaxed);
        let more = wanted.saturating_sub(reserved);
        let all = self.pool.used().saturating_add(more);
        (more > 0 && all > self.pool.limit).then(|| self.too_much_of_all(all))
    }

    /// Takes bytes until what is answered is dropped; fails where a limit forbids it.
    pub(crate) fn hold(self: &Arc<Self>, bytes: u64) -> Result<Held, QueryError> {
        let held = self.hold_anyway(bytes);
        self.check().map(|()| held)
    }

    /// Takes bytes; where a limit forbids it, the next check of the query fails.
    fn hold_anyway(self: &Arc<Self>, bytes: u64) -> Held {
        self.take(bytes);
        Held(Some((Arc::clone(self), bytes)))
    }

    fn take(&self, bytes: u64) {
        let used = self.used.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.peak.fetch_max(used, Ordering::Relaxed);
        if used > self.limit {
            self.refuse(self.too_much(used));
        } else if used > self.reserved_now.load(Ordering::Relaxed) {
            self.reserve(used);
        }
    }

    #[cold]
    fn reserve(&self, used: u64) {
        let mut reserved = self.reserved.lock();
        let Some(missing) = used.checked_sub(*reserved).filter(|missing| *missing > 0) else {
            return;
        };
        let slabs = missing.div_ceil(SLAB).saturating_mul(SLAB);
        // A limit smaller than a slab still lets through what fits into it.
        let taken = [slabs, missing]
            .into_iter()
            .find(|bytes| self.pool.take(*bytes));
        match taken {
            Some(bytes) => {
                *reserved += bytes;
                self.reserved_now.store(*reserved, Ordering::Relaxed);
            }
            None => {
                self.refuse(self.too_much_of_all(self.pool.used().saturating_add(missing)));
            }
        }
    }

    fn release(&self, bytes: u64) {
        let used = self.used.fetch_sub(bytes, Ordering::Relaxed) - bytes;
        let spare = |reserved: u64| reserved.saturating_sub(used.saturating_add(SLAB));
        if spare(self.reserved_now.load(Ordering::Relaxed)) < SPARE {
            return;
        }
        let mut reserved = self.reserved.lock();
        let back = spare(*reserved);
        *reserved -= back;
        self.reserved_now.store(*reserved, Ordering::Relaxed);
        self.pool.give_back(back);
    }

    fn refuse(&self, error: QueryError) {
        // The first refusal is the one that is told.
        let _ = self.refused.set(error);
    }

    fn too_much(&self, wanted: u64) -> QueryError {
        QueryError::TooMuchMemory {
            wanted,
            limit: self.limit,
        }
    }

    fn too_much_of_all(&self, wanted: u64) -> QueryError {
        QueryError::TooMuchMemoryOfAll {
            wanted,
            limit: self.pool.limit,
            own: self.used.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.pool.give_back(*self.reserved.get_mut());
    }
}

/// Bytes that a query holds; given back when dropped. Stands beside what they were taken for.
#[derive(Debug, Default)]
pub struct Held(Option<(Arc<Memory>, u64)>);

impl Held {
    /// Whether bytes were taken at all.
    pub(crate) fn is_counted(&self) -> bool {
        self.0.is_some()
    }

    /// Makes it so many bytes; fails where a limit of the query forbids it. Nothing is counted
    /// where the query's memory is not known.
    pub fn resize(&mut self, bytes: usize) -> Result<(), QueryError> {
        let Some((memory, held)) = &mut self.0 else {
            return Ok(());
        };
        let bytes = bytes as u64;
        if bytes > *held {
            memory.take(bytes - *held);
        } else if bytes < *held {
            memory.release(*held - bytes);
        } else {
            return Ok(());
        }
        *held = bytes;
        memory.check()
    }
}

impl Clone for Held {
    fn clone(&self) -> Self {
        match &self.0 {
            Some((memory, bytes)) => memory.hold_anyway(*bytes),
            None => Self(None),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((memory, bytes)) = &self.0 {
            memory.release(*bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(pool: &Arc<Pool>, limit: u64) -> Arc<Memory> {
        Arc::new(Memory::new(Arc::clone(pool), limit))
    }

    #[test]
    fn what_is_dropped_is_given_back() {
        let pool = Arc::new(Pool::new(100 << 20));
        let query = memory(&pool, 50 << 20);
        let mut held = query.hold(30 << 20).unwrap();
        let copy = held.clone();
        assert!(query.check().is_err(), "60 MiB of 50");
        drop(copy);
        held.resize(1 << 20).unwrap_err();
        assert!(pool.used() <= (1 << 20) + SPARE + SLAB);
        assert_eq!(query.peak(), 60 << 20);
        drop(held);
        drop(query);
        assert_eq!(pool.used(), 0);
    }

    #[test]
    fn the_pool_is_shared() {
        let pool = Arc::new(Pool::new(10 << 20));
        let (one, other) = (memory(&pool, u64::MAX), memory(&pool, u64::MAX));
        let first = one.hold(8 << 20).unwrap();
        let refused = other.hold(4 << 20).unwrap_err().to_string();
        assert!(refused.contains("--query.max-memory"), "{refused}");
        drop(first);
        drop(one);
        let another = memory(&pool, u64::MAX);
        assert!(another.hold(9 << 20).is_ok());
    }

    #[test]
    fn a_limit_is_exact() {
        let pool = Arc::new(Pool::new(1000));
        let query = memory(&pool, 900);
        assert!(query.has_room(900));
        let held = query.hold(900).unwrap();
        assert!(!query.has_room(1));
        drop(held);
        assert_eq!(
            query.hold(1).unwrap_err(),
            QueryError::TooMuchMemory {
                wanted: 901,
                limit: 900
            },
            "a refused query stays refused"
        );
        let large = memory(&pool, u64::MAX);
        assert!(large.hold(1001).is_err());
    }
}
