//! `rocketchat_configs`: a message with one attachment.
//!
//! Format: <https://developer.rocket.chat/apidocs/post-message>.

use config::alertmanager::RocketchatConfig;
use contract::NotifyError;
use http::HeaderName;
use serde_json::Value;

use crate::error::{lasting, passing, while_doing};
use crate::integration::Kind;
use crate::json::Object;
use crate::told::Told;
use crate::web::{Answer, Asked, Web};
use crate::{secret, truncate};

/// Characters of a title.
const MAX_TITLE_CHARS: usize = 1024;
const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const USER: HeaderName = HeaderName::from_static("x-user-id");

pub(crate) struct Rocketchat {
    config: RocketchatConfig,
    web: Web,
}

impl Rocketchat {
    pub(crate) fn new(config: RocketchatConfig, web: Web) -> Self {
        Self { config, web }
    }

    fn attachment(&self, told: &Told<'_>) -> Result<Value, NotifyError> {
        let config = &self.config;
        let title = truncate::chars(told.text(&config.title)?, MAX_TITLE_CHARS);
        let mut fields: Vec<Value> = Vec::new();
        for field in &config.fields {
            fields.push(
                Object::default()
                    .with("short", field.short.unwrap_or(config.short_fields))
                    .with_some("title", told.text(&field.title)?)
                    .with_some("value", told.text(&field.value)?)
                    .into(),
            );
        }
        let mut actions: Vec<Value> = Vec::new();
        for action in &config.actions {
            // Rocket.Chat knows no other type.
            actions.push(
                Object::default()
                    .with("type", "button")
                    .with_some("text", told.text(&action.text)?)
                    .with_some("url", told.text(&action.url)?)
                    .with("is_webview", false)
                    .with_some("msg", told.text(&action.message)?)
                    .with("msg_in_chat_window", false)
                    .into(),
            );
        }
        Ok(Object::default()
            .with_some("title", title)
            .with_some("title_link", told.text(&config.title_link)?)
            .with_some("text", told.text(&config.text)?)
            .with_some("image_url", told.text(&config.image_url)?)
            .with_some("thumb_url", told.text(&config.thumb_url)?)
            .with_some("color", told.text(&config.color)?)
            .with_some("fields", fields)
            .with_some("actions", actions)
            .into())
    }
}

/// Rocket.Chat tells of some failures in an answer of success.
fn judge(answer: &Answer) -> Result<(), NotifyError> {
    answer.check(&[])?;
    let said: Value = serde_json::from_slice(answer.body()?).map_err(|_| {
        passing(format!(
            "could not unmarshal JSON response {:?}",
            answer.shown(&answer.text())
        ))
    })?;
    if said.get("success") == Some(&Value::Bool(true)) {
        return Ok(());
    }
    let error = said.get("error").and_then(Value::as_str).unwrap_or("");
    Err(lasting(format!(
        "error response from Rocketchat: {}",
        answer.shown(error)
    )))
}

impl Kind for Rocketchat {
    const NAME: &'static str = "rocketchat";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let config = &self.config;
        let channel = told.text(&config.channel)?;
        let body = Object::default()
            .with_some("channel", channel.as_str())
            .with_some("emoji", told.text(&config.emoji)?)
            .with_some("avatar", told.text(&config.icon_url)?)
            .with("attachments", vec![self.attachment(told)?]);
        let base = config.api_url.as_str().trim_end_matches('/');
        let asked = Asked::post_json(format!("{base}/api/v1/chat.postMessage"), body)
            .header(TOKEN, secret::read(&config.token, "token_file")?)
            .header(USER, secret::read(&config.token_id, "token_id_file")?);
        judge(&self.web.ask(asked).await?).map_err(while_doing(&format!("channel {channel:?}")))
    }
}
