//! Remote write and remote read: what other servers push, request by request, and what is asked
//! of them and by them.
//!
//! A request is walked where it lies: [`write::Request`] checks its form once and then gives one
//! [`write::Series`] after the other, whose labels, samples, histograms and exemplars are read
//! when they are asked for. [`read`] has messages of its own. Sources: the specifications of remote write 1.0 and 2.0
//! (prometheus.io/docs/specs).

pub(crate) mod fields;
mod histogram;
mod histogram_write;
pub mod read;
pub mod write;

pub use fields::Malformed;
