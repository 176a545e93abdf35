//! One server: what it is asked, and how.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use bytes::Bytes;
use config::RemoteReadConfig;
use contract::{Selection, TimeRange};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_client::{Client, HttpError, Response, within};
use model::{Labels, Matcher};
use rapidhash::v3::rapidhash_v3;
use url::Url;
use wire::remote::read::{AnswerForm, ReadQuery, ReadRequest};

use super::answer::{Answer, Gathering};
use super::metrics::ServerMetrics;
use super::{ConfigError, LocalStart, MOST_BYTES, MOST_WORDS, ReadError};

const SAMPLES: &str = "application/x-protobuf";
const CHUNKS: &str = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";

/// A server of `remote_read`.
pub(super) struct Server {
    config: RemoteReadConfig,
    /// Those that are asked for and taken off; none where the section does not want that.
    external: Labels,
    client: Client,
    uri: Uri,
    headers: HeaderMap,
    pub(super) name: String,
    /// Without a password.
    pub(super) url: String,
    pub(super) metrics: ServerMetrics,
}

/// What a server is asked, and which labels were added to the question.
pub(super) struct Query {
    asked: ReadQuery,
    added: Vec<String>,
}

/// A URL without its password, for people.
pub(super) fn shown(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() => {
            let _ = parsed.set_password(Some("xxxxx"));
            parsed.to_string()
        }
        _ => url.to_owned(),
    }
}

impl Server {
    pub(super) fn new(config: &RemoteReadConfig, external: &Labels) -> Result<Self, ConfigError> {
        let url = shown(&config.url);
        let failed = |cause| ConfigError::Client {
            url: url.clone(),
            cause,
        };
        let name = match config.name.as_str() {
            // Six digits of what tells this section from others.
            "" => format!("{:06x}", rapidhash_v3(config.url.as_bytes()) & 0xff_ffff),
            name => name.to_owned(),
        };
        Ok(Self {
            external: external_of(config, external),
            client: Client::new(&config.http).map_err(failed)?,
            uri: config.url.parse().map_err(|_| {
                failed(HttpError::Url {
                    url: url.clone(),
                    cause: "it cannot be asked".to_owned(),
                })
            })?,
            headers: headers(config).map_err(failed)?,
            config: config.clone(),
            name,
            url: url.clone(),
            metrics: ServerMetrics::default(),
        })
    }

    /// Whether it is of a section.
    pub(super) fn is_of(&self, config: &RemoteReadConfig) -> bool {
        self.config == *config
    }

    /// Whether it is of a section that still means the same.
    pub(super) fn is(&self, config: &RemoteReadConfig, external: &Labels) -> bool {
        self.is_of(config) && self.external == external_of(config, external)
    }

    /// What it is asked for a selection; `None` where that is not its affair.
    pub(super) fn query(
        &self,
        selection: &Selection<'_>,
        local_start: &LocalStart,
    ) -> Option<Query> {
        let TimeRange { start, mut end } = selection.range;
        if !self.config.read_recent {
            let local = local_start();
            if start > local {
                return None;
            }
            end = end.min(local);
        }
        let is_there = |(name, value): (&str, &str)| {
            let equal = Matcher::equal(name, value);
            selection.matchers.contains(&equal)
        };
        if !self.config.required.iter().all(is_there) {
            return None;
        }
        let mut matchers = selection.matchers.to_vec();
        let is_asked = |name: &str| selection.matchers.iter().any(|asked| asked.name() == name);
        let mut added = Vec::new();
        for (name, value) in self.external.iter() {
            if !is_asked(name) {
                matchers.push(Matcher::equal(name, value));
                added.push(name.to_owned());
            }
        }
        Some(Query {
            asked: ReadQuery {
                start,
                end,
                matchers,
                hints: None,
            },
            added,
        })
    }

    /// Asks. `held` counts the bytes of answers.
    pub(super) async fn read(
        &self,
        query: Query,
        range: TimeRange,
        held: &AtomicUsize,
    ) -> Result<Answer, ReadError> {
        let _running = self.metrics.begin();
        let asked = Instant::now();
        let (form, outcome) = self.exchange(&query, range, held).await;
        self.metrics.count(form, asked.elapsed(), &outcome);
        outcome
    }

    async fn exchange(
        &self,
        query: &Query,
        range: TimeRange,
        held: &AtomicUsize,
    ) -> (&'static str, Result<Answer, ReadError>) {
        let mut form = "none";
        let work = async {
            let mut response = match self.client.send(self.request(query)).await {
                Ok(response) => response,
                Err(error) => return Ok(Err(ReadError::from(error))),
            };
            if !response.status().is_success() {
                return Ok(Err(self.refused(&mut response).await));
            }
            let kind = response.headers().get(CONTENT_TYPE);
            let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
            let gathering = Gathering {
                url: &self.url,
                range,
                added: &query.added,
                held,
            };
            Ok(if kind.starts_with(CHUNKS) {
                form = "chunked";
                gathering.chunks(response, self.config.frame_limit).await
            } else if kind.starts_with(SAMPLES) {
                form = "sampled";
                gathering.samples(response).await
            } else {
                form = "unsupported";
                Err(ReadError::Form(kind.to_owned()))
            })
        };
        let outcome = within(self.config.timeout, work).await;
        (form, outcome.unwrap_or_else(|error| Err(error.into())))
    }

    fn request(&self, query: &Query) -> Request<Bytes> {
        let message = ReadRequest {
            queries: vec![query.asked.clone()],
            accepted: vec![AnswerForm::Chunks.number(), AnswerForm::Samples.number()],
        };
        // Only a message of 4 GiB cannot be packed; the server refuses the empty one.
        let packed = snap::raw::Encoder::new().compress_vec(&message.encode());
        let mut request = Request::new(Bytes::from(packed.unwrap_or_default()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }

    async fn refused(&self, response: &mut Response) -> ReadError {
        let mut words = Vec::new();
        while words.len() < MOST_WORDS
            && let Ok(Some(piece)) = response.piece().await
        {
            words.extend_from_slice(&piece);
        }
        words.truncate(MOST_WORDS);
        ReadError::Refused {
            url: self.url.clone(),
            status: response.status(),
            words: String::from_utf8_lossy(&words).trim().to_owned(),
        }
    }
}

fn external_of(config: &RemoteReadConfig, external: &Labels) -> Labels {
    if config.filter_external_labels {
        external.clone()
    } else {
        Labels::empty()
    }
}

/// The headers of every request: those of the protocol, and the section's own.
fn headers(config: &RemoteReadConfig) -> Result<HeaderMap, HttpError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        let refused = |_| HttpError::Header(name.clone());
        let key = HeaderName::from_bytes(name.as_bytes());
        let key = key.map_err(|_| HttpError::Header(name.clone()))?;
        let mut value = HeaderValue::from_str(value).map_err(refused)?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    let version = HeaderName::from_static("x-prometheus-remote-read-version");
    for (name, value) in [
        (CONTENT_ENCODING, "snappy"),
        (ACCEPT_ENCODING, "snappy"),
        (CONTENT_TYPE, SAMPLES),
        (USER_AGENT, concat!("Argand/", env!("CARGO_PKG_VERSION"))),
        (version, "0.1.0"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(headers)
}

/// Counts bytes of one answer; fails where they are too many.
pub(super) fn count(held: &AtomicUsize, own: &mut usize, bytes: usize) -> Result<(), ReadError> {
    held.fetch_add(bytes, Ordering::Relaxed);
    *own = own.saturating_add(bytes);
    if *own > MOST_BYTES {
        return Err(ReadError::Size);
    }
    Ok(())
}
