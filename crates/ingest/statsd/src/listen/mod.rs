//! The sockets that lines come in by.

mod datagrams;
mod tcp;
mod udp;
mod unixgram;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::task::JoinHandle;

use crate::Statsd;

/// Time between two looks for series whose time to live is over.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(1);
/// Time before the next try after a socket failed, so that a lasting failure costs little.
const AFTER_FAILURE: Duration = Duration::from_millis(100);
/// Bytes of a datagram, at most: what UDP can carry.
const MOST_DATAGRAM_BYTES: usize = 65_536;
/// Datagrams that are taken in a row before others get their turn on the thread.
const BURST: usize = 64;

/// Where lines come in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// UDP.
    pub udp: Option<SocketAddr>,
    /// TCP, lines of which are ended by a line break.
    pub tcp: Option<SocketAddr>,
    /// A Unix datagram socket: the file, which is made and removed at the end.
    pub unixgram: Option<PathBuf>,
    /// The permissions of that file.
    pub unixgram_mode: u32,
    /// Bytes that the kernel shall hold for UDP and the Unix socket, each, while they are not
    /// read; `None` for its own measure.
    pub read_buffer: Option<usize>,
}

impl Addresses {
    /// Whether there is any.
    pub fn any(&self) -> bool {
        self.udp.is_some() || self.tcp.is_some() || self.unixgram.is_some()
    }
}

/// Why a socket could not be opened.
#[derive(Debug, Error)]
pub enum StatsdError {
    /// An address of the network.
    #[error("listening for StatsD on {protocol} {address}: {source}")]
    Address {
        /// `udp` or `tcp`.
        protocol: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A Unix socket.
    #[error("listening for StatsD on the Unix socket {}: {source}", path.display())]
    Unix {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Open sockets. Whoever drops this without [`Listeners::end`] leaves them open until the runtime
/// ends.
#[derive(Debug)]
pub struct Listeners {
    tasks: Vec<JoinHandle<()>>,
    udp: Option<SocketAddr>,
    tcp: Option<SocketAddr>,
    unixgram: Option<PathBuf>,
}

impl Listeners {
    /// Opens all sockets and takes what comes in by them, on the runtime this is called in.
    pub async fn start(statsd: &Arc<Statsd>, addresses: &Addresses) -> Result<Self, StatsdError> {
        let mut listeners = Self {
            tasks: Vec::new(),
            udp: None,
            tcp: None,
            unixgram: None,
        };
        let failed = |protocol, address| {
            move |source| StatsdError::Address {
                protocol,
                address,
                source,
            }
        };
        if let Some(address) = addresses.udp {
            let socket = udp::open(address, addresses.read_buffer)
                .await
                .map_err(failed("udp", address))?;
            listeners.udp = socket.local_addr().ok();
            statsd.sockets.watch_udp(&socket);
            let task = datagrams::receive(Arc::clone(statsd), socket);
            listeners.tasks.push(tokio::spawn(task));
        }
        if let Some(address) = addresses.tcp {
            let listener = tokio::net::TcpListener::bind(address)
                .await
                .map_err(failed("tcp", address))?;
            listeners.tcp = listener.local_addr().ok();
            let task = tcp::accept(Arc::clone(statsd), listener);
            listeners.tasks.push(tokio::spawn(task));
        }
        if let Some(path) = &addresses.unixgram {
            let socket = unixgram::open(path, addresses.unixgram_mode, addresses.read_buffer)
                .map_err(|source| StatsdError::Unix {
                    path: path.clone(),
                    source,
                })?;
            listeners.unixgram = Some(path.clone());
            let task = datagrams::receive(Arc::clone(statsd), socket);
            listeners.tasks.push(tokio::spawn(task));
        }
        let task = expire(Arc::clone(statsd));
        listeners.tasks.push(tokio::spawn(task));
        Ok(listeners)
    }

    /// Where UDP is listened on.
    pub fn udp(&self) -> Option<SocketAddr> {
        self.udp
    }

    /// Where TCP is listened on.
    pub fn tcp(&self) -> Option<SocketAddr> {
        self.tcp
    }

    /// Closes all sockets; what was received before is kept.
    pub async fn end(self) {
        for task in self.tasks {
            task.abort();
            let _ = task.await;
        }
        if let Some(path) = self.unixgram {
            let _ = std::fs::remove_file(path);
        }
    }
}

async fn expire(statsd: Arc<Statsd>) {
    let mut turn = tokio::time::interval(EXPIRY_INTERVAL);
    turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        turn.tick().await;
        statsd.expire();
    }
}
