//! `slack_configs`: a message with one attachment, by webhook or by an app's token.
//!
//! Format: <https://api.slack.com/reference/messaging/attachments>.

use std::collections::HashMap;
use std::time::Duration;

use config::alertmanager::{SlackAction, SlackConfig};
use contract::NotifyError;
use parking_lot::Mutex;
use serde_json::Value;

use crate::error::{lasting, while_doing};
use crate::integration::Kind;
use crate::json::Object;
use crate::told::Told;
use crate::web::{Answer, Asked, Web};
use crate::{secret, truncate};

/// Characters of a title.
const MAX_TITLE_CHARS: usize = 1024;
/// Parts of an attachment in which marks of format count, where the file names none.
const MARKDOWN_IN: [&str; 3] = ["fallback", "pretext", "text"];
/// Where messages are changed.
const UPDATE_URL: &str = "https://slack.com/api/chat.update";
/// Groups whose message can be changed: some 200 bytes each. The first ones are forgotten, and
/// get a new message.
const MAX_MESSAGES: usize = 10_000;

pub(crate) struct Slack {
    config: SlackConfig,
    web: Web,
    sent: Mutex<Sent>,
}

/// The messages that can be changed, by their group.
#[derive(Default)]
struct Sent {
    messages: HashMap<String, Message>,
    count: u64,
}

#[derive(Clone)]
struct Message {
    channel: String,
    timestamp: String,
    /// How many were sent before it.
    number: u64,
}

impl Sent {
    fn insert(&mut self, group: &str, channel: String, timestamp: String) {
        self.count += 1;
        let message = Message {
            channel,
            timestamp,
            number: self.count,
        };
        self.messages.insert(group.to_owned(), message);
        if self.messages.len() > MAX_MESSAGES {
            // Half of them go at once, so that this is rare.
            let oldest = self.count.saturating_sub(MAX_MESSAGES as u64 / 2);
            self.messages.retain(|_, message| message.number > oldest);
        }
    }
}

impl Slack {
    pub(crate) fn new(config: SlackConfig, web: Web) -> Self {
        Self {
            config,
            web,
            sent: Mutex::default(),
        }
    }

    fn attachment(&self, told: &Told<'_>) -> Result<Object, NotifyError> {
        let config = &self.config;
        let title = truncate::chars(told.text(&config.title)?, MAX_TITLE_CHARS);
        let markdown: Vec<String> = if config.mrkdwn_in.is_empty() {
            MARKDOWN_IN.map(str::to_owned).to_vec()
        } else {
            config.mrkdwn_in.clone()
        };
        Ok(Object::default()
            .with_some("title", title)
            .with_some("title_link", told.text(&config.title_link)?)
            .with_some("pretext", told.text(&config.pretext)?)
            .with("text", told.text(&config.text)?)
            .with("fallback", told.text(&config.fallback)?)
            .with("callback_id", told.text(&config.callback_id)?)
            .with_some("fields", self.fields(told)?)
            .with_some("actions", actions(&config.actions, told)?)
            .with_some("image_url", told.text(&config.image_url)?)
            .with_some("thumb_url", told.text(&config.thumb_url)?)
            .with("footer", told.text(&config.footer)?)
            .with_some("color", told.text(&config.color)?)
            .with("mrkdwn_in", markdown))
    }

    fn fields(&self, told: &Told<'_>) -> Result<Vec<Value>, NotifyError> {
        let fields = self.config.fields.iter().map(|field| {
            Ok(Object::default()
                .with_some("title", told.text(&field.title)?)
                .with_some("value", told.text(&field.value)?)
                .with("short", field.short.unwrap_or(self.config.short_fields))
                .into())
        });
        fields.collect()
    }

    /// What Slack says in an answer of success: a webhook `ok`, the API an object.
    fn judge(&self, answer: &Answer, group: &str) -> Result<(), NotifyError> {
        let body = answer.body()?;
        if !answer.is_json() {
            return match body {
                b"ok" => Ok(()),
                _ => Err(lasting(format!(
                    "received an error response from Slack: {}",
                    answer.shown(&answer.text())
                ))),
            };
        }
        let said = answer.json();
        let text = |key: &str| said.get(key).and_then(Value::as_str).unwrap_or("");
        if !said.is_object() {
            return Err(crate::error::passing(format!(
                "could not unmarshal JSON response {:?}",
                answer.shown(&answer.text())
            )));
        }
        if said.get("ok") != Some(&Value::Bool(true)) {
            return Err(NotifyError {
                retry_after: answer.retry_after(),
                ..lasting(format!(
                    "error response from Slack: {}",
                    answer.shown(text("error"))
                ))
            });
        }
        let (channel, timestamp) = (text("channel"), text("ts"));
        if self.config.update_message && !channel.is_empty() && !timestamp.is_empty() {
            let mut sent = self.sent.lock();
            sent.insert(group, channel.to_owned(), timestamp.to_owned());
        }
        Ok(())
    }
}

fn actions(actions: &[SlackAction], told: &Told<'_>) -> Result<Vec<Value>, NotifyError> {
    let actions = actions.iter().map(|action| {
        let confirm = match &action.confirm {
            None => Value::Null,
            Some(confirm) => Object::default()
                .with_some("text", told.text(&confirm.text)?)
                .with_some("title", told.text(&confirm.title)?)
                .with_some("ok_text", told.text(&confirm.ok_text)?)
                .with_some("dismiss_text", told.text(&confirm.dismiss_text)?)
                .into(),
        };
        Ok(Object::default()
            .with_some("type", told.text(&action.kind)?)
            .with_some("text", told.text(&action.text)?)
            .with_some("url", told.text(&action.url)?)
            .with_some("style", told.text(&action.style)?)
            .with_some("name", told.text(&action.name)?)
            .with_some("value", told.text(&action.value)?)
            .with_some("confirm", confirm)
            .into())
    });
    actions.collect()
}

impl Kind for Slack {
    const NAME: &'static str = "slack";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    fn timeout(&self) -> Duration {
        self.config.timeout
    }

    /// Channel and time of the message.
    fn memory(&self, group_key: &str) -> Option<String> {
        let sent = self.sent.lock();
        let message = sent.messages.get(group_key)?;
        let (channel, timestamp) = (message.channel.as_str(), message.timestamp.as_str());
        serde_json::to_string(&(channel, timestamp)).ok()
    }

    fn recall(&self, group_key: &str, memory: &str) {
        let read: Result<(String, String), _> = serde_json::from_str(memory);
        if let Ok((channel, timestamp)) = read
            && self.config.update_message
        {
            self.sent.lock().insert(group_key, channel, timestamp);
        }
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let config = &self.config;
        let attachment: Value = self.attachment(told)?.into();
        let mut channel = told.text(&config.channel)?;
        let mut url = secret::read(&config.url, "api_url_file")?;
        let earlier = self.sent.lock().messages.get(told.group_key()).cloned();
        let mut timestamp = String::new();
        if let Some(message) = earlier.filter(|_| config.update_message) {
            url = UPDATE_URL.to_owned();
            (channel, timestamp) = (message.channel, message.timestamp);
        }
        let body = Object::default()
            .with_some("channel", channel.as_str())
            .with_some("ts", timestamp)
            .with_some("username", told.text(&config.username)?)
            .with_some("icon_emoji", told.text(&config.icon_emoji)?)
            .with_some("icon_url", told.text(&config.icon_url)?)
            .with_some("link_names", config.link_names)
            .with_some("text", told.text(&config.message_text)?)
            .with("attachments", vec![attachment]);
        let answer = self.web.ask(Asked::post_json(url, body)).await?;
        answer
            .check(&[])
            .and_then(|()| self.judge(&answer, told.group_key()))
            .map_err(while_doing(&format!("channel {channel:?}")))
    }
}
