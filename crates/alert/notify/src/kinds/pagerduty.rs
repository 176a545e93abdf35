//! `pagerduty_configs`: events of the older API (a service key) and of the newer (a routing key).
//!
//! Formats: <https://developer.pagerduty.com/docs/events-api-v1/trigger-events/>,
//! <https://developer.pagerduty.com/docs/events-api-v2/trigger-events/>.

use std::time::Duration;

use config::alertmanager::PagerDutyConfig;
use contract::NotifyError;
use serde_json::{Map, Value, json};

use super::TOO_MANY_REQUESTS;
use crate::error::{lasting, while_doing};
use crate::integration::Kind;
use crate::json::{self as body, Object};
use crate::told::Told;
use crate::web::{Answer, Asked, Web};
use crate::{secret, tree, truncate};

/// Characters of a summary or description.
const MAX_SUMMARY_CHARS: usize = 1024;
/// Bytes of an event; larger ones go without their details.
const MAX_EVENT_BYTES: usize = 512_000;
/// Stands in the place of details that were too large.
const TOO_LARGE: &str =
    "Custom details have been removed because the original event exceeds the maximum size of 512KB";
/// Where events of the older API go.
const V1_URL: &str = "https://events.pagerduty.com/generic/2010-04-15/create_event.json";
/// The status by which the older API asks for patience.
const FORBIDDEN: u16 = 403;

pub(crate) struct PagerDuty {
    config: PagerDutyConfig,
    web: Web,
}

impl PagerDuty {
    pub(crate) fn new(config: PagerDutyConfig, web: Web) -> Self {
        Self { config, web }
    }

    fn details(&self, told: &Told<'_>) -> Result<Value, NotifyError> {
        let mut details = Map::new();
        for (name, value) in &self.config.details {
            let value =
                tree::expanded(value, told).map_err(while_doing("failed to render details"))?;
            details.insert(name.clone(), value);
        }
        Ok(Value::Object(details))
    }

    fn summary(&self, told: &Told<'_>) -> Result<String, NotifyError> {
        let text = told.text(&self.config.description)?;
        Ok(truncate::chars(text, MAX_SUMMARY_CHARS))
    }

    /// The event of the older API.
    fn v1(&self, told: &Told<'_>, key: &str, details: Value) -> Result<Object, NotifyError> {
        let triggers = !told.is_resolved();
        let mut event = Object::default()
            .with("service_key", key)
            .with("incident_key", told.group_hash())
            .with("event_type", event_type(told))
            .with_some("description", self.summary(told)?)
            .with("event_action", "")
            .with("payload", Value::Null)
            .with_some("details", details);
        if triggers {
            event = event
                .with_some("client", told.text(&self.config.client)?)
                .with_some("client_url", told.text(&self.config.client_url)?);
        }
        Ok(event)
    }

    /// The event of the newer API.
    fn v2(&self, told: &Told<'_>, key: &str, details: Value) -> Result<Object, NotifyError> {
        let config = &self.config;
        let payload = Object::default()
            .with("summary", self.summary(told)?)
            .with("source", told.text(&config.source)?)
            .with("severity", told.text(&config.severity)?)
            .with_some("class", told.text(&config.class)?)
            .with_some("component", told.text(&config.component)?)
            .with_some("group", told.text(&config.group)?)
            .with_some("custom_details", details);
        Ok(Object::default()
            .with("routing_key", key)
            .with("dedup_key", told.group_hash())
            .with("event_action", event_type(told))
            .with("payload", payload)
            .with_some("client", told.text(&config.client)?)
            .with_some("client_url", told.text(&config.client_url)?)
            .with_some("images", self.images(told)?)
            .with_some("links", self.links(told)?))
    }

    fn images(&self, told: &Told<'_>) -> Result<Vec<Value>, NotifyError> {
        let mut images = Vec::new();
        for image in &self.config.images {
            let src = told.text(&image.src)?;
            let (alt, href) = (told.text(&image.alt)?, told.text(&image.href)?);
            if !src.is_empty() {
                images.push(json!({"src": src, "alt": alt, "href": href}));
            }
        }
        Ok(images)
    }

    fn links(&self, told: &Told<'_>) -> Result<Vec<Value>, NotifyError> {
        let mut links = Vec::new();
        for link in &self.config.links {
            let (href, text) = (told.text(&link.href)?, told.text(&link.text)?);
            if !href.is_empty() {
                links.push(json!({"href": href, "text": text}));
            }
        }
        Ok(links)
    }

    /// The key of one of the two APIs, expanded and not empty.
    fn key(&self, told: &Told<'_>, v1: bool) -> Result<String, NotifyError> {
        let (source, name) = if v1 {
            (&self.config.service_key, "service key")
        } else {
            (&self.config.routing_key, "routing key")
        };
        let text = secret::read_optional(source.as_ref(), name)?.unwrap_or_default();
        match told.text(&text)? {
            key if key.is_empty() => Err(lasting(format!("{name} cannot be empty"))),
            key => Ok(key),
        }
    }
}

fn event_type(told: &Told<'_>) -> &'static str {
    if told.is_resolved() {
        "resolve"
    } else {
        "trigger"
    }
}

/// What is wrong with an event, in PagerDuty's words.
fn details_of(answer: &Answer) -> String {
    if answer.status.as_u16() != 400 {
        return String::new();
    }
    let said = answer.json();
    if !said.is_object() {
        return String::new();
    }
    let message = said.get("message").and_then(Value::as_str).unwrap_or("");
    let errors: Vec<&str> = said
        .get("errors")
        .and_then(Value::as_array)
        .map(|errors| errors.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    format!("{message}: {}", errors.join(","))
}

impl Kind for PagerDuty {
    const NAME: &'static str = "pagerduty";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    fn timeout(&self) -> Duration {
        self.config.timeout
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let v1 = self.config.service_key.is_some();
        let key = self.key(told, v1)?;
        let event = |details: Value| {
            if v1 {
                self.v1(told, &key, details)
            } else {
                self.v2(told, &key, details)
            }
        };
        let mut bytes = body::text(event(self.details(told)?)?);
        if bytes.len() > MAX_EVENT_BYTES {
            tracing::warn!(
                bytes = bytes.len(),
                limit = MAX_EVENT_BYTES,
                "an event for PagerDuty is too large and goes without its details"
            );
            bytes = body::text(event(json!({"error": TOO_LARGE}))?);
        }
        let (url, patience) = if v1 {
            (V1_URL, FORBIDDEN)
        } else {
            (self.config.url.as_str(), TOO_MANY_REQUESTS)
        };
        let asked = Asked::post(url, "application/json", bytes).hiding(key.as_str());
        let answer = self
            .web
            .ask(asked)
            .await
            .map_err(while_doing("failed to post message to PagerDuty"))?;
        answer.check_with(&[patience], &details_of(&answer))
    }
}
