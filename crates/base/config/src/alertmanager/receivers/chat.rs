//! Receivers that are rooms in which people talk.

use std::time::Duration;

use super::MessageField;
use crate::alertmanager::ApiUrl;
use crate::{HttpConfig, SecretSource};

/// One of `slack_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct SlackConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`; carries the app's token where there is one.
    pub http: HttpConfig,
    /// Where messages go: `api_url`, `api_url_file`, or `app_url` where there is a token.
    pub url: SecretSource,
    /// `channel`.
    pub channel: String,
    /// `username`.
    pub username: String,
    /// `color`.
    pub color: String,
    /// `title`.
    pub title: String,
    /// `title_link`.
    pub title_link: String,
    /// `pretext`.
    pub pretext: String,
    /// `text`.
    pub text: String,
    /// `message_text`: stands above the attachment.
    pub message_text: String,
    /// `fields`.
    pub fields: Vec<MessageField>,
    /// `short_fields`: of fields that do not say.
    pub short_fields: bool,
    /// `footer`.
    pub footer: String,
    /// `fallback`.
    pub fallback: String,
    /// `callback_id`.
    pub callback_id: String,
    /// `icon_emoji`.
    pub icon_emoji: String,
    /// `icon_url`.
    pub icon_url: String,
    /// `image_url`.
    pub image_url: String,
    /// `thumb_url`.
    pub thumb_url: String,
    /// `link_names`.
    pub link_names: bool,
    /// `mrkdwn_in`; no templates. Where there are none, the usual ones.
    pub mrkdwn_in: Vec<String>,
    /// `actions`.
    pub actions: Vec<SlackAction>,
    /// `update_message`: later notifications of a group change its first message.
    pub update_message: bool,
    /// `timeout`; 0 means none of its own.
    pub timeout: Duration,
}

/// One of Slack's `actions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlackAction {
    /// `type`.
    pub kind: String,
    /// `text`.
    pub text: String,
    /// `url`; empty where the action sends a message.
    pub url: String,
    /// `style`.
    pub style: String,
    /// `name`.
    pub name: String,
    /// `value`.
    pub value: String,
    /// `confirm`.
    pub confirm: Option<SlackConfirmation>,
}

/// `confirm`: what is asked before an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlackConfirmation {
    /// `text`.
    pub text: String,
    /// `title`.
    pub title: String,
    /// `ok_text`.
    pub ok_text: String,
    /// `dismiss_text`.
    pub dismiss_text: String,
}

/// One of `discord_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct DiscordConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`.
    pub http: HttpConfig,
    /// `webhook_url` or `webhook_url_file`.
    pub webhook_url: SecretSource,
    /// `content`.
    pub content: String,
    /// `title`.
    pub title: String,
    /// `message`.
    pub message: String,
    /// `username`; no template.
    pub username: String,
    /// `avatar_url`; no template.
    pub avatar_url: String,
}

/// One of `msteams_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct MsTeamsConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`.
    pub http: HttpConfig,
    /// `webhook_url` or `webhook_url_file`.
    pub webhook_url: SecretSource,
    /// `title`.
    pub title: String,
    /// `summary`.
    pub summary: String,
    /// `text`.
    pub text: String,
}

/// One of `msteamsv2_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct MsTeamsV2Config {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`.
    pub http: HttpConfig,
    /// `webhook_url` or `webhook_url_file`.
    pub webhook_url: SecretSource,
    /// `title`.
    pub title: String,
    /// `text`.
    pub text: String,
}

/// One of `rocketchat_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct RocketchatConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`.
    pub http: HttpConfig,
    /// `api_url`.
    pub api_url: ApiUrl,
    /// `token_id` or `token_id_file`.
    pub token_id: SecretSource,
    /// `token` or `token_file`.
    pub token: SecretSource,
    /// `channel`.
    pub channel: String,
    /// `color`.
    pub color: String,
    /// `title`.
    pub title: String,
    /// `title_link`.
    pub title_link: String,
    /// `text`.
    pub text: String,
    /// `fields`.
    pub fields: Vec<MessageField>,
    /// `short_fields`: of fields that do not say.
    pub short_fields: bool,
    /// `emoji`.
    pub emoji: String,
    /// `icon_url`.
    pub icon_url: String,
    /// `image_url`.
    pub image_url: String,
    /// `thumb_url`.
    pub thumb_url: String,
    /// `link_names`.
    pub link_names: bool,
    /// `actions`.
    pub actions: Vec<RocketchatAction>,
}

/// One of Rocket.Chat's `actions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RocketchatAction {
    /// `type`.
    pub kind: String,
    /// `text`.
    pub text: String,
    /// `url`.
    pub url: String,
    /// `imageurl`; no template.
    pub image_url: String,
    /// `iswebview`.
    pub is_webview: bool,
    /// `webviewheightratio`; no template.
    pub webview_height_ratio: String,
    /// `msg`.
    pub message: String,
    /// `msginchatwindow`.
    pub message_in_chat_window: bool,
    /// `msgprocessingtype`; no template.
    pub message_processing_type: String,
}

/// One of `mattermost_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct MattermostConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`.
    pub http: HttpConfig,
    /// `webhook_url` or `webhook_url_file`.
    pub webhook_url: SecretSource,
    /// `channel`.
    pub channel: String,
    /// `username`.
    pub username: String,
    /// `icon_url`.
    pub icon_url: String,
    /// `icon_emoji`.
    pub icon_emoji: String,
    /// The section's own fields of an attachment.
    pub attachment: MattermostAttachment,
    /// `attachments`: where there are some, they are sent and the section's own one is not.
    pub attachments: Vec<MattermostAttachment>,
    /// `type`.
    pub kind: String,
    /// `props.card`; `None` where there are no props.
    pub card: Option<String>,
    /// `priority`.
    pub priority: Option<MattermostPriority>,
}

/// An attachment of a Mattermost message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MattermostAttachment {
    /// `fallback`.
    pub fallback: String,
    /// `color`.
    pub color: String,
    /// `pretext`.
    pub pretext: String,
    /// `text`.
    pub text: String,
    /// `author_name`.
    pub author_name: String,
    /// `author_link`.
    pub author_link: String,
    /// `author_icon`.
    pub author_icon: String,
    /// `title`.
    pub title: String,
    /// `title_link`.
    pub title_link: String,
    /// `fields`.
    pub fields: Vec<MessageField>,
    /// `thumb_url`.
    pub thumb_url: String,
    /// `footer`.
    pub footer: String,
    /// `footer_icon`.
    pub footer_icon: String,
    /// `image_url`.
    pub image_url: String,
}

/// `priority` of a Mattermost message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MattermostPriority {
    /// `priority`.
    pub priority: String,
    /// `requested_ack`.
    pub requested_ack: bool,
    /// `persistent_notifications`.
    pub persistent_notifications: bool,
}
