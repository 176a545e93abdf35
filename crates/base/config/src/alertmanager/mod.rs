//! `alertmanager.yml`: who is told of which alerts, when, and how.
//!
//! In comes the text of a file, out goes a checked [`AlertmanagerConfig`]: every route knows what
//! it inherits, every receiver has its vendor's address, keys and HTTP settings whether they stood
//! in its own section or in `global`, every name used is defined. Texts with `{{ }}` are kept as
//! they are: whoever notifies expands them.
//!
//! Invariants: the root route has a receiver and matches every alert; a receiver or time interval
//! that a route names exists; a secret is given in one way only.
//!
//! What is absent: reading the files that hold secrets (they are read at each use) and the
//! template files.

mod address;
mod build;
mod global;
mod inherit;
mod joined;
mod load;
mod matchers;
mod receiver;
mod receivers;
mod route;
mod sections;
mod time;

pub use address::ApiUrl;
pub use global::{Global, SmartHost};
pub use joined::load_with;
pub use load::{Environment, load, parse};
pub use matchers::{MatcherError, parse_matcher, parse_matchers};
pub use receiver::Receiver;
pub use receivers::{
    DiscordConfig, EmailConfig, EmailThreading, IncidentioConfig, JiraApi, JiraConfig, JiraField,
    MattermostAttachment, MattermostConfig, MattermostPriority, MessageField, MsTeamsConfig,
    MsTeamsV2Config, OpsGenieConfig, OpsGenieResponder, PagerDutyConfig, PagerDutyImage,
    PagerDutyLink, PushoverConfig, RocketchatAction, RocketchatConfig, SigV4, SlackAction,
    SlackConfig, SlackConfirmation, SnsConfig, TelegramConfig, VictorOpsConfig, WebexConfig,
    WebhookConfig, WechatConfig,
};
pub use route::{GroupBy, InhibitRule, Route};
pub use time::{InclusiveRange, MinuteRange, TimeInterval, TimePeriod};

use std::path::PathBuf;

/// A whole `alertmanager.yml`, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertmanagerConfig {
    /// `global`, as far as receivers do not inherit it.
    pub global: Global,
    /// `route`: the root of the tree.
    pub route: Route,
    /// `inhibit_rules`.
    pub inhibit_rules: Vec<InhibitRule>,
    /// `receivers`, in the order of the file; no name twice.
    pub receivers: Vec<Receiver>,
    /// `templates`: patterns of files, already relative to the file's folder.
    pub templates: Vec<PathBuf>,
    /// `time_intervals` and `mute_time_intervals`, the older ones first; no name twice.
    pub time_intervals: Vec<TimeInterval>,
    /// Sections that were checked and whose machinery is not active yet, such as `tracing`.
    pub inactive: Vec<String>,
    /// The whole file as YAML with defaults filled in and secrets as `<secret>`, for the status
    /// page.
    pub redacted: String,
}
