//! What nodes send each other: frames, each a length in four bytes, a kind in one, and a body. The
//! page `docs/formats/cluster.md` has them byte by byte.
//!
//! Invariant: no bytes make reading panic, and what reading makes is not larger than a few times
//! the bytes.

use bytes::Bytes as Shared;

use crate::codec::{self, Bytes};
use crate::limits::{
    FRAME_BYTES, FRAME_DIGESTS, FRAME_RECORDS, LABEL_BYTES, PACKET_BYTES, RECORDS_BYTES,
};
use crate::node::Node;

/// What the first frame of a connection begins with: the name of the format and its version.
const MAGIC: [u8; 5] = *b"ARGC\x01";

/// Bytes that a frame has before its kind.
pub(crate) const LENGTH_BYTES: usize = 4;

const HELLO: u8 = 1;
const PACKET: u8 = 2;
const RECORDS: u8 = 3;
const DIGESTS: u8 = 4;
const END: u8 = 5;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Messages about members, and records that have changed, in one direction.
    Messages,
    /// Both sides find out what the other lacks.
    Exchange,
}

/// The first frame of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hello {
    pub(crate) purpose: Purpose,
    /// The cluster's label: only nodes with the same one talk to each other.
    pub(crate) label: String,
    /// Who speaks.
    pub(crate) node: Node,
}

/// A frame that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    Hello(Hello),
    /// A message about members.
    Packet(&'a [u8]),
    /// Records of the state.
    Records(Vec<&'a [u8]>),
    /// Digests of records that the sender has.
    Digests(Vec<u64>),
    /// The end of a list; of records, whether there are more than this exchange carries.
    End {
        more: bool,
    },
}

impl<'a> Frame<'a> {
    /// Reads kind and body; `None` where they are no frame.
    pub(crate) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let frame = match bytes.byte()? {
            HELLO => Self::Hello(hello_of(&mut bytes)?),
            PACKET => {
                let length = bytes.0.len();
                Self::Packet(bytes.take(length).filter(|p| p.len() <= PACKET_BYTES)?)
            }
            RECORDS => {
                let count = count(&mut bytes, FRAME_RECORDS, 4)?;
                let record = |_| {
                    let length = usize::try_from(bytes.four()?).ok()?;
                    bytes.take(length)
                };
                Self::Records((0..count).map(record).collect::<Option<_>>()?)
            }
            DIGESTS => {
                let count = count(&mut bytes, FRAME_DIGESTS, 8)?;
                Self::Digests((0..count).map(|_| bytes.eight()).collect::<Option<_>>()?)
            }
            END => Self::End {
                more: bytes.byte()? == 1,
            },
            _ => return None,
        };
        bytes.0.is_empty().then_some(frame)
    }
}

/// A count of things that take at least `least` bytes each.
fn count(bytes: &mut Bytes<'_>, most: usize, least: usize) -> Option<usize> {
    let count = usize::try_from(bytes.four()?).ok()?;
    (count <= most && count.checked_mul(least)? <= bytes.0.len()).then_some(count)
}

fn hello_of(bytes: &mut Bytes<'_>) -> Option<Hello> {
    if bytes.take(MAGIC.len())? != MAGIC {
        return None;
    }
    let purpose = match bytes.byte()? {
        0 => Purpose::Messages,
        1 => Purpose::Exchange,
        _ => return None,
    };
    Some(Hello {
        purpose,
        label: bytes.text(LABEL_BYTES)?.to_owned(),
        node: bytes.node()?,
    })
}

/// A frame with its length before it.
fn framed(kind: u8, write: impl FnOnce(&mut Vec<u8>)) -> Shared {
    let mut out = vec![0; LENGTH_BYTES];
    out.push(kind);
    write(&mut out);
    let length = u32::try_from(out.len() - LENGTH_BYTES).unwrap_or(u32::MAX);
    if let Some(place) = out.first_chunk_mut::<LENGTH_BYTES>() {
        *place = length.to_le_bytes();
    }
    out.into()
}

impl Hello {
    pub(crate) fn encode(&self) -> Shared {
        framed(HELLO, |out| {
            out.extend_from_slice(&MAGIC);
            out.push(match self.purpose {
                Purpose::Messages => 0,
                Purpose::Exchange => 1,
            });
            codec::put_text(out, &self.label);
            codec::put_node(out, &self.node);
        })
    }
}

/// The frame of a message about members.
pub(crate) fn packet(bytes: &[u8]) -> Shared {
    framed(PACKET, |out| out.extend_from_slice(bytes))
}

/// The frame of the end of a list.
pub(crate) fn end(more: bool) -> Shared {
    framed(END, |out| out.push(u8::from(more)))
}

/// The frames of any number of digests.
pub(crate) fn digests(all: &[u64]) -> impl Iterator<Item = Shared> + '_ {
    all.chunks(FRAME_DIGESTS).map(|some| {
        framed(DIGESTS, |out| {
            put_count(out, some.len());
            for digest in some {
                out.extend_from_slice(&digest.to_le_bytes());
            }
        })
    })
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    out.extend_from_slice(&count.to_le_bytes());
}

/// Whether a frame has room for a record.
pub(crate) fn fits(record: &[u8]) -> bool {
    // The kind, a count and the record's length.
    record.len() <= FRAME_BYTES - 9
}

/// The frames of any number of records, all of which fit.
pub(crate) fn records<'a, T: AsRef<[u8]>>(
    mut all: &'a [T],
) -> impl Iterator<Item = Shared> + use<'a, T> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fit = all.iter().take(FRAME_RECORDS).take_while(|record| {
            bytes += record.as_ref().len();
            bytes <= RECORDS_BYTES
        });
        // A large one goes alone.
        let count = fit.count().max(1);
        let (some, rest) = all.split_at_checked(count)?;
        all = rest;
        Some(framed(RECORDS, |out| {
            put_count(out, some.len());
            for record in some {
                put_count(out, record.as_ref().len());
                out.extend_from_slice(record.as_ref());
            }
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn body(frame: &Shared) -> &[u8] {
        let length = u32::from_le_bytes(frame[..4].try_into().unwrap());
        assert_eq!(frame.len() - 4, length as usize);
        &frame[4..]
    }

    fn hello(address: &str) -> Hello {
        Hello {
            purpose: Purpose::Exchange,
            label: "staging".to_owned(),
            node: Node {
                name: "a".to_owned(),
                address: address.parse().unwrap(),
                generation: u64::MAX,
            },
        }
    }

    #[test]
    fn a_hello_comes_back_and_a_cut_one_does_not() {
        for address in ["10.0.0.1:9094", "[fd00::1]:1"] {
            let hello = hello(address);
            let frame = hello.encode();
            let bytes = body(&frame);
            assert_eq!(Frame::decode(bytes), Some(Frame::Hello(hello)));
            for length in 0..bytes.len() {
                assert_eq!(Frame::decode(&bytes[..length]), None, "cut at {length}");
            }
            assert_eq!(Frame::decode(&[bytes, &[0]].concat()), None, "more");
        }
    }

    #[test]
    fn strangers_are_not_understood() {
        let frame = hello("10.0.0.1:9094").encode();
        for (place, byte) in [(0, 9), (1, b'X'), (5, 2), (6, 7)] {
            let mut bytes = body(&frame).to_vec();
            bytes[place] = byte;
            assert_eq!(Frame::decode(&bytes), None, "{place}");
        }
    }

    #[test]
    fn many_records_take_several_frames_and_large_ones_go_alone() {
        let all = [
            vec![1; 10],
            vec![2; RECORDS_BYTES * 3],
            vec![3; RECORDS_BYTES - 20],
            vec![4; 20],
            vec![5; 1],
        ];
        let frames: Vec<Shared> = records(&all).collect();
        let mut counts = Vec::new();
        let mut found = Vec::new();
        for frame in &frames {
            let Some(Frame::Records(some)) = Frame::decode(body(frame)) else {
                panic!("no records");
            };
            counts.push(some.len());
            found.extend(some.iter().map(|record| record.to_vec()));
        }
        assert_eq!((counts, found), (vec![1, 1, 2, 1], all.to_vec()));
        assert_eq!(records::<Vec<u8>>(&[]).count(), 0);
    }

    proptest! {
        #[test]
        fn lists_come_back(list: Vec<u64>, small: Vec<Vec<u8>>, more: bool) {
            let frames: Vec<Shared> = digests(&list).collect();
            prop_assert_eq!(frames.len(), usize::from(!list.is_empty()));
            for frame in &frames {
                prop_assert_eq!(Frame::decode(body(frame)), Some(Frame::Digests(list.clone())));
            }
            for frame in records(&small) {
                let expected = small.iter().map(Vec::as_slice).collect();
                prop_assert_eq!(Frame::decode(body(&frame)), Some(Frame::Records(expected)));
            }
            let end = end(more);
            prop_assert_eq!(Frame::decode(body(&end)), Some(Frame::End { more }));
        }

        #[test]
        fn no_bytes_stop_the_reader(kind in 0u8..7, bytes: Vec<u8>) {
            let mut frame = vec![kind];
            frame.extend(bytes);
            let _ = Frame::decode(&frame);
        }
    }
}
