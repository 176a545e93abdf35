//! What reads foreign bytes, for fuzz targets.

use tokio::time::Instant;

use crate::frame::Frame;
use crate::membership::Membership;
use crate::node::Node;
use crate::options::Times;

/// A target's name and the target.
pub type Target = (&'static str, fn(&[u8]));

/// All targets of this crate.
pub const TARGETS: [Target; 2] = [("cluster_frame", frame), ("cluster_packets", packets)];

/// One frame, without its length.
fn frame(bytes: &[u8]) {
    let _ = Frame::decode(bytes);
}

/// Messages about members, each behind its length in two bytes, to a node that knows nobody.
fn packets(mut bytes: &[u8]) {
    let me = Node {
        name: "me".to_owned(),
        address: std::net::SocketAddr::from(([127, 0, 0, 1], 1)),
        generation: 1,
    };
    let mut now = Instant::now();
    let mut membership = Membership::new(me, &Times::default(), 0);
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (packet, rest) = rest.split_at(length);
        membership.receive(packet, now);
        now += Times::default().probe_interval;
        membership.pass(now);
        bytes = rest;
    }
}
