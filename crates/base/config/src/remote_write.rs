//! `remote_write`: servers that are sent what is appended here.

use std::collections::BTreeMap;
use std::time::Duration;

use relabel::Rule;

use crate::{HttpConfig, Secret};

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WriteMessage {
    /// `prometheus.WriteRequest`
    V1,
    /// `io.prometheus.write.v2.Request`
    V2,
}

/// `queue_config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueConfig {
    /// `capacity`: samples that may wait in one shard.
    pub capacity: usize,
    /// `max_shards`.
    pub max_shards: usize,
    /// `min_shards`, at most `max_shards`.
    pub min_shards: usize,
    /// `max_samples_per_send`.
    pub max_samples_per_send: usize,
    /// `batch_send_deadline`: how long a sample waits for others.
    pub batch_send_deadline: Duration,
    /// `min_backoff`: the first pause after a failure.
    pub min_backoff: Duration,
    /// `max_backoff`: the longest.
    pub max_backoff: Duration,
    /// `retry_on_http_429`.
    pub retry_on_429: bool,
    /// `sample_age_limit`: older samples are not sent; `None` sends all.
    pub sample_age_limit: Option<Duration>,
}

/// `metadata_config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataConfig {
    /// `send`.
    pub send: bool,
    /// `send_interval`.
    pub interval: Duration,
    /// `max_samples_per_send`: entries of one request.
    pub max_per_send: usize,
}

/// `sigv4`: how requests are signed for AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SigV4Config {
    /// `region`; empty for what the environment says.
    pub region: String,
    /// `access_key` and `secret_key`; `None` for those of the environment.
    pub keys: Option<(String, Secret)>,
    /// `profile` of the file of credentials.
    pub profile: String,
    /// `role_arn`: a role to take.
    pub role_arn: String,
    /// `service_name`, `aps` where nothing is said.
    pub service: String,
}

/// Logins that only clouds have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloudLogin {
    /// `sigv4`.
    SigV4(SigV4Config),
    /// `azuread`, checked only.
    AzureAd,
    /// `google_iam`, checked only.
    GoogleIam,
}

/// One entry of `remote_write`. Its `Debug` shows no password of the URL.
#[derive(Clone, PartialEq)]
pub struct RemoteWriteConfig {
    /// `url`, as it is written: it may lack what a client needs, and may hold a password.
    pub url: String,
    /// `name`; empty where none is given, else unique.
    pub name: String,
    /// `remote_timeout` of one request.
    pub timeout: Duration,
    /// `headers` of every request.
    pub headers: BTreeMap<String, String>,
    /// `write_relabel_configs`.
    pub relabel: Vec<Rule>,
    /// `protobuf_message`.
    pub message: WriteMessage,
    /// `send_exemplars`.
    pub send_exemplars: bool,
    /// `send_native_histograms`.
    pub send_native_histograms: bool,
    /// `http_config` fields of the section.
    pub http: HttpConfig,
    /// `sigv4`, `azuread` or `google_iam`.
    pub cloud: Option<CloudLogin>,
    /// `queue_config`.
    pub queue: QueueConfig,
    /// `metadata_config`.
    pub metadata: MetadataConfig,
}

impl std::fmt::Debug for RemoteWriteConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteWriteConfig")
            .field("name", &self.name)
            .field("message", &self.message)
            .field("queue", &self.queue)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}
