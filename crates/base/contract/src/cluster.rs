//! Several nodes that act as one: what of a node's state the others hold too, and what a node asks
//! of the others.
//!
//! The stage that has the state knows [`Peers`]; whoever connects the nodes knows [`Replica`]. A
//! record is bytes that only the stage reads.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A state that every node holds a copy of, as records that can be merged: in any order, and any
/// number of times, with the same outcome on all nodes.
pub trait Replica: Send + Sync {
    /// Hands over every record, each once, in no particular order. Whoever takes them is quick:
    /// the state may be locked meanwhile.
    fn visit(&self, take: &mut dyn FnMut(&[u8]));

    /// Takes records of another node. Answers the places of those that were news, in rising
    /// order; the others are older than what is held, have expired, exceed a limit, or are no
    /// records.
    fn merge(&self, records: &[&[u8]]) -> Vec<usize>;
}

/// Another node, or this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterPeer {
    /// Its name, which no other node has.
    pub name: String,
    /// Where others reach it: host and port.
    pub address: String,
}

/// What a node says of its cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterState {
    /// This node's name.
    pub name: String,
    /// Whether the first look for other nodes has ended.
    pub settled: bool,
    /// The nodes that are alive, this one among them, by name.
    pub peers: Vec<ClusterPeer>,
}

/// The future of [`Peers::settled`].
pub type Settled<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The other nodes, as the stage that has the state sees them.
pub trait Peers: fmt::Debug + Send + Sync {
    /// Tells the others of records that have changed here. Never waits: whom it does not reach
    /// asks later on its own.
    fn tell(&self, records: Vec<Vec<u8>>);

    /// How long this node leaves a task to those before it: a task that all nodes have is done by
    /// the first of them, and by the next where nothing is heard of that in time.
    fn patience(&self) -> Duration;

    /// Ends once the others, where there are any, have been found and asked for what they know, or
    /// the time for that is over.
    fn settled(&self) -> Settled<'_>;

    /// The cluster; `None` for a node that is in none.
    fn state(&self) -> Option<ClusterState>;
}

/// A node that is in no cluster.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Peers for Alone {
    fn tell(&self, _records: Vec<Vec<u8>>) {}

    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    fn settled(&self) -> Settled<'_> {
        Box::pin(std::future::ready(()))
    }

    fn state(&self) -> Option<ClusterState> {
        None
    }
}
