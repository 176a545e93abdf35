//! `mattermost_configs`: a message with attachments to an incoming webhook.
//!
//! Format: <https://developers.mattermost.com/integrate/webhooks/incoming/>.

use config::alertmanager::{MattermostAttachment, MattermostConfig, MattermostPriority};
use contract::NotifyError;
use serde_json::Value;

use crate::error::{lasting, while_doing};
use crate::integration::Kind;
use crate::json::Object;
use crate::told::Told;
use crate::web::{Asked, Web};
use crate::{secret, truncate};

/// Characters of a message.
const MAX_TEXT_CHARS: usize = 16_383;

pub(crate) struct Mattermost {
    config: MattermostConfig,
    web: Web,
}

impl Mattermost {
    pub(crate) fn new(config: MattermostConfig, web: Web) -> Self {
        Self { config, web }
    }

    fn body(&self, told: &Told<'_>, channel: &str) -> Result<Object, NotifyError> {
        let config = &self.config;
        // With attachments of its own the section's text is the message itself.
        let (text, attachments) = match &config.attachments[..] {
            [] => (String::new(), vec![attachment(&config.attachment, told)?]),
            all => (
                told.text(&config.attachment.text)?,
                all.iter()
                    .map(|one| attachment(one, told))
                    .collect::<Result<_, _>>()?,
            ),
        };
        let card = match &config.card {
            None => Value::Null,
            Some(card) => Object::default().with_some("card", told.text(card)?).into(),
        };
        let priority = match &config.priority {
            None => Value::Null,
            Some(priority) => urgency(priority, told)?,
        };
        Ok(Object::default()
            .with_some("text", truncate::chars(text, MAX_TEXT_CHARS))
            .with_some("channel", channel)
            .with_some("username", told.text(&config.username)?)
            .with_some("icon_url", told.text(&config.icon_url)?)
            .with_some("icon_emoji", told.text(&config.icon_emoji)?)
            .with("attachments", attachments)
            .with_some("type", told.text(&config.kind)?)
            .with_some("props", card)
            .with_some("priority", priority))
    }
}

fn attachment(part: &MattermostAttachment, told: &Told<'_>) -> Result<Value, NotifyError> {
    let mut fields: Vec<Value> = Vec::new();
    for field in &part.fields {
        let mut one = Object::default()
            .with_some("title", told.text(&field.title)?)
            .with_some("value", told.text(&field.value)?);
        if let Some(short) = field.short {
            one = one.with("short", short);
        }
        fields.push(one.into());
    }
    Ok(Object::default()
        .with_some("fallback", told.text(&part.fallback)?)
        .with_some("color", told.text(&part.color)?)
        .with_some("pretext", told.text(&part.pretext)?)
        .with_some("text", told.text(&part.text)?)
        .with_some("author_name", told.text(&part.author_name)?)
        .with_some("author_link", told.text(&part.author_link)?)
        .with_some("author_icon", told.text(&part.author_icon)?)
        .with_some("title", told.text(&part.title)?)
        .with_some("title_link", told.text(&part.title_link)?)
        .with_some("fields", fields)
        .with_some("thumb_url", told.text(&part.thumb_url)?)
        .with_some("footer", told.text(&part.footer)?)
        .with_some("footer_icon", told.text(&part.footer_icon)?)
        .with_some("image_url", told.text(&part.image_url)?)
        .into())
}

/// The priority, as far as Mattermost takes it: only urgent messages are repeated until somebody
/// reads them, and a standard one asks for no acknowledgement.
fn urgency(priority: &MattermostPriority, told: &Told<'_>) -> Result<Value, NotifyError> {
    let said = told.text(&priority.priority)?.to_lowercase();
    let level = match said.as_str() {
        "urgent" | "important" => said.as_str(),
        _ => "standard",
    };
    Ok(Object::default()
        .with("priority", level)
        .with_some(
            "requested_ack",
            priority.requested_ack && level != "standard",
        )
        .with_some(
            "persistent_notifications",
            priority.persistent_notifications && level == "urgent",
        )
        .into())
}

impl Kind for Mattermost {
    const NAME: &'static str = "mattermost";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let url = secret::read(&self.config.webhook_url, "webhook_url_file")?;
        if url.is_empty() {
            return Err(lasting("webhook url missing"));
        }
        let channel = told.text(&self.config.channel)?;
        let body = self.body(told, &channel)?;
        let answer = self.web.ask(Asked::post_json(url, body)).await?;
        answer
            .check(&[])
            .map_err(while_doing(&format!("channel {channel:?}")))
    }
}
