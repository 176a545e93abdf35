//! The records of the write-ahead log, byte for byte as Prometheus writes them.
//!
//! A record is one type byte and a body. Each kind that this store writes or honours has a file
//! here with its layout. Kinds that it does not know are skipped by replay and counted.
//!
//! Invariant: decoding never panics and never allocates more than a small multiple of the
//! record's length.

pub(crate) mod bytes;
pub(crate) mod exemplars;
pub(crate) mod histograms;
pub(crate) mod markers;
pub(crate) mod metadata;
pub(crate) mod samples;
pub(crate) mod series;
pub(crate) mod tombstones;

use thiserror::Error;

/// What a record holds, by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Series,
    Samples,
    Tombstones,
    Exemplars,
    Markers,
    Metadata,
    /// Samples with start times.
    SamplesWithStarts,
    /// Native histograms, of either kind of counts.
    Histograms(histograms::Form),
    /// A kind that this store does not know.
    Other(u8),
}

/// The type byte of a series record.
pub(crate) const SERIES: u8 = 1;
/// The type byte of a samples record.
pub(crate) const SAMPLES: u8 = 2;
/// The type byte of a tombstones record.
pub(crate) const TOMBSTONES: u8 = 3;
/// The type byte of an exemplars record.
pub(crate) const EXEMPLARS: u8 = 4;
/// The type byte of a metadata record.
pub(crate) const METADATA: u8 = 6;
/// The type byte of a samples record with start times.
pub(crate) const SAMPLES_WITH_STARTS: u8 = 11;

impl Kind {
    /// The kind of a record and its body; `None` for a record without bytes.
    pub(crate) fn split(record: &[u8]) -> Option<(Self, &[u8])> {
        let (&kind, body) = record.split_first()?;
        let kind = match kind {
            SERIES => Self::Series,
            SAMPLES => Self::Samples,
            TOMBSTONES => Self::Tombstones,
            EXEMPLARS => Self::Exemplars,
            markers::MARKERS => Self::Markers,
            METADATA => Self::Metadata,
            SAMPLES_WITH_STARTS => Self::SamplesWithStarts,
            other => match histograms::Form::from_byte(other) {
                Some(form) => Self::Histograms(form),
                None => Self::Other(other),
            },
        };
        Some((kind, body))
    }
}

/// The highest series reference that a record of samples speaks of; 0 for others.
pub(crate) fn highest_reference(record: &[u8]) -> u64 {
    let mut highest = 0;
    let mut see = |reference: u64| highest = reference.max(highest);
    // What decodes before damage counts.
    let _ = match Kind::split(record) {
        Some((Kind::Samples, body)) => samples::decode(body, |reference, _, _| see(reference)),
        Some((Kind::SamplesWithStarts, body)) => {
            samples::decode_with_starts(body, |reference, _, _| see(reference))
        }
        Some((Kind::Histograms(form), body)) => {
            histograms::decode(form, body, |reference, _, _| see(reference))
        }
        _ => Ok(()),
    };
    highest
}

/// A record whose bytes do not add up, although their checksum did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{kind} record does not decode: {left} bytes before its end")]
pub(crate) struct BadRecord {
    pub(crate) kind: &'static str,
    pub(crate) left: usize,
}
