//! Remote read: series that one server asks of another.
//!
//! A [`ReadRequest`] holds queries. It is answered with one message of plain samples
//! ([`samples`]), or with a stream of frames that carry chunks ([`frames`]), whichever the asker
//! names first. Bodies are compressed by snappy, but for the stream; that is whoever calls this to
//! do. Source: prompb/remote.proto and types.proto of Prometheus, and its description of the
//! streamed form (prometheus.io/docs/prometheus/latest/querying/remote_read_api).

pub mod frames;
mod request;
pub mod samples;

use chunk::UnknownEncoding;
use model::PatternError;
use thiserror::Error;

use super::Malformed;
pub use frames::{FrameReader, FrameWriter};
pub use request::{AnswerForm, Hints, ReadQuery, ReadRequest};

/// Bytes that are no request or no answer.
#[derive(Debug, Error)]
pub enum BadRead {
    /// No message of its kind.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// A matcher compares in a way that nobody knows.
    #[error("invalid matcher type {0}")]
    Matcher(u64),
    /// The pattern of a matcher is none.
    #[error("{0}")]
    Pattern(#[from] PatternError),
    /// A chunk cannot be read.
    #[error("chunk: {0}")]
    Encoding(#[from] UnknownEncoding),
    /// The samples of a chunk cannot be read.
    #[error("{0}")]
    Chunk(#[from] chunk::BadChunk),
    /// A frame's bytes are not those that were sent.
    #[error("a frame's checksum is wrong")]
    Checksum,
    /// A frame is longer than whoever asked takes.
    #[error("a frame of {size} bytes exceeds the limit of {limit}")]
    FrameSize {
        /// Bytes that it would have.
        size: u64,
        /// Bytes that are taken.
        limit: usize,
    },
    /// The stream ends within a frame.
    #[error("the stream ends within a frame")]
    Cut,
}

#[cfg(test)]
mod tests;
