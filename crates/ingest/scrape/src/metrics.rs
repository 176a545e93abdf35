//! What scraping says of itself, under upstream's names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::instrument::{Counter, Gauge, Histogram, Summary};
use model::{Family, FamilyKind, Labels, duration};
use parking_lot::Mutex;

use crate::error::ScrapeError;
use crate::target::millis;

/// Upper bounds of how long following discovery takes, in seconds; upstream's.
const SYNC_BOUNDS: [f64; 4] = [0.01, 0.1, 1.0, 10.0];

/// Upper bounds of how long a scrape takes, in seconds: up to the longest timeout in use.
const SCRAPE_BOUNDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0];

/// A histogram of scrapes' lengths.
pub(crate) struct ScrapeLengths(pub(crate) Histogram);

impl Default for ScrapeLengths {
    fn default() -> Self {
        Self(Histogram::new(&SCRAPE_BOUNDS))
    }
}

/// How long following discovery took, in the two forms that upstream has.
pub(crate) struct SyncLengths {
    summary: Summary,
    histogram: Histogram,
}

impl Default for SyncLengths {
    fn default() -> Self {
        Self {
            summary: Summary::default(),
            histogram: Histogram::new(&SYNC_BOUNDS),
        }
    }
}

impl SyncLengths {
    pub(crate) fn observe(&self, seconds: f64) {
        self.summary.observe(seconds);
        self.histogram.observe(seconds);
    }
}

/// Counts over all jobs.
#[derive(Default)]
pub(crate) struct Metrics {
    pub(crate) lengths: ScrapeLengths,
    pub(crate) exceeded_buckets: Counter,
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
    pub(crate) sync_length: SyncLengths,
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
            ScrapeError::BucketLimit { .. } => self.exceeded_buckets.inc(),
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
        let mut scrapes = Family::new(
            "prometheus_target_scrape_duration_seconds",
            "How long scrapes took.",
            FamilyKind::Histogram,
        );
        scrapes.points.push(self.lengths.0.point(Labels::empty()));
        families.extend([lengths, scrapes]);
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
                "prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total",
                "Total number of scrapes that hit the limit of native histograms' buckets.",
                &self.exceeded_buckets,
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
        let mut histograms = Family::new(
            "prometheus_target_sync_length_histogram_seconds",
            "Time it took to follow a change of the targets.",
            FamilyKind::Histogram,
        );
        for (job, metrics) in jobs.iter() {
            let labels = Labels::from_pairs([("scrape_job", job)]);
            let took = &metrics.sync_length;
            lengths.points.push(took.summary.point(labels.clone()));
            histograms.points.push(took.histogram.point(labels));
        }
        families.extend([lengths, histograms]);
    }
}
