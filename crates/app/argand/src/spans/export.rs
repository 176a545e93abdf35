//! Sending spans by OTLP: over HTTP, or over gRPC, of which one call needs no more than a frame.
//!
//! Up to [`BATCH`] spans go together, at the latest after [`PAUSE`]. What a collector refuses is
//! counted and gone: nobody waits for spans.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use config::{HttpConfig, TracingClient, TracingConfig};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TE};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use http_client::{Client, within};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use wire::otlp::spans::{Span, trace_request};

use super::Counts;

/// Spans of one request.
const BATCH: usize = 512;

/// How long a span waits for others.
const PAUSE: Duration = Duration::from_secs(5);

/// Time for one request, where the section does not say.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The call of gRPC, as a path.
const CALL: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// Bytes before a message of gRPC: whether it is packed, and its length.
const PREFIX: usize = 5;

const STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// Who sends spans to one collector.
pub(super) struct Exporter {
    client: Client,
    uri: Uri,
    headers: HeaderMap,
    /// Whether it is gRPC without TLS, which the client does not speak.
    is_bare_grpc: bool,
    is_grpc: bool,
    gzip: bool,
    timeout: Duration,
    counts: Arc<Counts>,
}

impl Exporter {
    pub(super) fn new(config: &TracingConfig, counts: Arc<Counts>) -> Result<Self> {
        let is_grpc = config.client == TracingClient::Grpc;
        let scheme = if config.insecure { "http" } else { "https" };
        let path = if is_grpc { CALL } else { "/v1/traces" };
        let endpoint = config.endpoint.trim_end_matches('/');
        let url = format!("{scheme}://{endpoint}{path}");
        let mut headers = HeaderMap::new();
        for (name, value) in &config.headers {
            let name: HeaderName = name.parse().with_context(|| format!("header {name:?}"))?;
            let mut value = HeaderValue::from_str(value)
                .with_context(|| format!("the value of header {name:?}"))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let kind = if is_grpc {
            headers.insert(TE, HeaderValue::from_static("trailers"));
            "application/grpc"
        } else {
            "application/x-protobuf"
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if config.gzip {
            let name = HeaderName::from_static("grpc-encoding");
            let name = if is_grpc { name } else { CONTENT_ENCODING };
            headers.insert(name, HeaderValue::from_static("gzip"));
        }
        Ok(Self {
            client: Client::new(&HttpConfig {
                tls: config.tls.clone(),
                follow_redirects: false,
                ..HttpConfig::default()
            })?,
            uri: url.parse().with_context(|| {
                format!("endpoint {:?}: host:port was expected", config.endpoint)
            })?,
            headers,
            is_bare_grpc: is_grpc && config.insecure,
            is_grpc,
            gzip: config.gzip,
            timeout: config.timeout.unwrap_or(TIMEOUT),
            counts,
        })
    }

    /// Sends spans until nobody gives any more.
    pub(super) async fn run(self, mut spans: mpsc::Receiver<Span>) {
        let mut batch = Vec::new();
        let mut works = true;
        while let Some(first) = spans.recv().await {
            batch.push(first);
            let more = async {
                while batch.len() < BATCH
                    && let Some(span) = spans.recv().await
                {
                    batch.push(span);
                }
            };
            let _ = tokio::time::timeout(PAUSE, more).await;
            let count = batch.len() as u64;
            match self.send(&batch).await {
                Ok(()) => {
                    works = true;
                    self.counts.exported.add(count);
                }
                Err(error) => {
                    self.counts.failed.add(count);
                    // Once, until it works again.
                    if works {
                        let error = format!("{error:#}");
                        tracing::warn!(error, "spans were not taken by the collector");
                    }
                    works = false;
                }
            }
            batch.clear();
        }
    }

    async fn send(&self, spans: &[Span]) -> Result<()> {
        let body = self.body(trace_request("argand", env!("CARGO_PKG_VERSION"), spans))?;
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        if self.is_bare_grpc {
            let sent = tokio::time::timeout(self.timeout, call(request)).await;
            return sent.context("context deadline exceeded")?;
        }
        let response = within(self.timeout, self.client.send(request)).await?;
        check(response.status(), response.headers())
    }

    /// A message as it is sent.
    fn body(&self, message: Vec<u8>) -> Result<Bytes> {
        let message = if self.gzip {
            use std::io::Write as _;
            let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
            packer.write_all(&message)?;
            packer.finish()?
        } else {
            message
        };
        if !self.is_grpc {
            return Ok(message.into());
        }
        let mut framed = Vec::with_capacity(PREFIX + message.len());
        framed.push(u8::from(self.gzip));
        framed.extend_from_slice(&u32::try_from(message.len())?.to_be_bytes());
        framed.extend_from_slice(&message);
        Ok(framed.into())
    }
}

/// Calls over HTTP/2 without TLS, on a connection of its own: there is one call every few seconds.
async fn call(request: Request<Bytes>) -> Result<()> {
    let address = request.uri().authority().context("no host")?.as_str();
    let stream = TcpStream::connect(address).await.context("connecting")?;
    let io = TokioIo::new(stream);
    let shaken = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await;
    let (mut sender, connection) = shaken.context("HTTP/2")?;
    let driving = tokio::spawn(connection);
    let response = sender.send_request(request.map(Full::new)).await?;
    let (head, mut body) = response.into_parts();
    let mut trailers = head.headers;
    while let Some(frame) = body.frame().await {
        if let Ok(more) = frame?.into_trailers() {
            trailers.extend(more);
        }
    }
    driving.abort();
    check(head.status, &trailers)
}

/// Whether spans were taken; what gRPC says stands in headers or behind the answer.
fn check(status: StatusCode, headers: &HeaderMap) -> Result<()> {
    if !status.is_success() {
        bail!("status {status}");
    }
    match headers.get(STATUS).map(HeaderValue::as_bytes) {
        None | Some(b"0") => Ok(()),
        Some(code) => {
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            let words = headers
                .get("grpc-message")
                .map(|words| text(words.as_bytes()));
            bail!("gRPC status {}: {}", text(code), words.unwrap_or_default())
        }
    }
}
