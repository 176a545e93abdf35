//! Remote write, the sending side: what the log has goes to the servers that `remote_write` names.
//!
//! ```text
//! log ─> one thread ─> per queue: named and relabelled ─> shards ─> requests ─> far end
//!                                                            └─ acknowledged ─> remote_write.json
//! ```
//! Invariants:
//! - A sample leaves the log's care only once the far end has taken it, or has refused it for good:
//!   the place before which all has arrived is on the disk, and reading goes on from there after a
//!   restart or a crash. Segments that are still needed are kept, up to a bound.
//! - A series is always in the same shard, and a shard has one request under way: the far end gets
//!   a series' samples in order. Where shards change in number, those before end what is under way,
//!   and the log is read again from where they were: what each has sent is passed over.
//! - What may be sent twice is what was under way, or acknowledged within the last second
//!   before a crash. Where a server refuses a request because of it, the request is sent again in
//!   [runs], so that what is new in it arrives.
//! - Memory is bounded: the capacity of the shards and one record of the log a queue, and the
//!   labels of each series once a queue.
//!
//! What is absent: the store (the log comes through [`contract::Follow`]), YAML, and the logins of
//! clouds other than AWS.

mod backoff;
mod deliver;
mod endpoint;
mod item;
mod metadata;
mod meters;
mod names;
mod positions;
mod queue;
mod rates;
mod reader;
mod runs;
mod shard;
mod sigv4;
mod sink;
mod wake;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use config::{Config, RemoteWriteConfig};
use contract::{Clock, Follow, Gather, Targets};
use http_client::HttpError;
use model::{Family, Labels};
use parking_lot::Mutex;
use thiserror::Error;
use tokio::runtime::Handle;

use endpoint::{Endpoint, shown};
use names::Recipe;
use positions::Positions;
use queue::{Around, Spec};
use reader::{Order, Reader, Shown};
use wake::Wake;

const USER_AGENT: &str = concat!("Argand/", env!("CARGO_PKG_VERSION"));

/// Why a section of `remote_write` cannot be put in force. URLs carry no password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WriteError {
    /// The URL cannot be asked.
    #[error("remote_write: {0:?} is not a URL of http or https with a host")]
    Url(String),
    /// A login that is not spoken.
    #[error(
        "remote_write to {url}: {what} is not supported; let a signing proxy add the login, or use \
         basic_auth, authorization or oauth2"
    )]
    Login {
        /// The URL.
        url: String,
        /// The section, or what it lacks.
        what: &'static str,
    },
    /// The client's settings do not fit.
    #[error("remote_write to {url}: {cause}")]
    Client {
        /// The URL.
        url: String,
        /// What is wrong.
        cause: HttpError,
    },
    /// A header cannot be sent; its value is not shown.
    #[error("remote_write to {url}: the header {name:?} holds characters that cannot be sent")]
    Header {
        /// The URL.
        url: String,
        /// The header's name.
        name: String,
    },
}

/// How remote write goes about it.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// The data directory, where a small file tells how far each queue is.
    pub data: PathBuf,
    /// Bytes of the log that a queue may be behind; beyond that the oldest is left out.
    pub max_lag_bytes: u64,
    /// How long [`RemoteWrite::shutdown`] goes on sending.
    pub flush_deadline: Duration,
}

/// Queues that a configuration asks for, checked.
pub struct LoadedWrites(Vec<Spec>);

/// Sends what is appended to other servers.
pub struct RemoteWrite {
    follow: Arc<dyn Follow>,
    clock: Arc<dyn Clock>,
    wake: Arc<Wake>,
    shown: Shown,
    orders: Sender<Order>,
    flush_deadline: Duration,
    /// Started with the first queue.
    thread: Mutex<Thread>,
}

enum Thread {
    Waits(Box<Reader>),
    Runs(JoinHandle<()>),
    Ended,
}

impl RemoteWrite {
    /// Without queues. Requests run on the runtime of the handle.
    pub fn new(
        follow: Arc<dyn Follow>,
        targets: Arc<dyn Targets>,
        clock: Arc<dyn Clock>,
        options: &WriteOptions,
        runtime: Handle,
    ) -> Self {
        let (orders, received) = channel();
        let (wake, shown) = (Arc::<Wake>::default(), Shown::default());
        let around = Around {
            follow: Arc::clone(&follow),
            targets,
            clock: Arc::clone(&clock),
            runtime,
            wake: Arc::clone(&wake),
        };
        let reader = Reader::new(
            around,
            received,
            Arc::clone(&shown),
            Positions::open(&options.data),
            options.max_lag_bytes,
        );
        Self {
            follow,
            clock,
            wake,
            shown,
            orders,
            flush_deadline: options.flush_deadline,
            thread: Mutex::new(Thread::Waits(Box::new(reader))),
        }
    }

    /// Checks all that concerns remote write; nothing changes yet.
    ///
    /// # Errors
    /// Where a section asks for what cannot be done.
    pub fn load(&self, config: &Config) -> Result<LoadedWrites, WriteError> {
        let mut keys = HashSet::new();
        let specs = config.remote_write.iter().map(|section| {
            let key = key(section, &mut keys);
            Ok(Spec {
                name: name(section, &key),
                key,
                recipe: Recipe {
                    external: config.global.external_labels.clone(),
                    rules: section.relabel.clone(),
                },
                endpoint: Endpoint::new(section, Arc::clone(&self.clock))?,
                url: shown(&section.url),
                config: section.clone(),
            })
        });
        specs.collect::<Result<_, _>>().map(LoadedWrites)
    }

    /// Puts queues in force: those that did not change go on, the others end or begin. A new one
    /// begins with what is appended from now on, one that is known where it was.
    pub fn apply(&self, loaded: LoadedWrites) {
        let LoadedWrites(specs) = loaded;
        let from = match self.follow.end() {
            Ok(from) => from,
            Err(error) => {
                tracing::error!(%error, "remote write stays as it is");
                return;
            }
        };
        let mut thread = self.thread.lock();
        if let Thread::Waits(reader) = &mut *thread
            && specs.is_empty()
        {
            reader.forget();
            return;
        }
        // Fails only where the thread has ended.
        let _ = self.orders.send(Order::Apply(specs, from));
        self.wake.ring();
        if let Thread::Waits(reader) = std::mem::replace(&mut *thread, Thread::Ended) {
            let builder = std::thread::Builder::new().name("remote-write".to_owned());
            match builder.spawn(move || reader.run()) {
                Ok(handle) => *thread = Thread::Runs(handle),
                Err(error) => tracing::error!(%error, "the thread of remote write cannot start"),
            }
        }
    }

    /// Sends what there is, for as long as the far ends take it and the flush deadline allows, and
    /// ends. What is left is sent after the next start.
    pub async fn shutdown(&self) {
        let thread = std::mem::replace(&mut *self.thread.lock(), Thread::Ended);
        let Thread::Runs(handle) = thread else { return };
        let _ = self
            .orders
            .send(Order::End(Instant::now() + self.flush_deadline));
        self.wake.ring();
        let joined = tokio::task::spawn_blocking(move || handle.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::error!("remote write did not end as it should");
        }
    }
}

impl Gather for RemoteWrite {
    fn gather(&self, families: &mut Vec<Family>) {
        let queues = self.shown.lock().clone();
        if !queues.is_empty() {
            meters::gather(&queues, self.follow.taken(), families);
        }
    }
}

/// What a section is called in the file of places: its name, else its URL, which may be there
/// several times.
fn key(section: &RemoteWriteConfig, taken: &mut HashSet<String>) -> String {
    let wish = match section.name.as_str() {
        "" => format!("url:{}", shown(&section.url)),
        name => format!("name:{name}"),
    };
    let numbered = (2..).map(|number| format!("{wish}#{number}"));
    let mut keys = std::iter::once(wish.clone()).chain(numbered);
    let key = keys.find(|key| taken.insert(key.clone()));
    key.unwrap_or(wish)
}

/// What a section is called in metrics: its name, else six characters that stand for its key, as
/// upstream has six.
fn name(section: &RemoteWriteConfig, key: &str) -> String {
    if !section.name.is_empty() {
        return section.name.clone();
    }
    let labels = Labels::from_pairs([("key", key)]);
    let digits = format!("{:016x}", labels.hash64());
    digits.chars().take(6).collect()
}
