//! What is said of the servers that are asked, under upstream's names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use model::instrument::Histogram;
use model::{Family, FamilyKind, Labels};
use parking_lot::Mutex;

use super::ReadError;
use super::answer::Answer;
use super::server::Server;

/// Seconds.
const BOUNDS: [f64; 15] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0, 120.0, 300.0,
];

/// What is counted of one server.
#[derive(Debug, Default)]
pub(super) struct ServerMetrics {
    running: AtomicI64,
    /// Answers by their form and how they ended.
    ended: Mutex<BTreeMap<(&'static str, String), u64>>,
    /// Times by the form of the answer.
    times: Mutex<BTreeMap<&'static str, Histogram>>,
}

/// A query that runs while this lives.
pub(super) struct Running<'a>(&'a AtomicI64);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ServerMetrics {
    pub(super) fn begin(&self) -> Running<'_> {
        self.running.fetch_add(1, Ordering::Relaxed);
        Running(&self.running)
    }

    pub(super) fn count(
        &self,
        form: &'static str,
        time: Duration,
        outcome: &Result<Answer, ReadError>,
    ) {
        let code = match outcome {
            Err(ReadError::Refused { status, .. }) => status.as_str().to_owned(),
            Err(_) if form == "none" => return,
            Err(_) if form == "chunked" => "aborted_stream".to_owned(),
            _ => "200".to_owned(),
        };
        *self.ended.lock().entry((form, code)).or_default() += 1;
        let mut times = self.times.lock();
        let histogram = times.entry(form).or_insert_with(|| Histogram::new(&BOUNDS));
        histogram.observe(time.as_secs_f64());
    }
}

pub(super) fn gather(servers: &[Arc<Server>], families: &mut Vec<Family>) {
    let family = |name: &str, help: &str, kind| Family::new(name, help, kind);
    let mut running = family(
        "prometheus_remote_storage_remote_read_queries",
        "The number of in-flight remote read queries.",
        FamilyKind::Gauge,
    );
    let mut ended = family(
        "prometheus_remote_storage_read_queries_total",
        "The total number of remote read queries.",
        FamilyKind::Counter,
    );
    let mut times = family(
        "prometheus_remote_storage_read_request_duration_seconds",
        "Histogram of the latency for remote read requests.",
        FamilyKind::Histogram,
    );
    for server in servers {
        let own = [("remote_name", server.name.as_str()), ("url", &server.url)];
        let metrics = &server.metrics;
        running.push(own, metrics.running.load(Ordering::Relaxed) as f64);
        for ((form, code), count) in &*metrics.ended.lock() {
            let more = [("response_type", *form), ("code", code.as_str())];
            ended.push(own.into_iter().chain(more), *count as f64);
        }
        for (form, histogram) in &*metrics.times.lock() {
            let labels = own.into_iter().chain([("response_type", *form)]);
            times
                .points
                .push(histogram.point(Labels::from_pairs(labels)));
        }
    }
    families.extend(
        [running, ended, times]
            .into_iter()
            .filter(|f| !f.points.is_empty()),
    );
}
