//! `opsgenie_configs`: an alert is created, kept up to date and closed under the group's name.
//!
//! Format: <https://docs.opsgenie.com/docs/alert-api>.

use config::alertmanager::OpsGenieConfig;
use contract::NotifyError;
use http::Method;
use http::header::AUTHORIZATION;
use serde_json::{Map, Value, json};

use super::TOO_MANY_REQUESTS;
use crate::integration::Kind;
use crate::json::Object;
use crate::told::Told;
use crate::web::{Asked, Web};
use crate::{secret, truncate};

/// Characters of an alert's message.
const MAX_MESSAGE_CHARS: usize = 130;

pub(crate) struct OpsGenie {
    config: OpsGenieConfig,
    web: Web,
}

/// The texts between commas, without empty ones.
fn split(text: &str) -> Vec<&str> {
    text.trim()
        .split(',')
        .filter(|part| !part.is_empty())
        .collect()
}

impl OpsGenie {
    pub(crate) fn new(config: OpsGenieConfig, web: Web) -> Self {
        Self { config, web }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.config.api_url.as_str())
    }

    fn requests(&self, told: &Told<'_>) -> Result<Vec<Asked>, NotifyError> {
        let alias = told.group_hash();
        let by_alias =
            |what: &str| self.url(&format!("v2/alerts/{alias}/{what}?identifierType=alias"));
        if told.is_resolved() {
            let body = json!({"source": told.text(&self.config.source)?});
            return Ok(vec![Asked::post_json(by_alias("close"), body)]);
        }
        let message = truncate::chars(told.text(&self.config.message)?, MAX_MESSAGE_CHARS);
        let description = told.text(&self.config.description)?;
        let create = self.create(told, &alias, &message, &description)?;
        let mut requests = vec![Asked::post_json(self.url("v2/alerts"), create)];
        if self.config.update_alerts {
            for (what, text) in [("message", message), ("description", description)] {
                let body = Object::default().with_some(what, text);
                requests.push(Asked::json(Method::PUT, by_alias(what), body));
            }
        }
        Ok(requests)
    }

    fn create(
        &self,
        told: &Told<'_>,
        alias: &str,
        message: &str,
        description: &str,
    ) -> Result<Object, NotifyError> {
        let config = &self.config;
        Ok(Object::default()
            .with("alias", alias)
            .with("message", message)
            .with_some("description", description)
            .with("details", self.details(told)?)
            .with("source", told.text(&config.source)?)
            .with_some("responders", self.responders(told)?)
            .with_some("tags", split(&told.text(&config.tags)?))
            .with_some("note", told.text(&config.note)?)
            .with_some("priority", told.text(&config.priority)?)
            .with_some("entity", told.text(&config.entity)?)
            .with_some("actions", split(&told.text(&config.actions)?)))
    }

    /// The labels that all alerts have alike, and over them what the file gives.
    fn details(&self, told: &Told<'_>) -> Result<Value, NotifyError> {
        let mut details = match told.json()?.remove("commonLabels") {
            Some(Value::Object(labels)) => labels,
            _ => Map::new(),
        };
        for (name, text) in &self.config.details {
            details.insert(name.clone(), told.text(text)?.into());
        }
        Ok(Value::Object(details))
    }

    /// Those to be told; ones that expand to nothing are left out, and a list of teams is one
    /// responder each.
    fn responders(&self, told: &Told<'_>) -> Result<Vec<Value>, NotifyError> {
        let mut responders = Vec::new();
        for responder in &self.config.responders {
            let id = told.text(&responder.id)?;
            let name = told.text(&responder.name)?;
            let username = told.text(&responder.username)?;
            let kind = told.text(&responder.kind)?;
            if [&id, &name, &username, &kind]
                .iter()
                .all(|text| text.is_empty())
            {
                continue;
            }
            if kind == "teams" {
                let teams = split(&name).into_iter();
                responders.extend(teams.map(|team| json!({"name": team, "type": "team"})));
                continue;
            }
            responders.push(
                Object::default()
                    .with_some("id", id)
                    .with_some("name", name)
                    .with_some("username", username)
                    .with("type", kind)
                    .into(),
            );
        }
        Ok(responders)
    }
}

impl Kind for OpsGenie {
    const NAME: &'static str = "opsgenie";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let key = told.text(&secret::read(&self.config.api_key, "api_key_file")?)?;
        for asked in self.requests(told)? {
            let asked = asked
                .header(AUTHORIZATION, format!("GenieKey {key}"))
                .hiding(key.as_str());
            self.web.ask(asked).await?.check(&[TOO_MANY_REQUESTS])?;
        }
        Ok(())
    }
}
