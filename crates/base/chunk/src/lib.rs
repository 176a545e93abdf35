//! The encodings of chunks: samples of one series, packed.
//!
//! In go the bytes of a chunk as Prometheus' files have them, behind the byte that names their
//! [`Encoding`]; out come samples in [`Columns`]. [`pack`] goes the other way, by way of chunks that
//! grow ([`XorChunk`], [`HistogramChunk`]); the head of the store writes floats straight into memory
//! of its own. Invariants: no bytes make a
//! decoder panic, and what it takes of memory is bounded by the length of the bytes, whatever the
//! counts in them say. What is absent: start times of samples, which are passed over.
//!
//! ```text
//! bits, value, layout, buckets ──> xor, xor2, histogram, float_histogram ──> Encoding
//!                           xor_write ──> XorChunk, encoder ──> HistogramChunk ──> pack
//! ```
//! Source of the formats: Prometheus' tsdb/docs/format/chunks.md.

mod bits;
mod buckets;
mod encoder;
mod float_histogram;
mod grow;
mod histogram;
mod histograms;
mod layout;
mod pack;
mod start_times;
mod value;
mod xor;
mod xor2;
mod xor_write;

#[cfg(test)]
mod histogram_tests;
#[cfg(test)]
mod xor2_tests;

use model::Columns;
use thiserror::Error;

use float_histogram::Floats;
use histogram::Integers;
use histograms::{Header, samples};

pub use grow::{HistogramChunk, same_histogram};
pub use pack::{Chunk, pack};
pub use xor_write::XorChunk;

/// Bytes that are no chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the bytes of the chunk do not add up")]
pub struct BadChunk;

/// The encoding byte of a chunk that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("encoding {0} ({name}) cannot be read", name = name_of(*.0))]
pub struct UnknownEncoding(u8);

/// How a chunk is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Floats.
    Xor,
    /// Histograms that count whole observations.
    Histogram,
    /// Histograms that count in floats.
    FloatHistogram,
    /// Floats, denser, with optional start times.
    Xor2,
    /// As [`Encoding::Histogram`], with optional start times.
    HistogramWithStarts,
    /// As [`Encoding::FloatHistogram`], with optional start times.
    FloatHistogramWithStarts,
}

impl Encoding {
    /// The encoding that a byte of a file names.
    pub fn from_byte(byte: u8) -> Result<Self, UnknownEncoding> {
        Ok(match byte {
            1 => Self::Xor,
            2 => Self::Histogram,
            3 => Self::FloatHistogram,
            4 => Self::Xor2,
            5 => Self::HistogramWithStarts,
            6 => Self::FloatHistogramWithStarts,
            other => return Err(UnknownEncoding(other)),
        })
    }

    /// The byte that names it in files.
    pub fn byte(self) -> u8 {
        match self {
            Self::Xor => 1,
            Self::Histogram => 2,
            Self::FloatHistogram => 3,
            Self::Xor2 => 4,
            Self::HistogramWithStarts => 5,
            Self::FloatHistogramWithStarts => 6,
        }
    }

    /// Appends the chunk's samples from the time `from` to the time `to`, both included, to the
    /// column of their kind. Stops at the first sample after `to`: the bytes behind it are not
    /// looked at. After an error some samples may have been appended.
    #[inline]
    pub fn decode_range(
        self,
        bytes: &[u8],
        from: i64,
        to: i64,
        into: &mut Columns,
    ) -> Result<(), BadChunk> {
        let decoded = match self {
            Self::Xor => xor::samples(bytes, from, to, into),
            Self::Xor2 => xor2::samples(bytes, from, to, into),
            Self::Histogram | Self::HistogramWithStarts => {
                let header = Header::read(bytes, self == Self::HistogramWithStarts);
                header.and_then(|(h, rest)| samples::<Integers>(h, rest, (from, to), into))
            }
            Self::FloatHistogram | Self::FloatHistogramWithStarts => {
                let header = Header::read(bytes, self == Self::FloatHistogramWithStarts);
                header.and_then(|(h, rest)| samples::<Floats>(h, rest, (from, to), into))
            }
        };
        decoded.ok_or(BadChunk)
    }

    /// Appends all samples of the chunk.
    pub fn decode(self, bytes: &[u8], into: &mut Columns) -> Result<(), BadChunk> {
        self.decode_range(bytes, i64::MIN, i64::MAX, into)
    }

    /// How many samples the chunk says it has.
    pub fn count(self, bytes: &[u8]) -> Option<u16> {
        match self {
            Self::HistogramWithStarts | Self::FloatHistogramWithStarts => {
                Header::read(bytes, true).map(|(header, _)| header.count)
            }
            _ => bytes.first_chunk().copied().map(u16::from_be_bytes),
        }
    }
}

fn name_of(encoding: u8) -> &'static str {
    match encoding {
        0 => "none",
        0xff => "downsampled by Thanos",
        _ => "unknown",
    }
}
