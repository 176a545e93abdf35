//! A data directory without a running store: listed, read, checked, and blocks written into it.
//!
//! In goes the path of a directory that this store or Prometheus wrote; out come the facts of its
//! blocks ([`blocks`]). Invariants: reading takes no lock, creates no file and changes none, so
//! that a server may have the directory in use meanwhile; what is read is checked against its
//! checksums. What is absent: repair of any kind.

mod list;

pub use list::{BlockFacts, blocks, last_block};
