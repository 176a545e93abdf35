//! `telegram_configs`: a message of a bot to a chat.
//!
//! Format: <https://core.telegram.org/bots/api#sendmessage>.

use std::time::Duration;

use config::alertmanager::TelegramConfig;
use contract::NotifyError;

use crate::error::{lasting, passing};
use crate::integration::Kind;
use crate::json::Object;
use crate::told::Told;
use crate::web::{Answer, Asked, Web};
use crate::{secret, truncate};

/// Characters of a message.
const MAX_MESSAGE_CHARS: usize = 4096;
/// Stands in the place of HTML that is too long: cut anywhere, it would be refused.
const TOO_LONG: &str = "The notification could not be sent: its message is longer than Telegram \
                        takes. The template that makes it has to be shorter.";

pub(crate) struct Telegram {
    config: TelegramConfig,
    web: Web,
}

impl Telegram {
    pub(crate) fn new(config: TelegramConfig, web: Web) -> Self {
        Self { config, web }
    }

    fn message(&self, told: &Told<'_>) -> Result<String, NotifyError> {
        if self.config.parse_mode != "HTML" {
            let text = told.text(&self.config.message)?;
            return Ok(truncate::chars(text, MAX_MESSAGE_CHARS));
        }
        let html = told.html(&self.config.message)?;
        Ok(if html.chars().nth(MAX_MESSAGE_CHARS).is_some() {
            TOO_LONG.to_owned()
        } else {
            html
        })
    }

    fn chat(&self) -> Result<String, NotifyError> {
        let Some(path) = &self.config.chat_id_file else {
            return Ok(self.config.chat_id.to_string());
        };
        let text = secret::file(path, "chat_id_file")?;
        text.parse::<i64>()
            .map(|number| number.to_string())
            .map_err(|_| lasting(format!("could not parse chat_id from {}", path.display())))
    }
}

/// Fails where Telegram says that it failed; it may be asked again in any case.
fn judge(answer: &Answer) -> Result<(), NotifyError> {
    let said = answer.json();
    if answer.status.is_success() && said.get("ok") != Some(&false.into()) {
        return Ok(());
    }
    let description = said
        .get("description")
        .and_then(|text| text.as_str())
        .map_or_else(|| answer.text(), str::to_owned);
    let seconds = said
        .pointer("/parameters/retry_after")
        .and_then(|seconds| seconds.as_u64());
    Err(NotifyError {
        retry_after: seconds
            .map(Duration::from_secs)
            .or_else(|| answer.retry_after()),
        ..passing(format!(
            "telegram: {} ({})",
            answer.shown(&description),
            answer.status.as_u16()
        ))
    })
}

impl Kind for Telegram {
    const NAME: &'static str = "telegram";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let config = &self.config;
        let token = secret::read(&config.bot_token, "bot_token_file")?;
        let thread = match config.message_thread_id {
            0 => String::new(),
            number => number.to_string(),
        };
        let silent = if config.disable_notifications {
            "true"
        } else {
            ""
        };
        // All values are texts, as upstream sends them.
        let body = Object::default()
            .with("chat_id", self.chat()?)
            .with("text", self.message(told)?)
            .with("disable_web_page_preview", "true")
            .with_some("disable_notification", silent)
            .with_some("parse_mode", config.parse_mode.as_str())
            .with_some("message_thread_id", thread);
        let base = config.api_url.as_str().trim_end_matches('/');
        let url = format!("{base}/bot{token}/sendMessage");
        judge(
            &self
                .web
                .ask(Asked::post_json(url, body).hiding(token))
                .await?,
        )
    }
}
