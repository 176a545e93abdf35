//! The HTTP API of a server: what is sent, and what an answer or a refusal says.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use http::header::{CONTENT_TYPE, HeaderName};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::form_urlencoded::Serializer;

use super::answer::Data;
use crate::tools::server::{Answer, Server};

/// How long a query may take, as with upstream's client.
const PATIENCE: Duration = Duration::from_secs(120);
const FORM: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "application/x-www-form-urlencoded")];

/// A server's API.
pub(super) struct Api(Server);

/// What is asked for.
#[derive(Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// A moment in milliseconds since the epoch.
    pub(super) fn time(&mut self, name: &str, millis: i64) {
        let mut text = String::new();
        model::number::push_seconds(&mut text, millis);
        self.text(name, &text);
    }

    /// As forms and addresses hold them.
    fn encoded(&self) -> String {
        Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }
}

/// What every answer is wrapped in.
#[derive(Deserialize)]
struct Envelope<T> {
    status: String,
    #[serde(default = "Option::default")]
    data: Option<T>,
    #[serde(default, rename = "errorType")]
    error_type: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
}

impl Api {
    pub(super) fn new(
        url: &str,
        settings: Option<&Path>,
        headers: &[(String, String)],
    ) -> Result<Self> {
        Ok(Self(
            Server::new(url, settings, PATIENCE)?.with_headers(headers)?,
        ))
    }

    /// The value of a query at a moment, in milliseconds since the epoch.
    pub(super) fn query(&self, expr: &str, at: i64) -> Result<Data> {
        let mut parameters = Parameters::default();
        parameters.text("query", expr);
        parameters.time("time", at);
        self.data("/api/v1/query", &parameters)
    }

    /// What a path answers that evaluates a query.
    pub(super) fn data(&self, path: &str, parameters: &Parameters) -> Result<Data> {
        Ok(self.ask(path, parameters)?.0)
    }

    /// The labels of series.
    pub(super) fn series(&self, parameters: &Parameters) -> Result<Vec<BTreeMap<String, String>>> {
        Ok(self.ask("/api/v1/series", parameters)?.0)
    }

    /// The values of a label; what the server warns of goes to standard error.
    pub(super) fn label_values(&self, name: &str, parameters: &Parameters) -> Result<Vec<String>> {
        let mut url = self.0.at("/api/v1/label");
        if let Ok(mut path) = url.path_segments_mut() {
            path.push(name).push("values");
        }
        url.set_query(Some(&parameters.encoded()));
        let answer = self.0.get(&url).context("query error")?;
        let (values, warnings) = read(&answer)?;
        for warning in warnings {
            writeln!(io::stderr(), "query warning: {warning}")?;
        }
        Ok(values)
    }

    /// Asks by POST, and by GET where a server takes no other.
    fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &Parameters,
    ) -> Result<(T, Vec<String>)> {
        let mut url = self.0.at(path);
        let form = parameters.encoded();
        let posted = self
            .0
            .send(Method::POST, &url, &FORM, form.clone().into_bytes())
            .context("query error")?;
        let refused = [StatusCode::METHOD_NOT_ALLOWED, StatusCode::NOT_IMPLEMENTED];
        if !refused.contains(&posted.status) {
            return read(&posted);
        }
        url.set_query(Some(&form));
        read(&self.0.get(&url).context("query error")?)
    }
}

/// What an answer holds, and what it warns of; a refusal is an error in upstream's words.
fn read<T: DeserializeOwned>(answer: &Answer) -> Result<(T, Vec<String>)> {
    let status = answer.status;
    let is_told = matches!(
        status,
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY
    );
    if !status.is_success() && !is_told {
        let code = status.as_u16();
        let what = match code / 100 {
            4 => format!("client_error: client error: {code}"),
            5 => format!("server_error: server error: {code}"),
            _ => format!("bad_response: bad response code {code}"),
        };
        let body = String::from_utf8_lossy(&answer.body);
        return Err(match body.trim() {
            "" => anyhow!("query error: {what}"),
            detail => anyhow!("query error: {what} (detail: {detail})"),
        });
    }
    let read: Result<Envelope<T>, _> = serde_json::from_slice(&answer.body);
    let envelope = read.map_err(|error| anyhow!("query error: bad_response: {error}"))?;
    match envelope.data {
        _ if is_told && envelope.status == "error" => Err(anyhow!(
            "query error: {}: {}",
            envelope.error_type,
            envelope.error
        )),
        Some(data) if !is_told => Ok((data, envelope.warnings)),
        _ => Err(anyhow!(
            "query error: bad_response: inconsistent body for response code"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_in_upstreams_words() {
        for (status, body, said) in [
            (
                400,
                r#"{"status":"error","errorType":"bad_data","error":"no"}"#,
                "query error: bad_data: no",
            ),
            (
                503,
                " down\n",
                "query error: server_error: server error: 503 (detail: down)",
            ),
            (404, "", "query error: client_error: client error: 404"),
            (
                400,
                r#"{"status":"success","data":[]}"#,
                "query error: bad_response: inconsistent body for response code",
            ),
        ] {
            let answer = Answer {
                status: StatusCode::from_u16(status).unwrap(),
                body: body.as_bytes().to_vec(),
            };
            let error = read::<Vec<String>>(&answer).unwrap_err();
            assert_eq!(error.to_string(), said);
        }
    }

    #[test]
    fn parameters_are_a_form() {
        let mut parameters = Parameters::default();
        parameters.text("query", "a + b");
        parameters.time("time", 1500);
        assert_eq!(parameters.encoded(), "query=a+%2B+b&time=1.5");
    }
}
