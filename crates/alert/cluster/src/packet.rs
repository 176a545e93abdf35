//! Messages about members as bytes, for the protocol that finds out who is alive.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Buf, BufMut};
use foca::{Header, Member, Message, State};
use parking_lot::Mutex;
use thiserror::Error;

use crate::codec::{self, Bytes};
use crate::limits::MEMBERS;
use crate::node::Node;

/// Bytes that are no message, or a message that cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum PacketError {
    #[error("no message of this protocol")]
    Malformed,
    #[error("no room for the message")]
    NoRoom,
    #[error("too many nodes: {MEMBERS} are known, lost ones among them")]
    TooMany,
}

/// The addresses of the nodes that are known, shared with whoever forgets them.
pub(crate) type Known = Arc<Mutex<HashSet<SocketAddr>>>;

/// Reads and writes messages. New nodes are refused where too many are known.
#[derive(Default)]
pub(crate) struct Codec {
    pub(crate) known: Known,
}

impl Codec {
    fn admit(&self, node: &Node) -> Result<(), PacketError> {
        let mut known = self.known.lock();
        if known.len() < MEMBERS || known.contains(&node.address) {
            known.insert(node.address);
            Ok(())
        } else {
            Err(PacketError::TooMany)
        }
    }
}

impl foca::Codec<Node> for Codec {
    type Error = PacketError;

    fn encode_header(
        &mut self,
        header: &Header<Node>,
        buffer: impl BufMut,
    ) -> Result<(), PacketError> {
        let mut out = Vec::new();
        codec::put_node(&mut out, &header.src);
        out.extend_from_slice(&header.src_incarnation.to_le_bytes());
        codec::put_node(&mut out, &header.dst);
        put_message(&mut out, &header.message);
        put(&out, buffer)
    }

    fn decode_header(&mut self, buffer: impl Buf) -> Result<Header<Node>, PacketError> {
        let header = read(buffer, |bytes| {
            Some(Header {
                src: bytes.node()?,
                src_incarnation: bytes.two()?,
                dst: bytes.node()?,
                message: message(bytes)?,
            })
        })?;
        self.admit(&header.src)?;
        Ok(header)
    }

    fn encode_member(
        &mut self,
        member: &Member<Node>,
        buffer: impl BufMut,
    ) -> Result<(), PacketError> {
        let mut out = Vec::new();
        codec::put_node(&mut out, member.id());
        out.extend_from_slice(&member.incarnation().to_le_bytes());
        out.push(match member.state() {
            State::Alive => 0,
            State::Suspect => 1,
            State::Down => 2,
        });
        put(&out, buffer)
    }

    fn decode_member(&mut self, buffer: impl Buf) -> Result<Member<Node>, PacketError> {
        let member = read(buffer, |bytes| {
            let (node, incarnation) = (bytes.node()?, bytes.two()?);
            let state = match bytes.byte()? {
                0 => State::Alive,
                1 => State::Suspect,
                2 => State::Down,
                _ => return None,
            };
            Some(Member::new(node, incarnation, state))
        })?;
        self.admit(member.id())?;
        Ok(member)
    }
}

fn put(bytes: &[u8], mut buffer: impl BufMut) -> Result<(), PacketError> {
    if buffer.remaining_mut() < bytes.len() {
        return Err(PacketError::NoRoom);
    }
    buffer.put_slice(bytes);
    Ok(())
}

/// Reads one thing and moves the buffer behind it.
fn read<T>(
    mut buffer: impl Buf,
    thing: impl FnOnce(&mut Bytes<'_>) -> Option<T>,
) -> Result<T, PacketError> {
    let mut bytes = Bytes(buffer.chunk());
    let before = bytes.0.len();
    let found = thing(&mut bytes).ok_or(PacketError::Malformed)?;
    let taken = before - bytes.0.len();
    buffer.advance(taken);
    Ok(found)
}

fn put_message(out: &mut Vec<u8>, message: &Message<Node>) {
    let (kind, node, number) = match message {
        Message::Ping(number) => (0, None, Some(number)),
        Message::Ack(number) => (1, None, Some(number)),
        Message::PingReq {
            target,
            probe_number,
        } => (2, Some(target), Some(probe_number)),
        Message::IndirectPing {
            origin,
            probe_number,
        } => (3, Some(origin), Some(probe_number)),
        Message::IndirectAck {
            target,
            probe_number,
        } => (4, Some(target), Some(probe_number)),
        Message::ForwardedAck {
            origin,
            probe_number,
        } => (5, Some(origin), Some(probe_number)),
        Message::Announce => (6, None, None),
        Message::Feed => (7, None, None),
        Message::Gossip => (8, None, None),
        Message::Broadcast => (9, None, None),
        Message::TurnUndead => (10, None, None),
    };
    out.push(kind);
    if let Some(node) = node {
        codec::put_node(out, node);
    }
    out.extend(number);
}

fn message(bytes: &mut Bytes<'_>) -> Option<Message<Node>> {
    Some(match bytes.byte()? {
        0 => Message::Ping(bytes.byte()?),
        1 => Message::Ack(bytes.byte()?),
        2 => Message::PingReq {
            target: bytes.node()?,
            probe_number: bytes.byte()?,
        },
        3 => Message::IndirectPing {
            origin: bytes.node()?,
            probe_number: bytes.byte()?,
        },
        4 => Message::IndirectAck {
            target: bytes.node()?,
            probe_number: bytes.byte()?,
        },
        5 => Message::ForwardedAck {
            origin: bytes.node()?,
            probe_number: bytes.byte()?,
        },
        6 => Message::Announce,
        7 => Message::Feed,
        8 => Message::Gossip,
        9 => Message::Broadcast,
        10 => Message::TurnUndead,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use foca::Codec as _;
    use proptest::prelude::*;

    fn node(name: &str, port: u16) -> Node {
        Node {
            name: name.to_owned(),
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            generation: 7,
        }
    }

    #[test]
    fn headers_and_members_come_back() {
        let other = || node("other", 3);
        let messages = [
            Message::Ping(1),
            Message::Ack(2),
            Message::PingReq {
                target: other(),
                probe_number: 3,
            },
            Message::IndirectPing {
                origin: other(),
                probe_number: 4,
            },
            Message::IndirectAck {
                target: other(),
                probe_number: 5,
            },
            Message::ForwardedAck {
                origin: other(),
                probe_number: 6,
            },
            Message::Announce,
            Message::Feed,
            Message::Gossip,
            Message::Broadcast,
            Message::TurnUndead,
        ];
        let mut codec = Codec::default();
        for message in messages {
            let header = Header {
                src: node("a", 1),
                src_incarnation: 9,
                dst: node("b", 2),
                message,
            };
            let mut out = Vec::new();
            codec.encode_header(&header, &mut out).unwrap();
            let mut read = &out[..];
            assert_eq!(codec.decode_header(&mut read).unwrap(), header);
            assert!(read.is_empty());
            for length in 0..out.len() {
                let cut = codec.decode_header(&out[..length]);
                assert_eq!(cut, Err(PacketError::Malformed), "cut at {length}");
            }
        }
        for state in [State::Alive, State::Suspect, State::Down] {
            let member = Member::new(other(), 3, state);
            let mut out = Vec::new();
            codec.encode_member(&member, &mut out).unwrap();
            assert_eq!(codec.decode_member(&out[..]).unwrap(), member);
            let mut small = [0; 4];
            let refused = codec.encode_member(&member, &mut small[..]);
            assert_eq!((refused, small), (Err(PacketError::NoRoom), [0; 4]));
        }
    }

    #[test]
    fn new_nodes_are_refused_where_there_are_too_many() {
        let mut codec = Codec::default();
        let mut out = Vec::new();
        let member = Member::alive(node("new", 1));
        codec.encode_member(&member, &mut out).unwrap();
        for port in 0..u16::try_from(MEMBERS).unwrap() {
            assert!(codec.decode_member(&out[..]).is_ok());
            let mut known = codec.known.lock();
            known.remove(&member.id().address);
            known.insert(SocketAddr::from(([10, 0, 0, 1], port)));
        }
        assert_eq!(codec.decode_member(&out[..]), Err(PacketError::TooMany));
        codec.known.lock().insert(member.id().address);
        assert!(codec.decode_member(&out[..]).is_ok(), "one that is known");
    }

    proptest! {
        #[test]
        fn no_bytes_stop_the_reader(bytes: Vec<u8>) {
            let mut codec = Codec::default();
            let _ = codec.decode_header(&bytes[..]);
            let _ = codec.decode_member(&bytes[..]);
        }
    }
}
