//! Remote write and remote read: what servers push to each other and ask of each other.
//!
//! A write request is walked where it lies: [`write::Request`] checks its form once and then gives
//! one [`write::Series`] after the other, whose labels, samples, histograms and exemplars are read
//! when they are asked for. [`write::RequestWriter`] makes one. [`read`] has messages of its own.
//! Sources: the specifications of remote write 1.0 and 2.0 (prometheus.io/docs/specs).

mod histogram;
mod histogram_put;
pub(crate) mod put;
pub mod read;
pub mod write;

pub use crate::fields::Malformed;
