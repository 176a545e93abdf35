//! Listening: sockets, TLS, the cap on connections, and the end in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use api::ClientAddress;
use axum::Router;
use guard::Guard;
use http::{Method, Request};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::connections::Connection;

/// A client must have sent its request's head within this time.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

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

/// Serves routes on all sockets, behind the guard, until `end`. What a request needs is told by
/// its path behind `prefix`.
pub(crate) fn serve_all(
    listeners: Vec<TcpListener>,
    routes: Router,
    prefix: String,
    guard: &Arc<Guard>,
    max_connections: usize,
    end: &CancellationToken,
) -> Vec<JoinHandle<()>> {
    let places = Arc::new(Semaphore::new(max_connections));
    let need = move |method: &Method, path: &str| {
        api::role_of(method, path.strip_prefix(prefix.as_str()).unwrap_or(path))
    };
    let routes = guard::protect(routes, Arc::clone(guard), Arc::new(need));
    let serve = |listener| {
        warn_if_open(&listener, guard);
        let (routes, guard) = (routes.clone(), Arc::clone(guard));
        let (places, end) = (Arc::clone(&places), end.clone());
        tokio::spawn(serve(listener, routes, guard, places, end))
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
    routes: Router,
    guard: Arc<Guard>,
    places: Arc<Semaphore>,
    end: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = end.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let (stream, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let counted = Connection::accepted();
        let client = stream.peer_addr().ok();
        let routes = Addressed {
            service: TowerToHyperService::new(routes.clone()),
            client: client.map(|address| ClientAddress(address.ip().to_canonical())),
        };
        let (guard, watcher) = (Arc::clone(&guard), graceful.watcher());
        tokio::spawn(async move {
            let _counted = counted;
            // Clients that break off, or do not agree on TLS, are their own affair.
            let Some(tls) = guard.tls() else {
                return converse(stream, routes, guard.offers_http2(), watcher, place).await;
            };
            let agreed = TlsAcceptor::from(tls).accept(stream);
            if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, agreed).await {
                converse(stream, routes, guard.offers_http2(), watcher, place).await;
            }
        });
    }
    let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
}

/// The routes as one connection sees them: its requests know where they come from.
struct Addressed {
    service: TowerToHyperService<Router>,
    /// None where the client has gone already.
    client: Option<ClientAddress>,
}

impl Service<Request<Incoming>> for Addressed {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        if let Some(client) = self.client {
            request.extensions_mut().insert(client);
        }
        self.service.call(request)
    }
}

/// Answers the requests of one connection.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    routes: Addressed,
    http2: bool,
    watcher: Watcher,
    place: OwnedSemaphorePermit,
) {
    let mut server = Builder::new(TokioExecutor::new());
    if !http2 {
        server = server.http1_only();
    }
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    let connection = server
        .serve_connection(TokioIo::new(stream), routes)
        .into_owned();
    let _ = watcher.watch(connection).await;
    drop(place);
}

/// Takes the next connection once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .map_err(|_| std::io::ErrorKind::NotConnected)?;
    let (stream, _) = listener.accept().await?;
    // Answers are written whole; waiting to fill packets would only delay them.
    stream.set_nodelay(true)?;
    Ok((stream, place))
}
