//! Receivers that pass a message on to telephones and queues.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::alertmanager::ApiUrl;
use crate::{HttpConfig, Secret, SecretSource};

/// One of `pushover_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct PushoverConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`.
    pub http: HttpConfig,
    /// `user_key` (a template) or `user_key_file`.
    pub user_key: SecretSource,
    /// `token` (a template) or `token_file`.
    pub token: SecretSource,
    /// `title`.
    pub title: String,
    /// `message`.
    pub message: String,
    /// `url`.
    pub url: String,
    /// `url_title`.
    pub url_title: String,
    /// `device`.
    pub device: String,
    /// `sound`.
    pub sound: String,
    /// `priority`.
    pub priority: String,
    /// `retry`.
    pub retry: Duration,
    /// `expire`.
    pub expire: Duration,
    /// `ttl`; 0 means none.
    pub ttl: Duration,
    /// `html`.
    pub html: bool,
    /// `monospace`.
    pub monospace: bool,
}

/// `sigv4`: who signs requests to AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SigV4 {
    /// `region`.
    pub region: String,
    /// `access_key`; empty means that the environment says it.
    pub access_key: String,
    /// `secret_key`.
    pub secret_key: Secret,
    /// `profile` of the shared credentials file.
    pub profile: String,
    /// `role_arn`: a role to take on.
    pub role_arn: String,
    /// `external_id`, for the role.
    pub external_id: String,
}

/// One of `sns_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct SnsConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`.
    pub http: HttpConfig,
    /// `api_url`; empty means that of the region.
    pub api_url: String,
    /// `sigv4`.
    pub sigv4: SigV4,
    /// `topic_arn`.
    pub topic_arn: String,
    /// `phone_number`.
    pub phone_number: String,
    /// `target_arn`.
    pub target_arn: String,
    /// `subject`.
    pub subject: String,
    /// `message`.
    pub message: String,
    /// `attributes`.
    pub attributes: BTreeMap<String, String>,
}

/// One of `telegram_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct TelegramConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`.
    pub http: HttpConfig,
    /// `api_url`; no template.
    pub api_url: ApiUrl,
    /// `bot_token` or `bot_token_file`; no template.
    pub bot_token: SecretSource,
    /// `chat_id`; 0 where a file holds it.
    pub chat_id: i64,
    /// `chat_id_file`.
    pub chat_id_file: Option<PathBuf>,
    /// `message_thread_id`; 0 where there is none.
    pub message_thread_id: i64,
    /// `message`.
    pub message: String,
    /// `disable_notifications`.
    pub disable_notifications: bool,
    /// `parse_mode`: Markdown, MarkdownV2, HTML or nothing. No template.
    pub parse_mode: String,
}

/// One of `webex_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct WebexConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`.
    pub http: HttpConfig,
    /// `api_url`; no template.
    pub api_url: ApiUrl,
    /// `message`.
    pub message: String,
    /// `room_id`.
    pub room_id: String,
}

/// One of `wechat_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct WechatConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`.
    pub http: HttpConfig,
    /// `api_secret` (a template) or `api_secret_file`.
    pub api_secret: SecretSource,
    /// `corp_id`.
    pub corp_id: String,
    /// `message`.
    pub message: String,
    /// `api_url`; ends with a slash. No template.
    pub api_url: ApiUrl,
    /// `to_user`.
    pub to_user: String,
    /// `to_party`.
    pub to_party: String,
    /// `to_tag`.
    pub to_tag: String,
    /// `agent_id`.
    pub agent_id: String,
    /// `message_type`: `text` or `markdown`; no template.
    pub message_type: String,
}
