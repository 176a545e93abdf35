//! What others push: requests come in, batches go to an [`contract::Append`].
//!
//! ```text
//! request > decompressed > series, each by its hash > ids > one batch > Append
//! ```
//! A request is read whole before any of it is stored, so that one that is malformed stores
//! nothing. Samples that the store refuses are named in the answer, and the others are stored.
//!
//! [`RemoteWrite`] takes what other servers push, [`Otlp`] what programs push that measure with
//! OpenTelemetry. Absent: sockets and routes, which `serve` has; the byte formats, which `wire` has.

mod body;
#[cfg(test)]
mod forgetful;
mod ids;
mod otlp;
mod pending;
mod refuse;
mod remote_write;
mod scratch;

pub use body::{BodyError, Encoding, MOST_BYTES};
pub use otlp::{Accepted, Deltas, Form, Otlp, OtlpOptions};
pub use refuse::{Refused, Written};
pub use remote_write::RemoteWrite;
pub use wire::remote::write::Version;
