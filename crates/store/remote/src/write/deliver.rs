//! Delivering a batch: a request, again and again where that may help, in parts where the far end
//! may have some of it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Instant;

use bytes::Bytes;
use config::QueueConfig;
use contract::Clock;
use http::StatusCode;
use parking_lot::RwLock;
use tokio_util::sync::CancellationToken;
use wire::remote::write::{Metadata, RequestWriter, Version, label};

use super::backoff::Backoff;
use super::endpoint::{Answer, Endpoint};
use super::item::{Item, Kind, Place, Series, Value};
use super::meters::{Meters, Reason};
use super::rates::Rates;
use super::runs::runs;
use super::wake::Wake;

/// Time between two log lines on refusals of one queue, in milliseconds.
const QUIET: i64 = 60_000;
/// What the names of a family's series end with.
const SUFFIXES: [&str; 6] = ["_bucket", "_sum", "_count", "_total", "_created", "_info"];

/// What all shards of a queue share.
pub(super) struct Way {
    pub(super) endpoint: Endpoint,
    pub(super) queue: QueueConfig,
    pub(super) meters: Arc<Meters>,
    pub(super) rates: Rates,
    pub(super) wake: Arc<Wake>,
    pub(super) clock: Arc<dyn Clock>,
    /// What lies before this may have been sent by an earlier run.
    pub(super) unsure_until: Place,
    /// What targets say of their metrics, by family; for version 2.0.
    pub(super) said: RwLock<HashMap<String, Arc<Metadata>>>,
    /// The last request failed and is to be sent again.
    pub(super) failing: AtomicBool,
    /// When something was sent last, in milliseconds since the epoch.
    pub(super) last_sent: AtomicI64,
    /// When a refusal was logged last, in milliseconds since the epoch.
    pub(super) last_refusal: AtomicI64,
}

/// How delivering ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing more is to be done for any of the items.
    Settled,
    /// It was to stop before that.
    Stopped,
}

/// How one request ended.
enum End {
    Taken,
    Stopped,
    Refused {
        status: StatusCode,
        message: String,
        written: Option<[u64; 3]>,
        /// An attempt before may have been taken.
        is_repeated: bool,
    },
}

/// Delivers batches of one shard.
pub(super) struct Delivery {
    way: Arc<Way>,
    writer: RequestWriter,
    plain: Vec<u8>,
    encoder: snap::raw::Encoder,
}

impl Delivery {
    pub(super) fn new(way: Arc<Way>) -> Self {
        Self {
            writer: RequestWriter::new(way.endpoint.version),
            way,
            plain: Vec::new(),
            encoder: snap::raw::Encoder::new(),
        }
    }

    /// Delivers items, in order. What was delivered of them when it is stopped is not told.
    pub(super) async fn deliver(&mut self, items: &[Item], stop: &CancellationToken) -> Outcome {
        let unsure = items
            .first()
            .is_some_and(|first| first.mark.at < self.way.unsure_until);
        match self.request(items, stop).await {
            End::Taken => Outcome::Settled,
            End::Stopped => Outcome::Stopped,
            End::Refused {
                status: StatusCode::BAD_REQUEST,
                is_repeated,
                ..
            } if unsure || is_repeated => self.in_runs(items, stop).await,
            refused => {
                self.refused(items, refused);
                Outcome::Settled
            }
        }
    }

    /// Delivers items that may have been delivered before, run by run.
    async fn in_runs(&mut self, items: &[Item], stop: &CancellationToken) -> Outcome {
        if runs(items).count() == 1 {
            self.way.meters.drop_all(Reason::Repeated, items);
            return Outcome::Settled;
        }
        for run in runs(items) {
            match self.request(run, stop).await {
                End::Taken => {}
                End::Stopped => return Outcome::Stopped,
                End::Refused {
                    status: StatusCode::BAD_REQUEST,
                    ..
                } => self.way.meters.drop_all(Reason::Repeated, run),
                refused => self.refused(run, refused),
            }
        }
        Outcome::Settled
    }

    /// Sends one request until it is taken or refused.
    async fn request(&mut self, items: &[Item], stop: &CancellationToken) -> End {
        let way = Arc::clone(&self.way);
        let mut backoff = Backoff::new(way.queue.min_backoff, way.queue.max_backoff);
        let mut young = self.young(items);
        let mut body = self.body(&young);
        let mut attempt = 0;
        while !young.is_empty() {
            let begun = Instant::now();
            let answer = way.endpoint.post(body.clone(), attempt).await;
            way.meters.seconds.observe(begun.elapsed().as_secs_f64());
            let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            way.rates.micros.add(micros);
            match answer {
                Answer::Taken => {
                    way.taken(&young, body.len());
                    return End::Taken;
                }
                Answer::Refused {
                    status,
                    message,
                    written,
                } => {
                    return End::Refused {
                        status,
                        message,
                        written,
                        is_repeated: attempt > 0,
                    };
                }
                Answer::Later { cause, after } => {
                    way.fails(&cause);
                    way.meters.retried.add(&young);
                    let pause = backoff.pause(after);
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = stop.cancelled() => return End::Stopped,
                    }
                }
            }
            attempt += 1;
            let left = self.young(&young);
            if left.len() < young.len() {
                body = self.body(&left);
                young = Cow::Owned(left.into_owned());
            }
        }
        End::Taken
    }

    /// The items that are not too old to be sent; the others are counted.
    fn young<'a>(&self, items: &'a [Item]) -> Cow<'a, [Item]> {
        let Some(oldest) = self.way.oldest() else {
            return Cow::Borrowed(items);
        };
        let (young, old): (Vec<_>, Vec<_>) =
            items.iter().cloned().partition(|item| item.time >= oldest);
        self.way.meters.drop_all(Reason::TooOld, &old);
        Cow::Owned(young)
    }

    fn refused(&self, items: &[Item], refused: End) {
        let End::Refused {
            status,
            message,
            written,
            ..
        } = refused
        else {
            return;
        };
        let meters = &self.way.meters;
        let [samples, histograms, exemplars] = written.unwrap_or_default();
        for kind in Kind::ALL {
            let written = match kind {
                Kind::Sample => samples,
                Kind::Histogram => histograms,
                Kind::Exemplar => exemplars,
            };
            let all = items.iter().filter(|item| item.value.kind() == kind);
            let all = all.count() as u64;
            let written = written.min(all);
            meters.sent.of(kind).add(written);
            meters.failed.of(kind).add(all - written);
        }
        let (now, last) = (self.way.clock.now(), &self.way.last_refusal);
        if now.saturating_sub(last.load(Ordering::Relaxed)) > QUIET {
            last.store(now, Ordering::Relaxed);
            tracing::error!(
                queue = meters.name,
                url = meters.url,
                %status,
                message,
                count = items.len(),
                "samples were refused and are not sent again"
            );
        }
    }

    /// A request of items, compressed.
    fn body(&mut self, items: &[Item]) -> Bytes {
        let said = self.way.said.read();
        let is_v2 = self.way.endpoint.version == Version::V2;
        for same in items.chunk_by(|one, next| Arc::ptr_eq(&one.series, &next.series)) {
            let Some(first) = same.first() else { continue };
            self.writer.begin(&first.series.labels);
            for item in same {
                match &item.value {
                    Value::Number(value) => self.writer.sample(item.time, *value),
                    Value::Histogram(value) => self.writer.histogram(item.time, value),
                    Value::Exemplar(exemplar) => self.writer.exemplar(exemplar),
                }
            }
            if is_v2 && let Some(metadata) = about(&first.series, &said) {
                self.writer.metadata(metadata);
            }
            self.writer.end();
        }
        drop(said);
        self.plain.clear();
        self.writer.finish(&mut self.plain);
        // Only fails beyond 4 GiB, and items are few.
        let packed = self.encoder.compress_vec(&self.plain);
        packed.unwrap_or_default().into()
    }
}

/// What is said about a series: by the log, else by targets about its family.
fn about<'a>(
    series: &'a Series,
    said: &'a HashMap<String, Arc<Metadata>>,
) -> Option<&'a Arc<Metadata>> {
    if series.metadata.is_some() || said.is_empty() {
        return series.metadata.as_ref();
    }
    let name = label(&series.labels, "__name__")?;
    said.get(name).or_else(|| {
        let ends = SUFFIXES.iter().filter_map(|end| name.strip_suffix(end));
        ends.filter_map(|family| said.get(family)).next()
    })
}

impl Way {
    /// Older samples are not sent.
    pub(super) fn oldest(&self) -> Option<i64> {
        let limit = self.queue.sample_age_limit?;
        let limit = i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
        Some(self.clock.now().saturating_sub(limit))
    }

    fn taken(&self, items: &[Item], bytes: usize) {
        self.meters.note_sent(items);
        self.meters.bytes.add(bytes as u64);
        self.rates.sent.add(items.len() as u64);
        self.last_sent.store(self.clock.now(), Ordering::Relaxed);
        if self.failing.swap(false, Ordering::Relaxed) {
            let meters = &self.meters;
            tracing::info!(
                queue = meters.name,
                url = meters.url,
                "samples are taken again"
            );
        }
    }

    fn fails(&self, cause: &str) {
        if !self.failing.swap(true, Ordering::Relaxed) {
            let meters = &self.meters;
            tracing::warn!(
                queue = meters.name,
                url = meters.url,
                cause,
                "samples are not taken; they are kept and sent again"
            );
        }
    }
}
