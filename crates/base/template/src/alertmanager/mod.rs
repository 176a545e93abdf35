//! Templates of notifications.
//!
//! Template files and the fields of receivers (`{{ template "slack.default.title" . }}`) come in,
//! with the group of alerts that somebody is told of; what the receiver is sent goes out. Data,
//! functions and the names of the default templates are Alertmanager's; the wording of the
//! defaults is our own.
//!
//! Absent: reading files; whoever loads the configuration reads them.

mod data;
mod functions;

use contract::Notification;

use crate::TemplateError;
use crate::run::{MissingKey, Set};
use crate::value::Value;
use functions::Functions;

/// Templates that every file may use and replace, by the names upstream's have.
const DEFAULTS: [(&str, &str); 2] = [
    ("default.tmpl", include_str!("default.tmpl")),
    ("email.tmpl", include_str!("email.tmpl")),
];

/// A template file.
#[derive(Clone, Copy, Debug)]
pub struct TemplateFile<'a> {
    /// Its name in errors: the last part of its path.
    pub name: &'a str,
    /// What is in it.
    pub text: &'a str,
}

/// The templates of a configuration. Cloning shares them.
#[derive(Clone, Debug)]
pub struct Templates {
    set: Set,
}

/// What templates are told of a group of alerts, with the address under which people reach this
/// server.
#[derive(Clone)]
pub struct Data {
    dot: Value,
    now: i64,
}

impl Data {
    /// The data of a notification.
    pub fn new(notification: &Notification, external_url: &str) -> Self {
        Self {
            dot: data::of(notification, external_url),
            now: notification.now,
        }
    }

    /// The data as the JSON that webhooks are sent, but for the fields they have beside it.
    pub fn json(&self) -> Result<String, String> {
        crate::json::text(&self.dot)
    }

    /// Other data, such as a tool reads from a file.
    pub fn from_value(dot: Value, now: i64) -> Self {
        Self { dot, now }
    }
}

/// The name of a field's text in errors, as upstream's: none.
const FIELD: &str = "";

impl Templates {
    /// Reads the default templates and then the files, the later ones of which win.
    pub fn load(files: &[TemplateFile<'_>]) -> Result<Self, TemplateError> {
        let mut set = Set::new();
        let defaults = DEFAULTS
            .iter()
            .map(|(name, text)| TemplateFile { name, text });
        for file in defaults.chain(files.iter().copied()) {
            set.add(file.name, file.text, &functions::is_function)?;
        }
        Ok(Self { set })
    }

    /// Expands a field's text, unescaped.
    pub fn text(&self, text: &str, data: &Data) -> Result<String, TemplateError> {
        self.execute(text, data, false)
    }

    /// Expands a field's text as HTML: values are escaped as their place demands.
    pub fn html(&self, text: &str, data: &Data) -> Result<String, TemplateError> {
        self.execute(text, data, true)
    }

    /// Whether a field's text can be read; for checks of a configuration.
    pub fn check(&self, text: &str) -> Result<(), TemplateError> {
        self.set.clone().add(FIELD, text, &functions::is_function)
    }

    fn execute(&self, text: &str, data: &Data, escape: bool) -> Result<String, TemplateError> {
        if !text.contains("{{") && !escape {
            return Ok(text.to_owned());
        }
        let mut set = self.set.clone();
        set.add(FIELD, text, &functions::is_function)?;
        let functions = Functions { now: data.now };
        set.execute(FIELD, &data.dot, &functions, MissingKey::Zero, escape)
    }
}
