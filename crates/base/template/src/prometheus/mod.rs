//! Templates of rules: annotations and labels of alerts.
//!
//! A text with `{{ $labels.x }}` and `{{ $value }}` and the labels, value and moment of an alert
//! come in; the text that people read goes out. Functions, names and error texts are Prometheus'.
//!
//! Absent: console pages and their `tmpl` function.

mod functions;
mod histogram;
mod humanize;
mod query;

use std::sync::Arc;

use contract::Query;
use model::{FloatHistogram, Labels};

use crate::TemplateError;
use crate::run::{MissingKey, Set};
use crate::value::{Field, Map, Object, Shape, Value};

use functions::Functions;
pub(crate) use functions::common;

/// What stands before every text, so that it knows its variables. Columns of errors count it.
const VARIABLES: &str = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}\
    {{$externalURL := .ExternalURL}}{{$value := .Value}}";

/// The value of an alert's expression.
#[derive(Clone, Debug)]
pub enum RuleValue {
    /// A number.
    Float(f64),
    /// A native histogram.
    Histogram(Arc<FloatHistogram>),
}

/// What a rule's text is expanded with.
#[derive(Clone, Debug)]
pub struct RuleData {
    /// The labels of the series that the expression found: `$labels`.
    pub labels: Labels,
    /// The labels this server puts on all it sends: `$externalLabels`.
    pub external_labels: Labels,
    /// Where people reach this server: `$externalURL`.
    pub external_url: String,
    /// The expression's value: `$value`.
    pub value: RuleValue,
}

/// What else may be chosen.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuleOptions {
    /// What `$labels.x` is where there is no label `x`. Nothing at all by default, as upstream.
    pub missing_key: MissingKey,
}

/// A rule's text that has been read, to be expanded once for each alert and evaluation.
#[derive(Clone, Debug)]
pub struct RuleTemplate {
    name: String,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// There is nothing to expand.
    Plain(String),
    Actions(Set),
}

impl RuleTemplate {
    /// Reads a text. `name` is told in errors; upstream's is `__alert_` and the alert's name.
    pub fn parse(text: &str, name: &str) -> Result<Self, TemplateError> {
        let content = if text.contains("{{") {
            let mut set = Set::new();
            set.add(name, &format!("{VARIABLES}{text}"), &functions::is_function)
                .map_err(|error| rule_error("parsing", name, error))?;
            Content::Actions(set)
        } else {
            Content::Plain(text.to_owned())
        };
        Ok(Self {
            name: name.to_owned(),
            content,
        })
    }

    /// Expands it for one alert at a moment, in milliseconds since the epoch. Queries in the text
    /// are answered by `query`, and wait for it.
    pub fn expand(
        &self,
        data: &RuleData,
        now: i64,
        query: &dyn Query,
        options: RuleOptions,
    ) -> Result<String, TemplateError> {
        let set = match &self.content {
            Content::Plain(text) => return Ok(text.clone()),
            Content::Actions(set) => set,
        };
        let functions = Functions {
            query,
            now,
            external_url: &data.external_url,
        };
        set.execute(
            &self.name,
            &dot(data),
            &functions,
            options.missing_key,
            false,
        )
        .map_err(|error| rule_error("executing", &self.name, error))
    }
}

/// The names of the functions that a text may call.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    functions::names()
}

/// Reads and expands a text at once: see [`RuleTemplate`].
pub fn expand(
    text: &str,
    name: &str,
    data: &RuleData,
    now: i64,
    query: &dyn Query,
    options: RuleOptions,
) -> Result<String, TemplateError> {
    RuleTemplate::parse(text, name)?.expand(data, now, query, options)
}

fn rule_error(doing: &'static str, name: &str, error: TemplateError) -> TemplateError {
    TemplateError::Rule {
        doing,
        name: name.to_owned(),
        error: Box::new(error),
    }
}

/// The fields that the texts' variables are set from.
struct Data([Field; 4]);

impl Object for Data {
    fn type_name(&self) -> &'static str {
        "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }"
    }

    fn shape(&self) -> Shape<'_> {
        Shape::Struct(&self.0)
    }
}

fn labels(labels: &Labels) -> Value {
    Value::Map(Arc::new(Map::texts(labels.iter())))
}

fn dot(data: &RuleData) -> Value {
    let value = match &data.value {
        RuleValue::Float(value) => Value::Float(*value),
        RuleValue::Histogram(histogram) => histogram::value(histogram),
    };
    let field = |name, value| Field {
        name,
        json: name,
        value,
    };
    Value::object(Data([
        field("Labels", labels(&data.labels)),
        field("ExternalLabels", labels(&data.external_labels)),
        field("ExternalURL", Value::text(data.external_url.as_str())),
        field("Value", value),
    ]))
}
