//! Every file a user writes, turned into checked values.
//!
//! [`load`] reads `prometheus.yml`, [`alertmanager::load`] `alertmanager.yml`.
//!
//! A value of this crate is complete (defaults filled in, globals inherited) and right; what is
//! wrong with a file is a [`ConfigError`] with file, line and column. No other crate reads YAML of
//! users.
//!
//! On the way in, each step knows one thing: `yaml` the text, `schema` the words in which
//! `sections` describes every key, `read` how a tree is held against those tables, `inherit` what
//! sections take over from `global`, and `build` the types that come out. `emit` writes the tables
//! back for the status page. Secrets are kept in [`Secret`] and are in no error and no output.
//!
//! ```
//! use std::path::Path;
//!
//! let text = "scrape_configs:\n  - job_name: node\n    scrape_interval: 1 m\n";
//! let error = config::parse(text, Path::new("prometheus.yml"), &|_| None).expect_err("a space");
//! assert_eq!(
//!     error.to_string(),
//!     r#"prometheus.yml:3:22: scrape_configs[0].scrape_interval: unknown unit " m" in duration "1 m""#
//! );
//! ```

mod alerting;
pub mod alertmanager;
mod build;
mod cluster;
mod dashboards;
mod discovery;
mod emit;
mod environment;
mod error;
mod http;
mod http_file;
mod inherit;
mod kubernetes;
mod load;
mod nearest;
mod otlp;
mod prometheus;
mod read;
mod remote_read;
mod remote_write;
mod rule_tests;
mod rules;
mod scalar;
mod schema;
mod scrape;
mod secret;
mod sections;
mod settings_file;
mod statsd;
mod table;
mod tracing;
mod tree;
mod web;
mod yaml;

pub use alerting::{AlertingConfig, AlertmanagerConfig};
pub use alertmanager::SigV4;
pub use cluster::{ClusterTls, load_cluster_tls};
pub use dashboards::{DashboardProvider, load_dashboard_providers};
pub use discovery::{
    Asking, AwsDiscovery, AwsService, AzureDiscovery, AzureLogin, ConsulDiscovery,
    DigitalOceanDiscovery, DigitalOceanRole, DiscoveryConfig, DnsDiscovery, DockerDiscovery,
    EurekaDiscovery, FileDiscovery, GceDiscovery, HetznerDiscovery, HetznerRole, HttpDiscovery,
    KumaDiscovery, LinodeDiscovery, NomadDiscovery, OpenStackDiscovery, OpenStackRole,
    PuppetDbDiscovery, RecordType, StaticGroup, SwarmDiscovery, SwarmRole,
};
pub use error::{ConfigError, Place};
pub use http::{
    Authorization, BasicAuth, HttpConfig, OAuth2, ProxyConfig, SecretSource, TlsConfig, TlsVersion,
};
pub use http_file::load_http;
pub use kubernetes::{
    KubernetesAccess, KubernetesAttach, KubernetesDiscovery, KubernetesRole, KubernetesSelector,
};
pub use load::{load, load_alone, parse};
pub use otlp::{OtlpConfig, Promoted, TranslationStrategy};
pub use prometheus::{Config, GlobalConfig, Retention, StorageConfig};
pub use remote_read::RemoteReadConfig;
pub use remote_write::{
    CloudLogin, MetadataConfig, QueueConfig, RemoteWriteConfig, SigV4Config, WriteMessage,
};
pub use rule_tests::{
    AlertTest, ExpectedAlert, ExpectedSample, ExpressionTest, RuleTest, RuleTestFile,
    load_rule_tests,
};
pub use rules::{
    AlertRule, RuleChecks, RuleConfig, RuleGroup, RuleKind, find_rule_files, load_rules,
    parse_rules,
};
pub use scrape::{NameEscaping, NameValidation, ScrapeConfig, ScrapeLimits, ScrapeProtocol};
pub use secret::Secret;
pub use settings_file::load_settings;
pub use statsd::{
    StatsdConfig, StatsdHistogram, StatsdKind, StatsdMapping, StatsdMatch, StatsdObserver,
    StatsdSummary, load_statsd, parse_statsd,
};
pub use tracing::{TracingClient, TracingConfig};
pub use tree::Tree;
pub use web::{
    ClientAuth, RateLimit, Role, Roles, ServerTls, WebConfig, WebToken, WebUser, load_web,
    parse_web,
};
