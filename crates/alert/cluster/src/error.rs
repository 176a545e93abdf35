//! Why a node could not begin.

use std::net::SocketAddr;

use thiserror::Error;

use crate::limits::{LABEL_BYTES, NAME_BYTES};

/// Why a node could not begin.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// The port is taken, or the address is not this machine's.
    #[error("the cluster cannot listen on {address}: {source}; see to --cluster.listen-address")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// This machine has no address that others can be told.
    #[error(
        "no address of this machine is known that other nodes could use{0}; name one with --cluster.advertise-address"
    )]
    NoAddress(String),
    /// A name or a label that frames have no room for.
    #[error(
        "the name of a node has 1 to {NAME_BYTES} bytes, the label of a cluster at most {LABEL_BYTES}"
    )]
    Name,
    /// Certificates that cannot be used.
    #[error("{0}; see to the file of --cluster.tls-config")]
    Tls(String),
    /// Lengths of time that make no sense.
    #[error("{0}")]
    Times(&'static str),
}
