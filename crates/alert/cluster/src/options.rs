//! How a node is set up.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::ServerName;

/// Lengths of time. The defaults are upstream's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Times {
    /// How long each node before this one has to do what all of them could.
    pub peer_timeout: Duration,
    /// Between two rounds of telling others of changes among the members.
    pub gossip_interval: Duration,
    /// Between two exchanges of all that is known with one other node.
    pub push_pull_interval: Duration,
    /// How long connecting, and reading or writing one frame, may take.
    pub tcp_timeout: Duration,
    /// How long a probe may take before others are asked to help; less than `probe_interval`.
    pub probe_timeout: Duration,
    /// Between two probes.
    pub probe_interval: Duration,
    /// How long nobody is told of anything, at most, while the others are looked for.
    pub settle_timeout: Duration,
    /// Between two attempts to reach lost nodes, and to look up the configured names.
    pub reconnect_interval: Duration,
    /// How long a lost node is looked for.
    pub reconnect_timeout: Duration,
    /// How long a start waits for the first configured name that can be looked up.
    pub resolve_timeout: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            peer_timeout: Duration::from_secs(15),
            gossip_interval: Duration::from_millis(200),
            push_pull_interval: Duration::from_secs(60),
            tcp_timeout: Duration::from_secs(10),
            probe_timeout: Duration::from_millis(500),
            probe_interval: Duration::from_secs(1),
            settle_timeout: Duration::from_secs(60),
            reconnect_interval: Duration::from_secs(10),
            reconnect_timeout: Duration::from_secs(6 * 3600),
            resolve_timeout: Duration::from_secs(15),
        }
    }
}

/// Where TLS is read from: certificates are renewed while the process runs.
pub trait ReadTls: fmt::Debug + Send + Sync {
    /// Reads files and checks them, blocking; says what is wrong with them.
    fn read(&self) -> Result<Tls, String>;
}

impl ReadTls for Tls {
    /// What stays as it is.
    fn read(&self) -> Result<Tls, String> {
        Ok(self.clone())
    }
}

/// TLS between nodes.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Towards nodes that connect to this one.
    pub server: Arc<rustls::ServerConfig>,
    /// Towards nodes that this one connects to.
    pub client: Arc<rustls::ClientConfig>,
    /// The name that their certificates carry; `None` for their addresses.
    pub server_name: Option<ServerName<'static>>,
}

/// How a node is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// This node's name; no other has it.
    pub name: String,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where others reach it; `None` to find that out.
    pub advertise: Option<SocketAddr>,
    /// Whether an address that is found out may be one of the whole internet.
    pub public_address: bool,
    /// The others to begin with, as `host:port`; names are looked up again and again.
    pub peers: Vec<String>,
    /// Only nodes with the same label talk to each other.
    pub label: String,
    /// Lengths of time.
    pub times: Times,
    /// TLS; `None` for plain connections.
    pub tls: Option<Arc<dyn ReadTls>>,
}
