//! Why a query failed.

use contract::SelectError;
use thiserror::Error;

use crate::ParseError;

/// Why a query failed; the texts are those that clients of Prometheus know.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum QueryError {
    /// The text is no query.
    #[error("{0}")]
    Parse(ParseError),
    /// The query is right and not of a type that can be asked for in this way.
    #[error("{0}")]
    Type(String),
    /// The query cannot be answered over this data.
    #[error("{0}")]
    Execution(String),
    /// It took too long; says where it was.
    #[error("query timed out in {0}")]
    Timeout(String),
    /// The asker no longer wants it; says where it was.
    #[error("query was canceled in {0}")]
    Canceled(String),
    /// It would hold more samples than allowed.
    #[error("query processing would load too many samples into memory in query execution")]
    TooManySamples {
        /// The limit, in samples held at once.
        limit: usize,
    },
    /// The store failed.
    #[error("{0}")]
    Select(#[from] SelectError),
}

impl QueryError {
    pub(crate) fn execution(text: impl Into<String>) -> Self {
        Self::Execution(text.into())
    }

    /// The error of two series that cannot be told apart.
    pub(crate) fn same_labelset() -> Self {
        Self::execution("vector cannot contain metrics with the same labelset")
    }
}
