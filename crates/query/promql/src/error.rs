//! Why a query failed.

use std::fmt;

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
    /// It would hold more bytes than one query may.
    #[error("query processing would hold {} of memory, and one query may hold {}: narrow its selectors or its time range, or raise --query.max-memory-per-query", Bytes(*.wanted), Bytes(*.limit))]
    TooMuchMemory {
        /// What it would hold, in bytes.
        wanted: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// All queries together would hold more bytes than they may.
    #[error("all queries together would hold {} of memory ({} of it this one), and they may hold {}: ask again when others have ended, narrow the query's selectors or its time range, or raise --query.max-memory", Bytes(*.wanted), Bytes(*.own), Bytes(*.limit))]
    TooMuchMemoryOfAll {
        /// What all would hold, in bytes.
        wanted: u64,
        /// What this one holds, in bytes.
        own: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// So many others wait that no more are taken.
    #[error(
        "too many queries: {limit} wait for a place already; ask again later, or raise --query.max-queue or --query.max-concurrency"
    )]
    QueueFull {
        /// How many may wait.
        limit: usize,
    },
    /// The store failed.
    #[error("{0}")]
    Select(#[from] SelectError),
}

/// A number of bytes for people: `1.5 GiB`.
struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
        let mut size = self.0 as f64;
        let mut unit = "B";
        for larger in UNITS {
            if size < 1024.0 {
                break;
            }
            size /= 1024.0;
            unit = larger;
        }
        let text = format!("{size:.1}");
        write!(f, "{} {unit}", text.strip_suffix(".0").unwrap_or(&text))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_for_people() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (1 << 30, "1 GiB"),
            (3 << 29, "1.5 GiB"),
            (u64::MAX, "16777216 TiB"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), text);
        }
    }
}
