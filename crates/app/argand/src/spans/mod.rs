//! `tracing`: spans of requests and queries, sent to a collector.
//!
//! A request that is answered is a span, and so is each query in it. A request that says in
//! `traceparent` which span it is part of is recorded where that one is; of others the section's
//! fraction. Spans wait in a queue of [`QUEUE`] for the exporter; what finds it full is dropped and
//! counted. Without the section nothing is done but looking at one flag.

mod export;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use config::TracingConfig;
use contract::Gather;
use http::HeaderMap;
use model::instrument::Counter;
use model::{Family, TraceContext};
use parking_lot::Mutex;
use promql::{Origin, QueryObserver, QueryRecord};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use wire::otlp::spans::{Span, SpanKind};

use export::Exporter;

/// Spans that may wait for the exporter.
const QUEUE: usize = 2048;

/// Time for the last spans to be sent.
const AT_THE_END: Duration = Duration::from_secs(5);

/// Bytes of a query's text that a span has.
const MOST_TEXT: usize = 2048;

/// Whoever takes spans.
#[derive(Default)]
pub(crate) struct Spans {
    is_on: AtomicBool,
    running: Mutex<Option<Running>>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    exported: Counter,
    dropped: Counter,
    failed: Counter,
}

/// An exporter at work.
struct Running {
    config: TracingConfig,
    queue: mpsc::Sender<Span>,
    task: JoinHandle<()>,
}

/// A configuration that can be used.
pub(crate) struct Loaded(Option<(TracingConfig, Exporter)>);

/// A request that is being answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun {
    /// Its own span.
    pub(crate) context: TraceContext,
    parent: u64,
    start: SystemTime,
}

impl Spans {
    /// Checks a section; nothing changes yet.
    pub(crate) fn load(&self, config: Option<&TracingConfig>) -> Result<Loaded> {
        let Some(config) = config else {
            return Ok(Loaded(None));
        };
        let exporter = Exporter::new(config, Arc::clone(&self.counts)).context("tracing")?;
        Ok(Loaded(Some((config.clone(), exporter))))
    }

    /// Sends spans from now on as the configuration says. Must be called inside a Tokio runtime.
    pub(crate) fn apply(&self, loaded: Loaded) {
        let mut running = self.running.lock();
        let is_known = match (&*running, &loaded.0) {
            (Some(running), Some((config, _))) => running.config == *config,
            (None, None) => true,
            _ => false,
        };
        if is_known {
            return;
        }
        self.is_on.store(loaded.0.is_some(), Ordering::Relaxed);
        // The exporter before ends when it has sent what it has.
        *running = loaded.0.map(|(config, exporter)| {
            let (queue, spans) = mpsc::channel(QUEUE);
            Running {
                config,
                queue,
                task: tokio::spawn(exporter.run(spans)),
            }
        });
    }

    /// Sends what waits, within bounds, and ends.
    pub(crate) async fn end(&self) {
        self.is_on.store(false, Ordering::Relaxed);
        let running = self.running.lock().take();
        if let Some(Running { queue, task, .. }) = running {
            drop(queue);
            let _ = tokio::time::timeout(AT_THE_END, task).await;
        }
    }

    /// A request begins; `None` where nobody wants to know.
    pub(crate) fn begin(&self, headers: &HeaderMap) -> Option<Begun> {
        if !self.is_on.load(Ordering::Relaxed) {
            return None;
        }
        let parent = headers.get("traceparent");
        let parent = parent.and_then(|text| text.to_str().ok()?.parse::<TraceContext>().ok());
        let fraction = self.running.lock().as_ref()?.config.sampling_fraction;
        let trace = parent.map_or_else(new_trace, |parent| parent.trace);
        let context = TraceContext {
            trace,
            span: new_span(),
            sampled: parent.map_or_else(|| is_sampled(trace, fraction), |parent| parent.sampled),
        };
        Some(Begun {
            context,
            parent: parent.map_or(0, |parent| parent.span),
            start: SystemTime::now(),
        })
    }

    /// A request has been answered.
    pub(crate) fn answered(&self, begun: Begun, method: &str, path: &str, status: u16) {
        if !begun.context.sampled {
            return;
        }
        let attributes = vec![
            ("http.request.method", method.to_owned()),
            ("url.path", path.to_owned()),
            ("http.response.status_code", status.to_string()),
        ];
        self.push(Span {
            trace: begun.context.trace,
            span: begun.context.span,
            parent: begun.parent,
            name: format!("{method} {path}"),
            kind: SpanKind::Server,
            start: nanoseconds(begun.start),
            end: nanoseconds(SystemTime::now()),
            attributes,
            error: (status >= 500).then(|| format!("status {status}")),
        });
    }

    fn push(&self, span: Span) {
        let queue = self
            .running
            .lock()
            .as_ref()
            .map(|running| running.queue.clone());
        if queue.is_some_and(|queue| queue.try_send(span).is_err()) {
            self.counts.dropped.inc();
        }
    }
}

impl QueryObserver for Spans {
    fn began(&self, _: usize, _: &str) {}

    fn left(&self, _: usize) {}

    fn ended(&self, query: &QueryRecord<'_>) {
        let Origin::Http(origin) = query.origin else {
            return;
        };
        let Some(parent) = origin.trace.filter(|parent| parent.sampled) else {
            return;
        };
        let stats = query.stats;
        let took = stats.queue_time + stats.prepare_time + stats.eval_time;
        let end = SystemTime::now();
        let start = end.checked_sub(took).unwrap_or(end);
        let text = query.query.chars().take(MOST_TEXT).collect();
        self.push(Span {
            trace: parent.trace,
            span: new_span(),
            parent: parent.span,
            name: "promqlExec".to_owned(),
            kind: SpanKind::Internal,
            start: nanoseconds(start),
            end: nanoseconds(end),
            attributes: vec![("query", text)],
            error: query.error.map(ToString::to_string),
        });
    }
}

impl Gather for Spans {
    fn gather(&self, families: &mut Vec<Family>) {
        for (name, help, counter) in [
            (
                "argand_tracing_spans_exported_total",
                "Total number of spans that the collector has taken.",
                &self.counts.exported,
            ),
            (
                "argand_tracing_spans_dropped_total",
                "Total number of spans that found the queue full.",
                &self.counts.dropped,
            ),
            (
                "argand_tracing_spans_failed_total",
                "Total number of spans that the collector did not take.",
                &self.counts.failed,
            ),
        ] {
            families.push(Family::counter(name, help, counter.get() as f64));
        }
    }
}

/// A number that nobody can foresee, never 0.
fn new_span() -> u64 {
    RandomState::new().build_hasher().finish().max(1)
}

fn new_trace() -> u128 {
    u128::from(new_span()) << 64 | u128::from(new_span())
}

/// Whether a trace is recorded of which a fraction is: all servers that ask so of one trace say the
/// same, as its lower 63 bits decide.
fn is_sampled(trace: u128, fraction: f64) -> bool {
    let place = (trace as u64) >> 1;
    (place as f64) < fraction * (1u64 << 63) as f64
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_of_traces_is_recorded_and_the_same_everywhere() {
        let sampled = |fraction| {
            (0..4000)
                .filter(|_| is_sampled(new_trace(), fraction))
                .count()
        };
        assert_eq!((sampled(0.0), sampled(1.0)), (0, 4000));
        let half = sampled(0.5);
        assert!((1500..2500).contains(&half), "{half}");
        assert!(is_sampled(1 << 127, 0.1) && !is_sampled(u128::from(u64::MAX), 0.9));
    }

    #[test]
    fn nothing_is_recorded_while_it_is_off() {
        let spans = Spans::default();
        assert!(spans.begin(&HeaderMap::new()).is_none());
        assert!(spans.load(None).is_ok_and(|loaded| loaded.0.is_none()));
    }
}
