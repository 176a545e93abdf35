//! Remote write: what other servers push, request by request.
//!
//! A request is walked where it lies: [`write::Request`] checks its form once and then gives one
//! [`write::Series`] after the other, whose labels, samples, histograms and exemplars are read
//! when they are asked for. Sources: the specifications of remote write 1.0 and 2.0
//! (prometheus.io/docs/specs).

mod histogram;
pub mod write;

pub use crate::fields::Malformed;
