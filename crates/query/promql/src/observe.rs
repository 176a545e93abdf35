//! What an engine tells of its queries, for logs.

use std::sync::Arc;

use model::TraceContext;

use crate::{QueryError, Stats};

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The program itself.
    #[default]
    Internal,
    /// Rules and their templates. They are let in however long the queue is.
    Rules,
    /// A request over HTTP.
    Http(HttpOrigin),
}

/// A request over HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpOrigin {
    /// Who asks, where the server knows its users.
    pub user: Option<String>,
    /// The client's address, without its port.
    pub client: String,
    /// The method, such as `GET`.
    pub method: String,
    /// The path below the server's prefix, such as `/api/v1/query`.
    pub path: String,
    /// Where it belongs among the requests of others, where anybody wants to know.
    pub trace: Option<TraceContext>,
}

impl Origin {
    /// Those with the same key wait in one line.
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Internal => "",
            Self::Rules => "rules",
            Self::Http(http) => http.user.as_deref().unwrap_or(&http.client),
        }
    }
}

/// A query that has ended.
#[derive(Clone, Copy, Debug)]
pub struct QueryRecord<'q> {
    /// Its text.
    pub query: &'q str,
    /// Its first moment, in milliseconds since the epoch.
    pub start: i64,
    /// Its last moment, in milliseconds since the epoch.
    pub end: i64,
    /// From one moment to the next, in milliseconds; 0 of a query at one moment.
    pub interval: i64,
    /// Who asked.
    pub origin: &'q Origin,
    /// Why there is no answer.
    pub error: Option<&'q QueryError>,
    /// What it cost.
    pub stats: &'q Stats,
}

/// Whoever is told of queries, on the thread of the query: it should not take long.
pub trait QueryObserver: Send + Sync {
    /// A query has a place and is evaluated from now on.
    fn began(&self, place: usize, query: &str);

    /// The query of a place is no longer evaluated.
    fn left(&self, place: usize);

    /// A query has ended, with an answer or without, be it in the queue.
    fn ended(&self, query: &QueryRecord<'_>);
}

/// Everyone who is told.
#[derive(Clone, Default)]
pub(crate) struct Observers(pub(crate) Vec<Arc<dyn QueryObserver>>);

impl Observers {
    pub(crate) fn began(&self, place: usize, query: &str) {
        self.0.iter().for_each(|one| one.began(place, query));
    }

    pub(crate) fn left(&self, place: usize) {
        self.0.iter().for_each(|one| one.left(place));
    }

    pub(crate) fn ended(&self, query: &QueryRecord<'_>) {
        self.0.iter().for_each(|one| one.ended(query));
    }
}

impl std::fmt::Debug for Observers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} observers", self.0.len())
    }
}
