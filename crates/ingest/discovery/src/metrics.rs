//! What discovery says of itself, under upstream's names.

use std::collections::BTreeMap;

use contract::Gather;
use model::instrument::{Counter, Gauge};
use model::{Family, FamilyKind};
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
    /// By job: targets as last sent, and when that was, in milliseconds since the epoch.
    pub(crate) discovered: Mutex<BTreeMap<String, (usize, i64)>>,
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
    }
}
