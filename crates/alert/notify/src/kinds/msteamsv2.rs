//! `msteamsv2_configs`: an adaptive card to a workflow of Power Platform.
//!
//! Format: <https://learn.microsoft.com/en-us/connectors/teams/?tabs=text1#request-body-schema>.

use config::alertmanager::MsTeamsV2Config;
use contract::NotifyError;
use serde_json::json;

use crate::integration::Kind;
use crate::secret;
use crate::told::Told;
use crate::web::{Asked, Web};

pub(crate) struct MsTeamsV2 {
    config: MsTeamsV2Config,
    web: Web,
}

impl MsTeamsV2 {
    pub(crate) fn new(config: MsTeamsV2Config, web: Web) -> Self {
        Self { config, web }
    }
}

impl Kind for MsTeamsV2 {
    const NAME: &'static str = "msteamsv2";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let heading = json!({
            "type": "TextBlock",
            "text": told.text(&self.config.title)?,
            "weight": "Bolder",
            "size": "Medium",
            "wrap": true,
            "style": "heading",
            "color": if told.is_resolved() { "Good" } else { "Attention" },
        });
        let text = json!({
            "type": "TextBlock",
            "text": told.text(&self.config.text)?,
            "wrap": true,
        });
        let card = json!({
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.2",
            "body": [heading, text],
            "msteams": {"width": "full"},
        });
        let body = json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": card,
            }],
        });
        let url = secret::read(&self.config.webhook_url, "webhook_url_file")?;
        self.web.ask(Asked::post_json(url, body)).await?.check(&[])
    }
}
