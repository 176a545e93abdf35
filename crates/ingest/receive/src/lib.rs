//! What others push: requests come in, batches go to an [`contract::Append`].
//!
//! ```text
//! request > decompressed > series, each by its hash > ids > one batch > Append
//! ```
//! A request is read whole before any of it is stored, so that one that is malformed stores
//! nothing. Samples that the store refuses are named in the answer, and the others are stored.
//!
//! Absent: sockets and routes, which `serve` has; the byte formats, which `wire` has.

mod remote_write;

pub use remote_write::{Refused, RemoteWrite, Written};
pub use wire::remote::write::Version;
