//! `oauth2`: a token for client credentials (RFC 6749, section 4.4), kept until it nearly expires.

use std::time::{Duration, Instant};

use bytes::Bytes;
use config::{HttpConfig, OAuth2};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, StatusCode};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::{Client, HttpError, auth, secret};

/// A token is renewed this long before it expires, so that it does not expire on its way.
const EARLY: Duration = Duration::from_secs(10);
/// A token's answer is a few hundred bytes; anything larger is something else.
const MAX_ANSWER_BYTES: u64 = 1024 * 1024;

/// Where a client's tokens come from.
pub(crate) struct TokenSource {
    config: OAuth2,
    client: Box<Client>,
    /// Held while a token is fetched, so that many requests ask for one token.
    current: Mutex<Option<Token>>,
}

struct Token {
    header: HeaderValue,
    /// The secret that it was fetched with; another one needs another token.
    secret: String,
    renew_at: Option<Instant>,
}

/// RFC 6749, section 5.1.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    token_type: String,
    #[serde(default)]
    expires_in: Option<serde_json::Value>,
}

impl TokenSource {
    pub(crate) fn new(config: &OAuth2) -> Result<Self, HttpError> {
        let http = HttpConfig {
            tls: config.tls.clone(),
            proxy: config.proxy.clone(),
            ..HttpConfig::default()
        };
        Ok(Self {
            config: config.clone(),
            client: Box::new(Client::new(&http)?),
            current: Mutex::new(None),
        })
    }

    /// The `Authorization` header with a token that is still good.
    pub(crate) async fn header(&self) -> Result<HeaderValue, HttpError> {
        let secret =
            secret::read_optional(self.config.client_secret.as_ref(), "client secret file")?;
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref() {
            let fresh = token.renew_at.is_none_or(|moment| Instant::now() < moment);
            if fresh && token.secret == secret {
                return Ok(token.header.clone());
            }
        }
        let token = self.fetch(secret).await?;
        let header = token.header.clone();
        *current = Some(token);
        Ok(header)
    }

    /// Asks with the credentials in the header, and where that is refused once more with them in
    /// the form: servers differ.
    async fn fetch(&self, secret: String) -> Result<Token, HttpError> {
        let (status, body) = match self.ask(&secret, true).await? {
            (StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED, _) => {
                self.ask(&secret, false).await?
            }
            answer => answer,
        };
        if !status.is_success() {
            return Err(self.failed(format!("server returned HTTP status {status}")));
        }
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|_| self.failed("the answer is not that of a token server".into()))?;
        let scheme = match answer.token_type.to_ascii_lowercase().as_str() {
            "" | "bearer" => "Bearer",
            _ => &answer.token_type,
        };
        let header = auth::sensitive(
            &format!("{scheme} {}", answer.access_token),
            "Authorization",
        )?;
        let renew_at = lifetime(answer.expires_in.as_ref())
            .and_then(|life| Instant::now().checked_add(life.saturating_sub(EARLY)));
        Ok(Token {
            header,
            secret,
            renew_at,
        })
    }

    async fn ask(&self, secret: &str, in_header: bool) -> Result<(StatusCode, Vec<u8>), HttpError> {
        let mut request = Request::new(Bytes::from(self.form(secret, in_header)));
        *request.method_mut() = Method::POST;
        let url = self.config.token_url.as_str();
        *request.uri_mut() = url
            .parse()
            .map_err(|_| self.failed("the URL cannot be asked".into()))?;
        let headers = request.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if in_header {
            let name = encoded(&self.config.client_id);
            headers.insert(AUTHORIZATION, auth::basic_value(&name, &encoded(secret))?);
        }
        let response = self
            .client
            .follow(request)
            .await
            .map_err(|e| self.failed(e.to_string()))?;
        let status = response.status();
        let body = response
            .bytes(MAX_ANSWER_BYTES)
            .await
            .map_err(|e| self.failed(e.to_string()))?;
        Ok((status, body))
    }

    fn form(&self, secret: &str, in_header: bool) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        if !self.config.scopes.is_empty() {
            form.append_pair("scope", &self.config.scopes.join(" "));
        }
        form.extend_pairs(&self.config.endpoint_params);
        if !in_header {
            form.append_pair("client_id", &self.config.client_id);
            form.append_pair("client_secret", secret);
        }
        form.finish()
    }

    fn failed(&self, cause: String) -> HttpError {
        let mut url = self.config.token_url.clone();
        let _ = url.set_password(None);
        HttpError::Token {
            url: url.to_string(),
            cause,
        }
    }
}

/// RFC 6749 asks for names and secrets to be form-encoded before they become basic auth.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// `expires_in` in seconds: a number, or one in a string as some servers write it.
fn lifetime(value: Option<&serde_json::Value>) -> Option<Duration> {
    let seconds = match value? {
        serde_json::Value::Number(number) => number.as_f64()?,
        serde_json::Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    (seconds > 0.0)
        .then(|| Duration::try_from_secs_f64(seconds).ok())
        .flatten()
}
