//! Rule files: what is recorded and what is an alert.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::NameValidation;
use crate::build::rules::groups;
use crate::error::ConfigError;
use crate::load::{folder_of, read_file};
use crate::sections::rules::RULE_FILE;
use crate::{read, yaml};

/// Rules that are evaluated together, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleGroup {
    /// `name`; no two groups of a file share one.
    pub name: String,
    /// `interval`; `None` for the global one.
    pub interval: Option<Duration>,
    /// `query_offset`: how far in the past it is evaluated; `None` for the global one.
    pub query_offset: Option<Duration>,
    /// `limit`: series or alerts that one rule may give; without limit where it is not positive.
    pub limit: i64,
    /// `labels`: labels of all rules of the group that have none of that name themselves.
    pub labels: BTreeMap<String, String>,
    /// `rules`.
    pub rules: Vec<RuleConfig>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleConfig {
    /// What becomes of the result.
    pub kind: RuleKind,
    /// `expr`, as it was written.
    pub expr: String,
    /// `labels`, joined with those of the group. An empty value takes the label away from the
    /// result.
    pub labels: BTreeMap<String, String>,
}

impl RuleConfig {
    /// The metric that is written, or the alert's name.
    pub fn name(&self) -> &str {
        match &self.kind {
            RuleKind::Record(metric) => metric,
            RuleKind::Alert(alert) => &alert.name,
        }
    }
}

/// What becomes of a rule's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleKind {
    /// `record`: it is stored under this metric.
    Record(String),
    /// `alert`: each of its series is an alert.
    Alert(AlertRule),
}

/// What only alerting rules have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRule {
    /// `alert`.
    pub name: String,
    /// `for`: how long it must hold before it fires.
    pub hold: Duration,
    /// `keep_firing_for`: how long it goes on firing after it held last.
    pub keep_firing_for: Duration,
    /// `annotations`: templates.
    pub annotations: BTreeMap<String, String>,
}

/// What a rule file is held against beside its own form: languages that others know.
#[derive(Clone, Copy)]
pub struct RuleChecks<'a> {
    /// Which names of labels, annotations and metrics are valid.
    pub names: NameValidation,
    /// Whether keys that nobody knows are passed over; a server refuses them.
    pub unknown_keys: bool,
    /// What is wrong with an expression.
    pub expression: &'a dyn Fn(&str) -> Result<(), String>,
    /// What is wrong with a template, given the alert's name and the template's text.
    pub template: &'a dyn Fn(&str, &str) -> Result<(), String>,
}

/// The files that patterns name, each once, in the order of their names. A pattern without files
/// is none; only a folder that cannot be read is an error.
pub fn find_rule_files(patterns: &[PathBuf]) -> Result<Vec<PathBuf>, ConfigError> {
    let mut files = BTreeSet::new();
    for pattern in patterns {
        let wrong = |cause: &dyn fmt::Display| ConfigError::unreadable(pattern, cause);
        let text = pattern.to_string_lossy();
        for file in glob::glob(&text).map_err(|error| wrong(&error))? {
            files.insert(file.map_err(|error| wrong(&error))?);
        }
    }
    Ok(files.into_iter().collect())
}

/// Reads and checks a rule file. Where its form is right, all that is wrong with its rules is
/// told at once.
pub fn load_rules(path: &Path, checks: RuleChecks<'_>) -> Result<Vec<RuleGroup>, Vec<ConfigError>> {
    let text = read_file(path).map_err(|error| vec![error])?;
    parse_rules(&text, path, checks)
}

/// Checks the text of a rule file; `file` names it in errors.
pub fn parse_rules(
    text: &str,
    file: &Path,
    checks: RuleChecks<'_>,
) -> Result<Vec<RuleGroup>, Vec<ConfigError>> {
    let read = if checks.unknown_keys {
        read::document_with_more
    } else {
        read::document
    };
    let document = yaml::parse(text).and_then(|root| read(&RULE_FILE, &root, folder_of(file)));
    let document = document.map_err(|fault| vec![fault.within(file)])?;
    groups(&document, checks).map_err(|faults| {
        let faults = faults.into_iter();
        faults.map(|fault| fault.within(file)).collect()
    })
}
