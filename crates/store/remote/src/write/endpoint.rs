//! The far end: one request, and what its answer means.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use config::{CloudLogin, RemoteWriteConfig, WriteMessage};
use contract::Clock;
use http::header::{
    CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT,
};
use http::{Method, Request, StatusCode, Uri};
use http_client::{Client, within};
use url::Url;
use wire::remote::write::Version;

use super::WriteError;
use super::backoff::retry_after;
use super::sigv4::Signer;

/// Bytes of an answer that are read.
const MOST_ANSWER: u64 = 64 << 10;
/// Characters of an answer that are shown, as upstream.
const MOST_SHOWN: usize = 1024;

const VERSION_HEADER: HeaderName = HeaderName::from_static("x-prometheus-remote-write-version");
const ATTEMPT_HEADER: HeaderName = HeaderName::from_static("retry-attempt");
/// What receivers of version 2.0 say they have written: samples, histograms, exemplars.
const WRITTEN: [&str; 3] = [
    "x-prometheus-remote-write-samples-written",
    "x-prometheus-remote-write-histograms-written",
    "x-prometheus-remote-write-exemplars-written",
];

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It was taken.
    Taken,
    /// It was refused for good.
    Refused {
        status: StatusCode,
        message: String,
        /// How much of it was taken all the same, where the answer says: samples, histograms,
        /// exemplars.
        written: Option<[u64; 3]>,
    },
    /// It is to be sent again.
    Later {
        cause: String,
        /// How long the server asks to wait.
        after: Option<Duration>,
    },
}

/// A server that takes write requests.
pub(super) struct Endpoint {
    client: Client,
    uri: Uri,
    headers: HeaderMap,
    signer: Option<Signer>,
    timeout: Duration,
    retry_on_429: bool,
    pub(super) version: Version,
    clock: Arc<dyn Clock>,
}

/// A URL without its password.
pub(super) fn shown(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() => {
            let _ = parsed.set_password(Some("xxxxx"));
            parsed.to_string()
        }
        _ => url.to_owned(),
    }
}

impl Endpoint {
    pub(super) fn new(
        config: &RemoteWriteConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, WriteError> {
        let url = || shown(&config.url);
        let parsed: Option<Uri> = config.url.parse().ok();
        let uri = parsed.filter(|uri| {
            let scheme = uri.scheme_str().unwrap_or_default();
            uri.host().is_some() && matches!(scheme, "http" | "https")
        });
        let uri = uri.ok_or_else(|| WriteError::Url(url()))?;
        let signer = match &config.cloud {
            None => Ok(None),
            Some(CloudLogin::SigV4(sigv4)) => {
                Signer::new(sigv4, |name| std::env::var(name).ok()).map(Some)
            }
            Some(CloudLogin::AzureAd) => Err("azuread"),
            Some(CloudLogin::GoogleIam) => Err("google_iam"),
        };
        let signer = signer.map_err(|what| WriteError::Login { url: url(), what })?;
        let client =
            Client::new(&config.http).map_err(|cause| WriteError::Client { url: url(), cause })?;
        let version = match config.message {
            WriteMessage::V1 => Version::V1,
            WriteMessage::V2 => Version::V2,
        };
        Ok(Self {
            client,
            uri,
            headers: headers(config, version)?,
            signer,
            timeout: config.timeout,
            retry_on_429: config.queue.retry_on_429,
            version,
            clock,
        })
    }

    /// Sends a compressed request. `attempt` counts those that failed before it.
    pub(super) async fn post(&self, body: Bytes, attempt: u32) -> Answer {
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        if attempt > 0 {
            let headers = request.headers_mut();
            headers.insert(ATTEMPT_HEADER, attempt.into());
        }
        if let Some(signer) = &self.signer {
            let mut headers = std::mem::take(request.headers_mut());
            let (body, now) = (request.body(), self.clock.now());
            signer.sign(&Method::POST, &self.uri, body, now, &mut headers);
            *request.headers_mut() = headers;
        }
        let answer = within(self.timeout, async {
            let response = self.client.send(request).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            // What is read to its end leaves a connection that can be used again. An answer that
            // breaks off has told its status all the same.
            let body = response.bytes(MOST_ANSWER).await.unwrap_or_default();
            Ok((status, headers, body))
        });
        match answer.await {
            Ok((status, headers, body)) => self.judge(status, &headers, &body),
            Err(error) => Answer::Later {
                cause: error.to_string(),
                after: None,
            },
        }
    }

    fn judge(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Answer {
        if status.is_success() {
            return Answer::Taken;
        }
        let text = String::from_utf8_lossy(body);
        let message: String = text.trim().chars().take(MOST_SHOWN).collect();
        let is_busy = self.retry_on_429 && status == StatusCode::TOO_MANY_REQUESTS;
        if status.is_server_error() || is_busy {
            let asked = headers
                .get(RETRY_AFTER)
                .and_then(|asked| asked.to_str().ok());
            return Answer::Later {
                cause: format!("server returned HTTP status {status}: {message}"),
                after: asked.and_then(|asked| retry_after(asked, self.clock.now())),
            };
        }
        let written = WRITTEN.map(|name| headers.get(name)?.to_str().ok()?.parse().ok());
        let written = match (self.version, written) {
            (Version::V2, [Some(samples), Some(histograms), Some(exemplars)]) => {
                Some([samples, histograms, exemplars])
            }
            _ => None,
        };
        Answer::Refused {
            status,
            message,
            written,
        }
    }
}

fn headers(config: &RemoteWriteConfig, version: Version) -> Result<HeaderMap, WriteError> {
    let mut headers = HeaderMap::new();
    let (content, number) = match version {
        Version::V1 => ("application/x-protobuf", "0.1.0"),
        Version::V2 => (
            "application/x-protobuf;proto=io.prometheus.write.v2.Request",
            "2.0.0",
        ),
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content));
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("snappy"));
    headers.insert(VERSION_HEADER, HeaderValue::from_static(number));
    headers.insert(USER_AGENT, HeaderValue::from_static(super::USER_AGENT));
    for (name, value) in &config.headers {
        let parsed = name.parse::<HeaderName>().ok().zip(value.parse().ok());
        let (name, value) = parsed.ok_or_else(|| WriteError::Header {
            url: shown(&config.url),
            name: name.clone(),
        })?;
        headers.insert(name, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use contract::SystemClock;

    use super::*;

    fn config(text: &str) -> RemoteWriteConfig {
        let text = format!("remote_write: [{{url: 'http://u:geheim@x/w', {text}}}]");
        let config = config::parse(&text, "x.yml".as_ref(), &|_| None).unwrap();
        config.remote_write.into_iter().next().unwrap()
    }

    fn endpoint(text: &str) -> Result<Endpoint, WriteError> {
        Endpoint::new(&config(text), Arc::new(SystemClock))
    }

    #[test]
    fn what_cannot_be_done_is_refused_without_secrets() {
        for (text, part) in [
            ("sigv4: {region: r, profile: p}", "sigv4.profile"),
            ("azuread: {sdk: {}}", "azuread"),
            ("google_iam: {}", "google_iam"),
            ("headers: {X: \"a\\nb\"}", "header"),
        ] {
            let error = endpoint(text).err().unwrap().to_string();
            assert!(error.contains(part) && !error.contains("geheim"), "{error}");
        }
        let mut relative = config("name: a");
        relative.url = "x".to_owned();
        assert!(Endpoint::new(&relative, Arc::new(SystemClock)).is_err());
    }

    #[test]
    fn answers_are_judged_as_upstream_does() {
        let calm = endpoint("protobuf_message: io.prometheus.write.v2.Request").unwrap();
        let eager = endpoint("queue_config: {retry_on_http_429: true}").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, 7.into());
        for (endpoint, status, again) in [
            (&calm, 500, true),
            (&calm, 503, true),
            (&calm, 429, false),
            (&eager, 429, true),
            (&calm, 400, false),
            (&calm, 302, false),
            (&calm, 415, false),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            match endpoint.judge(status, &headers, b"why") {
                Answer::Later { cause, after } => {
                    assert!(again && cause.ends_with("why"), "{status}");
                    assert_eq!(after, Some(Duration::from_secs(7)));
                }
                Answer::Refused { message, .. } => assert!(!again && message == "why", "{status}"),
                Answer::Taken => panic!("{status}"),
            }
        }
        assert_eq!(
            calm.judge(StatusCode::NO_CONTENT, &headers, b""),
            Answer::Taken
        );
        for (name, count) in WRITTEN.iter().zip(5u64..) {
            headers.insert(*name, count.into());
        }
        for (endpoint, expected) in [(&calm, Some([5, 6, 7])), (&eager, None)] {
            let Answer::Refused { written, .. } =
                endpoint.judge(StatusCode::BAD_REQUEST, &headers, b"")
            else {
                panic!("a 400 is a refusal")
            };
            assert_eq!(written, expected);
        }
    }
}
