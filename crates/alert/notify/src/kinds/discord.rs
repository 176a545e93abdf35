//! `discord_configs`: a message with one embedded part.
//!
//! Format: <https://discord.com/developers/docs/resources/webhook#execute-webhook>.

use config::alertmanager::DiscordConfig;
use contract::NotifyError;
use serde_json::json;

use crate::integration::Kind;
use crate::json::Object;
use crate::told::Told;
use crate::web::{Asked, Web};
use crate::{secret, truncate};

/// Characters of the embedded part's title.
const MAX_TITLE_CHARS: usize = 256;
/// Characters of its description.
const MAX_DESCRIPTION_CHARS: usize = 4096;
/// Characters of the message itself.
const MAX_CONTENT_CHARS: usize = 2000;
const RED: u32 = 0x99_2d_22;
const GREEN: u32 = 0x2e_cc_71;

pub(crate) struct Discord {
    config: DiscordConfig,
    web: Web,
}

impl Discord {
    pub(crate) fn new(config: DiscordConfig, web: Web) -> Self {
        Self { config, web }
    }
}

impl Kind for Discord {
    const NAME: &'static str = "discord";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let config = &self.config;
        let embed = json!({
            "title": truncate::chars(told.text(&config.title)?, MAX_TITLE_CHARS),
            "description": truncate::chars(told.text(&config.message)?, MAX_DESCRIPTION_CHARS),
            "color": if told.is_resolved() { GREEN } else { RED },
        });
        let body = Object::default()
            .with(
                "content",
                truncate::chars(told.text(&config.content)?, MAX_CONTENT_CHARS),
            )
            .with("embeds", vec![embed])
            .with_some("username", config.username.as_str())
            .with_some("avatar_url", config.avatar_url.as_str());
        let url = secret::read(&config.webhook_url, "webhook_url_file")?;
        self.web.ask(Asked::post_json(url, body)).await?.check(&[])
    }
}
