//! What all loops share, and what the loops of one job share.

use std::sync::Arc;

use config::ScrapeConfig;
use contract::{Append, Clock};
use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http_client::{Client, HttpError};
use parking_lot::RwLock;

use crate::accept::accept_header;
use crate::error::ScrapeError;
use crate::limits::Limits;
use crate::metadata::Interner;
use crate::metrics::{JobMetrics, Metrics};
use crate::scratch::Scratches;

/// Tells a target how long its answer may take.
pub(crate) const TIMEOUT_HEADER: HeaderName =
    HeaderName::from_static("x-prometheus-scrape-timeout-seconds");

/// What all loops of the server share.
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Append>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Metrics,
    pub(crate) scratches: Scratches,
    pub(crate) rows: Interner,
    /// Spreads the scrapes of several servers with the same targets.
    pub(crate) seed: u64,
    pub(crate) user_agent: HeaderValue,
    /// Series that one target may have; 0 takes all.
    pub(crate) series_per_target: u64,
}

/// What the loops of one job share.
pub(crate) struct Job {
    pub(crate) config: ScrapeConfig,
    pub(crate) limits: Limits,
    /// The client, or why there is none.
    pub(crate) client: Result<Client, HttpError>,
    /// Sent with every request.
    pub(crate) headers: HeaderMap,
    /// Set while the job has more targets than it may.
    pub(crate) over_limit: RwLock<Option<ScrapeError>>,
    pub(crate) metrics: Arc<JobMetrics>,
}

impl Job {
    pub(crate) fn new(config: &ScrapeConfig, shared: &Shared) -> Self {
        let metrics = shared.metrics.job(&config.job_name);
        metrics.target_limit.set(config.limits.targets as f64);
        let client = Client::new(&config.http);
        shared.metrics.pools.inc();
        if let Err(error) = &client {
            shared.metrics.pools_failed.inc();
            let job = &config.job_name;
            tracing::error!(%job, %error, "the job's HTTP settings are not usable");
        }
        Self {
            limits: Limits::new(&config.limits, shared.series_per_target),
            headers: headers(config, &shared.user_agent),
            client,
            over_limit: RwLock::new(None),
            metrics,
            config: config.clone(),
        }
    }

    /// Whether a layout made under the other section means the same under this one.
    pub(crate) fn same_series(&self, other: &Self) -> bool {
        let (a, b) = (&self.config, &other.config);
        a.honor_labels == b.honor_labels
            && a.metric_relabel == b.metric_relabel
            && a.name_validation == b.name_validation
            && self.limits == other.limits
    }
}

fn headers(config: &ScrapeConfig, user_agent: &HeaderValue) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let accept = accept_header(&config.protocols, config.name_escaping);
    if let Ok(value) = HeaderValue::try_from(accept) {
        headers.insert(ACCEPT, value);
    }
    let encoding = if config.compression {
        "gzip"
    } else {
        "identity"
    };
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(encoding));
    headers.insert(USER_AGENT, user_agent.clone());
    headers
}
