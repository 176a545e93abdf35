//! `receivers`: a name and the integrations behind it.

use std::collections::BTreeMap;

use super::receivers::{
    DiscordConfig, EmailConfig, IncidentioConfig, JiraConfig, MattermostConfig, MsTeamsConfig,
    MsTeamsV2Config, OpsGenieConfig, PagerDutyConfig, PushoverConfig, RocketchatConfig,
    SlackConfig, SnsConfig, TelegramConfig, VictorOpsConfig, WebexConfig, WebhookConfig,
    WechatConfig,
};

/// One of `receivers`: every integration in it is told of each notification.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Receiver {
    /// `name`.
    pub name: String,
    /// `labels`, for queries; `name` is among them.
    pub labels: BTreeMap<String, String>,
    /// `webhook_configs`.
    pub webhook: Vec<WebhookConfig>,
    /// `email_configs`.
    pub email: Vec<EmailConfig>,
    /// `pagerduty_configs`.
    pub pagerduty: Vec<PagerDutyConfig>,
    /// `opsgenie_configs`.
    pub opsgenie: Vec<OpsGenieConfig>,
    /// `wechat_configs`.
    pub wechat: Vec<WechatConfig>,
    /// `slack_configs`.
    pub slack: Vec<SlackConfig>,
    /// `victorops_configs`.
    pub victorops: Vec<VictorOpsConfig>,
    /// `pushover_configs`.
    pub pushover: Vec<PushoverConfig>,
    /// `sns_configs`.
    pub sns: Vec<SnsConfig>,
    /// `telegram_configs`.
    pub telegram: Vec<TelegramConfig>,
    /// `discord_configs`.
    pub discord: Vec<DiscordConfig>,
    /// `webex_configs`.
    pub webex: Vec<WebexConfig>,
    /// `msteams_configs`.
    pub msteams: Vec<MsTeamsConfig>,
    /// `msteamsv2_configs`.
    pub msteamsv2: Vec<MsTeamsV2Config>,
    /// `jira_configs`.
    pub jira: Vec<JiraConfig>,
    /// `incidentio_configs`.
    pub incidentio: Vec<IncidentioConfig>,
    /// `rocketchat_configs`.
    pub rocketchat: Vec<RocketchatConfig>,
    /// `mattermost_configs`.
    pub mattermost: Vec<MattermostConfig>,
}
