//! Listening: sockets, TLS, limits on what clients take, and the end in order.
//!
//! ```text
//! socket ─> place ─> (TLS) ─> line ─> requests ─> routes
//! ```
//! A client has 10 seconds for the head of a request from its first byte on ([`line`]), a time for
//! the whole of it and half a minute from piece to piece ([`request`]), a minute to take something
//! of its answer; and where all [`places`] are taken, who only waits goes.

mod line;
mod places;
mod request;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use api::{ClientAddress, Face};
use axum::Router;
use guard::Guard;
use http::Method;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use line::Line;
use places::Places;
use request::Routes;

use crate::connections::Connection;

/// Bytes of a request's head: a long query in a URL fits, and all connections together take some
/// hundred MiB.
const MOST_HEAD: usize = 256 << 10;

/// Requests of one HTTP/2 connection at once.
const STREAMS: u32 = 100;

/// Time between two looks whether an HTTP/2 client still answers.
const PING: Duration = Duration::from_secs(30);

/// A client must have agreed on TLS within this time.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Requests under way at the end may take this long.
const GRACE: Duration = Duration::from_secs(10);

/// After a failing accept, such as for want of file descriptors, the next one waits.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Opens a socket.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("listening on {address}; --web.listen-address=127.0.0.1:PORT names another")
    })
}

/// What clients may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientLimits {
    /// Connections at once over all sockets.
    pub(crate) connections: usize,
    /// How long a request may take to arrive, and a connection may be idle.
    pub(crate) patience: Duration,
}

impl ClientLimits {
    /// Upstream's `--web.read-timeout`, for programs without the flag.
    pub(crate) const PATIENCE: Duration = Duration::from_secs(300);
}

/// Serves routes on all sockets, behind the guard, until `end`. What a request needs is told by
/// its path behind `prefix`. Where there is no guard, `face` may have an answer at hand.
pub(crate) fn serve_all(
    listeners: Vec<TcpListener>,
    routes: Router,
    prefix: String,
    guard: &Arc<Guard>,
    face: Option<Arc<Face>>,
    limits: ClientLimits,
    end: &CancellationToken,
) -> Vec<JoinHandle<()>> {
    let places = Places::new(limits.connections);
    let need = move |method: &Method, path: &str| {
        api::role_of(method, path.strip_prefix(prefix.as_str()).unwrap_or(path))
    };
    let routes = guard::protect(routes, Arc::clone(guard), Arc::new(need));
    let face = face.filter(|_| guard.is_absent());
    let serve = |listener| {
        warn_if_open(&listener, guard);
        let (routes, guard) = ((routes.clone(), face.clone()), Arc::clone(guard));
        let (places, end) = (Arc::clone(&places), end.clone());
        let patience = limits.patience;
        tokio::spawn(serve(listener, routes, guard, places, patience, end))
    };
    listeners.into_iter().map(serve).collect()
}

/// Says so where other machines can reach a socket and nobody is asked who they are.
fn warn_if_open(listener: &TcpListener, guard: &Guard) {
    if let Ok(address) = listener.local_addr()
        && !address.ip().is_loopback()
        && !guard.asks()
    {
        tracing::warn!(%address, "open to other machines without a password: anyone who reaches this address can read everything; --web.config.file sets users");
    }
}

/// Serves routes on a socket until `end`; requests under way are finished.
async fn serve(
    listener: TcpListener,
    (routes, face): (Router, Option<Arc<Face>>),
    guard: Arc<Guard>,
    places: Arc<Places>,
    patience: Duration,
    end: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = end.cancelled() => break,
            accepted = accept(&listener) => accepted,
        };
        let stream = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let counted = Connection::accepted();
        let client = stream.peer_addr().ok();
        let client = client.map(|address| address.ip().to_canonical());
        let placed = tokio::select! {
            () = end.cancelled() => break,
            placed = places.take(client) => placed,
        };
        let Some(placed) = placed else { break };
        let routes = Routes {
            service: TowerToHyperService::new(routes.clone()),
            face: face.clone(),
            client: client.map(ClientAddress),
            connection: Arc::clone(&placed.connection),
            places: Arc::clone(&places),
            patience,
        };
        let (guard, watcher) = (Arc::clone(&guard), graceful.watcher());
        tokio::spawn(async move {
            let _counted = counted;
            let served = async {
                // Clients that break off, or do not agree on TLS, are their own affair.
                let Some(tls) = guard.tls() else {
                    return converse(stream, routes, guard.offers_http2(), watcher).await;
                };
                let agreed = TlsAcceptor::from(tls).accept(stream);
                if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, agreed).await {
                    converse(stream, routes, guard.offers_http2(), watcher).await;
                }
            };
            tokio::select! {
                () = placed.connection.end.cancelled() => {}
                () = served => {}
            }
        });
    }
    let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
}

/// Answers the requests of one connection.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    routes: Routes,
    http2: bool,
    watcher: Watcher,
) {
    let mut server = Builder::new(TokioExecutor::new());
    if !http2 {
        server = server.http1_only();
    }
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(routes.patience)
        .max_buf_size(MOST_HEAD);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(MOST_HEAD as u32)
        .keep_alive_interval(PING);
    let line = Line::new(stream, Arc::clone(&routes.connection));
    let connection = server
        .serve_connection(TokioIo::new(line), routes)
        .into_owned();
    let _ = watcher.watch(connection).await;
}

/// Takes the next connection.
async fn accept(listener: &TcpListener) -> std::io::Result<TcpStream> {
    let (stream, _) = listener.accept().await?;
    // Answers are written whole; waiting to fill packets would only delay them.
    stream.set_nodelay(true)?;
    Ok(stream)
}
