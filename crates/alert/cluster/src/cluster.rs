//! A node, from its port to its end.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use contract::{ClusterPeer, ClusterState, Gather, Peers, Replica, Settled};
use model::Family;
use parking_lot::Mutex;
use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::error::ClusterError;
use crate::limits::{LABEL_BYTES, NAME_BYTES};
use crate::membership::Membership;
use crate::node::Node;
use crate::options::{Options, Times};
use crate::shared::{Event, Inboxes, Shared};
use crate::{address, frame, joining, server};

/// A node of a cluster.
pub struct Cluster {
    shared: Arc<Shared>,
    /// What is needed to begin.
    waiting: Mutex<Option<(TcpListener, Inboxes)>>,
    running: Mutex<Vec<JoinHandle<()>>>,
}

impl Cluster {
    /// Takes the port and finds out where others reach it; nothing else happens yet.
    ///
    /// # Errors
    /// Where options make no sense, the port is not to be had, or no address can be told to
    /// others.
    pub async fn bind(options: Options) -> Result<Arc<Self>, ClusterError> {
        check(&options)?;
        if let Some(tls) = &options.tls {
            tls.read().map_err(ClusterError::Tls)?;
        }
        let failed = |source| ClusterError::Listen {
            address: options.listen,
            source,
        };
        let listener = TcpListener::bind(options.listen).await.map_err(failed)?;
        let listening = listener.local_addr().map_err(failed)?;
        let me = Node {
            name: options.name.clone(),
            address: address::advertised(&options, listening).await?,
            generation: millis_since_epoch(),
        };
        tracing::info!(peer = me.name, %listening, address = %me.address, tls = options.tls.is_some(), "the cluster's port is open");
        let (shared, inboxes) = Shared::new(options, me);
        Ok(Arc::new(Self {
            shared,
            waiting: Mutex::new(Some((listener, inboxes))),
            running: Mutex::default(),
        }))
    }

    /// Begins: the others are looked for, and told of this state. Called once, within a tokio
    /// runtime; a second time nothing happens.
    pub fn start(&self, replica: Arc<dyn Replica>) {
        let Some((listener, inboxes)) = self.waiting.lock().take() else {
            return;
        };
        // The first one of all stays.
        let _ = self.shared.replica.set(replica);
        let shared = &self.shared;
        let membership = Membership::new(shared.me(), &shared.options.times, seed());
        let random = SmallRng::seed_from_u64(seed());
        self.running.lock().extend([
            tokio::spawn(keep_members(Arc::clone(shared), membership, inboxes.events)),
            tokio::spawn(server::serve(Arc::clone(shared), listener)),
            tokio::spawn(joining::run(Arc::clone(shared), inboxes.up, random)),
        ]);
    }

    /// Says farewell to the others and ends.
    pub async fn shutdown(&self) {
        self.shared.end.cancel();
        let running = std::mem::take(&mut *self.running.lock());
        for task in running {
            let _ = task.await;
        }
        self.shared.links.finish().await;
    }

    /// Where the others reach this node.
    pub fn address(&self) -> std::net::SocketAddr {
        self.shared.me().address
    }
}

/// Follows the protocol of the members until the end, and leaves in order.
async fn keep_members(
    shared: Arc<Shared>,
    mut membership: Membership,
    mut events: mpsc::Receiver<Event>,
) {
    loop {
        let due = async {
            match membership.next_moment() {
                Some(moment) => tokio::time::sleep_until(moment).await,
                None => std::future::pending().await,
            }
        };
        let event = tokio::select! {
            event = events.recv() => event,
            () = due => None,
            () = shared.end.cancelled() => break,
        };
        let now = Instant::now();
        let outcome = match event {
            Some(Event::Packet(packet)) => membership.receive(&packet, now),
            Some(Event::Met(node)) if node.address == membership.me().address => continue,
            Some(Event::Met(node)) => membership.meet(node, now),
            None => membership.pass(now),
        };
        shared.act(&membership, outcome);
    }
    let farewell = membership.leave(Instant::now());
    shared.act(&membership, farewell);
}

impl Peers for Cluster {
    fn tell(&self, mut records: Vec<Vec<u8>>) {
        records.retain(|record| {
            let fits = frame::fits(record);
            if !fits {
                self.shared.counts.oversized.inc();
                tracing::error!(
                    bytes = record.len(),
                    "a record is too large for the other nodes of the cluster: they will not know of it"
                );
            }
            fits
        });
        self.shared.tell(&records, None);
    }

    fn patience(&self) -> Duration {
        let position = u32::try_from(self.shared.position()).unwrap_or(u32::MAX);
        let timeout = self.shared.options.times.peer_timeout;
        timeout.saturating_mul(position)
    }

    fn settled(&self) -> Settled<'_> {
        let mut settled = self.shared.settled.subscribe();
        Box::pin(async move {
            // The sender lives as long as this node.
            let _ = settled.wait_for(|settled| *settled).await;
        })
    }

    fn state(&self) -> Option<ClusterState> {
        let me = self.shared.me();
        let mut nodes = self.shared.members().to_vec();
        nodes.push(me.clone());
        nodes.sort();
        let peer = |node: Node| ClusterPeer {
            name: node.name,
            address: node.address.to_string(),
        };
        Some(ClusterState {
            name: me.name,
            settled: *self.shared.settled.borrow(),
            peers: nodes.into_iter().map(peer).collect(),
        })
    }
}

impl Gather for Cluster {
    fn gather(&self, families: &mut Vec<Family>) {
        self.shared.gather(families);
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("me", &self.shared.me())
            .finish_non_exhaustive()
    }
}

fn check(options: &Options) -> Result<(), ClusterError> {
    let name = 1..=NAME_BYTES;
    if !name.contains(&options.name.len()) || options.label.len() > LABEL_BYTES {
        return Err(ClusterError::Name);
    }
    let Times {
        gossip_interval,
        push_pull_interval,
        tcp_timeout,
        probe_timeout,
        probe_interval,
        reconnect_interval,
        reconnect_timeout,
        ..
    } = options.times;
    let lengths = [
        gossip_interval,
        push_pull_interval,
        tcp_timeout,
        probe_timeout,
        probe_interval,
        reconnect_interval,
        reconnect_timeout,
    ];
    if lengths.iter().any(Duration::is_zero) {
        return Err(ClusterError::Times(
            "--cluster.*-interval, --cluster.tcp-timeout, --cluster.probe-timeout and --cluster.reconnect-timeout are greater than 0",
        ));
    }
    if probe_timeout >= probe_interval {
        return Err(ClusterError::Times(
            "--cluster.probe-timeout is less than --cluster.probe-interval: others that help need the rest",
        ));
    }
    Ok(())
}

fn millis_since_epoch() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map(|since| since.as_millis()).unwrap_or_default();
    u64::try_from(millis).unwrap_or(u64::MAX)
}

/// A number that nobody can foresee: the standard library asks the system for it.
fn seed() -> u64 {
    RandomState::new().hash_one(0u8)
}
