//! `tracing`: where spans of requests and queries are sent.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::TlsConfig;

/// How spans are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TracingClient {
    /// `grpc`
    Grpc,
    /// `http`
    Http,
}

/// `tracing`. Its `Debug` shows no header.
#[derive(Clone, PartialEq)]
pub struct TracingConfig {
    /// `client_type`.
    pub client: TracingClient,
    /// `endpoint`: host and port of the collector.
    pub endpoint: String,
    /// `sampling_fraction` of the traces that begin here; outside 0 to 1 means none and all.
    pub sampling_fraction: f64,
    /// `insecure`: without TLS.
    pub insecure: bool,
    /// `headers` of every request.
    pub headers: BTreeMap<String, String>,
    /// `compression`: whether requests are packed by gzip.
    pub gzip: bool,
    /// `timeout` of one request; `None` for the exporter's own.
    pub timeout: Option<Duration>,
    /// `tls_config`.
    pub tls: TlsConfig,
}

impl std::fmt::Debug for TracingConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TracingConfig")
            .field("client", &self.client)
            .field("endpoint", &self.endpoint)
            .field("sampling_fraction", &self.sampling_fraction)
            .finish_non_exhaustive()
    }
}
