//! What each kind of integration is set up with: the section's own values, those of `global`
//! where it has none, and upstream's defaults.
//!
//! Every text is a template unless its documentation says otherwise.

mod chat;
mod incident;
mod mail;
mod message;

pub use chat::{
    DiscordConfig, MattermostAttachment, MattermostConfig, MattermostPriority, MsTeamsConfig,
    MsTeamsV2Config, RocketchatAction, RocketchatConfig, SlackAction, SlackConfig,
    SlackConfirmation,
};
pub use incident::{
    IncidentioConfig, JiraApi, JiraConfig, JiraField, OpsGenieConfig, OpsGenieResponder,
    PagerDutyConfig, PagerDutyImage, PagerDutyLink, VictorOpsConfig,
};
pub use mail::{EmailConfig, EmailThreading, WebhookConfig};
pub use message::{PushoverConfig, SigV4, SnsConfig, TelegramConfig, WebexConfig, WechatConfig};

/// A field of a message: Slack's, Mattermost's and Rocket.Chat's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageField {
    /// `title`.
    pub title: String,
    /// `value`.
    pub value: String,
    /// `short`: whether it may stand beside another one; `None` where the file does not say.
    pub short: Option<bool>,
}
