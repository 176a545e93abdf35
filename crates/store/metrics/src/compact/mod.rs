//! Compaction: blocks become fewer and longer ones, without what was deleted.
//!
//! ```text
//! plan (which blocks) ─> merge (series by series) ─> chunks (one series) ─> a new block
//!                                                                       └─> its parents go
//! ```
//! A thread of its own with low priority does it ([`worker`]); the head is cut beside it. The order
//! makes every moment one that a crash may choose: the new block is whole on the disk before queries
//! find it and before the first of its parents goes; a start removes parents that are left over,
//! which `meta.json` of the new block names.
//!
//! Invariants: queries answer the same before and after, to the bit; what is in memory is the
//! symbols, a number a series and label, and one series' samples, whatever the size of the blocks.
//! Locks are taken in this order: `merging`, then the store's `maintenance`.

mod chunks;
mod encode;
mod merge;
mod plan;
mod run;
mod worker;

pub(crate) use worker::Worker;
