//! Queries, for whoever asks without knowing the language's engine: rules and templates.

use std::sync::Arc;

use model::{FloatHistogram, Labels};
use thiserror::Error;

/// One series of an answer at the moment of the query. A query whose value is a plain number
/// answers with one point without labels.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryPoint {
    /// Whose value it is.
    pub labels: Labels,
    /// The value; meaningless where there is a histogram.
    pub value: f64,
    /// The value, where it is a native histogram.
    pub histogram: Option<Arc<FloatHistogram>>,
}

/// Why there is no answer, in the words of the engine.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QueryFault {
    /// The text is no query; the place is in the words.
    #[error("{0}")]
    Malformed(String),
    /// It could not be answered: a limit, the time, a type that does not fit, the store.
    #[error("{0}")]
    Failed(String),
    /// The server is stopping, or nobody wants the answer any more.
    #[error("query was canceled")]
    Cancelled,
}

/// Which metrics a query reads, to tell which rules wait for which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reads {
    /// These, by name.
    Metrics(Vec<String>),
    /// Perhaps any: a selector names no metric, or by a pattern.
    Anything,
}

/// Whoever understands queries.
pub trait Query: Send + Sync {
    /// Reads a query's text, once for many answers.
    fn prepare(&self, text: &str) -> Result<Arc<dyn PreparedQuery>, QueryFault>;
}

/// A query that has been read.
pub trait PreparedQuery: Send + Sync {
    /// The query as the language writes it in canonical form.
    fn text(&self) -> &str;

    /// What it reads.
    fn reads(&self) -> Reads;

    /// Its answer at a moment, in milliseconds since the epoch: never two points with the same
    /// labels, in no particular order. Blocks until there is one, so that asynchronous callers ask
    /// on a thread that may wait.
    fn at(&self, time: i64) -> Result<Vec<QueryPoint>, QueryFault>;
}
