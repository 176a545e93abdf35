//! What an engine says of itself at `/metrics`.

use std::time::Duration;

use contract::Gather;
use model::instrument::{Counter, Histogram, Summary};
use model::{Family, FamilyKind, Labels};

use crate::{Engine, Stats};

/// Upper bounds of the histograms, in seconds; upstream's.
const BOUNDS: &[f64] = &[0.01, 0.1, 1.0, 10.0];

/// The quantiles of the summaries; upstream's.
const QUANTILES: &[f64] = &[0.5, 0.9, 0.99];

/// Durations of one part of queries, in both forms that upstream gives.
#[derive(Debug)]
struct Durations {
    summary: Summary,
    histogram: Histogram,
}

impl Durations {
    fn new() -> Self {
        Self {
            summary: Summary::new(QUANTILES),
            histogram: Histogram::new(BOUNDS),
        }
    }

    fn observe(&self, time: Duration) {
        let seconds = time.as_secs_f64();
        self.summary.observe(seconds);
        self.histogram.observe(seconds);
    }
}

/// Counts over all queries of an engine.
#[derive(Debug)]
pub(crate) struct Meters {
    samples: Counter,
    samples_read: Counter,
    out_of_memory: Counter,
    queue: Durations,
    prepare: Durations,
    inner: Durations,
    sort: Durations,
}

impl Meters {
    pub(crate) fn new() -> Self {
        Self {
            samples: Counter::new(),
            samples_read: Counter::new(),
            out_of_memory: Counter::new(),
            queue: Durations::new(),
            prepare: Durations::new(),
            inner: Durations::new(),
            sort: Durations::new(),
        }
    }

    /// Counts a query that was evaluated.
    pub(crate) fn count(&self, stats: &Stats) {
        self.samples.add(stats.total_samples);
        self.samples_read.add(stats.samples_read);
        self.prepare.observe(stats.prepare_time);
        self.inner.observe(stats.eval_time);
        self.sort.observe(stats.sort_time);
    }

    /// Counts how long a query waited for its place.
    pub(crate) fn waited(&self, stats: &Stats) {
        self.queue.observe(stats.queue_time);
    }

    /// Counts a query that was ended by a limit of memory.
    pub(crate) fn refused(&self) {
        self.out_of_memory.inc();
    }

    fn slices(&self) -> [(&'static str, &Durations); 4] {
        [
            ("queue_time", &self.queue),
            ("prepare_time", &self.prepare),
            ("inner_eval", &self.inner),
            ("result_sort", &self.sort),
        ]
    }
}

impl Gather for Engine {
    fn gather(&self, families: &mut Vec<Family>) {
        let gauges = [
            (
                "prometheus_engine_queries",
                "The current number of queries being executed or waiting.",
                self.queue.len() as f64,
            ),
            (
                "prometheus_engine_queries_concurrent_max",
                "The max number of concurrent queries.",
                self.options.max_concurrency as f64,
            ),
            (
                "argand_engine_queries_waiting",
                "Queries that wait for a place among the running ones.",
                self.queue.waiting() as f64,
            ),
            (
                "argand_engine_memory_bytes",
                "Memory that queries have taken, in bytes.",
                self.pool.used() as f64,
            ),
            (
                "argand_engine_memory_max_bytes",
                "Memory that all queries together may take, in bytes.",
                self.pool.limit() as f64,
            ),
        ];
        families.extend(gauges.map(|(name, help, value)| Family::gauge(name, help, value)));
        let meters = &self.meters;
        let counters = [
            (
                "prometheus_engine_query_samples_total",
                "The total number of samples loaded by all queries, each as often as a window held it.",
                meters.samples.get(),
            ),
            (
                "prometheus_engine_query_samples_read_total",
                "The total number of samples read by all queries, each once.",
                meters.samples_read.get(),
            ),
            (
                "argand_engine_queries_out_of_memory_total",
                "Queries that were ended by a limit of memory.",
                meters.out_of_memory.get(),
            ),
        ];
        families
            .extend(counters.map(|(name, help, value)| Family::counter(name, help, value as f64)));
        let mut summaries = Family::new(
            "prometheus_engine_query_duration_seconds",
            "Query timings.",
            FamilyKind::Summary,
        );
        let mut histograms = Family::new(
            "prometheus_engine_query_duration_histogram_seconds",
            "The duration of various parts of PromQL query execution.",
            FamilyKind::Histogram,
        );
        for (slice, durations) in meters.slices() {
            let labels = Labels::from_pairs([("slice", slice)]);
            summaries
                .points
                .push(durations.summary.point(labels.clone()));
            histograms.points.push(durations.histogram.point(labels));
        }
        families.extend([summaries, histograms]);
    }
}
