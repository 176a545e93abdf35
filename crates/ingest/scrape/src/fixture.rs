//! A section for tests, with upstream's defaults; some tests outside of the crate use it too.

use std::collections::BTreeMap;
use std::time::Duration;

use config::{
    HttpConfig, NameEscaping, NameValidation, ScrapeConfig, ScrapeLimits, ScrapeProtocol,
};

/// A section that scrapes every 100 ms.
pub(crate) fn section(job: &str) -> ScrapeConfig {
    ScrapeConfig {
        job_name: job.to_owned(),
        honor_labels: false,
        honor_timestamps: true,
        track_timestamps_staleness: false,
        params: BTreeMap::new(),
        interval: Duration::from_millis(100),
        timeout: Duration::from_millis(100),
        protocols: vec![
            ScrapeProtocol::OpenMetricsText100,
            ScrapeProtocol::PrometheusText004,
        ],
        fallback_protocol: None,
        native_histograms: false,
        native_histogram_bucket_limit: 0,
        native_histogram_min_bucket_factor: 0.0,
        always_classic_histograms: false,
        convert_classic_histograms: false,
        extra_metrics: false,
        metrics_path: "/metrics".to_owned(),
        scheme: "http".to_owned(),
        compression: true,
        limits: ScrapeLimits::default(),
        name_validation: NameValidation::Utf8,
        name_escaping: NameEscaping::AllowUtf8,
        http: HttpConfig::default(),
        discovery: Vec::new(),
        relabel: Vec::new(),
        metric_relabel: Vec::new(),
        failure_log_file: None,
    }
}
