//! Why a scrape failed, as the targets page shows it.

use contract::AppendError;
use http_client::HttpError;
use thiserror::Error;

/// Why nothing of a scrape was stored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ScrapeError {
    /// No usable answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The answer is larger than is taken.
    #[error("body size limit of {limit} bytes exceeded (raise it with body_size_limit)")]
    BodySize {
        /// The limit, in bytes after decompression.
        limit: u64,
    },
    /// The answer's form is not known.
    #[error("{0}")]
    ContentType(String),
    /// A line cannot be read; says which.
    #[error("{0}")]
    Parse(String),
    /// A series is no series; says which line.
    #[error("line {line}: {reason}")]
    Series {
        /// The line of the answer, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// More samples than are taken.
    #[error("sample limit exceeded: more than {limit} samples (raise it with sample_limit)")]
    SampleLimit {
        /// The limit, in samples after metric relabelling.
        limit: u64,
    },
    /// A native histogram has more buckets than are taken, however coarse it is made.
    #[error(
        "histogram bucket limit of {limit} exceeded (raise it with native_histogram_bucket_limit)"
    )]
    BucketLimit {
        /// The limit, in buckets.
        limit: u64,
    },
    /// A label is too long or there are too many; says which.
    #[error("{0}")]
    LabelLimit(String),
    /// The target has more series than one may have.
    #[error(
        "series limit of {limit} a target reached (raise it with --scrape.max-series-per-target)"
    )]
    TargetSeries {
        /// The limit, in series.
        limit: u64,
    },
    /// The job has more targets than are taken.
    #[error("target_limit exceeded (number of targets: {targets}, limit: {limit})")]
    TargetLimit {
        /// How many there are.
        targets: usize,
        /// The limit.
        limit: u64,
    },
    /// The store took nothing.
    #[error(transparent)]
    Append(#[from] AppendError),
}
