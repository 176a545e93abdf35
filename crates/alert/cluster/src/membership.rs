//! Who is alive: the SWIM protocol (probes, suspicion, gossip) on messages and timers. Pure: time is
//! an argument, and what is to be sent is an answer.
//!
//! Invariant: a node that was thought dead and is not comes back by itself, with a greater
//! generation.

use std::collections::BTreeMap;
use std::num::{NonZeroU8, NonZeroUsize};
use std::sync::Arc;

use bytes::Bytes;
use foca::{AccumulatingRuntime, Config, Foca, NoCustomBroadcast, PeriodicParams, Timer};
use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use tokio::time::Instant;

use crate::limits::{PACKET_BYTES, TIMERS};
use crate::node::Node;
use crate::options::Times;
use crate::packet::{Codec, Known};

/// Probe intervals that a node may fail to answer in before it counts as dead.
const SUSPICION: u32 = 4;

/// Nodes that are asked to probe another that does not answer, and that are told at once of what
/// has changed.
const HELPERS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(2);

/// How often a change of members is passed on.
const TRANSMISSIONS: NonZeroU8 = NonZeroU8::MIN.saturating_add(9);

/// What comes of a message, a timer or an order.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// What has to be sent, and to whom.
    pub(crate) send: Vec<(Node, Bytes)>,
    /// Nodes that live now and did not before.
    pub(crate) up: Vec<Node>,
    /// Nodes that lived before and do not now.
    pub(crate) down: Vec<Node>,
}

/// The protocol's state.
pub(crate) struct Membership {
    foca: Foca<Node, Codec, SmallRng, NoCustomBroadcast>,
    runtime: AccumulatingRuntime<Node>,
    /// What comes by time; the number keeps those of one moment apart.
    timers: BTreeMap<(Instant, u64), Timer<Node>>,
    next_timer: u64,
    /// The others that live, in order.
    members: Vec<Node>,
    known: Known,
}

impl Membership {
    pub(crate) fn new(me: Node, times: &Times, seed: u64) -> Self {
        let codec = Codec::default();
        let known = Arc::clone(&codec.known);
        let random = SmallRng::seed_from_u64(seed);
        Self {
            foca: Foca::new(me, config(times), random, codec),
            known,
            runtime: AccumulatingRuntime::new(),
            timers: BTreeMap::new(),
            next_timer: 0,
            members: Vec::new(),
        }
    }

    /// This node, as the others know it.
    pub(crate) fn me(&self) -> &Node {
        self.foca.identity()
    }

    /// The others that live, in order.
    pub(crate) fn members(&self) -> &[Node] {
        &self.members
    }

    /// When the next thing comes by time.
    pub(crate) fn next_moment(&self) -> Option<Instant> {
        self.timers.first_key_value().map(|((at, _), _)| *at)
    }

    /// A message came.
    pub(crate) fn receive(&mut self, packet: &[u8], now: Instant) -> Outcome {
        let outcome = self.foca.handle_data(packet, &mut self.runtime);
        self.drain(outcome, now)
    }

    /// A node was met: asks it to be let in, and for those it knows.
    pub(crate) fn meet(&mut self, node: Node, now: Instant) -> Outcome {
        let outcome = self.foca.announce(node, &mut self.runtime);
        self.drain(outcome, now)
    }

    /// Tells the others that this node ends.
    pub(crate) fn leave(&mut self, now: Instant) -> Outcome {
        let outcome = self.foca.leave_cluster(&mut self.runtime);
        self.drain(outcome, now)
    }

    /// Does what was to be done by a moment.
    pub(crate) fn pass(&mut self, now: Instant) -> Outcome {
        let mut all = Outcome::default();
        while let Some(first) = self.timers.first_entry() {
            if first.key().0 > now {
                break;
            }
            let timer = first.remove();
            let outcome = self.foca.handle_timer(timer, &mut self.runtime);
            let outcome = self.drain(outcome, now);
            all.send.extend(outcome.send);
            all.up.extend(outcome.up);
            all.down.extend(outcome.down);
        }
        all
    }

    fn drain(&mut self, outcome: Result<(), foca::Error>, now: Instant) -> Outcome {
        if let Err(error) = outcome {
            // Whatever a stranger or an older run of a node sends ends here.
            tracing::debug!(%error, "a message about members was not taken");
        }
        while let Some((after, timer)) = self.runtime.to_schedule() {
            if self.timers.len() >= TIMERS && matches!(timer, Timer::RemoveDown(_)) {
                continue;
            }
            self.next_timer += 1;
            self.timers.insert((now + after, self.next_timer), timer);
        }
        while self.runtime.to_notify().is_some() {}
        let mut found = Outcome::default();
        while let Some((node, packet)) = self.runtime.to_send() {
            found.send.push((node, packet));
        }
        let mut members: Vec<Node> = self.foca.iter_members().map(|m| m.id().clone()).collect();
        members.sort();
        if members != self.members {
            let missing = |list: &[Node], node: &Node| list.binary_search(node).is_err();
            let old = std::mem::replace(&mut self.members, members);
            let up = self.members.iter().filter(|node| missing(&old, node));
            found.up = up.cloned().collect();
            let down = old.iter().filter(|node| missing(&self.members, node));
            found.down = down.cloned().collect();
        }
        let known = self.foca.iter_membership_state();
        *self.known.lock() = known.map(|member| member.id().address).collect();
        found
    }
}

fn config(times: &Times) -> Config {
    let one = NonZeroUsize::MIN;
    let every = |frequency, num_members| {
        Some(PeriodicParams {
            frequency,
            num_members,
        })
    };
    Config {
        probe_period: times.probe_interval,
        probe_rtt: times.probe_timeout,
        num_indirect_probes: HELPERS,
        max_transmissions: TRANSMISSIONS,
        suspect_to_down_after: times.probe_interval * SUSPICION,
        remove_down_after: Some(times.reconnect_timeout),
        max_packet_size: NonZeroUsize::new(PACKET_BYTES).unwrap_or(one),
        // Whoever comes back from the dead hears of it, and takes a greater generation.
        notify_down_members: true,
        periodic_announce: every(times.push_pull_interval, one),
        periodic_announce_to_down_members: every(times.reconnect_interval, one),
        periodic_gossip: every(times.gossip_interval, HELPERS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::net::SocketAddr;
    use std::time::Duration;

    /// Nodes whose messages take no time, unless the way between two of them is cut.
    struct World {
        nodes: Vec<Membership>,
        cut: HashSet<(usize, usize)>,
        now: Instant,
    }

    fn node(index: usize, generation: u64) -> Node {
        Node {
            name: format!("n{index}"),
            address: SocketAddr::from(([127, 0, 0, 1], 1 + index as u16)),
            generation,
        }
    }

    impl World {
        fn new(count: usize) -> Self {
            let times = Times::default();
            let started = |index| Membership::new(node(index, 0), &times, index as u64);
            let mut world = Self {
                nodes: (0..count).map(started).collect(),
                cut: HashSet::new(),
                now: Instant::now(),
            };
            for index in 1..count {
                let outcome = world.nodes[index].meet(node(0, 0), world.now);
                world.deliver(index, outcome);
            }
            world
        }

        fn deliver(&mut self, from: usize, outcome: Outcome) {
            for (to, packet) in outcome.send {
                let to = usize::from(to.address.port() - 1);
                if !self.cut.contains(&(from.min(to), from.max(to))) {
                    let answer = self.nodes[to].receive(&packet, self.now);
                    self.deliver(to, answer);
                }
            }
        }

        fn pass(&mut self, seconds: u64) {
            for _ in 0..seconds * 10 {
                self.now += Duration::from_millis(100);
                for index in 0..self.nodes.len() {
                    let outcome = self.nodes[index].pass(self.now);
                    self.deliver(index, outcome);
                }
            }
        }

        #[track_caller]
        fn sees(&self, index: usize, others: &[usize]) {
            let names: Vec<&str> = self.nodes[index]
                .members()
                .iter()
                .map(|node| node.name.as_str())
                .collect();
            let expected: Vec<String> = others.iter().map(|other| format!("n{other}")).collect();
            assert_eq!(names, expected, "what n{index} sees");
        }
    }

    #[test]
    fn nodes_that_know_one_find_all() {
        let mut world = World::new(4);
        world.pass(5);
        world.sees(0, &[1, 2, 3]);
        world.sees(2, &[0, 1, 3]);
        world.sees(3, &[0, 1, 2]);
    }

    #[test]
    fn a_node_that_is_cut_off_is_lost_and_comes_back() {
        let mut world = World::new(3);
        world.pass(5);
        world.cut.extend([(0, 1), (0, 2)]);
        world.pass(20);
        world.sees(0, &[]);
        world.sees(1, &[2]);
        world.cut.clear();
        world.pass(30);
        world.sees(0, &[1, 2]);
        world.sees(1, &[0, 2]);
        world.sees(2, &[0, 1]);
    }

    #[test]
    fn a_node_that_only_one_reaches_lives_for_all() {
        let mut world = World::new(3);
        world.pass(5);
        world.cut.insert((0, 2));
        world.pass(30);
        world.sees(0, &[1, 2]);
        world.sees(2, &[0, 1]);
    }

    #[test]
    fn whoever_leaves_is_gone_at_once() {
        let mut world = World::new(3);
        world.pass(5);
        let outcome = world.nodes[1].leave(world.now);
        world.deliver(1, outcome);
        world.cut.extend([(0, 1), (1, 2)]);
        world.pass(1);
        world.sees(0, &[2]);
        world.sees(2, &[0]);
    }

    #[test]
    fn a_new_process_takes_over_the_address() {
        let mut world = World::new(3);
        world.pass(5);
        world.nodes[2] = Membership::new(
            Node {
                name: "again".to_owned(),
                ..node(2, 1)
            },
            &Times::default(),
            9,
        );
        let outcome = world.nodes[2].meet(node(0, 0), world.now);
        world.deliver(2, outcome);
        world.pass(5);
        let names = |index: usize| {
            let members = world.nodes[index].members().iter();
            members.map(|node| node.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(0), ["again", "n1"]);
        assert_eq!(names(1), ["again", "n0"]);
        assert_eq!(names(2), ["n0", "n1"]);
    }
}
