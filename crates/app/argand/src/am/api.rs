//! Alertmanager's API, version 2: what is asked, and the answers as they are written.
//!
//! The fields stand in the order in which upstream's tools write them as JSON.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http::header::{CONTENT_TYPE, HeaderName};
use http::{Method, StatusCode};
use model::Matcher;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::tools::server::{Answer, Server};

const JSON: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "application/json")];

pub(super) type Texts = BTreeMap<String, String>;

/// An alert that a server knows.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alert {
    pub(super) annotations: Texts,
    pub(super) ends_at: String,
    fingerprint: String,
    receivers: Vec<Receiver>,
    pub(super) starts_at: String,
    pub(super) status: AlertStatus,
    updated_at: String,
    #[serde(
        default,
        rename = "generatorURL",
        skip_serializing_if = "String::is_empty"
    )]
    pub(super) generator_url: String,
    pub(super) labels: Texts,
}

#[derive(Deserialize, Serialize)]
struct Receiver {
    name: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AlertStatus {
    inhibited_by: Vec<String>,
    /// Not said by older servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    muted_by: Option<Vec<String>>,
    silenced_by: Vec<String>,
    pub(super) state: String,
}

/// An alert that a server is told of.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewAlert {
    pub(super) annotations: Texts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ends_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) starts_at: Option<String>,
    #[serde(rename = "generatorURL", skip_serializing_if = "String::is_empty")]
    pub(super) generator_url: String,
    pub(super) labels: Texts,
}

/// A silence that a server knows.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Silence {
    pub(super) id: String,
    status: SilenceStatus,
    pub(super) updated_at: String,
    #[serde(flatten)]
    pub(super) said: SilenceText,
}

#[derive(Deserialize, Serialize)]
struct SilenceStatus {
    state: String,
}

/// What somebody says of a silence.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SilenceText {
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub(super) annotations: Texts,
    pub(super) comment: String,
    pub(super) created_by: String,
    pub(super) ends_at: String,
    pub(super) matchers: Vec<SilenceMatcher>,
    pub(super) starts_at: String,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SilenceMatcher {
    /// Older servers know no other.
    #[serde(default = "always")]
    pub(super) is_equal: bool,
    pub(super) is_regex: bool,
    pub(super) name: String,
    pub(super) value: String,
}

fn always() -> bool {
    true
}

impl From<&Matcher> for SilenceMatcher {
    fn from(matcher: &Matcher) -> Self {
        use model::MatchOp::{Equal, NotRegex, Regex};
        Self {
            is_equal: matches!(matcher.op(), Equal | Regex),
            is_regex: matches!(matcher.op(), Regex | NotRegex),
            name: matcher.name().to_owned(),
            value: matcher.value().to_owned(),
        }
    }
}

/// A silence that a server is to make or change.
#[derive(Deserialize, Serialize)]
pub(super) struct NewSilence {
    /// Empty for a new one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) id: String,
    #[serde(flatten)]
    pub(super) said: SilenceText,
}

/// What a server says of itself.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    pub(super) cluster: Cluster,
    pub(super) config: Config,
    pub(super) uptime: String,
    pub(super) version_info: Version,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Cluster {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) name: String,
    #[serde(default)]
    pub(super) peers: Vec<Peer>,
    pub(super) status: String,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Peer {
    pub(super) address: String,
    pub(super) name: String,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Config {
    pub(super) original: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Version {
    pub(super) branch: String,
    pub(super) build_date: String,
    pub(super) build_user: String,
    pub(super) go_version: String,
    pub(super) revision: String,
    pub(super) version: String,
}

/// A server that answers.
pub(super) struct Api(Server);

/// What is asked for: its name in errors, the path there and the operation.
struct Asked {
    method: Method,
    shown: &'static str,
    operation: &'static str,
}

impl Asked {
    const fn new(method: Method, shown: &'static str, operation: &'static str) -> Self {
        Self {
            method,
            shown,
            operation,
        }
    }

    /// Reads an answer; a refusal is an error in upstream's words.
    fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T> {
        self.check(answer)?;
        serde_json::from_slice(&answer.body)
            .with_context(|| format!("reading what {} {} answers", self.method, self.shown))
    }

    fn check(&self, answer: &Answer) -> Result<()> {
        let word = match answer.status {
            status if status.is_success() => return Ok(()),
            StatusCode::BAD_REQUEST => "BadRequest",
            StatusCode::NOT_FOUND => "NotFound",
            StatusCode::INTERNAL_SERVER_ERROR => "InternalServerError",
            other => bail!(
                "response status code does not match any response statuses defined for this endpoint in the swagger spec (status {}): {{}}",
                other.as_u16()
            ),
        };
        let said = match serde_json::from_slice::<String>(&answer.body) {
            Ok(said) => format!(" {said}"),
            Err(_) => String::new(),
        };
        let (method, shown, status) = (&self.method, self.shown, answer.status.as_u16());
        bail!(
            "[{method} {shown}][{status}] {}{word} {said}",
            self.operation
        )
    }
}

impl Api {
    pub(super) fn new(url: &str, settings: Option<&Path>, patience: Duration) -> Result<Self> {
        Ok(Self(Server::new(url, settings, patience)?))
    }

    fn at(&self, path: &str) -> Url {
        self.0.at(&format!("/api/v2{path}"))
    }

    fn ask(&self, asked: &Asked, url: &Url, body: Vec<u8>) -> Result<Answer> {
        Ok(self.0.send(asked.method.clone(), url, &JSON, body)?)
    }

    /// The alerts that fit; each pair is a parameter.
    pub(super) fn alerts(&self, parameters: &[(&str, &str)]) -> Result<Vec<Alert>> {
        let asked = Asked::new(Method::GET, "/alerts", "getAlerts");
        let mut url = self.at("/alerts");
        url.query_pairs_mut().extend_pairs(parameters);
        asked.read(&self.ask(&asked, &url, Vec::new())?)
    }

    pub(super) fn add_alert(&self, alert: &NewAlert) -> Result<()> {
        let asked = Asked::new(Method::POST, "/alerts", "postAlerts");
        let body = serde_json::to_vec(&[alert])?;
        asked.check(&self.ask(&asked, &self.at("/alerts"), body)?)
    }

    /// The silences whose matchers fit.
    pub(super) fn silences(&self, filter: &[String]) -> Result<Vec<Silence>> {
        let asked = Asked::new(Method::GET, "/silences", "getSilences");
        let mut url = self.at("/silences");
        if !filter.is_empty() {
            let filter = filter.iter().map(|matcher| ("filter", matcher));
            url.query_pairs_mut().extend_pairs(filter);
        }
        asked.read(&self.ask(&asked, &url, Vec::new())?)
    }

    pub(super) fn silence(&self, id: &str) -> Result<Silence> {
        let asked = Asked::new(Method::GET, "/silence/{silenceID}", "getSilence");
        asked.read(&self.ask(&asked, &self.of_silence(id), Vec::new())?)
    }

    pub(super) fn expire(&self, id: &str) -> Result<()> {
        let asked = Asked::new(Method::DELETE, "/silence/{silenceID}", "deleteSilence");
        asked.check(&self.ask(&asked, &self.of_silence(id), Vec::new())?)
    }

    fn of_silence(&self, id: &str) -> Url {
        let mut url = self.at("/silence");
        if let Ok(mut path) = url.path_segments_mut() {
            path.push(id);
        }
        url
    }

    /// Makes or changes a silence; answers its id, or `None` where there is none of the id given.
    pub(super) fn set_silence(&self, silence: &NewSilence) -> Result<Option<String>> {
        #[derive(Deserialize)]
        struct Made {
            #[serde(rename = "silenceID")]
            id: String,
        }
        let asked = Asked::new(Method::POST, "/silences", "postSilences");
        let body = serde_json::to_vec(silence)?;
        let answer = self.ask(&asked, &self.at("/silences"), body)?;
        if answer.status == StatusCode::NOT_FOUND && !silence.id.is_empty() {
            return Ok(None);
        }
        let made: Made = asked.read(&answer)?;
        Ok(Some(made.id))
    }

    pub(super) fn status(&self) -> Result<Status> {
        let asked = Asked::new(Method::GET, "/status", "getStatus");
        asked.read(&self.ask(&asked, &self.at("/status"), Vec::new())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_in_upstreams_words() {
        let asked = Asked::new(Method::POST, "/silences", "postSilences");
        for (status, body, said) in [
            (
                400,
                "\"no\"\n",
                "[POST /silences][400] postSilencesBadRequest  no",
            ),
            (404, "", "[POST /silences][404] postSilencesNotFound "),
            (
                422,
                "{}",
                "response status code does not match any response statuses defined for this endpoint in the swagger spec (status 422): {}",
            ),
        ] {
            let answer = Answer {
                status: StatusCode::from_u16(status).unwrap(),
                body: body.as_bytes().to_vec(),
            };
            assert_eq!(asked.check(&answer).unwrap_err().to_string(), said);
        }
    }
}
