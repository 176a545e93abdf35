//! What somebody is told, while the texts of a receiver are expanded.

use contract::{Notification, NotificationStatus, NotifyError};
use serde_json::{Map, Value};
use template::TemplateError;
use template::alertmanager::{Data, Templates};

use crate::error::lasting;
use crate::hash::sha256_hex;

/// What all integrations of a configuration speak with.
pub(crate) struct Texts {
    pub(crate) templates: Templates,
    /// Where people reach this server.
    pub(crate) external_url: String,
}

/// A notification with the templates that make texts of it.
pub(crate) struct Told<'a> {
    pub(crate) notification: &'a Notification,
    texts: &'a Texts,
    data: Data,
}

impl<'a> Told<'a> {
    pub(crate) fn new(texts: &'a Texts, notification: &'a Notification) -> Self {
        Self {
            notification,
            texts,
            data: Data::new(notification, &texts.external_url),
        }
    }

    /// Another notification, told with the same texts.
    pub(crate) fn of<'b>(&self, notification: &'b Notification) -> Told<'b>
    where
        'a: 'b,
    {
        Told::new(self.texts, notification)
    }

    /// A text expanded.
    pub(crate) fn text(&self, text: &str) -> Result<String, NotifyError> {
        let texts = &self.texts.templates;
        texts.text(text, &self.data).map_err(|e| failed(&e))
    }

    /// A text expanded to HTML: what comes from alerts is escaped.
    pub(crate) fn html(&self, text: &str) -> Result<String, NotifyError> {
        let texts = &self.texts.templates;
        texts.html(text, &self.data).map_err(|e| failed(&e))
    }

    /// The data of templates as the JSON object that webhooks are sent.
    pub(crate) fn json(&self) -> Result<Map<String, Value>, NotifyError> {
        let text = self.data.json().map_err(lasting)?;
        serde_json::from_str(&text).map_err(lasting)
    }

    /// The group's name, as receivers that keep it are told.
    pub(crate) fn group_key(&self) -> &str {
        &self.notification.group_key
    }

    /// Whether everything has ended.
    pub(crate) fn is_resolved(&self) -> bool {
        self.notification.status() == NotificationStatus::Resolved
    }

    /// The group's name, short enough for every vendor: SHA-256 in hexadecimal digits.
    pub(crate) fn group_hash(&self) -> String {
        sha256_hex(self.group_key().as_bytes())
    }
}

fn failed(error: &TemplateError) -> NotifyError {
    lasting(format!("templating error: {error}"))
}
