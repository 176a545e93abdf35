//! Asking a server something: what all mechanisms share that list targets over HTTP.

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use config::Asking;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use http::{Method, Request, StatusCode};
use http_client::aws::AwsError;
use http_client::{Client, HttpError, over_socket, within};
use serde_json::Value;
use thiserror::Error;

/// Most bytes of one answer: some hundred thousand targets.
pub(crate) const MAX_ANSWER_BYTES: u64 = 64 << 20;
/// Most pages of one list; a server that turns in a circle ends here.
pub(crate) const MAX_PAGES: usize = 1000;
/// Shortest time that a server is given to answer.
const MIN_TIME: Duration = Duration::from_secs(1);
/// Characters of a refusal that an error repeats.
const MAX_MESSAGE: usize = 300;

pub(crate) const JSON: &str = "application/json";
const AGENT: HeaderValue = HeaderValue::from_static(concat!("Argand/", env!("CARGO_PKG_VERSION")));

/// Why targets could not be listed.
#[derive(Clone, Debug, Error)]
pub(crate) enum AskError {
    /// No answer, or none that could be read.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Nobody signs.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The server refused.
    #[error("{url}: server returned HTTP status {status}{message}")]
    Refused {
        /// What was asked, without parameters.
        url: String,
        /// The status.
        status: StatusCode,
        /// `: ` and what it said, or nothing.
        message: String,
    },
    /// The answer is something else than is documented.
    #[error("{url}: {reason}")]
    Content {
        /// What was asked, without parameters.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// A configured text makes no URL.
    #[error("{0:?} makes no URL")]
    Url(String),
    /// A list has no end.
    #[error("{0}: more than {MAX_PAGES} pages; narrow what is listed")]
    Pages(String),
    /// Something that is not asked over HTTP failed.
    #[error("{0}")]
    Other(String),
}

/// Where a server is reached.
enum Way {
    /// Over the network; a section that makes no client says so at each question.
    Client(Box<Result<Client, HttpError>>),
    /// Over a socket of this machine.
    Socket(PathBuf),
}

/// A server that is asked again and again.
pub(crate) struct Server {
    way: Way,
    time: Duration,
}

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) url: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Server {
    /// The server of a section; an answer may take as long as the time to the next question.
    pub(crate) fn new(asking: &Asking) -> Self {
        Self {
            way: Way::Client(Box::new(Client::new(&asking.http))),
            time: asking.refresh_interval.max(MIN_TIME),
        }
    }

    /// The same with another time for one answer.
    pub(crate) fn patient(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// A server that listens on a socket.
    pub(crate) fn on_socket(asking: &Asking, path: PathBuf) -> Self {
        Self {
            way: Way::Socket(path),
            ..Self::new(asking)
        }
    }

    /// The client, for what takes one itself.
    pub(crate) fn client(&self) -> Result<&Client, AskError> {
        match &self.way {
            Way::Client(client) => Ok(client.as_ref().as_ref().map_err(Clone::clone)?),
            Way::Socket(_) => Err(AskError::Other("a socket has no client".to_owned())),
        }
    }

    /// Asks, and reads an answer of any status.
    pub(crate) async fn ask(&self, mut request: Request<Bytes>) -> Result<Answer, AskError> {
        let url = shown(&request.uri().to_string());
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, AGENT);
        if !headers.contains_key(ACCEPT) {
            headers.insert(ACCEPT, HeaderValue::from_static(JSON));
        }
        let asked = async {
            let response = match &self.way {
                Way::Client(client) => match client.as_ref() {
                    Ok(client) => client.send(request).await?,
                    Err(error) => return Err(error.clone()),
                },
                Way::Socket(path) => over_socket(path, request).await?,
            };
            let (status, headers) = (response.status(), response.headers().clone());
            let body = response.bytes(MAX_ANSWER_BYTES).await?;
            Ok((status, headers, body))
        };
        let (status, headers, body) = within(self.time, asked).await?;
        Ok(Answer {
            url,
            status,
            headers,
            body,
        })
    }

    /// Asks, and reads a good answer as JSON.
    pub(crate) async fn json(&self, request: Request<Bytes>) -> Result<Value, AskError> {
        self.ask(request).await?.good()?.json()
    }

    /// Gets a URL as JSON.
    pub(crate) async fn get(&self, url: &str) -> Result<Value, AskError> {
        self.json(get(url)?).await
    }
}

impl Answer {
    /// The answer where its status is 2xx.
    pub(crate) fn good(self) -> Result<Self, AskError> {
        if self.status.is_success() {
            return Ok(self);
        }
        let text = String::from_utf8_lossy(&self.body);
        let text: String = text.trim().chars().take(MAX_MESSAGE).collect();
        let message = if text.is_empty() {
            text
        } else {
            format!(": {text}")
        };
        Err(AskError::Refused {
            url: self.url,
            status: self.status,
            message,
        })
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value, AskError> {
        serde_json::from_slice(&self.body).map_err(|error| self.wrong(error.to_string()))
    }

    /// The body as text.
    pub(crate) fn text(&self) -> Result<&str, AskError> {
        std::str::from_utf8(&self.body).map_err(|error| self.wrong(error.to_string()))
    }

    /// Why the content is none.
    pub(crate) fn wrong(&self, reason: impl Into<String>) -> AskError {
        AskError::Content {
            url: self.url.clone(),
            reason: reason.into(),
        }
    }

    /// A header as text; empty where it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

/// A request for a URL. A login within it becomes a header, as it is in browsers.
pub(crate) fn get(url: &str) -> Result<Request<Bytes>, AskError> {
    let (login, bare) = without_login(url);
    let request = Request::builder().method(Method::GET).uri(bare);
    let request = request.body(Bytes::new());
    let mut request = request.map_err(|_| AskError::Url(shown(url)))?;
    if let Some(login) = login {
        let login = percent_decode(&login);
        let value = format!("Basic {}", BASE64_STANDARD.encode(login));
        set_secret(&mut request, "authorization", &value)?;
    }
    Ok(request)
}

/// The login of a URL, and the URL without it.
fn without_login(url: &str) -> (Option<String>, String) {
    let whole = (None, url.to_owned());
    let Some((scheme, rest)) = url.split_once("://") else {
        return whole;
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((login, host)) => (Some(login.to_owned()), format!("{scheme}://{host}{path}")),
        None => whole,
    }
}

/// A text with the bytes that `%` escapes stand for; a name without a password gets an empty one.
fn percent_decode(login: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(login.len() + 1);
    let mut bytes = login.as_bytes().iter();
    while let Some(&byte) = bytes.next() {
        let escaped = (byte == b'%').then(|| bytes.as_slice().get(..2)).flatten();
        let code = escaped.and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(code) => {
                out.push(code);
                bytes.nth(1);
            }
            None => out.push(byte),
        }
    }
    if !login.contains(':') {
        out.push(b':');
    }
    out
}

/// A request that sends a body.
pub(crate) fn post(
    url: &str,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Result<Request<Bytes>, AskError> {
    let mut request = get(url)?;
    *request.method_mut() = Method::POST;
    *request.body_mut() = body.into();
    let content_type = HeaderValue::from_static(content_type);
    request.headers_mut().insert(CONTENT_TYPE, content_type);
    Ok(request)
}

/// Sets a header that is not to be seen.
pub(crate) fn set_secret(
    request: &mut Request<Bytes>,
    name: &'static str,
    value: &str,
) -> Result<(), AskError> {
    let mut value = HeaderValue::try_from(value).map_err(|_| HttpError::Header(name.to_owned()))?;
    value.set_sensitive(true);
    request.headers_mut().insert(name, value);
    Ok(())
}

/// A URL and parameters, escaped; those with an empty value are left out.
pub(crate) fn with_parameters(url: &str, parameters: &[(&str, &str)]) -> String {
    let given = parameters.iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(given)
        .finish();
    if query.is_empty() {
        url.to_owned()
    } else {
        format!("{url}?{query}")
    }
}

/// A name as one part of a path.
pub(crate) fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A URL as errors show it: without its parameters and its login.
fn shown(url: &str) -> String {
    let (_, bare) = without_login(url);
    bare.split(['?', '#']).next().unwrap_or("").to_owned()
}

#[cfg(test)]
mod tests {
    use http::header::AUTHORIZATION;

    use super::*;

    #[test]
    fn a_login_within_a_url_is_sent_and_not_shown() {
        for (url, bare, login) in [
            (
                "http://me:w%40rd@h:1/a?b=@",
                "http://h:1/a?b=@",
                Some("Basic bWU6d0ByZA=="),
            ),
            ("http://me@h/", "http://h/", Some("Basic bWU6")),
            ("http://h/a@b", "http://h/a@b", None),
        ] {
            let request = get(url).expect("a URL");
            assert_eq!(request.uri().to_string(), bare);
            let sent = request.headers().get(AUTHORIZATION);
            assert_eq!(sent.map(|value| value.as_bytes()), login.map(str::as_bytes));
            assert!(!shown(url).contains("me"), "{url}");
        }
        assert_eq!(percent_decode("a%zz%4:%"), b"a%zz%4:%");
    }

    #[test]
    fn parameters_and_names_are_escaped() {
        let url = with_parameters("http://h", &[("a", "b c"), ("d", ""), ("e", "&")]);
        assert_eq!(url, "http://h?a=b+c&e=%26");
        assert_eq!(escaped("a/b c"), "a%2Fb%20c");
    }
}
