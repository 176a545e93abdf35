//! Requests to web servers, and what their answers mean.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use config::{HttpConfig, SecretSource};
use contract::NotifyError;
use http::header::{
    AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT,
};
use http::{Method, Request, StatusCode, Uri};
use http_client::{Client, HttpError};
use serde_json::Value;
use url::Url;

use crate::error::{lasting, passing};
use crate::{json, truncate};

/// What is read of an answer, in bytes: lists of Jira's transitions have some ten thousand.
const MAX_ANSWER_BYTES: u64 = 1024 * 1024;
/// What an error repeats of an answer, in bytes.
const MAX_DETAILS_BYTES: usize = 1024;
/// A server that asks for more patience than this is asked again then.
const LONGEST_PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);
/// Texts of fewer bytes are not looked for in answers: they would be found by chance.
const SHORTEST_SECRET_BYTES: usize = 6;

/// Who is asking.
const AGENT: &str = concat!("Argand/", env!("CARGO_PKG_VERSION"));

/// The client of one integration.
pub(crate) struct Web {
    client: Client,
    /// What the client itself sends to say who it is; no error may repeat it either.
    credentials: Vec<SecretSource>,
}

/// The secrets of an `http_config` that are sent to the vendor.
fn credentials(config: &HttpConfig) -> Vec<SecretSource> {
    let basic = config
        .basic_auth
        .iter()
        .filter_map(|basic| basic.password.clone());
    let token = config
        .authorization
        .iter()
        .filter_map(|auth| auth.credentials.clone());
    let headers = config.headers.values().flatten().cloned();
    basic.chain(token).chain(headers).collect()
}

/// What is asked.
pub(crate) struct Asked {
    method: Method,
    url: String,
    content_type: Option<&'static str>,
    headers: Vec<(HeaderName, String)>,
    body: Vec<u8>,
    secrets: Vec<String>,
}

impl Asked {
    fn new(method: Method, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            content_type: None,
            headers: Vec::new(),
            body: Vec::new(),
            secrets: Vec::new(),
        }
    }

    pub(crate) fn get(url: impl Into<String>) -> Self {
        Self::new(Method::GET, url)
    }

    /// A request with a JSON body.
    pub(crate) fn json(method: Method, url: impl Into<String>, body: impl Into<Value>) -> Self {
        Self::new(method, url).with_body("application/json", json::text(body))
    }

    pub(crate) fn post_json(url: impl Into<String>, body: impl Into<Value>) -> Self {
        Self::json(Method::POST, url, body)
    }

    pub(crate) fn post(url: impl Into<String>, content_type: &'static str, body: Vec<u8>) -> Self {
        Self::new(Method::POST, url).with_body(content_type, body)
    }

    fn with_body(mut self, content_type: &'static str, body: Vec<u8>) -> Self {
        self.content_type = Some(content_type);
        self.body = body;
        self
    }

    pub(crate) fn content_type(mut self, content_type: &'static str) -> Self {
        self.content_type = Some(content_type);
        self
    }

    /// With a header whose value is shown nowhere.
    pub(crate) fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a text that no error may repeat, besides the URL.
    pub(crate) fn hiding(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// Everything that no error may repeat: longer texts first, so that they go whole.
    fn hidden(&self) -> Vec<String> {
        let mut hidden = self.secrets.clone();
        hidden.extend(self.headers.iter().map(|(_, value)| value.clone()));
        if let Ok(url) = Url::parse(&self.url) {
            let path = url.path();
            hidden.push(match url.query() {
                Some(query) => format!("{path}?{query}"),
                None => path.to_owned(),
            });
            hidden.push(path.to_owned());
            hidden.extend(url.password().map(str::to_owned));
        }
        hidden.push(self.url.clone());
        hidden.retain(|text| text.len() >= SHORTEST_SECRET_BYTES);
        hidden.sort_by_key(|text| std::cmp::Reverse(text.len()));
        hidden
    }

    fn request(&self) -> Result<Request<Bytes>, NotifyError> {
        let (url, login) = without_login(&self.url);
        let uri: Uri = url
            .parse()
            .ok()
            .filter(|uri: &Uri| uri.authority().is_some())
            .ok_or_else(|| lasting("the URL cannot be asked: no absolute URL"))?;
        let mut request = Request::new(Bytes::from(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        if let Some(content_type) = self.content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        let login = login.map(|login| (AUTHORIZATION, login));
        for (name, value) in login.iter().chain(&self.headers) {
            let mut value = HeaderValue::try_from(value).map_err(|_| {
                lasting(format!(
                    "header {name} holds characters that cannot be sent"
                ))
            })?;
            value.set_sensitive(true);
            headers.insert(name.clone(), value);
        }
        Ok(request)
    }
}

/// A URL without the login before its host, and the header that the login becomes.
fn without_login(url: &str) -> (String, Option<String>) {
    let parts = || {
        let (scheme, rest) = url.split_once("://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at_checked(end)?;
        let (login, host) = authority.rsplit_once('@')?;
        Some((format!("{scheme}://{host}{tail}"), login))
    };
    match parts() {
        None => (url.to_owned(), None),
        Some((url, login)) => {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            let mut text = unescaped(user);
            text.push(b':');
            text.extend(unescaped(password));
            (url, Some(format!("Basic {}", STANDARD.encode(text))))
        }
    }
}

/// The bytes behind `%` escapes.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |place: usize| char::from(*after.get(place)?).to_digit(16);
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.extend(u8::try_from(high * 16 + low));
                rest = after.get(2..).unwrap_or(&[]);
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

/// What a server said.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Result<Vec<u8>, HttpError>,
    hidden: Vec<String>,
}

impl Web {
    pub(crate) fn new(config: &HttpConfig) -> Result<Self, HttpError> {
        Ok(Self {
            client: Client::new(config)?,
            credentials: credentials(config),
        })
    }

    /// The client alone, for whoever gives keys away.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// One request, and what is read of its answer. Fails, and may be tried again, where there is
    /// no answer.
    pub(crate) async fn ask(&self, mut asked: Asked) -> Result<Answer, NotifyError> {
        let own = self.credentials.iter();
        let own = own.filter_map(|source| http_client::read_secret(source, "credentials").ok());
        asked.secrets.extend(own);
        let hidden = asked.hidden();
        let response = self
            .client
            .send(asked.request()?)
            .await
            .map_err(|error| unanswered(&error, &hidden))?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = response.bytes(MAX_ANSWER_BYTES).await;
        Ok(Answer {
            status,
            headers,
            body,
            hidden,
        })
    }
}

/// A failure without an answer; URLs are left out, as many hold a token.
fn unanswered(error: &HttpError, hidden: &[String]) -> NotifyError {
    match error {
        HttpError::Request { method, cause, .. } => passing(scrubbed(
            format!("{method} \"<redacted>\": {cause}"),
            hidden,
        )),
        HttpError::Redirects { method, limit, .. } => passing(format!(
            "{method} \"<redacted>\": stopped after {limit} redirects"
        )),
        HttpError::Url { cause, .. } => {
            lasting(scrubbed(format!("URL \"<redacted>\": {cause}"), hidden))
        }
        other => passing(scrubbed(other.to_string(), hidden)),
    }
}

fn scrubbed(mut text: String, hidden: &[String]) -> String {
    for secret in hidden {
        if text.contains(secret.as_str()) {
            text = text.replace(secret.as_str(), "<redacted>");
        }
    }
    text
}

impl Answer {
    /// What the answer says, as it may be shown: secrets and length bounded.
    pub(crate) fn shown(&self, text: &str) -> String {
        let cut = truncate::bytes(text.to_owned(), MAX_DETAILS_BYTES * 4);
        truncate::bytes(scrubbed(cut, &self.hidden), MAX_DETAILS_BYTES)
    }

    /// The body; a failure where it broke off or is too large.
    pub(crate) fn body(&self) -> Result<&[u8], NotifyError> {
        match &self.body {
            Ok(body) => Ok(body),
            Err(error) => Err(passing(format!("could not read response body: {error}"))),
        }
    }

    /// The body as text; nothing where it cannot be read.
    pub(crate) fn text(&self) -> String {
        self.body
            .as_ref()
            .map(|body| String::from_utf8_lossy(body).into_owned())
            .unwrap_or_default()
    }

    /// The body as JSON; null where it is none.
    pub(crate) fn json(&self) -> Value {
        self.body
            .as_ref()
            .ok()
            .and_then(|body| serde_json::from_slice(body).ok())
            .unwrap_or(Value::Null)
    }

    pub(crate) fn is_json(&self) -> bool {
        self.headers
            .get(CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
    }

    /// Fails where the status is none of success. A server in trouble (5xx) may be asked again,
    /// and so may one that gives one of the named statuses.
    pub(crate) fn check(&self, also_passing: &[u16]) -> Result<(), NotifyError> {
        self.check_with(also_passing, &self.text())
    }

    /// The same with other details than the whole body.
    pub(crate) fn check_with(
        &self,
        also_passing: &[u16],
        details: &str,
    ) -> Result<(), NotifyError> {
        if self.status.is_success() {
            return Ok(());
        }
        let code = self.status.as_u16();
        let mut message = format!("unexpected status code {code}");
        if !details.is_empty() {
            message = format!("{message}: {}", self.shown(details));
        }
        Err(NotifyError {
            message,
            may_retry: self.status.is_server_error() || also_passing.contains(&code),
            retry_after: self.retry_after(),
        })
    }

    /// How long the server asks to be left alone: seconds or a date.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        let patience = match text.parse::<f64>() {
            Ok(seconds) => Duration::try_from_secs_f64(seconds).ok()?,
            Err(_) => {
                let moment = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
                let wait = moment.duration_since(jiff::Timestamp::now());
                Duration::try_from(wait).ok()?
            }
        };
        Some(patience.min(LONGEST_PATIENCE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_in_a_url_becomes_a_header() {
        for (url, asked, login) in [
            ("http://h/a@b", "http://h/a@b", None),
            ("http://u@h:1", "http://h:1", Some("u:")),
            ("http://u:p%40w@h/x?y=z@", "http://h/x?y=z@", Some("u:p@w")),
            ("http://u:100%@h", "http://h", Some("u:100%")),
            ("no url", "no url", None),
        ] {
            let header = login.map(|login: &str| format!("Basic {}", STANDARD.encode(login)));
            assert_eq!(without_login(url), (asked.to_owned(), header), "{url}");
        }
    }
}
