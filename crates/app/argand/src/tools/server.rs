//! A server that a tool asks over HTTP, one request after the other.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use clap::Args;
use config::{BasicAuth, HttpConfig, Secret, SecretSource};
use http::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, StatusCode};
use http_client::{Client, HttpError};
use url::Url;

use super::values::existing_file;

/// Bytes of an answer at most.
const MOST_ANSWER: u64 = 1 << 30;

/// How a server is reached.
#[derive(Args)]
pub(crate) struct HttpArguments {
    /// HTTP client configuration file, see details at
    /// https://prometheus.io/docs/prometheus/latest/configuration/promtool
    // An id of its own: it reaches every command below, whatever their arguments are called.
    #[arg(
        id = "http.config.file",
        long = "http.config.file",
        global = true,
        value_name = "filename",
        value_parser = existing_file
    )]
    pub(crate) file: Option<PathBuf>,
}

/// A server, and how it is asked.
pub(crate) struct Server {
    base: Url,
    client: Client,
    /// Of every request.
    headers: HeaderMap,
    patience: Duration,
    runtime: tokio::runtime::Runtime,
}

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

impl Server {
    /// A server by its URL, which may hold a user and a password and may lack the scheme. A request
    /// with its answer may take as long as `patience`.
    pub(crate) fn new(url: &str, settings: Option<&Path>, patience: Duration) -> Result<Self> {
        let with_scheme = match url.contains("://") {
            true => url.to_owned(),
            false => format!("http://{url}"),
        };
        let mut base = Url::parse(&with_scheme).with_context(|| format!("URL {:?}", shown(url)))?;
        if !matches!(base.scheme(), "http" | "https") {
            bail!(
                "URL {:?}: unsupported protocol scheme {:?}",
                shown(url),
                base.scheme()
            );
        }
        let mut config = match settings {
            Some(_) if !base.username().is_empty() => {
                bail!("a URL with a user and --http.config.file exclude one another")
            }
            Some(file) => config::load_http(file).context("failed to load HTTP config file")?,
            None => {
                let mut config = HttpConfig::default();
                config.proxy.from_environment = true;
                config
            }
        };
        if !base.username().is_empty() {
            config.basic_auth = Some(login(&base));
            // Neither can fail on a URL with a host, which both schemes ask for.
            let _ = base.set_username("");
            let _ = base.set_password(None);
        }
        Ok(Self {
            base,
            client: Client::new(&config)?,
            headers: HeaderMap::new(),
            patience,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
        })
    }

    /// Sends headers with every request.
    pub(crate) fn with_headers(mut self, headers: &[(String, String)]) -> Result<Self> {
        for (name, value) in headers {
            let name = HeaderName::try_from(name).with_context(|| format!("header {name:?}"))?;
            let value = HeaderValue::try_from(value).with_context(|| format!("header {name}"))?;
            self.headers.append(name, value);
        }
        Ok(self)
    }

    /// The address of a path below the server's own.
    pub(crate) fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let own = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{own}{path}"));
        url
    }

    /// Asks for an address.
    pub(crate) fn get(&self, url: &Url) -> Result<Answer, HttpError> {
        self.send(Method::GET, url, &[], Vec::new())
    }

    /// Sends a request with headers of its own; the answer may have any status.
    pub(crate) fn send(
        &self,
        method: Method,
        url: &Url,
        headers: &[(HeaderName, &'static str)],
        body: Vec<u8>,
    ) -> Result<Answer, HttpError> {
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = url.as_str().parse().map_err(|_| HttpError::Url {
            url: url.to_string(),
            cause: "it cannot be parsed".to_owned(),
        })?;
        let all = request.headers_mut();
        all.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        for (name, value) in headers {
            all.insert(name, HeaderValue::from_static(value));
        }
        for (name, value) in &self.headers {
            all.append(name, value.clone());
        }
        let asked = async {
            let response = self.client.send(request).await?;
            Ok(Answer {
                status: response.status(),
                body: response.bytes(MOST_ANSWER).await?,
            })
        };
        self.runtime
            .block_on(async { http_client::within(self.patience, asked).await })
    }
}

/// A URL as it may be shown: without the user and the password before its host.
pub(crate) fn shown(url: &str) -> String {
    let Some((before, host)) = url.rsplit_once('@') else {
        return url.to_owned();
    };
    match before.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://{host}"),
        None => host.to_owned(),
    }
}

/// The user and the password that stand in a URL.
fn login(url: &Url) -> BasicAuth {
    let part = |text: &str| {
        let decoded: Vec<u8> = percent_decoded(text);
        SecretSource::Inline(Secret::new(&*String::from_utf8_lossy(&decoded)))
    };
    BasicAuth {
        username: Some(part(url.username())),
        password: url.password().map(part),
    }
}

/// A part of a URL with its `%41` taken back.
fn percent_decoded(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut decoded = Vec::with_capacity(rest.len());
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind
            .get(..2)
            .and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        match byte.filter(|_| *first == b'%') {
            Some(byte) => {
                decoded.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push(*first);
                rest = behind;
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stand_below_the_servers_own() {
        let second = Duration::from_secs(1);
        for (url, expected) in [
            ("localhost:9090", "http://localhost:9090/-/ready"),
            ("http://a/b/", "http://a/b/-/ready"),
            ("https://me:se%20cret@a", "https://a/-/ready"),
        ] {
            let server = Server::new(url, None, second).unwrap();
            assert_eq!(server.at("/-/ready").as_str(), expected);
        }
        assert!(Server::new("ftp://a", None, second).is_err());
    }

    #[test]
    fn no_password_is_shown() {
        for (url, text) in [
            ("http://a:1/b", "http://a:1/b"),
            ("https://me:se@cret@a/b", "https://a/b"),
            ("me:secret@a", "a"),
        ] {
            assert_eq!(shown(url), text);
        }
        let refused = Server::new("ftp://me:secret@a", None, Duration::ZERO);
        let error = refused.err().unwrap().to_string();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn a_login_is_decoded() {
        assert_eq!(percent_decoded("a%20%zz%4"), b"a %zz%4");
    }
}
