//! `alerting`: the Alertmanagers that are told of alerts.

use std::time::Duration;

use relabel::Rule;

use crate::{DiscoveryConfig, HttpConfig, SigV4};

/// `alerting`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertingConfig {
    /// `alert_relabel_configs`: what is done to the labels of every alert before it is sent.
    pub alert_relabel: Vec<Rule>,
    /// `alertmanagers`.
    pub alertmanagers: Vec<AlertmanagerConfig>,
}

/// One entry of `alertmanagers`: servers that are found in the same ways and told alike.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertmanagerConfig {
    /// `scheme`: `http` or `https`.
    pub scheme: String,
    /// `path_prefix`: what the paths of its API begin with.
    pub path_prefix: String,
    /// `timeout` of one request.
    pub timeout: Duration,
    /// `http_config` fields of the section.
    pub http: HttpConfig,
    /// `sigv4`: who signs requests, where AWS runs the servers.
    pub sigv4: Option<SigV4>,
    /// Where the servers are.
    pub discovery: Vec<DiscoveryConfig>,
    /// `relabel_configs`: over the labels of the servers.
    pub relabel: Vec<Rule>,
    /// `alert_relabel_configs`: what is done to the labels of alerts for these servers only.
    pub alert_relabel: Vec<Rule>,
}
