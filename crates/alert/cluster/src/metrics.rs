//! What a node says of its cluster, under upstream's names.

use contract::Gather;
use model::instrument::Counter;
use model::{Family, FamilyKind};

use crate::shared::Shared;

/// Messages of one kind in one direction.
#[derive(Default)]
pub(crate) struct Traffic {
    messages: Counter,
    bytes: Counter,
}

impl Traffic {
    /// One more, of so many bytes.
    pub(crate) fn count(&self, bytes: usize) {
        self.messages.inc();
        self.bytes.add(bytes as u64);
    }
}

/// All counts.
#[derive(Default)]
pub(crate) struct Counts {
    /// Frames of messages.
    updates_in: Traffic,
    updates_out: Traffic,
    /// Frames of records in exchanges.
    pub(crate) exchanged_in: Traffic,
    pub(crate) exchanged_out: Traffic,
    /// Frames that there was no room or no connection for.
    pub(crate) dropped: Counter,
    /// Records that no frame has room for.
    pub(crate) oversized: Counter,
    pub(crate) joined: Counter,
    pub(crate) left: Counter,
    pub(crate) reconnections: Counter,
    pub(crate) failed_reconnections: Counter,
    pub(crate) met: Counter,
    pub(crate) failed_meetings: Counter,
    /// Connections of others that were refused.
    pub(crate) refused: Counter,
}

impl Counts {
    pub(crate) fn sent(&self, frame: &[u8]) {
        self.updates_out.count(frame.len());
    }

    pub(crate) fn received(&self, frame: &[u8]) {
        self.updates_in.count(frame.len());
    }
}

impl Gather for Shared {
    fn gather(&self, families: &mut Vec<Family>) {
        let members = self.members();
        for (name, help, value) in [
            (
                "alertmanager_cluster_members",
                "Number indicating current number of members in cluster.",
                members.len() + 1,
            ),
            (
                "alertmanager_cluster_failed_peers",
                "Number indicating the current number of failed peers in the cluster.",
                self.lost.lock().len(),
            ),
            (
                "alertmanager_cluster_messages_queued",
                "Number of cluster messages which are queued.",
                self.links.waiting(),
            ),
            (
                "alertmanager_peer_position",
                "Position the Alertmanager instance believes it's in. The position determines a peer's behavior in the cluster.",
                self.position(),
            ),
        ] {
            families.push(Family::gauge(name, help, value as f64));
        }
        let mut info = Family::new(
            "alertmanager_cluster_peer_info",
            "A metric with a constant '1' value labeled by peer name.",
            FamilyKind::Gauge,
        );
        info.push([("peer", self.me().name.as_str())], 1.0);
        families.push(info);
        gather_counts(&self.counts, families);
    }
}

fn gather_counts(counts: &Counts, families: &mut Vec<Family>) {
    let counter = |name: &str, help: &str| Family::new(name, help, FamilyKind::Counter);
    for (name, help, updates, exchanged) in [
        (
            "received",
            "received",
            &counts.updates_in,
            &counts.exchanged_in,
        ),
        ("sent", "sent", &counts.updates_out, &counts.exchanged_out),
    ] {
        let mut messages = counter(
            &format!("alertmanager_cluster_messages_{name}_total"),
            &format!("Total number of cluster messages {help}."),
        );
        let mut bytes = counter(
            &format!("alertmanager_cluster_messages_{name}_size_total"),
            &format!("Total size of cluster messages {help}."),
        );
        for (kind, traffic) in [("full_state", exchanged), ("update", updates)] {
            messages.push([("msg_type", kind)], traffic.messages.get() as f64);
            bytes.push([("msg_type", kind)], traffic.bytes.get() as f64);
        }
        families.extend([messages, bytes]);
    }
    for (name, help, count) in [
        (
            "alertmanager_cluster_messages_pruned_total",
            "Total number of cluster messages pruned.",
            &counts.dropped,
        ),
        (
            "alertmanager_oversized_gossip_message_failure_total",
            "Number of oversized gossip message sends that failed: records that no message has room for.",
            &counts.oversized,
        ),
        (
            "alertmanager_cluster_peers_joined_total",
            "A counter of the number of peers that have joined.",
            &counts.joined,
        ),
        (
            "alertmanager_cluster_peers_left_total",
            "A counter of the number of peers that have left.",
            &counts.left,
        ),
        (
            "alertmanager_cluster_reconnections_total",
            "A counter of the number of cluster peer reconnections.",
            &counts.reconnections,
        ),
        (
            "alertmanager_cluster_reconnections_failed_total",
            "A counter of the number of failed cluster peer reconnection attempts.",
            &counts.failed_reconnections,
        ),
        (
            "alertmanager_cluster_refresh_join_total",
            "A counter of the number of cluster peer joined via refresh.",
            &counts.met,
        ),
        (
            "alertmanager_cluster_refresh_join_failed_total",
            "A counter of the number of failed cluster peer joined attempts via refresh.",
            &counts.failed_meetings,
        ),
        (
            "alertmanager_cluster_connections_refused_total",
            "Connections of other processes that were refused: too many, another label, or no peer of this cluster.",
            &counts.refused,
        ),
    ] {
        families.push(Family::counter(name, help, count.get() as f64));
    }
}
