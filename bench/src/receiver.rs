//! A page of series, and the webhook that hears of their alerts: one listener for both.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::servers::Kind;

/// The running receiver; it ends with the value.
pub(crate) struct Receiver {
    shared: Arc<Shared>,
    address: SocketAddr,
    _runtime: Runtime,
}

struct Shared {
    page: Bytes,
    /// By the path that was asked.
    told: Mutex<BTreeMap<String, Told>>,
}

#[derive(Default)]
struct Told {
    notifications: u64,
    fingerprints: BTreeSet<String>,
}

/// What one side said.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heard {
    /// Requests.
    pub(crate) notifications: u64,
    /// Alerts, each counted once.
    pub(crate) alerts: usize,
}

impl Receiver {
    /// Starts serving a page of series under every path, and hearing what is posted.
    pub(crate) fn start(page: String) -> Result<Self> {
        let shared = Arc::new(Shared {
            page: Bytes::from(page),
            told: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = runtime.block_on(TcpListener::bind(any))?;
        let address = listener.local_addr()?;
        runtime.spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self {
            shared,
            address,
            _runtime: runtime,
        })
    }

    /// Where the page is.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Where a server posts to.
    pub(crate) fn url(&self, kind: Kind) -> String {
        format!("http://{}/{kind}", self.address)
    }

    /// What a server has posted so far.
    pub(crate) fn heard(&self, kind: Kind) -> Heard {
        let told = self.shared.told.lock();
        let told = told.unwrap_or_else(PoisonError::into_inner);
        let told = told.get(&format!("/{kind}"));
        told.map_or_else(Heard::default, |told| Heard {
            notifications: told.notifications,
            alerts: told.fingerprints.len(),
        })
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let shared = Arc::clone(&shared);
                async move { Ok::<_, Infallible>(answer(&shared, request).await) }
            });
            let io = TokioIo::new(stream);
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(io, service)
                .await;
        });
    }
}

async fn answer(shared: &Shared, request: Request<Incoming>) -> Response<Full<Bytes>> {
    if request.method() == Method::POST {
        let path = request.uri().path().to_owned();
        if let Ok(body) = request.into_body().collect().await {
            shared.note(path, &body.to_bytes());
        }
        return Response::new(Full::default());
    }
    let mut response = Response::new(Full::new(shared.page.clone()));
    let form = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, form);
    response
}

impl Shared {
    fn note(&self, path: String, body: &[u8]) {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let alerts = body.get("alerts").and_then(Value::as_array);
        let fingerprints = alerts.into_iter().flatten().filter_map(|alert| {
            let text = alert.get("fingerprint")?.as_str()?;
            Some(text.to_owned())
        });
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let told = told.entry(path).or_default();
        told.notifications += 1;
        told.fingerprints.extend(fingerprints);
    }
}
