//! `prometheus.yml` as a whole.

use std::path::{Path, PathBuf};
use std::time::Duration;

use model::Labels;

use crate::{
    AlertingConfig, NameValidation, OtlpConfig, RemoteReadConfig, RemoteWriteConfig, ScrapeConfig,
    TracingConfig,
};

/// `global`, as far as it is not inherited by the scrape sections.
#[derive(Clone, Debug, PartialEq)]
pub struct GlobalConfig {
    /// `scrape_interval`.
    pub scrape_interval: Duration,
    /// `evaluation_interval`.
    pub evaluation_interval: Duration,
    /// `rule_query_offset`: how far in the past rules are evaluated where their group says nothing.
    pub rule_query_offset: Duration,
    /// `external_labels`, `${ENV}` already expanded.
    pub external_labels: Labels,
    /// `metric_name_validation_scheme`.
    pub name_validation: NameValidation,
    /// `query_log_file`.
    pub query_log_file: Option<PathBuf>,
    /// `scrape_failure_log_file`.
    pub scrape_failure_log_file: Option<PathBuf>,
}

/// How long samples are kept. The flags of the command line win where both are given.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Retention {
    /// By age.
    pub time: Option<Duration>,
    /// By bytes on disk.
    pub size: Option<u64>,
    /// By share of the disk, 0 to 100.
    pub percentage: Option<f64>,
}

/// `storage`.
#[derive(Clone, Debug, PartialEq)]
pub struct StorageConfig {
    /// `tsdb.out_of_order_time_window`.
    pub out_of_order_window: Duration,
    /// `tsdb.retention`.
    pub retention: Retention,
    /// `exemplars.max_exemplars`.
    pub max_exemplars: u64,
}

/// A whole `prometheus.yml`, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `global`.
    pub global: GlobalConfig,
    /// `rule_files`: patterns, relative to the file's folder already resolved.
    pub rule_files: Vec<PathBuf>,
    /// `scrape_configs`, and those of `scrape_config_files`.
    pub scrape_configs: Vec<ScrapeConfig>,
    /// `alerting`.
    pub alerting: AlertingConfig,
    /// `remote_write`.
    pub remote_write: Vec<RemoteWriteConfig>,
    /// `remote_read`.
    pub remote_read: Vec<RemoteReadConfig>,
    /// `tracing`.
    pub tracing: Option<TracingConfig>,
    /// `storage`.
    pub storage: StorageConfig,
    /// `otlp`.
    pub otlp: OtlpConfig,
    /// Sections that were checked and whose machinery is not active yet, such as a mechanism of
    /// discovery.
    pub inactive: Vec<String>,
    /// The whole file as YAML with defaults filled in and secrets as `<secret>`, for the status
    /// page.
    pub redacted: String,
}

impl Default for Config {
    /// What an empty file means.
    #[expect(
        clippy::expect_used,
        reason = "an empty text has nothing that could be wrong, and a test proves it"
    )]
    fn default() -> Self {
        crate::parse("", Path::new(""), &|_| None).expect("an empty file is a valid configuration")
    }
}
