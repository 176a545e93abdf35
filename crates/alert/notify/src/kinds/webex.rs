//! `webex_configs`: a message to a room.
//!
//! Format: <https://developer.webex.com/docs/api/v1/messages/create-a-message>.

use config::alertmanager::WebexConfig;
use contract::NotifyError;

use crate::integration::Kind;
use crate::json::Object;
use crate::told::Told;
use crate::truncate;
use crate::web::{Asked, Web};

/// Bytes of a message.
const MAX_MESSAGE_BYTES: usize = 7439;

pub(crate) struct Webex {
    config: WebexConfig,
    web: Web,
}

impl Webex {
    pub(crate) fn new(config: WebexConfig, web: Web) -> Self {
        Self { config, web }
    }
}

impl Kind for Webex {
    const NAME: &'static str = "webex";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let message = truncate::bytes(told.text(&self.config.message)?, MAX_MESSAGE_BYTES);
        let body = Object::default()
            .with("markdown", message)
            .with_some("roomId", told.text(&self.config.room_id)?);
        let asked = Asked::post_json(self.config.api_url.as_str(), body);
        self.web.ask(asked).await?.check(&[])
    }
}
