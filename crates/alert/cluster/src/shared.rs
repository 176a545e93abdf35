//! What all tasks of a node work with.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use contract::Replica;
use parking_lot::{Mutex, RwLock};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::frame::{self, Hello, Purpose};
use crate::limits::MEMBERS;
use crate::links::Links;
use crate::membership::{Membership, Outcome};
use crate::metrics::Counts;
use crate::node::Node;
use crate::options::Options;
use crate::transport::Transport;

/// What the task that knows the members is told.
pub(crate) enum Event {
    /// A message about members came.
    Packet(Vec<u8>),
    /// A node was met.
    Met(Node),
}

/// What all tasks of a node work with.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) transport: Transport,
    pub(crate) links: Links,
    pub(crate) counts: Counts,
    pub(crate) runtime: Handle,
    /// To the task that knows the members.
    pub(crate) events: mpsc::Sender<Event>,
    /// Nodes that have come to life, to the task that exchanges with them.
    pub(crate) up: mpsc::Sender<Node>,
    pub(crate) settled: watch::Sender<bool>,
    pub(crate) end: CancellationToken,
    /// Nodes that have died, and when.
    pub(crate) lost: Mutex<BTreeMap<SocketAddr, Instant>>,
    pub(crate) replica: OnceLock<Arc<dyn Replica>>,
    me: RwLock<Node>,
    members: RwLock<Arc<[Node]>>,
}

/// The channels' other ends.
pub(crate) struct Inboxes {
    pub(crate) events: mpsc::Receiver<Event>,
    pub(crate) up: mpsc::Receiver<Node>,
}

impl Shared {
    pub(crate) fn new(options: Options, me: Node) -> (Arc<Self>, Inboxes) {
        let (events, events_inbox) = mpsc::channel(crate::limits::EVENTS);
        let (up, up_inbox) = mpsc::channel(MEMBERS);
        let shared = Self {
            transport: Transport::new(options.tls.clone(), options.times.tcp_timeout),
            links: Links::default(),
            counts: Counts::default(),
            runtime: Handle::current(),
            events,
            up,
            settled: watch::Sender::new(false),
            end: CancellationToken::new(),
            lost: Mutex::default(),
            replica: OnceLock::new(),
            me: RwLock::new(me),
            members: RwLock::new(Arc::new([])),
            options,
        };
        let inboxes = Inboxes {
            events: events_inbox,
            up: up_inbox,
        };
        (Arc::new(shared), inboxes)
    }

    /// The state that is shared; `None` before the node has begun.
    pub(crate) fn replica(&self) -> Option<Arc<dyn Replica>> {
        self.replica.get().cloned()
    }

    /// This node, as the others know it.
    pub(crate) fn me(&self) -> Node {
        self.me.read().clone()
    }

    /// The others that live, in order.
    pub(crate) fn members(&self) -> Arc<[Node]> {
        Arc::clone(&self.members.read())
    }

    /// How many nodes are before this one.
    pub(crate) fn position(&self) -> usize {
        let me = self.me();
        let before = |node: &&Node| (&node.name, node.address) < (&me.name, me.address);
        self.members().iter().filter(before).count()
    }

    /// The first frame of a connection.
    pub(crate) fn hello(&self, purpose: Purpose) -> Hello {
        Hello {
            purpose,
            label: self.options.label.clone(),
            node: self.me(),
        }
    }

    /// Sends records to all others, but for the one that they came from.
    pub(crate) fn tell<T: AsRef<[u8]>>(self: &Arc<Self>, records: &[T], but: Option<SocketAddr>) {
        let frames: Vec<Bytes> = frame::records(records).collect();
        for node in self.members().iter() {
            if Some(node.address) != but {
                for frame in &frames {
                    self.links.send(self, node.address, frame.clone());
                }
            }
        }
    }

    /// Takes records of another node, and passes on what was news: there may be nodes that it does
    /// not reach.
    pub(crate) fn take(self: &Arc<Self>, records: &[&[u8]], from: SocketAddr) {
        let Some(replica) = self.replica() else {
            return;
        };
        let places = replica.merge(records);
        let news: Vec<&[u8]> = places
            .into_iter()
            .filter_map(|place| records.get(place).copied())
            .collect();
        if !news.is_empty() {
            self.tell(&news, Some(from));
        }
    }

    /// Does what the protocol of the members wants done, and lets everybody see who lives.
    pub(crate) fn act(self: &Arc<Self>, membership: &Membership, outcome: Outcome) {
        if *self.me.read() != *membership.me() {
            *self.me.write() = membership.me().clone();
        }
        if !outcome.up.is_empty() || !outcome.down.is_empty() {
            *self.members.write() = membership.members().into();
            self.note(&outcome);
        }
        for (node, packet) in outcome.send {
            self.links.send(self, node.address, frame::packet(&packet));
        }
    }

    fn note(&self, outcome: &Outcome) {
        let members = self.members();
        let lives = |address| members.iter().any(|node| node.address == address);
        let mut lost = self.lost.lock();
        for node in &outcome.down {
            if !lives(node.address) {
                tracing::info!(peer = node.name, address = %node.address, "a node of the cluster is gone");
                self.counts.left.inc();
                self.links.close(node.address);
                // Beyond that the configured names are enough to find each other.
                if lost.len() < MEMBERS {
                    lost.insert(node.address, Instant::now());
                }
            }
        }
        for node in &outcome.up {
            tracing::info!(peer = node.name, address = %node.address, "a node of the cluster is there");
            self.counts.joined.inc();
            if lost.remove(&node.address).is_some() {
                self.counts.reconnections.inc();
            }
            // Where too many come at once, the regular exchanges reach the rest.
            let _ = self.up.try_send(node.clone());
        }
    }
}
