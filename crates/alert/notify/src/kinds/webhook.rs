//! `webhook_configs`: a POST of JSON to any server. A header names the request, so that a receiver
//! knows one that comes again after an answer was lost.

use std::time::Duration;

use config::alertmanager::WebhookConfig;
use contract::NotifyError;
use http::HeaderName;

use crate::error::{lasting, while_doing};
use crate::integration::Kind;
use crate::told::Told;
use crate::web::{Asked, Web};
use crate::{message, secret, tree};

/// The header with the request's name, as the draft of an HTTP standard and many receivers have it:
/// an extension of Argand.
const REQUEST_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The version of the body's form.
const VERSION: &str = "4";

pub(crate) struct Webhook {
    config: WebhookConfig,
    web: Web,
}

impl Webhook {
    pub(crate) fn new(config: WebhookConfig, web: Web) -> Self {
        Self { config, web }
    }
}

impl Kind for Webhook {
    const NAME: &'static str = "webhook";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    fn timeout(&self) -> Duration {
        self.config.timeout
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let (kept, missing) = message::truncated(told.notification, self.config.max_alerts);
        let told = told.of(&kept);
        let body = match &self.config.payload {
            None => message::body(&told, VERSION, missing)?,
            Some(payload) => tree::expanded(payload, &told)
                .map_err(while_doing("failed to render custom payload"))?,
        };
        let url = told
            .text(&secret::read(&self.config.url, "url_file")?)
            .map_err(while_doing("failed to template webhook URL"))?;
        if url.is_empty() {
            return Err(lasting("webhook URL is empty after templating"));
        }
        let mut asked = Asked::post_json(url, body);
        let key = &told.notification.request_key;
        if !key.is_empty() {
            asked = asked.header(REQUEST_KEY, key);
        }
        self.web.ask(asked).await?.check(&[])
    }
}
