//! What discovery says of itself, under upstream's names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use contract::Gather;
use model::instrument::{Counter, Gauge, Histogram};
use model::{Family, FamilyKind, Labels, Point, PointValue};
use parking_lot::Mutex;

/// Counters and gauges of all mechanisms.
#[derive(Default)]
pub(crate) struct Metrics {
    /// The value of label `name`: whom targets are looked for.
    pub(crate) name: &'static str,
    pub(crate) failed_configs: Gauge,
    pub(crate) updates: Counter,
    pub(crate) received_updates: Counter,
    pub(crate) file_read_errors: Counter,
    /// Seconds since the epoch by file; bounded by the number of files read.
    pub(crate) file_mtimes: Mutex<BTreeMap<String, f64>>,
    pub(crate) dns_lookups: Counter,
    pub(crate) dns_lookup_failures: Counter,
    pub(crate) azure_cache_hits: Counter,
    pub(crate) consul: ConsulMetrics,
    /// By mechanism and job, for as long as such a mechanism runs.
    refreshes: Mutex<BTreeMap<(&'static str, String), Refreshed>>,
    /// Failures by mechanism since the start.
    failures: Mutex<BTreeMap<&'static str, u64>>,
    /// By job: targets as last sent, and when that was, in milliseconds since the epoch.
    pub(crate) discovered: Mutex<BTreeMap<String, (usize, i64)>>,
}

/// How the questions of a mechanism went.
#[derive(Default)]
struct Refreshed {
    /// How many sections of the job share the entry.
    sections: usize,
    failures: u64,
    count: u64,
    seconds: f64,
}

/// The part of a section in [`Metrics`]; taken out of them with the value.
pub(crate) struct Refreshes {
    metrics: Arc<Metrics>,
    key: (&'static str, String),
}

impl Refreshes {
    pub(crate) fn new(metrics: &Arc<Metrics>, mechanism: &'static str, job: &str) -> Self {
        let own = Self {
            metrics: Arc::clone(metrics),
            key: (mechanism, job.to_owned()),
        };
        own.change(|entry| entry.sections += 1);
        own
    }

    fn change(&self, change: impl FnOnce(&mut Refreshed)) {
        change(
            self.metrics
                .refreshes
                .lock()
                .entry(self.key.clone())
                .or_default(),
        );
    }

    /// A question took so long, whatever came of it.
    pub(crate) fn took(&self, time: Duration) {
        self.change(|entry| {
            entry.count += 1;
            entry.seconds += time.as_secs_f64();
        });
    }

    /// A question had no usable answer.
    pub(crate) fn failed(&self) {
        self.change(|entry| entry.failures += 1);
        *self.metrics.failures.lock().entry(self.key.0).or_default() += 1;
    }
}

impl Drop for Refreshes {
    fn drop(&mut self) {
        let mut all = self.metrics.refreshes.lock();
        if let Some(entry) = all.get_mut(&self.key) {
            entry.sections = entry.sections.saturating_sub(1);
            if entry.sections == 0 {
                all.remove(&self.key);
            }
        }
    }
}

/// How calls of Consul's API went.
pub(crate) struct ConsulMetrics {
    pub(crate) failures: Counter,
    /// Of lists of services.
    pub(crate) catalog: Histogram,
    /// Of the instances of a service.
    pub(crate) health: Histogram,
}

impl Default for ConsulMetrics {
    fn default() -> Self {
        Self {
            failures: Counter::default(),
            catalog: Histogram::new(&CALL_SECONDS),
            health: Histogram::new(&CALL_SECONDS),
        }
    }
}

/// Bounds of the time that calls take, in seconds; a call may wait for minutes for a change.
const CALL_SECONDS: [f64; 7] = [0.01, 0.1, 1.0, 10.0, 30.0, 60.0, 120.0];

/// Counters of failures that mechanisms have beside the common one.
const OWN_FAILURES: [(&str, &str); 5] = [
    ("azure", "prometheus_sd_azure_failures_total"),
    ("http", "prometheus_sd_http_failures_total"),
    ("kuma", "prometheus_sd_kuma_fetch_failures_total"),
    ("linode", "prometheus_sd_linode_failures_total"),
    ("nomad", "prometheus_sd_nomad_failures_total"),
];

impl Metrics {
    /// Those of whoever looks for targets under a name.
    pub(crate) fn of(name: &'static str) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    /// What the mechanisms that ask servers say.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn gather_asking(&self, families: &mut Vec<Family>) {
        let mut failures = Family::new(
            "prometheus_sd_refresh_failures_total",
            "Number of times that a mechanism could not list its targets.",
            FamilyKind::Counter,
        );
        let mut durations = Family::new(
            "prometheus_sd_refresh_duration_seconds",
            "How long a mechanism took to list its targets, in seconds.",
            FamilyKind::Summary,
        );
        for ((mechanism, job), entry) in &*self.refreshes.lock() {
            let labels = [("mechanism", *mechanism), ("config", job)];
            failures.push(labels, entry.failures as f64);
            durations.points.push(Point {
                labels: Labels::from_pairs(labels),
                value: PointValue::Summary {
                    quantiles: Vec::new(),
                    sum: entry.seconds,
                    count: entry.count,
                },
            });
        }
        families.extend([failures, durations]);
        let failed = self.failures.lock();
        for (mechanism, name) in OWN_FAILURES {
            let help = format!("Number of times that {mechanism} discovery failed.");
            let value = failed.get(mechanism).copied().unwrap_or(0);
            families.push(Family::counter(name, &help, value as f64));
        }
        for (name, help, counter) in [
            (
                "prometheus_sd_dns_lookups_total",
                "Number of DNS lookups.",
                &self.dns_lookups,
            ),
            (
                "prometheus_sd_dns_lookup_failures_total",
                "Number of DNS lookups that failed.",
                &self.dns_lookup_failures,
            ),
            (
                "prometheus_sd_azure_cache_hit_total",
                "Number of network interfaces at Azure that were known already.",
                &self.azure_cache_hits,
            ),
            (
                "prometheus_sd_consul_rpc_failures_total",
                "Number of calls of Consul that failed.",
                &self.consul.failures,
            ),
        ] {
            families.push(Family::counter(name, help, counter.get() as f64));
        }
        let mut calls = Family::new(
            "prometheus_sd_consul_rpc_duration_seconds",
            "How long calls of Consul took, in seconds.",
            FamilyKind::Histogram,
        );
        for (endpoint, call, times) in [
            ("catalog", "services", &self.consul.catalog),
            ("health", "service", &self.consul.health),
        ] {
            let labels = Labels::from_pairs([("endpoint", endpoint), ("call", call)]);
            calls.points.push(times.point(labels));
        }
        families.push(calls);
    }
}

impl Gather for Metrics {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn gather(&self, families: &mut Vec<Family>) {
        let family = |name: &str, help: &str, kind| Family::new(name, help, kind);
        let named = [("name", self.name)];
        let mut discovered = family(
            "prometheus_sd_discovered_targets",
            "Current number of discovered targets.",
            FamilyKind::Gauge,
        );
        let mut updated = family(
            "prometheus_sd_last_update_timestamp_seconds",
            "When the groups of a job were last sent to its scraper, in seconds since the epoch.",
            FamilyKind::Gauge,
        );
        for (job, (count, time)) in &*self.discovered.lock() {
            let labels = [("name", self.name), ("config", job)];
            discovered.push(labels, *count as f64);
            updated.push(labels, *time as f64 / 1000.0);
        }
        families.extend([discovered, updated]);
        families.push(
            family(
                "prometheus_sd_failed_configs",
                "Current number of service discovery configurations that are not active.",
                FamilyKind::Gauge,
            )
            .with(named, self.failed_configs.get()),
        );
        for (name, help, counter) in [
            (
                "prometheus_sd_updates_total",
                "Number of times the groups of a job were sent to its scraper.",
                &self.updates,
            ),
            (
                "prometheus_sd_received_updates_total",
                "Number of answers received from discovery mechanisms.",
                &self.received_updates,
            ),
        ] {
            let value = counter.get() as f64;
            families.push(family(name, help, FamilyKind::Counter).with(named, value));
        }
        families.push(Family::counter(
            "prometheus_sd_file_read_errors_total",
            "Number of target files that could not be read.",
            self.file_read_errors.get() as f64,
        ));
        let mut mtimes = family(
            "prometheus_sd_file_mtime_seconds",
            "When each target file was last changed, in seconds since the epoch.",
            FamilyKind::Gauge,
        );
        for (file, seconds) in &*self.file_mtimes.lock() {
            mtimes.push([("filename", file)], *seconds);
        }
        families.push(mtimes);
        self.gather_asking(families);
    }
}
