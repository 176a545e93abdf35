//! What scraping says of itself, under upstream's names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::instrument::{Counter, Gauge, Summary};
use model::{Family, FamilyKind, Labels, duration};
use parking_lot::Mutex;

use crate::error::ScrapeError;
use crate::target::millis;

/// Counts over all jobs.
#[derive(Default)]
pub(crate) struct Metrics {
    pub(crate) pools: Counter,
    pub(crate) pools_failed: Counter,
    pub(crate) reloads: Counter,
    pub(crate) reloads_failed: Counter,
    pub(crate) exceeded_targets: Counter,
    pub(crate) exceeded_labels: Counter,
    pub(crate) exceeded_body: Counter,
    pub(crate) exceeded_samples: Counter,
    pub(crate) refused_series: Counter,
    pub(crate) out_of_order: Counter,
    pub(crate) duplicates: Counter,
    pub(crate) out_of_bounds: Counter,
    /// By scrape interval, as it is written.
    intervals: Mutex<BTreeMap<String, Arc<Summary>>>,
    jobs: Mutex<BTreeMap<String, Arc<JobMetrics>>>,
}

/// Counts of one job.
#[derive(Default)]
pub(crate) struct JobMetrics {
    pub(crate) target_limit: Gauge,
    pub(crate) targets: Gauge,
    pub(crate) syncs: Counter,
    pub(crate) syncs_failed: Counter,
    pub(crate) sync_length: Summary,
    pub(crate) metadata_entries: Gauge,
    pub(crate) metadata_bytes: Gauge,
}

impl Metrics {
    /// The summary of the time between two scrapes that should be this far apart.
    pub(crate) fn interval(&self, interval: Duration) -> Arc<Summary> {
        let text = duration::format(millis(interval));
        Arc::clone(self.intervals.lock().entry(text).or_default())
    }

    /// The counts of a job, kept over reloads.
    pub(crate) fn job(&self, name: &str) -> Arc<JobMetrics> {
        Arc::clone(self.jobs.lock().entry(name.to_owned()).or_default())
    }

    /// Forgets a job.
    pub(crate) fn remove_job(&self, name: &str) {
        self.jobs.lock().remove(name);
    }

    /// Counts the limit that a scrape broke.
    pub(crate) fn count_failure(&self, error: &ScrapeError) {
        match error {
            ScrapeError::BodySize { .. } => self.exceeded_body.inc(),
            ScrapeError::SampleLimit { .. } => self.exceeded_samples.inc(),
            ScrapeError::LabelLimit(_) => self.exceeded_labels.inc(),
            _ => {}
        }
    }

    pub(crate) fn gather(&self, families: &mut Vec<Family>) {
        self.gather_counters(families);
        let mut lengths = Family::new(
            "prometheus_target_interval_length_seconds",
            "Actual intervals between scrapes.",
            FamilyKind::Summary,
        );
        for (interval, summary) in self.intervals.lock().iter() {
            let labels = Labels::from_pairs([("interval", interval)]);
            lengths.points.push(summary.point(labels));
        }
        families.push(lengths);
        self.gather_jobs(families);
    }

    fn gather_counters(&self, families: &mut Vec<Family>) {
        let counters = [
            (
                "prometheus_target_scrape_pools_total",
                "Total number of scrape pool creation attempts.",
                &self.pools,
            ),
            (
                "prometheus_target_scrape_pools_failed_total",
                "Total number of scrape pool creations that failed.",
                &self.pools_failed,
            ),
            (
                "prometheus_target_scrape_pool_reloads_total",
                "Total number of scrape pool reloads.",
                &self.reloads,
            ),
            (
                "prometheus_target_scrape_pool_reloads_failed_total",
                "Total number of failed scrape pool reloads.",
                &self.reloads_failed,
            ),
            (
                "prometheus_target_scrape_pool_exceeded_target_limit_total",
                "Total number of times scrape pools hit the target limit, during sync or reload.",
                &self.exceeded_targets,
            ),
            (
                "prometheus_target_scrape_pool_exceeded_label_limits_total",
                "Total number of times scrape pools hit the label limits.",
                &self.exceeded_labels,
            ),
            (
                "prometheus_target_scrapes_exceeded_body_size_limit_total",
                "Total number of scrapes that hit the body size limit.",
                &self.exceeded_body,
            ),
            (
                "prometheus_target_scrapes_exceeded_sample_limit_total",
                "Total number of scrapes that hit the sample limit and were rejected.",
                &self.exceeded_samples,
            ),
            (
                "argand_target_scrapes_series_refused_total",
                "Total number of new series refused because a target or the store had its limit.",
                &self.refused_series,
            ),
            (
                "prometheus_target_scrapes_sample_out_of_order_total",
                "Total number of samples rejected because they were out of order.",
                &self.out_of_order,
            ),
            (
                "prometheus_target_scrapes_sample_duplicate_timestamp_total",
                "Total number of samples rejected because the time was taken by another value.",
                &self.duplicates,
            ),
            (
                "prometheus_target_scrapes_sample_out_of_bounds_total",
                "Total number of samples rejected because their time is out of bounds.",
                &self.out_of_bounds,
            ),
        ];
        for (name, help, counter) in counters {
            families.push(Family::counter(name, help, counter.get() as f64));
        }
    }

    fn gather_jobs(&self, families: &mut Vec<Family>) {
        let jobs = self.jobs.lock();
        let mut add = |name: &str, help: &str, kind, value: &dyn Fn(&JobMetrics) -> f64| {
            let mut family = Family::new(name, help, kind);
            for (job, metrics) in jobs.iter() {
                family.push([("scrape_job", job)], value(metrics));
            }
            families.push(family);
        };
        add(
            "prometheus_target_scrape_pool_target_limit",
            "Maximum number of targets allowed in this scrape pool; 0 means no limit.",
            FamilyKind::Gauge,
            &|job| job.target_limit.get(),
        );
        add(
            "prometheus_target_scrape_pool_targets",
            "Current number of targets in this scrape pool.",
            FamilyKind::Gauge,
            &|job| job.targets.get(),
        );
        add(
            "prometheus_target_scrape_pool_sync_total",
            "Total number of syncs that were executed on a scrape pool.",
            FamilyKind::Counter,
            &|job| job.syncs.get() as f64,
        );
        add(
            "prometheus_target_sync_failed_total",
            "Total number of targets that could not be scraped as discovered.",
            FamilyKind::Counter,
            &|job| job.syncs_failed.get() as f64,
        );
        add(
            "prometheus_target_metadata_cache_entries",
            "Metric metadata entries held for the targets of this job.",
            FamilyKind::Gauge,
            &|job| job.metadata_entries.get(),
        );
        add(
            "prometheus_target_metadata_cache_bytes",
            "Bytes of the metric metadata said by the targets of this job, before sharing.",
            FamilyKind::Gauge,
            &|job| job.metadata_bytes.get(),
        );
        let mut lengths = Family::new(
            "prometheus_target_sync_length_seconds",
            "Time it took to follow a change of the targets.",
            FamilyKind::Summary,
        );
        for (job, metrics) in jobs.iter() {
            let labels = Labels::from_pairs([("scrape_job", job)]);
            lengths.points.push(metrics.sync_length.point(labels));
        }
        families.push(lengths);
    }
}
