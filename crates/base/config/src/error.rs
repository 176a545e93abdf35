//! What is wrong with a file, and where.
//!
//! An error never repeats the value of a secret. There is no excerpt of the file: a line may
//! carry a secret beside the fault.

use std::fmt;
use std::path::{Path, PathBuf};

/// A place in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

/// A file that cannot be used. Its `Display` is one line:
/// `prometheus.yml:12:7: scrape_configs[0].scrape_interval: unknown unit " m" in duration "1 m"`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    file: PathBuf,
    place: Option<Place>,
    path: String,
    message: String,
}

impl ConfigError {
    /// The file as it was named.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The line, from 1; `None` where the file as a whole is meant (it cannot be read).
    pub fn line(&self) -> Option<usize> {
        self.place.map(|place| place.line)
    }

    /// The character in the line, from 1.
    pub fn column(&self) -> Option<usize> {
        self.place.map(|place| place.column)
    }

    /// The keys that lead to the fault, such as `scrape_configs[0].scrape_interval`; empty where
    /// the text is no YAML.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What was expected and what stood there.
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn unreadable(file: &Path, cause: impl fmt::Display) -> Self {
        Self {
            file: file.to_owned(),
            place: None,
            path: String::new(),
            message: format!("cannot be read: {cause}"),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(place) = self.place {
            write!(f, "{}:{}:", place.line, place.column)?;
        }
        if !self.path.is_empty() {
            write!(f, " {}:", self.path)?;
        }
        // A message may repeat a text of the file; line breaks in it stay visible as such.
        write!(f, " {}", self.message.replace('\n', "\\n"))
    }
}

/// A fault inside one file, before the file's name is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub at: Place,
    pub path: String,
    pub message: String,
}

impl Fault {
    pub(crate) fn new(at: Place, path: impl fmt::Display, message: impl Into<String>) -> Self {
        Self {
            at,
            path: path.to_string(),
            message: message.into(),
        }
    }

    pub(crate) fn within(self, file: &Path) -> ConfigError {
        ConfigError {
            file: file.to_owned(),
            place: Some(self.at),
            path: self.path,
            message: self.message,
        }
    }
}
