//! Finding the others and keeping up with them: the configured names again and again, lost nodes
//! for a while, and one living node after the other.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};

use crate::address::look_up;
use crate::exchange::exchange;
use crate::frame::Purpose;
use crate::limits::{EXCHANGE_TIME, EXCHANGES, GOSSIPS_PER_LOOK, GREETINGS, SAME_LOOKS};
use crate::node::Node;
use crate::server::hear_hello;
use crate::shared::{Event, Shared};

/// How long after a name could not be looked up it is tried again, at the start.
const LOOKUP_PAUSE: Duration = Duration::from_secs(1);

/// Finds the others, then keeps up with them until the end.
pub(crate) async fn run(shared: Arc<Shared>, mut up: mpsc::Receiver<Node>, mut random: SmallRng) {
    let times = shared.options.times.clone();
    // Whoever does not answer holds up nobody else.
    let (places, searches) = (Semaphore::new(EXCHANGES), Semaphore::new(GREETINGS));
    let (places, searches) = (Arc::new(places), Arc::new(searches));
    let mut looking = tokio::spawn(settle(Arc::clone(&shared), Arc::clone(&searches)));
    let ticks = |every: Duration| {
        let mut ticks = interval_at(Instant::now() + every, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    };
    let mut reconnecting = ticks(times.reconnect_interval);
    let mut exchanging = ticks(times.push_pull_interval);
    loop {
        tokio::select! {
            () = shared.end.cancelled() => return,
            _ = reconnecting.tick() => {
                if looking.is_finished() {
                    looking = tokio::spawn(look(Arc::clone(&shared), Arc::clone(&searches)));
                }
            }
            _ = exchanging.tick() => {
                if let Some(node) = shared.members().choose(&mut random) {
                    greet_all(&shared, [node.address], &places).detach_all();
                }
            }
            Some(node) = up.recv() => {
                // One of the two begins.
                if shared.me().name < node.name {
                    greet_all(&shared, [node.address], &places).detach_all();
                }
            }
        }
    }
}

/// The first look for the others: all that are configured are greeted once, then those that are
/// found must be the same for a while.
async fn settle(shared: Arc<Shared>, places: Arc<Semaphore>) {
    let times = &shared.options.times;
    let deadline = Instant::now() + times.settle_timeout;
    let looking = async {
        let mut all = missing(&shared, times.resolve_timeout).await;
        let patience = Instant::now() + times.resolve_timeout;
        while all.is_empty() && !shared.options.peers.is_empty() && Instant::now() < patience {
            sleep(LOOKUP_PAUSE).await;
            all = missing(&shared, times.resolve_timeout).await;
        }
        finish(greet_all(&shared, all, &places)).await;
        let (mut same, mut last) = (0, usize::MAX);
        while same < SAME_LOOKS {
            sleep(times.gossip_interval * GOSSIPS_PER_LOOK).await;
            let count = shared.members().len();
            same = if count == last { same + 1 } else { 1 };
            last = count;
        }
    };
    let settled = tokio::select! {
        settled = tokio::time::timeout_at(deadline, looking) => settled,
        () = shared.end.cancelled() => return,
    };
    let peers = shared.members().len() + 1;
    if peers == 1 && !shared.options.peers.is_empty() {
        tracing::warn!(
            "no other node was found; see to --cluster.peer, and that --cluster.label and --cluster.tls-config are those of the others"
        );
    }
    match settled {
        Ok(()) => tracing::info!(peers, "the cluster has settled"),
        Err(_) => tracing::warn!(
            peers,
            "the cluster has not settled in time (--cluster.settle-timeout); notifications begin anyway"
        ),
    }
    shared.settled.send_replace(true);
}

/// Looks for nodes that are missing.
async fn look(shared: Arc<Shared>, places: Arc<Semaphore>) {
    let all = missing(&shared, shared.options.times.tcp_timeout).await;
    finish(greet_all(&shared, all, &places)).await;
}

/// Waits for all greetings.
async fn finish(mut greetings: JoinSet<()>) {
    while greetings.join_next().await.is_some() {}
}

/// Addresses that are configured, or were known, and that no living node has. Each name may take
/// so long to be looked up.
async fn missing(shared: &Shared, time: Duration) -> BTreeSet<SocketAddr> {
    let mut all = BTreeSet::new();
    for peer in &shared.options.peers {
        all.extend(look_up(peer, time).await);
    }
    let remembered = shared.options.times.reconnect_timeout;
    {
        let mut lost = shared.lost.lock();
        lost.retain(|_, since| since.elapsed() < remembered);
        all.extend(lost.keys());
    }
    all.remove(&shared.me().address);
    for node in shared.members().iter() {
        all.remove(&node.address);
    }
    all
}

/// Greets nodes, some at once.
fn greet_all(
    shared: &Arc<Shared>,
    all: impl IntoIterator<Item = SocketAddr>,
    places: &Arc<Semaphore>,
) -> JoinSet<()> {
    let mut greetings = JoinSet::new();
    for address in all {
        let (shared, places) = (Arc::clone(shared), Arc::clone(places));
        greetings.spawn(async move {
            let Ok(_place) = places.acquire().await else {
                return;
            };
            let greeting = tokio::select! {
                greeting = greet(&shared, address) => greeting,
                () = shared.end.cancelled() => return,
            };
            if let Err(error) = greeting {
                tracing::debug!(%address, %error, "a node does not answer");
                shared.counts.failed_meetings.inc();
                if shared.lost.lock().contains_key(&address) {
                    shared.counts.failed_reconnections.inc();
                }
            }
        });
    }
    greetings
}

/// Makes acquaintance with whoever is at an address, and exchanges all that is known.
async fn greet(shared: &Arc<Shared>, address: SocketAddr) -> io::Result<()> {
    loop {
        let mut stream = shared.transport.connect(address).await?;
        let hello = shared.hello(Purpose::Exchange).encode();
        shared.transport.write(&mut stream, &hello).await?;
        let other = hear_hello(shared, &mut stream).await?.node;
        let me = shared.me();
        if other.name == me.name {
            // Mostly this node's own address, which is in the list that all nodes share.
            if other.address != me.address {
                tracing::warn!(peer = other.name, %address, "another node has this node's name (--cluster.peer-name)");
            }
            return Ok(());
        }
        let exchanging = timeout(EXCHANGE_TIME, exchange(shared, stream));
        let more = exchanging.await.map_err(io::Error::other)??;
        if !shared.members().contains(&other) {
            shared.counts.met.inc();
            let met = shared.events.send(Event::Met(other)).await;
            met.map_err(io::Error::other)?;
        }
        if !more {
            return Ok(());
        }
    }
}
