//! The clients of gateways: one thread and one client for the process.
//!
//! The thread is the process's own, not that of the caller's runtime: connections outlive the
//! runtimes of short tests and commands, and code without a runtime can push as well. A child
//! that was forked gets a new one, since threads do not come along.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use parking_lot::Mutex;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio::runtime::{Builder, Handle};

use super::BatchError;

/// Idle connections are closed after this: before the usual time of proxies and gateways.
const IDLE: Duration = Duration::from_secs(30);

/// A client with its connections.
pub(super) type Client = HyperClient<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// The thread and client of a process.
#[derive(Clone)]
struct Shared {
    process: u32,
    handle: Handle,
    plain: Client,
    tls: Option<Client>,
}

static SHARED: Mutex<Option<Shared>> = Mutex::new(None);

/// Does something with the shared thread and clients, which are made when they are first needed.
fn shared<T>(look: impl FnOnce(&mut Shared) -> T) -> Result<T, BatchError> {
    let mut shared = SHARED.lock();
    let process = std::process::id();
    match &mut *shared {
        Some(found) if found.process == process => Ok(look(found)),
        other => {
            let made = Shared {
                process,
                handle: start()?,
                plain: build(trusting(Vec::new())?),
                tls: None,
            };
            Ok(look(other.insert(made)))
        }
    }
}

/// The shared thread.
pub(super) fn thread() -> Result<Handle, BatchError> {
    shared(|shared| shared.handle.clone())
}

/// A runtime with one thread that runs as long as the process.
fn start() -> Result<Handle, BatchError> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(cannot_start)?;
    let handle = runtime.handle().clone();
    std::thread::Builder::new()
        .name("metrics-push".to_owned())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))
        .map_err(cannot_start)?;
    Ok(handle)
}

/// Why there is no client.
pub(super) fn cannot_start(error: impl std::fmt::Display) -> BatchError {
    let reason = error.to_string();
    BatchError::Client { reason }
}

/// How a gateway is reached.
#[derive(Clone, Debug)]
pub(super) enum Connect {
    /// By the shared client without TLS.
    Plain,
    /// By the shared client that trusts the certificates of the system.
    Tls,
    /// By a client of its own that trusts these certificates, with the process that made it.
    Own(Box<ClientConfig>, Arc<Mutex<(u32, Client)>>),
}

impl Connect {
    /// For a gateway that speaks TLS or not, and a PEM text of authorities to trust.
    pub(super) fn new(is_tls: bool, authority: Option<&[u8]>) -> Result<Self, BatchError> {
        let connect = match authority {
            Some(pem) => {
                let trust = trusting(certificates(pem)?)?;
                let client = build(trust.clone());
                Self::Own(
                    Box::new(trust),
                    Arc::new(Mutex::new((std::process::id(), client))),
                )
            }
            None if is_tls => Self::Tls,
            None => Self::Plain,
        };
        connect.client()?;
        Ok(connect)
    }

    /// The client; another one after a fork, whose parent keeps the connections.
    pub(super) fn client(&self) -> Result<Client, BatchError> {
        match self {
            Self::Plain => shared(|shared| shared.plain.clone()),
            Self::Tls => {
                if let Some(client) = shared(|shared| shared.tls.clone())? {
                    return Ok(client);
                }
                let client = build(system_trust()?);
                shared(|shared| shared.tls.get_or_insert(client).clone())
            }
            Self::Own(trust, own) => {
                let mut own = own.lock();
                let (process, client) = &mut *own;
                if *process != std::process::id() {
                    *process = std::process::id();
                    *client = build(trust.as_ref().clone());
                }
                Ok(client.clone())
            }
        }
    }
}

fn provider() -> rustls::crypto::CryptoProvider {
    rustls::crypto::ring::default_provider()
}

/// Trust in the certificates of the system.
fn system_trust() -> Result<ClientConfig, BatchError> {
    use hyper_rustls::ConfigBuilderExt as _;
    Ok(ClientConfig::builder_with_provider(provider().into())
        .with_safe_default_protocol_versions()
        .map_err(cannot_start)?
        .with_native_roots()
        .map_err(cannot_start)?
        .with_no_client_auth())
}

/// Trust in these certificates alone.
fn trusting(certificates: Vec<CertificateDer<'static>>) -> Result<ClientConfig, BatchError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(cannot_start)?;
    }
    Ok(ClientConfig::builder_with_provider(provider().into())
        .with_safe_default_protocol_versions()
        .map_err(cannot_start)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// The certificates of a PEM text, of which there is at least one.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, BatchError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| cannot_start(format!("certificate authority: {error}")))?;
    if found.is_empty() {
        let reason = "certificate authority: the text has no PEM certificate".to_owned();
        return Err(BatchError::Client { reason });
    }
    Ok(found)
}

fn build(tls: ClientConfig) -> Client {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(http);
    HyperClient::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .build(connector)
}
