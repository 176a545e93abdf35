//! Numbers, texts and nodes as bytes: whole numbers lowest byte first, texts behind their length in
//! two bytes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::limits::NAME_BYTES;
use crate::node::Node;

/// Appends a text of at most 65,535 bytes, as names and labels are; what is longer is cut.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend(text.bytes().take(usize::from(length)));
}

/// Appends a node.
pub(crate) fn put_node(out: &mut Vec<u8>, node: &Node) {
    put_text(out, &node.name);
    match node.address.ip() {
        IpAddr::V4(ip) => {
            out.push(4);
            out.extend_from_slice(&ip.octets());
        }
        IpAddr::V6(ip) => {
            out.push(6);
            out.extend_from_slice(&ip.octets());
        }
    }
    out.extend_from_slice(&node.address.port().to_le_bytes());
    out.extend_from_slice(&node.generation.to_le_bytes());
}

/// Bytes that are being read. Every reading answers `None` where they do not fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(crate) fn two(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn four(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn eight(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A text of at most `most` bytes.
    pub(crate) fn text(&mut self, most: usize) -> Option<&'a str> {
        let length = usize::from(self.two()?);
        let bytes = self.take(length).filter(|_| length <= most)?;
        std::str::from_utf8(bytes).ok()
    }

    pub(crate) fn node(&mut self) -> Option<Node> {
        let name = self.text(NAME_BYTES)?.to_owned();
        let ip = match self.byte()? {
            4 => IpAddr::V4(Ipv4Addr::from(self.array::<4>()?)),
            6 => IpAddr::V6(Ipv6Addr::from(self.array::<16>()?)),
            _ => return None,
        };
        Some(Node {
            name,
            address: SocketAddr::new(ip, self.two()?),
            generation: self.eight()?,
        })
    }
}
