//! `puppetdb_sd_configs`: the resources of a PuppetDB that a query selects.
//!
//! Format: <https://puppet.com/docs/puppetdb/latest/api/query/v4/resources.html>.

use config::PuppetDbDiscovery;
use contract::TargetGroup;
use http::StatusCode;
use model::Labels;
use model::number::push_general;
use serde_json::{Map, Value, json};

use super::http::is_json;
use crate::ask::{AskError, JSON, Server, post};
use crate::fields::{Target, enclosed, host_port, list, sanitized, scalar, text, texts, yes_or_no};
use crate::poll::{Source, one_group};

const PREFIX: &str = "__meta_puppetdb_";
/// Between, before and behind tags and lists; it is not configured.
const SEPARATOR: &str = ",";
/// How deep parameters may lie in one another; what lies deeper has no label.
const MAX_DEPTH: usize = 16;

pub(crate) struct PuppetDbSource {
    config: PuppetDbDiscovery,
    server: Server,
    url: String,
}

impl PuppetDbSource {
    pub(crate) fn new(config: &PuppetDbDiscovery) -> Self {
        Self {
            url: format!("{}/pdb/query/v4", config.url.trim_end_matches('/')),
            server: Server::new(&config.asking),
            config: config.clone(),
        }
    }

    fn target(&self, resource: &Value) -> Labels {
        let mut target = Target::new();
        target
            .fields(
                PREFIX,
                resource,
                &[
                    ("certname", "/certname"),
                    ("resource", "/resource"),
                    ("type", "/type"),
                    ("title", "/title"),
                    ("file", "/file"),
                    ("environment", "/environment"),
                ],
            )
            .set("__meta_puppetdb_query", &self.config.query)
            .set("__meta_puppetdb_exported", yes_or_no(resource, "/exported"))
            .set(
                "__meta_puppetdb_tags",
                &enclosed(&texts(resource, "/tags"), SEPARATOR),
            )
            .address(&host_port(
                &text(resource, "/certname"),
                self.config.asking.port,
            ));
        // Only where asked for: parameters may hold secrets.
        let parameters = resource.pointer("/parameters").and_then(Value::as_object);
        if let Some(parameters) = parameters.filter(|_| self.config.include_parameters) {
            set_parameters(&mut target, "__meta_puppetdb_parameter_", parameters, 0);
        }
        target.labels()
    }
}

/// Sets a label for each parameter; those within another one are named behind it.
fn set_parameters(
    target: &mut Target,
    prefix: &str,
    parameters: &Map<String, Value>,
    depth: usize,
) {
    for (name, value) in parameters {
        match value {
            Value::Object(inner) if depth < MAX_DEPTH => {
                let prefix = format!("{prefix}{}_", sanitized(name));
                set_parameters(target, &prefix, inner, depth + 1);
            }
            Value::Array(values) => {
                let values: Vec<_> = values.iter().map(parameter).collect();
                target.named(prefix, name, &values.join(SEPARATOR));
            }
            value => {
                target.named(prefix, name, &parameter(value));
            }
        }
    }
}

/// A single value as text, numbers as Go writes them where it does not know their kind.
fn parameter(value: &Value) -> String {
    match value.as_f64() {
        Some(number) => {
            let mut text = String::new();
            push_general(&mut text, number);
            text
        }
        None => scalar(value).into_owned(),
    }
}

impl Source for PuppetDbSource {
    const NAME: &'static str = "puppetdb";

    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        let question = json!({"query": self.config.query}).to_string();
        let answer = self
            .server
            .ask(post(&self.url, JSON, question)?)
            .await?
            .good()?;
        let content_type = answer.header("content-type");
        if answer.status != StatusCode::OK || !is_json(content_type) {
            let status = answer.status;
            return Err(answer.wrong(format!(
                "answered with status {status} and content type {content_type:?}"
            )));
        }
        let resources = answer.json()?;
        if !resources.is_array() {
            return Err(answer.wrong("the answer is no list of resources"));
        }
        let found = list(&resources, "")
            .iter()
            .map(|resource| self.target(resource));
        let source = format!("{}?query={}", self.url, self.config.query);
        Ok(one_group(&source, found.collect()))
    }
}
