//! What reads foreign bytes, for fuzz targets, and inputs to begin with.

use std::io;
use std::path::Path;

use tokio::time::Instant;

use crate::frame::{self, Frame, Hello, Purpose};
use crate::membership::Membership;
use crate::node::Node;
use crate::options::Times;

/// A target's name and the target.
pub type Target = (&'static str, fn(&[u8]));

/// All targets of this crate.
pub const TARGETS: [Target; 2] = [("cluster_frame", one_frame), ("cluster_packets", packets)];

/// One frame, without its length.
fn one_frame(bytes: &[u8]) {
    let _ = Frame::decode(bytes);
}

/// Messages about members, each behind its length in two bytes, to a node that knows nobody.
fn packets(mut bytes: &[u8]) {
    let mut now = Instant::now();
    let mut membership = Membership::new(node("me", 1), &Times::default(), 0);
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (packet, rest) = rest.split_at(length);
        membership.receive(packet, now);
        now += Times::default().probe_interval;
        membership.pass(now);
        bytes = rest;
    }
}

fn node(name: &str, port: u16) -> Node {
    Node {
        name: name.to_owned(),
        address: std::net::SocketAddr::from(([127, 0, 0, 1], port)),
        generation: 1,
    }
}

/// Writes inputs below a folder, one folder a target: every kind of frame, and what two nodes say
/// when they meet.
///
/// # Errors
/// Where the files cannot be written.
pub fn write_seeds(folder: &Path) -> io::Result<()> {
    let hello = Hello {
        purpose: Purpose::Exchange,
        label: "label".to_owned(),
        node: node("other", 2),
    };
    let mut frames = vec![hello.encode(), frame::packet(b"packet"), frame::end(true)];
    frames.extend(frame::digests(&[1, 2]));
    frames.extend(frame::records(&[b"one".as_slice(), b"two"]));
    for (place, frame) in frames.iter().enumerate() {
        let body = frame.get(frame::LENGTH_BYTES..).unwrap_or_default();
        write(folder, "cluster_frame", place, body)?;
    }
    let now = Instant::now();
    let mut said = Vec::new();
    let mut me = Membership::new(node("me", 1), &Times::default(), 0);
    let mut other = Membership::new(node("other", 2), &Times::default(), 1);
    let mut packets = other.meet(me.me().clone(), now).send;
    while let Some((to, packet)) = packets.pop() {
        let answers = if to == *me.me() {
            let length = u16::try_from(packet.len()).unwrap_or(u16::MAX);
            said.extend_from_slice(&length.to_le_bytes());
            said.extend_from_slice(&packet);
            me.receive(&packet, now)
        } else {
            other.receive(&packet, now)
        };
        packets.extend(answers.send);
    }
    write(folder, "cluster_packets", 0, &said)
}

fn write(folder: &Path, target: &str, place: usize, bytes: &[u8]) -> io::Result<()> {
    let folder = folder.join(target);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(place.to_string()), bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_read() {
        let folder = std::env::temp_dir().join(format!("seeds-{}", std::process::id()));
        write_seeds(&folder).unwrap();
        for (target, run) in TARGETS {
            let files: Vec<_> = std::fs::read_dir(folder.join(target)).unwrap().collect();
            assert!(!files.is_empty(), "{target}");
            for file in files {
                run(&std::fs::read(file.unwrap().path()).unwrap());
            }
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
