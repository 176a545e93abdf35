//! Receivers that keep incidents: on-call services and issue trackers.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::alertmanager::ApiUrl;
use crate::{HttpConfig, SecretSource, Tree};

/// One of `pagerduty_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct PagerDutyConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`.
    pub http: HttpConfig,
    /// `service_key` (a template) or `service_key_file`: the older API, used where it is given.
    pub service_key: Option<SecretSource>,
    /// `routing_key` (a template) or `routing_key_file`.
    pub routing_key: Option<SecretSource>,
    /// `url`; no template.
    pub url: ApiUrl,
    /// `client`.
    pub client: String,
    /// `client_url`.
    pub client_url: String,
    /// `description`.
    pub description: String,
    /// `details`, the usual ones among them.
    pub details: BTreeMap<String, Tree>,
    /// `images`.
    pub images: Vec<PagerDutyImage>,
    /// `links`.
    pub links: Vec<PagerDutyLink>,
    /// `source`; the client where the file says nothing.
    pub source: String,
    /// `severity`.
    pub severity: String,
    /// `class`.
    pub class: String,
    /// `component`.
    pub component: String,
    /// `group`.
    pub group: String,
    /// `timeout`; 0 means none of its own.
    pub timeout: Duration,
}

/// One of PagerDuty's `images`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagerDutyImage {
    /// `src`.
    pub src: String,
    /// `alt`.
    pub alt: String,
    /// `href`.
    pub href: String,
}

/// One of PagerDuty's `links`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagerDutyLink {
    /// `href`.
    pub href: String,
    /// `text`.
    pub text: String,
}

/// One of `opsgenie_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct OpsGenieConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`.
    pub http: HttpConfig,
    /// `api_key` (a template) or `api_key_file`.
    pub api_key: SecretSource,
    /// `api_url`; ends with a slash. No template.
    pub api_url: ApiUrl,
    /// `message`.
    pub message: String,
    /// `description`.
    pub description: String,
    /// `source`.
    pub source: String,
    /// `details`.
    pub details: BTreeMap<String, String>,
    /// `entity`.
    pub entity: String,
    /// `responders`.
    pub responders: Vec<OpsGenieResponder>,
    /// `actions`: separated by commas.
    pub actions: String,
    /// `tags`: separated by commas.
    pub tags: String,
    /// `note`.
    pub note: String,
    /// `priority`.
    pub priority: String,
    /// `update_alerts`: whether message and description of an open alert are kept up to date.
    pub update_alerts: bool,
}

/// One of OpsGenie's `responders`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpsGenieResponder {
    /// `id`.
    pub id: String,
    /// `name`.
    pub name: String,
    /// `username`.
    pub username: String,
    /// `type`: team, teams, user, escalation or schedule, or a template.
    pub kind: String,
}

/// One of `victorops_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct VictorOpsConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`.
    pub http: HttpConfig,
    /// `api_key` or `api_key_file`.
    pub api_key: SecretSource,
    /// `api_url`; ends with a slash. No template.
    pub api_url: ApiUrl,
    /// `routing_key`.
    pub routing_key: String,
    /// `message_type`.
    pub message_type: String,
    /// `state_message`.
    pub state_message: String,
    /// `entity_display_name`.
    pub entity_display_name: String,
    /// `monitoring_tool`.
    pub monitoring_tool: String,
    /// `custom_fields`.
    pub custom_fields: BTreeMap<String, String>,
}

/// One of `incidentio_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentioConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`.
    pub http: HttpConfig,
    /// `url` or `url_file`; no template.
    pub url: SecretSource,
    /// `alert_source_token` or `alert_source_token_file`; `None` where `http` authorizes.
    pub alert_source_token: Option<SecretSource>,
    /// `max_alerts`; 0 sends all.
    pub max_alerts: u64,
    /// `timeout`; 0 means none of its own.
    pub timeout: Duration,
}

/// Which of Jira's two APIs is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JiraApi {
    /// `auto`: told by the URL.
    Auto,
    /// `cloud`.
    Cloud,
    /// `datacenter`.
    DataCenter,
}

/// A field of an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JiraField {
    /// `template`.
    pub template: String,
    /// `enable_update`: whether later notifications change it.
    pub enable_update: bool,
}

/// One of `jira_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct JiraConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`.
    pub http: HttpConfig,
    /// `api_url`; no template.
    pub api_url: ApiUrl,
    /// `api_type`.
    pub api_type: JiraApi,
    /// `project`.
    pub project: String,
    /// `summary`.
    pub summary: JiraField,
    /// `description`.
    pub description: JiraField,
    /// `labels`.
    pub labels: Vec<String>,
    /// `priority`.
    pub priority: String,
    /// `issue_type`.
    pub issue_type: String,
    /// `reopen_transition`.
    pub reopen_transition: String,
    /// `resolve_transition`.
    pub resolve_transition: String,
    /// `wont_fix_resolution`.
    pub wont_fix_resolution: String,
    /// `reopen_duration`; 0 means without end.
    pub reopen_duration: Duration,
    /// `fields`: custom ones.
    pub fields: BTreeMap<String, Tree>,
}
