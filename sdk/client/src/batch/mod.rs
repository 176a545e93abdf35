//! Metrics of a batch job, pushed to a gateway (Pushgateway, or Argand's own receiver).
//!
//! A job that has ended before anybody could scrape it pushes its metrics instead. In comes what
//! the job reports, out goes a request to the gateway, repeated with growing pauses while the
//! gateway is away.
//!
//! | metric | kind | labels |
//! |---|---|---|
//! | `batch_job_duration_seconds` | gauge | |
//! | `batch_job_last_success_timestamp_seconds` | gauge | |
//! | `batch_job_records_processed_total` | counter | `record_type` |
//! | `batch_job_errors_total` | counter | `error_type` |
//!
//! Invariants:
//! - A push takes no longer than [`Builder::deadline`], and its failure is a value, not a panic:
//!   the job decides whether it matters.
//! - What the job has not reported is not sent: a job that failed does not overwrite the time of
//!   its last success (see [`BatchJobMetrics::push_add`]).
//! - No password stands in an error or a `Debug` text.
//!
//! All requests of a process go through one thread and one client, whether they are awaited or
//! waited for, so that any runtime, or none, will do. The client is that of `hyper-util` with
//! rustls: nothing more than the libraries that a tokio service has anyway, where a larger client
//! would add its own layers for redirects, cookies and bodies that a push has no use for.
//!
//! Absent: proxies and client certificates.

mod connect;
mod gateway;
mod send;

use std::time::{Duration, Instant};

use crate::family::Family;
use crate::metric::{Counter, Gauge};
use crate::{Error, Format, Registry};
use connect::Connect;
use gateway::Gateway;
pub use send::{ATTEMPT_TIMEOUT, ATTEMPTS, DEADLINE, FIRST_PAUSE, LONGEST_PAUSE};
use send::{Method, Order};

/// Most labels of a grouping key beside `job`: each is a part of the URL.
pub const MAX_GROUPING_LABELS: usize = 10;

/// No push takes longer, whatever is asked for: a job that waits an hour for its metrics waits
/// for ever.
pub const LONGEST_DEADLINE: Duration = Duration::from_secs(3_600);

/// Why a job's metrics cannot be made or were not taken by the gateway.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// The address of the gateway.
    #[error("gateway address {address:?}: {reason}")]
    Address {
        /// As given, without user and password.
        address: String,
        /// What is wrong.
        reason: String,
    },
    /// The name of the job is empty.
    #[error("a job needs a name: the gateway groups metrics by it")]
    NoJob,
    /// A label of the grouping key.
    #[error("grouping label {label:?}: {reason}")]
    Grouping {
        /// The label.
        label: String,
        /// What is wrong.
        reason: String,
    },
    /// A metric of the job.
    #[error(transparent)]
    Metric(#[from] Error),
    /// Certificates, or the thread of the client.
    #[error("the client cannot be started: {reason}")]
    Client {
        /// What is wrong.
        reason: String,
    },
    /// The gateway does not want it; trying again would not help.
    #[error("{gateway} refused the metrics with status {status}: {answer}")]
    Refused {
        /// Where, without user and password.
        gateway: String,
        /// Of the answer.
        status: u16,
        /// The start of its body.
        answer: String,
    },
    /// No good answer in all attempts.
    #[error("{gateway} cannot be reached, attempts: {attempts}, the last: {reason}")]
    Unreachable {
        /// Where, without user and password.
        gateway: String,
        /// How often it was tried.
        attempts: u32,
        /// What the last attempt met.
        reason: String,
    },
}

/// What the metrics of a job are made with; see [`BatchJobMetrics::builder`].
#[derive(Clone, Debug)]
pub struct Builder {
    job: String,
    address: String,
    grouping: Vec<(String, String)>,
    bearer: Option<Secret>,
    authority: Option<Vec<u8>>,
    attempt_timeout: Duration,
    deadline: Duration,
    registry: Option<Registry>,
}

/// A password or token, which never prints itself.
#[derive(Clone)]
struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<secret>")
    }
}

impl Builder {
    /// A label of the grouping key, such as the instance: jobs of the same name with different
    /// keys do not overwrite each other at the gateway.
    #[must_use]
    pub fn grouping(mut self, label: &str, value: &str) -> Self {
        self.grouping.push((label.to_owned(), value.to_owned()));
        self
    }

    /// Proves who it is by a bearer token. A user and password stand in the address instead.
    #[must_use]
    pub fn bearer_token(mut self, token: &str) -> Self {
        self.bearer = Some(Secret(token.to_owned()));
        self
    }

    /// Trusts the certificates in this PEM text, rather than those of the system.
    #[must_use]
    pub fn certificate_authority(mut self, pem: &[u8]) -> Self {
        self.authority = Some(pem.to_vec());
        self
    }

    /// Longest time for one attempt; [`ATTEMPT_TIMEOUT`] when this is not called.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout.min(LONGEST_DEADLINE);
        self
    }

    /// Longest time for a push with all its attempts and pauses; [`DEADLINE`] when this is not
    /// called, and never more than [`LONGEST_DEADLINE`].
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline.min(LONGEST_DEADLINE);
        self
    }

    /// Adds the job's metrics to a registry that has others, which are pushed along.
    #[must_use]
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// The metrics. The gateway is not asked for yet.
    ///
    /// # Errors
    /// [`BatchError::Address`], [`BatchError::NoJob`], [`BatchError::Grouping`] for what was
    /// given, [`BatchError::Client`] for certificates that cannot be read, and
    /// [`BatchError::Metric`] when the registry has metrics of a job already.
    pub fn build(self) -> Result<BatchJobMetrics, BatchError> {
        let gateway = Gateway::new(&self.address, &self.job, &self.grouping, self.bearer)?;
        let connect = Connect::new(gateway.is_tls(), self.authority.as_deref())?;
        let registry = self.registry.unwrap_or_default();
        let metrics = Metrics::new(&registry)?;
        Ok(BatchJobMetrics {
            order: Order {
                connect,
                gateway,
                attempt_timeout: self.attempt_timeout,
                deadline: self.deadline,
            },
            registry,
            metrics,
        })
    }
}

/// The metrics of one batch job; cheap to clone.
///
/// ```no_run
/// use argand_client::batch::BatchJobMetrics;
///
/// # fn bill() -> Result<u32, std::io::Error> { Ok(3) }
/// let job = BatchJobMetrics::new("nightly_billing", "http://pushgateway:9091")?;
/// match job.track(bill) {
///     Ok(invoices) => {
///         job.record_records("invoice", invoices.into());
///         job.record_success();
///     }
///     Err(_) => job.record_error("io"),
/// }
/// if let Err(error) = job.push_add_blocking() {
///     eprintln!("metrics of the job are lost: {error}");
/// }
/// # Ok::<(), argand_client::batch::BatchError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BatchJobMetrics {
    order: Order,
    registry: Registry,
    metrics: Metrics,
}

/// The metrics themselves. Those without labels are families too: what was not reported has no
/// series.
#[derive(Clone, Debug)]
struct Metrics {
    duration: Family<Gauge, 0>,
    last_success: Family<Gauge, 0>,
    records: Family<Counter, 1>,
    errors: Family<Counter, 1>,
}

impl Metrics {
    fn new(registry: &Registry) -> Result<Self, Error> {
        Ok(Self {
            duration: registry.gauge_family(
                "batch_job_duration_seconds",
                "How long the last run of the job took",
                [],
            )?,
            last_success: registry.gauge_family(
                "batch_job_last_success_timestamp_seconds",
                "When the job last ended well, in seconds since 1970",
                [],
            )?,
            records: registry.counter_family(
                "batch_job_records_processed_total",
                "Records that the job has processed",
                ["record_type"],
            )?,
            errors: registry.counter_family(
                "batch_job_errors_total",
                "Errors that the job has met",
                ["error_type"],
            )?,
        })
    }
}

impl BatchJobMetrics {
    /// Metrics of the job `job`, for the gateway at `address`, such as `http://pushgateway:9091`
    /// or `https://user:password@gateway/base`.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn new(job: &str, address: &str) -> Result<Self, BatchError> {
        Self::builder(job, address).build()
    }

    /// The same with more to say.
    #[must_use]
    pub fn builder(job: &str, address: &str) -> Builder {
        Builder {
            job: job.to_owned(),
            address: address.to_owned(),
            grouping: Vec::new(),
            bearer: None,
            authority: None,
            attempt_timeout: ATTEMPT_TIMEOUT,
            deadline: DEADLINE,
            registry: None,
        }
    }

    /// The registry, for metrics of your own that are pushed along.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The duration of the job is the time until the guard is dropped.
    #[must_use = "the time is taken when the guard is dropped"]
    pub fn track_duration(&self) -> JobTimer {
        JobTimer {
            duration: self.metrics.duration.clone(),
            started: Instant::now(),
        }
    }

    /// Runs a function whose time is the duration of the job.
    pub fn track<T>(&self, job: impl FnOnce() -> T) -> T {
        let _timer = self.track_duration();
        job()
    }

    /// The job took this long.
    pub fn record_duration(&self, duration: Duration) {
        self.metrics.duration.with([]).set(duration.as_secs_f64());
    }

    /// The job ended well, now.
    pub fn record_success(&self) {
        self.metrics.last_success.with([]).set_to_now();
    }

    /// The job met an error of this type: a word of a short list.
    pub fn record_error(&self, error_type: &str) {
        self.metrics.errors.with([error_type]).inc();
    }

    /// The job processed so many records of this type.
    pub fn record_records(&self, record_type: &str, count: u64) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "counters of the format are floats"
        )]
        self.metrics
            .records
            .with([record_type])
            .inc_by(count as f64);
    }

    /// Replaces all metrics of the group at the gateway by those of now.
    ///
    /// # Errors
    /// [`BatchError::Refused`], [`BatchError::Unreachable`] or [`BatchError::Client`].
    pub async fn push(&self) -> Result<(), BatchError> {
        self.order.send(Method::Replace, self.text()).await
    }

    /// Replaces the metrics of the same names only: the time of the last success stays when this
    /// run has none. What a job that may fail wants.
    ///
    /// # Errors
    /// As [`BatchJobMetrics::push`].
    pub async fn push_add(&self) -> Result<(), BatchError> {
        self.order.send(Method::Add, self.text()).await
    }

    /// Removes all metrics of the group from the gateway.
    ///
    /// # Errors
    /// As [`BatchJobMetrics::push`].
    pub async fn delete(&self) -> Result<(), BatchError> {
        self.order.send(Method::Delete, String::new()).await
    }

    /// [`BatchJobMetrics::push`], for code that is not async.
    ///
    /// # Errors
    /// As [`BatchJobMetrics::push`].
    pub fn push_blocking(&self) -> Result<(), BatchError> {
        self.order.send_blocking(Method::Replace, self.text())
    }

    /// [`BatchJobMetrics::push_add`], for code that is not async.
    ///
    /// # Errors
    /// As [`BatchJobMetrics::push`].
    pub fn push_add_blocking(&self) -> Result<(), BatchError> {
        self.order.send_blocking(Method::Add, self.text())
    }

    /// [`BatchJobMetrics::delete`], for code that is not async.
    ///
    /// # Errors
    /// As [`BatchJobMetrics::push`].
    pub fn delete_blocking(&self) -> Result<(), BatchError> {
        self.order.send_blocking(Method::Delete, String::new())
    }

    fn text(&self) -> String {
        self.registry.text(Format::Text)
    }
}

/// The time of a job until this is dropped.
#[derive(Debug)]
pub struct JobTimer {
    duration: Family<Gauge, 0>,
    started: Instant,
}

impl Drop for JobTimer {
    fn drop(&mut self) {
        let taken = self.started.elapsed();
        self.duration.with([]).set(taken.as_secs_f64());
    }
}
