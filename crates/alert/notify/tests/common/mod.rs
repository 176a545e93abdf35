//! Servers that note what they are asked, and integrations as a file describes them.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise, and not each uses all of this"
)]

pub mod mailbox;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use contract::{Notification, NotificationReason, Notify, NotifyError};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use model::{Alert, Labels};
use parking_lot::Mutex;
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;
use template::alertmanager::Templates;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: Method,
    /// Path and query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Seen {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

pub type Answer = Arc<dyn Fn(&Seen) -> Response<Full<Bytes>> + Send + Sync>;

pub struct Server {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked since this was asked last.
    pub fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock())
    }
}

pub fn text(status: u16, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status.try_into().unwrap();
    response
}

pub fn json(status: u16, body: &str) -> Response<Full<Bytes>> {
    let mut response = text(status, body.to_owned());
    let kind = "application/json; charset=utf-8".parse().unwrap();
    response.headers_mut().insert("content-type", kind);
    response
}

/// A server of web pages in the clear.
pub async fn server(
    answer: impl Fn(&Seen) -> Response<Full<Bytes>> + Send + Sync + 'static,
) -> Server {
    listen(None, Arc::new(answer)).await
}

/// A proxy that is itself every server that it is asked for, with a certificate nobody trusts.
pub async fn everybody(
    answer: impl Fn(&Seen) -> Response<Full<Bytes>> + Send + Sync + 'static,
) -> Server {
    let authority = Authority::new();
    let acceptor = TlsAcceptor::from(Arc::new(authority.server("everybody.test")));
    listen(Some(acceptor), Arc::new(answer)).await
}

async fn listen(tunnel: Option<TlsAcceptor>, answer: Answer) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
    let shared = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (tunnel, answer, seen) = (tunnel.clone(), Arc::clone(&answer), Arc::clone(&shared));
            tokio::spawn(async move {
                let Some(acceptor) = tunnel else {
                    return connection(stream, answer, seen).await;
                };
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else {
                        return;
                    };
                    head.push(byte);
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                if let Ok(stream) = acceptor.accept(stream).await {
                    connection(stream, answer, seen).await;
                }
            });
        }
    });
    Server { address, seen }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    answer: Answer,
    seen: Arc<Mutex<Vec<Seen>>>,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
        async move {
            let (parts, body) = request.into_parts();
            let one = Seen {
                method: parts.method,
                path: parts
                    .uri
                    .path_and_query()
                    .map_or(String::new(), ToString::to_string),
                headers: parts.headers,
                body: body.collect().await.unwrap().to_bytes(),
            };
            let response = answer(&one);
            seen.lock().push(one);
            Ok::<_, Infallible>(response)
        }
    });
    let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    let _ = builder
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// A certificate authority of the test's own.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    pub fn server(&self, name: &str) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let chain = vec![certificate.der().clone()];
        let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap()
    }
}

/// The integrations of a receiver whose file has these lines.
pub fn integrations(lines: &str) -> Vec<Arc<dyn Notify>> {
    let lines = lines.trim().replace('\n', "\n    ");
    let text = format!("route:\n  receiver: team.x\nreceivers:\n  - name: team.x\n    {lines}\n");
    let config = config::alertmanager::parse(&text, Path::new("am.yml"), None)
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    let templates = Templates::load(&[]).expect("the defaults");
    notify_receivers::build(
        &config.receivers[0],
        &templates,
        "http://am.example.org:9093",
    )
    .expect("builds")
}

/// The only integration of a receiver.
pub fn integration(lines: &str) -> Arc<dyn Notify> {
    let mut all = integrations(lines);
    assert_eq!(all.len(), 1, "{lines}");
    all.remove(0)
}

/// 2024-01-02T03:04:05Z.
pub const START: i64 = 1_704_164_645_000;

pub fn alert(name: &str, instance: &str, ends_at: i64) -> Alert {
    Alert {
        labels: Labels::from_pairs([("alertname", name), ("instance", instance)]),
        annotations: Labels::from_pairs([("summary", format!("{name} at {instance}"))]),
        starts_at: START,
        ends_at,
        updated_at: START,
        generator_url: "http://prom/graph".to_owned(),
    }
}

/// A group of one firing alert for each instance.
pub fn firing(instances: &[&str]) -> Notification {
    Notification {
        receiver: "team.x".to_owned(),
        group_key: "{}:{alertname=\"Down\"}".to_owned(),
        group_labels: Labels::from_pairs([("alertname", "Down")]),
        route_labels: Labels::empty(),
        alerts: instances
            .iter()
            .map(|instance| alert("Down", instance, i64::MAX))
            .collect(),
        reason: NotificationReason::First,
        now: START + 60_000,
        deadline: START + 90_000,
        request_key: "the key".to_owned(),
    }
}

/// The same after its end.
pub fn resolved(instances: &[&str]) -> Notification {
    let mut notification = firing(instances);
    for alert in &mut notification.alerts {
        alert.ends_at = START + 30_000;
    }
    notification.reason = NotificationReason::AllResolved;
    notification
}

/// SHA-256 of the group's key.
pub const GROUP: &str = "af94c9e8f6a3043625e36c6f472fe6be85ac23a9117184ee4cb7b4ad7401a47e";

pub async fn told(
    integration: &Arc<dyn Notify>,
    notification: &Notification,
) -> Result<(), NotifyError> {
    tokio::time::timeout(Duration::from_secs(60), integration.notify(notification))
        .await
        .expect("an attempt ends by itself")
}
