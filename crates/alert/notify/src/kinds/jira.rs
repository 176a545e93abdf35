//! `jira_configs`: an issue that is found again by a label with the group's name, changed with
//! each notification, closed when all has ended and opened again when it comes back.
//!
//! Formats: <https://developer.atlassian.com/cloud/jira/platform/rest/v3/>,
//! <https://docs.atlassian.com/software/jira/docs/api/REST/latest/>.

use config::alertmanager::{JiraApi, JiraConfig};
use contract::NotifyError;
use http::Method;
use http::header::ACCEPT_LANGUAGE;
use serde_json::{Value, json};

use super::TOO_MANY_REQUESTS;
use crate::error::{lasting, while_doing};
use crate::integration::Kind;
use crate::json::Object;
use crate::told::Told;
use crate::tree;
use crate::truncate;
use crate::web::{Asked, Web};

/// Characters of a summary.
const MAX_SUMMARY_CHARS: usize = 255;
/// Characters of a description.
const MAX_DESCRIPTION_CHARS: usize = 32_767;

pub(crate) struct Jira {
    config: JiraConfig,
    web: Web,
}

/// An issue that is there already.
struct Issue {
    key: String,
    /// Whether it is closed; `None` where the answer does not say.
    done: Option<bool>,
}

/// A text in quotes as JQL and Go write it.
fn quoted(text: &str) -> String {
    model::name::quoted(text)
}

impl Jira {
    pub(crate) fn new(config: JiraConfig, web: Web) -> Self {
        Self { config, web }
    }

    fn url(&self, path: &str) -> String {
        let base = self.config.api_url.as_str().trim_end_matches('/');
        format!("{base}/{path}")
    }

    async fn ask(
        &self,
        method: Method,
        url: String,
        body: Option<Value>,
    ) -> Result<Value, NotifyError> {
        let asked = match body {
            Some(body) => Asked::json(method, url, body),
            None => Asked::get(url).content_type("application/json"),
        };
        let answer = self.web.ask(asked.header(ACCEPT_LANGUAGE, "en")).await?;
        answer.check(&[TOO_MANY_REQUESTS])?;
        answer.body()?;
        Ok(answer.json())
    }

    /// Which issues may be this group's: open ones, or closed ones that may be opened again.
    fn search(&self, told: &Told<'_>) -> Result<String, NotifyError> {
        let config = &self.config;
        let mut jql = String::new();
        if !config.wont_fix_resolution.is_empty() {
            let resolution = quoted(&config.wont_fix_resolution);
            jql += &format!("(resolution is EMPTY or resolution != {resolution}) and ");
        }
        let minutes = config.reopen_duration.as_secs() / 60;
        jql += &if !told.is_resolved() && !config.reopen_transition.is_empty() && minutes > 0 {
            format!("(resolutiondate is EMPTY OR resolutiondate >= -{minutes}m) and ")
        } else {
            "statusCategory != Done and ".to_owned()
        };
        let project = quoted(&told.text(&config.project)?);
        let label = quoted(&label(told));
        jql += &format!(
            "project={project} and labels={label} order by status ASC,resolutiondate DESC"
        );
        Ok(jql)
    }

    /// Cloud and data centre search at different places.
    fn search_url(&self) -> String {
        let host = self.config.api_url.host_str().unwrap_or("");
        let cloud = match self.config.api_type {
            JiraApi::Cloud => true,
            JiraApi::DataCenter => false,
            JiraApi::Auto => host.ends_with("atlassian.net"),
        };
        if cloud {
            self.url("search/jql")
                .replacen("/rest/api/2/", "/rest/api/3/", 1)
        } else {
            self.url("search")
        }
    }

    async fn existing(&self, told: &Told<'_>) -> Result<Option<Issue>, NotifyError> {
        let body = json!({"jql": self.search(told)?, "maxResults": 2, "fields": ["status"]});
        let found = self
            .ask(Method::POST, self.search_url(), Some(body))
            .await?;
        let issues = found.get("issues").and_then(Value::as_array);
        let Some(issue) = issues.and_then(|issues| issues.first()) else {
            return Ok(None);
        };
        let key = issue.get("key").and_then(Value::as_str).unwrap_or("");
        Ok(Some(Issue {
            key: key.to_owned(),
            done: issue
                .pointer("/fields/status/statusCategory/key")
                .and_then(Value::as_str)
                .map(|category| category == "done"),
        }))
    }

    /// The issue as this notification has it.
    fn issue(&self, told: &Told<'_>, update: bool) -> Result<Value, NotifyError> {
        let config = &self.config;
        let mut labels: Vec<String> = config
            .labels
            .iter()
            .map(|text| told.text(text))
            .collect::<Result<_, _>>()?;
        labels.push(label(told));
        labels.sort();
        let priority = told.text(&config.priority)?;
        let mut fields = Object::default()
            .with("project", json!({"key": told.text(&config.project)?}))
            .with("issuetype", named(told.text(&config.issue_type)?))
            .with("labels", labels);
        if !priority.is_empty() {
            fields = fields.with("priority", named(priority));
        }
        if !update || config.summary.enable_update {
            let summary = told.text(&config.summary.template)?;
            fields = fields.with("summary", truncate::chars(summary, MAX_SUMMARY_CHARS));
        }
        if !update || config.description.enable_update {
            fields = fields.with_some("description", self.description(told)?);
        }
        for (name, value) in &config.fields {
            let value = tree::expanded(value, told).map_err(while_doing("fields template"))?;
            fields = fields.with(name, value);
        }
        Ok(Object::default().with("fields", fields).into())
    }

    /// A text, or for the third version of the API a document as JSON.
    fn description(&self, told: &Told<'_>) -> Result<Value, NotifyError> {
        let text = told.text(&self.config.description.template)?;
        let text = truncate::chars(text, MAX_DESCRIPTION_CHARS);
        if !self
            .config
            .api_url
            .path()
            .trim_end_matches('/')
            .ends_with("/3")
        {
            return Ok(Value::String(text));
        }
        match text.trim() {
            "" => Ok(Value::Null),
            json => serde_json::from_str(json)
                .map_err(|_| lasting("description template: invalid JSON for API v3")),
        }
    }

    /// Closes an open issue when all has ended, opens a closed one when it has come back.
    async fn transition(&self, told: &Told<'_>, issue: &Issue) -> Result<(), NotifyError> {
        let Some(done) = issue.done else {
            return Ok(());
        };
        let name = match (told.is_resolved(), done) {
            (true, false) => &self.config.resolve_transition,
            (false, true) => &self.config.reopen_transition,
            _ => return Ok(()),
        };
        if name.is_empty() {
            return Ok(());
        }
        let url = self.url(&format!("issue/{}/transitions", issue.key));
        let offered = self.ask(Method::GET, url.clone(), None).await?;
        let id = offered
            .get("transitions")
            .and_then(Value::as_array)
            .and_then(|all| all.iter().find(|one| one.get("name") == Some(&json!(name))))
            .and_then(|transition| transition.get("id")?.as_str())
            .ok_or_else(|| {
                lasting(format!(
                    "can't find transition {name} for issue {}",
                    issue.key
                ))
            })?;
        let body = json!({"transition": {"id": id}});
        self.ask(Method::POST, url, Some(body)).await.map(|_| ())
    }
}

/// The label by which a group's issue is found again.
fn label(told: &Told<'_>) -> String {
    format!("ALERT{{{}}}", told.group_hash())
}

fn named(name: String) -> Value {
    Object::default().with_some("name", name).into()
}

impl Kind for Jira {
    const NAME: &'static str = "jira";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let existing = self
            .existing(told)
            .await
            .map_err(while_doing("failed to look up existing issues"))?;
        let Some(issue) = existing else {
            if told.is_resolved() {
                return Ok(());
            }
            let body = self.issue(told, false)?;
            let created = self.ask(Method::POST, self.url("issue"), Some(body)).await;
            return created
                .map(|_| ())
                .map_err(while_doing("failed to create an issue"));
        };
        let body = self.issue(told, true)?;
        self.ask(
            Method::PUT,
            self.url(&format!("issue/{}", issue.key)),
            Some(body),
        )
        .await
        .map_err(while_doing(&format!(
            "failed to update issue {}",
            issue.key
        )))?;
        self.transition(told, &issue).await
    }
}
