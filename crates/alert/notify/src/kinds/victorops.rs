//! `victorops_configs`: an incident at a REST endpoint whose path holds the key.
//!
//! Format: <https://help.victorops.com/knowledge-base/rest-endpoint-integration-guide/>.

use config::alertmanager::VictorOpsConfig;
use contract::NotifyError;
use url::Url;

use crate::integration::Kind;
use crate::json::Object;
use crate::told::Told;
use crate::web::{Asked, Web};
use crate::{secret, truncate};

/// Characters of a state's message.
const MAX_MESSAGE_CHARS: usize = 20_480;
/// Types of messages that a firing group may have; others become the last one.
const FIRING_TYPES: [&str; 3] = ["INFO", "WARNING", "CRITICAL"];

pub(crate) struct VictorOps {
    config: VictorOpsConfig,
    web: Web,
}

impl VictorOps {
    pub(crate) fn new(config: VictorOpsConfig, web: Web) -> Self {
        Self { config, web }
    }

    fn message_type(&self, told: &Told<'_>) -> Result<String, NotifyError> {
        let said = told.text(&self.config.message_type)?;
        Ok(if told.is_resolved() {
            "RECOVERY".to_owned()
        } else if FIRING_TYPES.contains(&said.as_str()) {
            said
        } else {
            "CRITICAL".to_owned()
        })
    }

    fn body(&self, told: &Told<'_>) -> Result<Object, NotifyError> {
        let config = &self.config;
        let state = truncate::chars(told.text(&config.state_message)?, MAX_MESSAGE_CHARS);
        let mut body = Object::default()
            .with("message_type", self.message_type(told)?)
            .with("entity_id", told.group_hash())
            .with(
                "entity_display_name",
                told.text(&config.entity_display_name)?,
            )
            .with("state_message", state)
            .with("monitoring_tool", told.text(&config.monitoring_tool)?);
        for (name, text) in &config.custom_fields {
            body = body.with(name, told.text(text)?);
        }
        Ok(body)
    }
}

impl Kind for VictorOps {
    const NAME: &'static str = "victorops";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let key = secret::read(&self.config.api_key, "api_key_file")?;
        let routing = told.text(&self.config.routing_key)?;
        let mut url = Url::clone(&self.config.api_url);
        let path = format!("{}{key}/{routing}", url.path());
        url.set_path(&path);
        let asked = Asked::post_json(url, self.body(told)?).hiding(key);
        self.web.ask(asked).await?.check(&[])
    }
}
