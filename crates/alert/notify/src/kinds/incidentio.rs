//! `incidentio_configs`: the notification as JSON to an alert source of incident.io.
//!
//! Format: <https://docs.incident.io/api-reference/alert-events-v2>.

use std::time::Duration;

use config::alertmanager::IncidentioConfig;
use contract::NotifyError;
use http::header::AUTHORIZATION;
use serde_json::Value;

use super::TOO_MANY_REQUESTS;
use crate::integration::Kind;
use crate::json::text;
use crate::told::Told;
use crate::web::{Answer, Asked, Web};
use crate::{message, secret};

/// The version of the body's form.
const VERSION: &str = "1";
/// Bytes of a body; a larger one goes with its first alert only.
const MAX_BODY_BYTES: usize = 512 * 1024;

pub(crate) struct Incidentio {
    config: IncidentioConfig,
    web: Web,
}

impl Incidentio {
    pub(crate) fn new(config: IncidentioConfig, web: Web) -> Self {
        Self { config, web }
    }

    fn body(&self, told: &Told<'_>) -> Result<Vec<u8>, NotifyError> {
        let (kept, missing) = message::truncated(told.notification, self.config.max_alerts);
        let mut body = message::body(&told.of(&kept), VERSION, missing)?;
        let bytes = text(body.clone());
        if bytes.len() <= MAX_BODY_BYTES {
            return Ok(bytes);
        }
        tracing::warn!(
            bytes = bytes.len(),
            limit = MAX_BODY_BYTES,
            "a notification for incident.io is too large and goes with its first alert only"
        );
        if let Some(Value::Array(alerts)) = body.get_mut("alerts") {
            alerts.truncate(1);
        }
        Ok(text(body))
    }
}

/// What is wrong, in incident.io's words.
fn details_of(answer: &Answer) -> String {
    let said = answer.json();
    let part = |key: &str| said.get(key).and_then(Value::as_str).map(str::to_owned);
    let errors: Option<String> = said.get("errors").and_then(Value::as_array).map(|errors| {
        let texts: Vec<&str> = errors.iter().filter_map(Value::as_str).collect();
        texts.join(", ")
    });
    let parts = [part("message"), part("error"), errors];
    let given: Vec<String> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    given.join(": ")
}

impl Kind for Incidentio {
    const NAME: &'static str = "incidentio";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    fn timeout(&self) -> Duration {
        self.config.timeout
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let url = secret::read(&self.config.url, "url_file")?;
        let mut asked = Asked::post(url, "application/json", self.body(told)?);
        let token = self.config.alert_source_token.as_ref();
        if let Some(token) = secret::read_optional(token, "alert_source_token_file")? {
            asked = asked
                .header(AUTHORIZATION, format!("Bearer {token}"))
                .hiding(token);
        }
        let answer = self.web.ask(asked).await?;
        answer.check_with(&[TOO_MANY_REQUESTS], &details_of(&answer))
    }
}
