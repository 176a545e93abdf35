//! Templates of labels and annotations: read once, expanded for each alert of each turn.

use std::collections::BTreeMap;
use std::sync::Arc;

use config::RuleConfig;
use contract::{Query, QueryPoint, Texts};
use model::instrument::Counter;
use model::{Family, Labels};
use template::TemplateError;
use template::prometheus::{RuleData, RuleOptions, RuleTemplate, RuleValue};

use crate::recording::pairs;

/// The templates of an alerting rule, by name.
pub(crate) struct Templates {
    labels: Vec<(String, Text)>,
    annotations: Vec<(String, Text)>,
}

/// A text that was read, or why it could not be: rule files with such a text are refused, but a
/// failure must not stop a rule.
type Text = Result<RuleTemplate, TemplateError>;

/// What a template of an alert may speak of beside the alert itself.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// Labels of this server.
    pub(crate) external_labels: &'a Labels,
    /// Where this server is reached.
    pub(crate) external_url: &'a str,
    /// Who answers the template's own queries.
    pub(crate) query: &'a dyn Query,
    /// The moment of the evaluation, in milliseconds since the epoch.
    pub(crate) now: i64,
}

/// Labels and annotations of one alert.
pub(crate) struct Expanded {
    pub(crate) labels: Texts,
    pub(crate) annotations: Texts,
}

/// What upstream calls the templates of an alert; errors name it.
fn name(alert: &str) -> String {
    format!("__alert_{alert}")
}

/// What is wrong with a template of an alert.
pub(crate) fn check(alert: &str, text: &str) -> Result<(), String> {
    match RuleTemplate::parse(text, &name(alert)) {
        Ok(_) => Ok(()),
        // In a list of faults it goes without saying that a template was parsed.
        Err(TemplateError::Rule { error, .. }) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

impl Templates {
    /// The templates of an alerting rule.
    pub(crate) fn of(rule: &RuleConfig, annotations: &BTreeMap<String, String>) -> Self {
        let name = name(rule.name());
        let read = |texts: &BTreeMap<String, String>| {
            pairs(texts)
                .map(|(key, text)| (key.to_owned(), RuleTemplate::parse(text, &name)))
                .collect()
        };
        Self {
            labels: read(&rule.labels),
            annotations: read(annotations),
        }
    }

    /// The texts for one alert. A failure stands in a text's place, where people see it, and goes
    /// to the log.
    pub(crate) fn expand(&self, point: &QueryPoint, around: Surroundings<'_>) -> Expanded {
        let data = RuleData {
            labels: point.labels.clone(),
            external_labels: around.external_labels.clone(),
            external_url: around.external_url.to_owned(),
            value: match &point.histogram {
                Some(histogram) => RuleValue::Histogram(Arc::clone(histogram)),
                None => RuleValue::Float(point.value),
            },
        };
        let expand = |texts: &[(String, Text)]| {
            let texts = texts.iter();
            texts
                .map(|(name, text)| (name.clone(), expand(text, &data, around)))
                .collect()
        };
        Expanded {
            labels: expand(&self.labels),
            annotations: expand(&self.annotations),
        }
    }
}

/// Texts that were expanded, and those of them that failed, in this process.
static EXPANDED: Counter = Counter::new();
static FAILED: Counter = Counter::new();

/// How many texts were expanded, and how many of them failed.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(crate) fn gather(families: &mut Vec<Family>) {
    families.extend([
        Family::counter(
            "prometheus_template_text_expansions_total",
            "The total number of template text expansions.",
            EXPANDED.get() as f64,
        ),
        Family::counter(
            "prometheus_template_text_expansion_failures_total",
            "The total number of template text expansion failures.",
            FAILED.get() as f64,
        ),
    ]);
}

fn expand(text: &Text, data: &RuleData, around: Surroundings<'_>) -> String {
    let options = RuleOptions::default();
    let expanded = match text {
        Ok(text) => text.expand(data, around.now, around.query, options),
        Err(error) => Err(error.clone()),
    };
    EXPANDED.inc();
    expanded.unwrap_or_else(|error| {
        FAILED.inc();
        tracing::warn!(labels = %data.labels, %error, "expanding a template of an alert failed");
        format!("<error expanding template: {error}>")
    })
}

/// Whether a template may ask queries of its own.
pub(crate) fn asks(text: &str) -> bool {
    text.contains("{{") && text.contains("query")
}
