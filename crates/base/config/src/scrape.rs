//! `scrape_configs`: what is scraped, how, and within which limits.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use relabel::Rule;

use crate::{DiscoveryConfig, HttpConfig};

/// A form of exposition that may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScrapeProtocol {
    /// `PrometheusProto`
    PrometheusProto,
    /// `PrometheusText0.0.4`
    PrometheusText004,
    /// `PrometheusText1.0.0`
    PrometheusText100,
    /// `OpenMetricsText0.0.1`
    OpenMetricsText001,
    /// `OpenMetricsText1.0.0`
    OpenMetricsText100,
}

/// Which metric and label names are valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameValidation {
    /// Any UTF-8.
    Utf8,
    /// The classic alphabet only.
    Legacy,
}

/// How a target is asked to write names outside the classic alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameEscaping {
    /// `allow-utf-8`: as they are.
    AllowUtf8,
    /// `underscores`
    Underscores,
    /// `dots`
    Dots,
    /// `values`
    Values,
}

/// Limits of one scrape; 0 means none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScrapeLimits {
    /// Bytes of the uncompressed answer.
    pub body_size: u64,
    /// Samples after metric relabelling.
    pub samples: u64,
    /// Targets of the job.
    pub targets: u64,
    /// Labels of a series.
    pub labels: u64,
    /// Bytes of a label name.
    pub label_name_length: u64,
    /// Bytes of a label value.
    pub label_value_length: u64,
    /// Dropped targets kept for the page.
    pub keep_dropped_targets: u64,
}

/// One entry of `scrape_configs`, globals inherited.
#[derive(Clone, Debug, PartialEq)]
pub struct ScrapeConfig {
    /// `job_name`.
    pub job_name: String,
    /// `honor_labels`.
    pub honor_labels: bool,
    /// `honor_timestamps`.
    pub honor_timestamps: bool,
    /// `track_timestamps_staleness`.
    pub track_timestamps_staleness: bool,
    /// `params`.
    pub params: BTreeMap<String, Vec<String>>,
    /// `scrape_interval`.
    pub interval: Duration,
    /// `scrape_timeout`, at most the interval.
    pub timeout: Duration,
    /// `scrape_protocols`, preferred first.
    pub protocols: Vec<ScrapeProtocol>,
    /// `fallback_scrape_protocol`: assumed where the answer does not say its form.
    pub fallback_protocol: Option<ScrapeProtocol>,
    /// `scrape_native_histograms`.
    pub native_histograms: bool,
    /// `always_scrape_classic_histograms`.
    pub always_classic_histograms: bool,
    /// `convert_classic_histograms_to_nhcb`.
    pub convert_classic_histograms: bool,
    /// `extra_scrape_metrics`.
    pub extra_metrics: bool,
    /// `scrape_failure_log_file`, the global one where the section has none.
    pub failure_log_file: Option<PathBuf>,
    /// `metrics_path`.
    pub metrics_path: String,
    /// `scheme`: `http` or `https`.
    pub scheme: String,
    /// `enable_compression`.
    pub compression: bool,
    /// The limits.
    pub limits: ScrapeLimits,
    /// `native_histogram_bucket_limit`: buckets of one native histogram; 0 means no limit.
    pub native_histogram_bucket_limit: u64,
    /// `native_histogram_min_bucket_factor`: the least growth from bucket to bucket; 0 takes any.
    pub native_histogram_min_bucket_factor: f64,
    /// `metric_name_validation_scheme`.
    pub name_validation: NameValidation,
    /// `metric_name_escaping_scheme`.
    pub name_escaping: NameEscaping,
    /// `http_config` fields of the section.
    pub http: HttpConfig,
    /// Where the targets are.
    pub discovery: Vec<DiscoveryConfig>,
    /// `relabel_configs`.
    pub relabel: Vec<Rule>,
    /// `metric_relabel_configs`.
    pub metric_relabel: Vec<Rule>,
}
