//! Reading elsewhere: series of other servers beside those that are stored here.
//!
//! [`RemoteRead`] is a store that asks the local one and, at the same time, every server of
//! `remote_read` that may know more; what both have becomes one series. A server that fails is a
//! warning in the answer and takes nothing from it. Answers stay packed until they are read, and
//! what they take counts as memory of the query. What is absent: names and values of labels, which
//! the protocol cannot ask for; they are those of the local store.
//!
//! ```text
//! selection ─> query of each server ─> answer (samples, or frames of chunks) ─> list of all series
//!          └─> local store ──────────────────────────────────────────────────┘
//! ```

mod answer;
mod list;
mod merge;
mod metrics;
mod server;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use config::RemoteReadConfig;
use contract::{
    Gather, LabelStamp, Patient, Select, SelectError, Selection, SeriesList, TimeRange, Watch,
};
use http_client::HttpError;
use model::{Family, Labels};
use parking_lot::RwLock;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use wire::remote::read::BadRead;

use answer::Answer;
use list::Joined;
use server::Server;

/// Time between two looks whether anybody still waits for the answers.
const PACE: Duration = Duration::from_millis(50);

/// Bytes of one answer, packed; more than that is no answer to a query.
const MOST_BYTES: usize = 1 << 30;

/// Bytes that are read of the text of a refusal.
const MOST_WORDS: usize = 512;

/// Why a server did not answer.
#[derive(Debug, Error)]
pub enum ReadError {
    /// No answer came, or it broke off.
    #[error("error sending request: {0}")]
    Http(#[from] HttpError),
    /// It refused.
    #[error("remote server {url} returned http status {status}: {words}")]
    Refused {
        /// The server, without a password.
        url: String,
        /// The status.
        status: http::StatusCode,
        /// What it said.
        words: String,
    },
    /// It answered in a form that was not asked for.
    #[error("unsupported content type: {0}")]
    Form(String),
    /// Its answer makes no sense.
    #[error("reading the answer of {url}: {cause}")]
    Answer {
        /// The server, without a password.
        url: String,
        /// What is wrong with it.
        cause: BadRead,
    },
    /// Its answer is not compressed as it says.
    #[error("error reading response: snappy: {0}")]
    Packing(snap::Error),
    /// It answered another number of queries than was asked.
    #[error("responses: want 1, got {0}")]
    Results(usize),
    /// Its answer is too large.
    #[error(
        "the answer exceeds {} bytes: narrow the selector or the time range",
        MOST_BYTES
    )]
    Size,
    /// Reading it failed for want of a thread.
    #[error("reading the answer ended early")]
    Ended,
}

/// Why a configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// Two sections say the same.
    #[error("duplicate remote read configs are not allowed, found duplicate for URL: {0}")]
    Duplicate(String),
    /// A section's client cannot be made.
    #[error("remote_read of {url}: {cause}")]
    Client {
        /// The server, without a password.
        url: String,
        /// Why not.
        cause: HttpError,
    },
}

/// Tells from when on the local store has everything, in milliseconds since the epoch.
pub type LocalStart = dyn Fn() -> i64 + Send + Sync;

/// A local store together with servers elsewhere.
pub struct RemoteRead {
    local: Arc<dyn Select>,
    local_start: Box<LocalStart>,
    runtime: Handle,
    servers: RwLock<Vec<Arc<Server>>>,
}

/// Servers of a configuration that can be used, not asked yet.
pub struct LoadedServers(Vec<Arc<Server>>);

impl RemoteRead {
    /// The local store alone. Requests are sent on `runtime`.
    pub fn new(local: Arc<dyn Select>, local_start: Box<LocalStart>, runtime: Handle) -> Self {
        Self {
            local,
            local_start,
            runtime,
            servers: RwLock::default(),
        }
    }

    /// Checks sections; nothing changes yet. Servers that stay keep their connections.
    ///
    /// # Errors
    /// A section that cannot be used.
    pub fn load(
        &self,
        sections: &[RemoteReadConfig],
        external: &Labels,
    ) -> Result<LoadedServers, ConfigError> {
        let known = self.servers.read();
        let mut loaded: Vec<Arc<Server>> = Vec::with_capacity(sections.len());
        for section in sections {
            if loaded.iter().any(|server| server.is_of(section)) {
                return Err(ConfigError::Duplicate(server::shown(&section.url)));
            }
            let same = known.iter().find(|server| server.is(section, external));
            loaded.push(match same {
                Some(server) => Arc::clone(server),
                None => Arc::new(Server::new(section, external)?),
            });
        }
        Ok(LoadedServers(loaded))
    }

    /// Asks these servers from now on.
    pub fn apply(&self, loaded: LoadedServers) {
        *self.servers.write() = loaded.0;
    }

    /// The servers that a selection concerns, each with its query.
    fn asked(&self, selection: &Selection<'_>) -> Vec<Asked> {
        let servers = self.servers.read();
        let asked = servers.iter().filter_map(|server| {
            let query = server.query(selection, &self.local_start)?;
            Some((Arc::clone(server), query))
        });
        asked.collect()
    }

    /// Sends the queries.
    fn send(&self, asked: Vec<Asked>, range: TimeRange) -> Waiting {
        let (sender, answers) = channel();
        let held = Arc::new(AtomicUsize::new(0));
        let count = asked.len();
        let begin = |(number, (server, query)): (usize, Asked)| {
            let (sender, held) = (sender.clone(), Arc::clone(&held));
            let task = self.runtime.spawn(async move {
                let outcome = server.read(query, range, &held).await;
                // Whoever asked may have gone.
                let _ = sender.send((number, outcome));
            });
            task.abort_handle()
        };
        Waiting {
            tasks: asked.into_iter().enumerate().map(begin).collect(),
            answers,
            count,
            held,
        }
    }
}

type Asked = (Arc<Server>, server::Query);
type Outcome = (usize, Result<Answer, ReadError>);

/// Queries that are under way; given up when this is dropped.
struct Waiting {
    tasks: Vec<AbortHandle>,
    answers: Receiver<Outcome>,
    count: usize,
    /// Bytes of all answers so far.
    held: Arc<AtomicUsize>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Waiting {
    /// The answers in the order of the servers, and what is to be said of those that failed.
    fn all(self, watch: &dyn Watch) -> Result<(Vec<Answer>, Vec<String>), SelectError> {
        let mut outcomes: Vec<Option<Result<Answer, ReadError>>> = Vec::new();
        outcomes.resize_with(self.count, || None);
        let mut left = self.count;
        while left > 0 {
            match self.answers.recv_timeout(PACE) {
                Ok((number, outcome)) => {
                    left -= 1;
                    if let Some(place) = outcomes.get_mut(number) {
                        *place = Some(outcome);
                    }
                }
                // A task that panicked is one that failed.
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if !watch.goes_on(self.held.load(Ordering::Relaxed)) {
                return Err(SelectError::Stopped);
            }
        }
        let (mut answers, mut warnings) = (Vec::new(), Vec::new());
        for outcome in outcomes {
            match outcome.unwrap_or(Err(ReadError::Ended)) {
                Ok(answer) => answers.push(answer),
                Err(error) => warnings.push(format!("remote_read: {error}")),
            }
        }
        Ok((answers, warnings))
    }
}

impl Select for RemoteRead {
    fn select(&self, selection: &Selection<'_>) -> Result<Box<dyn SeriesList>, SelectError> {
        self.select_watched(selection, Arc::new(Patient))
    }

    fn select_watched(
        &self,
        selection: &Selection<'_>,
        watch: Arc<dyn Watch>,
    ) -> Result<Box<dyn SeriesList>, SelectError> {
        let asked = self.asked(selection);
        if asked.is_empty() {
            return self.local.select_watched(selection, watch);
        }
        let waiting = self.send(asked, selection.range);
        // In the meantime.
        let local = self.local.select_watched(selection, Arc::clone(&watch))?;
        let (answers, warnings) = waiting.all(watch.as_ref())?;
        let limit = match selection.limit {
            0 => usize::MAX,
            limit => limit,
        };
        let joined = Joined::new(local, answers, warnings, limit, watch.as_ref())?;
        Ok(Box::new(joined))
    }

    fn at_most(&self, selection: &Selection<'_>) -> Option<usize> {
        let is_local = self.asked(selection).is_empty();
        is_local.then(|| self.local.at_most(selection))?
    }

    fn label_names(&self, selection: &Selection<'_>) -> Result<Vec<String>, SelectError> {
        self.local.label_names(selection)
    }

    fn label_stamp(&self, range: TimeRange) -> Option<LabelStamp> {
        self.local.label_stamp(range)
    }

    fn label_values(
        &self,
        name: &str,
        selection: &Selection<'_>,
    ) -> Result<Vec<String>, SelectError> {
        self.local.label_values(name, selection)
    }
}

impl Gather for RemoteRead {
    fn gather(&self, families: &mut Vec<Family>) {
        metrics::gather(&self.servers.read(), families);
    }
}
