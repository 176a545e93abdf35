//! `msteams_configs`: a message card to an Office 365 connector.
//!
//! Format: <https://learn.microsoft.com/en-us/outlook/actionable-messages/message-card-reference>.

use config::alertmanager::MsTeamsConfig;
use contract::NotifyError;
use serde_json::json;

use crate::integration::Kind;
use crate::secret;
use crate::told::Told;
use crate::web::{Asked, Web};

const RED: &str = "8C1A1A";
const GREEN: &str = "2DC72D";

pub(crate) struct MsTeams {
    config: MsTeamsConfig,
    web: Web,
}

impl MsTeams {
    pub(crate) fn new(config: MsTeamsConfig, web: Web) -> Self {
        Self { config, web }
    }
}

impl Kind for MsTeams {
    const NAME: &'static str = "msteams";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let body = json!({
            "@context": "http://schema.org/extensions",
            "type": "MessageCard",
            "title": told.text(&self.config.title)?,
            "summary": told.text(&self.config.summary)?,
            "text": told.text(&self.config.text)?,
            "themeColor": if told.is_resolved() { GREEN } else { RED },
        });
        let url = secret::read(&self.config.webhook_url, "webhook_url_file")?;
        self.web.ask(Asked::post_json(url, body)).await?.check(&[])
    }
}
