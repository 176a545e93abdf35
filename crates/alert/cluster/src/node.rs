//! Who a node is.

use std::net::SocketAddr;

use foca::Identity;

/// A node of the cluster. Nodes are ordered by name: that order says who is first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Node {
    /// Its name, which no other has.
    pub(crate) name: String,
    /// Where others reach it.
    pub(crate) address: SocketAddr,
    /// Grows when a process takes over the address, and when a node that was thought dead comes
    /// back. It begins as the start of the process in milliseconds since the epoch.
    pub(crate) generation: u64,
}

impl Identity for Node {
    type Addr = SocketAddr;

    fn renew(&self) -> Option<Self> {
        Some(Self {
            generation: self.generation.saturating_add(1),
            ..self.clone()
        })
    }

    fn addr(&self) -> SocketAddr {
        self.address
    }

    fn win_addr_conflict(&self, adversary: &Self) -> bool {
        (self.generation, &self.name) > (adversary.generation, &adversary.name)
    }
}
