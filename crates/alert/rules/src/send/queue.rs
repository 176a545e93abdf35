//! One Alertmanager: what waits for it, and the task that sends it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Method, Request, StatusCode, Uri};
use http_client::aws::{AwsError, Keys, Signing};
use http_client::{Client, HttpError, within};
use jiff::Timestamp;
use model::instrument::{Counter, Histogram};
use parking_lot::Mutex;
use thiserror::Error;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::body::{self, Written};

/// Bytes of an answer that are read; nothing is looked for in them.
const MOST_ANSWER: u64 = 64 << 10;
/// Seconds of a request, as upstream divides them.
const SECONDS: [f64; 4] = [0.01, 0.1, 1.0, 10.0];

/// What requests are signed for: Amazon's managed service for Prometheus, as upstream has it.
const AWS_SERVICE: &str = "aps";

/// Why a request failed.
#[derive(Debug, Error)]
enum SendError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error(transparent)]
    Aws(#[from] AwsError),
    #[error("{0}: not a valid URL")]
    Url(String),
    #[error("bad response status {0}")]
    Status(StatusCode),
}

/// How much waits, and how much is sent at once. In alerts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) capacity: usize,
    pub(super) batch: usize,
}

/// How requests go.
pub(super) struct Way {
    pub(super) client: Arc<Client>,
    /// Who signs, where AWS runs the Alertmanager.
    pub(super) keys: Option<Arc<Keys>>,
    pub(super) timeout: Duration,
    /// Whether what waits is sent before the end.
    pub(super) drain: bool,
}

/// What waits for one Alertmanager, and how it went so far.
pub(super) struct Queue {
    pub(super) url: String,
    pub(super) sent: Counter,
    pub(super) errors: Counter,
    pub(super) dropped: Counter,
    pub(super) latency: Histogram,
    limits: Limits,
    waiting: Mutex<VecDeque<Written>>,
    more: Notify,
}

impl Queue {
    pub(super) fn new(url: String, limits: Limits) -> Self {
        Self {
            url,
            sent: Counter::new(),
            errors: Counter::new(),
            dropped: Counter::new(),
            latency: Histogram::new(&SECONDS),
            limits: Limits {
                capacity: limits.capacity,
                batch: limits.batch.max(1),
            },
            waiting: Mutex::default(),
            more: Notify::new(),
        }
    }

    /// Adds alerts; where there is no room, the oldest go.
    pub(super) fn add(&self, alerts: &[Written]) {
        if alerts.is_empty() {
            return;
        }
        let mut waiting = self.waiting.lock();
        waiting.extend(alerts.iter().cloned());
        let too_many = waiting.len().saturating_sub(self.limits.capacity);
        waiting.drain(..too_many);
        drop(waiting);
        if too_many > 0 {
            self.dropped.add(too_many as u64);
            tracing::warn!(
                alertmanager = self.url,
                count = too_many,
                "too many alerts wait for this Alertmanager; the oldest are dropped"
            );
        }
        self.more.notify_one();
    }

    /// How many alerts wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.lock().len()
    }

    fn take(&self) -> Vec<Written> {
        let mut waiting = self.waiting.lock();
        let count = waiting.len().min(self.limits.batch);
        waiting.drain(..count).collect()
    }

    /// Sends one batch; answers false where that failed.
    async fn send(&self, way: &Way, alerts: &[Written]) -> bool {
        let began = Instant::now();
        let count = alerts.len() as u64;
        match self.post(way, body::list(alerts)).await {
            Ok(()) => {
                self.sent.add(count);
                self.latency.observe(began.elapsed().as_secs_f64());
                true
            }
            Err(error) => {
                self.errors.add(count);
                self.dropped.add(count);
                tracing::error!(alertmanager = self.url, count, %error, "sending alerts failed");
                false
            }
        }
    }

    async fn post(&self, way: &Way, body: String) -> Result<(), SendError> {
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        let uri = self.url.parse::<Uri>();
        *request.uri_mut() = uri.map_err(|_| SendError::Url(self.url.clone()))?;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(super::USER_AGENT));
        let status = within(way.timeout, async { Ok(ask(way, request).await) }).await??;
        if status.is_success() {
            Ok(())
        } else {
            Err(SendError::Status(status))
        }
    }
}

/// Signs a request where that is asked for, sends it, and answers the status.
async fn ask(way: &Way, mut request: Request<Bytes>) -> Result<StatusCode, SendError> {
    if let Some(keys) = &way.keys {
        let credentials = keys.get(&way.client).await?;
        let region = keys.region();
        let signing = Signing {
            region: &region,
            service: AWS_SERVICE,
            now: Timestamp::now(),
        };
        signing.sign(&mut request, &credentials)?;
    }
    let response = way.client.send(request).await?;
    let status = response.status();
    // What is read to its end leaves a connection that can be used again; one with more to say
    // than that is closed.
    let _ = response.bytes(MOST_ANSWER).await;
    Ok(status)
}

/// Sends what comes until it is stopped, and what waits then, where that is asked for. An
/// Alertmanager that does not take it is not asked again then.
pub(super) async fn run(queue: Arc<Queue>, way: Way, stop: CancellationToken) {
    loop {
        let stopped = stop.is_cancelled();
        if stopped && !way.drain {
            break;
        }
        let batch = queue.take();
        if !batch.is_empty() {
            if !queue.send(&way, &batch).await && stop.is_cancelled() {
                break;
            }
        } else if stopped {
            break;
        } else {
            tokio::select! {
                () = queue.more.notified() => {}
                () = stop.cancelled() => {}
            }
        }
    }
    let left = queue.len();
    if left > 0 {
        queue.dropped.add(left as u64);
        tracing::warn!(
            alertmanager = queue.url,
            count = left,
            "alerts were not sent before the end"
        );
    }
}
