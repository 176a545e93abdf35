//! Questions and answers as bytes.
//!
//! Format: RFC 1035, chapter 4; RFC 2782 (SRV); RFC 6891 (the size of answers).

use std::net::{Ipv4Addr, Ipv6Addr};

use config::RecordType;
use thiserror::Error;

/// Bytes of an answer by UDP that the question allows.
pub(super) const MAX_DATAGRAM_BYTES: u16 = 4096;
/// Bytes of a name on the wire.
const MAX_NAME_BYTES: usize = 255;
/// Bytes of one part of a name.
const MAX_PART_BYTES: usize = 63;
/// The class of the Internet.
const CLASS: u16 = 1;
/// The type of a record that is another name for the one asked for.
const CNAME: u16 = 5;
/// The type of the pseudo-record that tells sizes.
const OPT: u16 = 41;

/// What is wrong with a name or a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum MessageError {
    #[error("the name is too long or has an empty part")]
    Name,
    #[error("the answer breaks off")]
    Short,
    #[error("a name of the answer has no end")]
    Circle,
    #[error("the answer is to another question")]
    Stranger,
}

/// A record of an answer; names keep their last dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    A(Ipv4Addr),
    Aaaa(Ipv6Addr),
    Srv {
        target: String,
        port: u16,
    },
    Mx(String),
    Ns(String),
    /// Another name for the one asked for: its records follow.
    Alias,
    /// A type that was not asked for.
    Other(u16),
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) truncated: bool,
    /// 0 for success, 3 where the name does not exist.
    pub(super) code: u8,
    pub(super) records: Vec<Record>,
}

fn number(kind: RecordType) -> u16 {
    match kind {
        RecordType::A => 1,
        RecordType::Ns => 2,
        RecordType::Mx => 15,
        RecordType::Aaaa => 28,
        RecordType::Srv => 33,
    }
}

/// A question for a full name. `sized` tells the server how large an answer may be.
pub(super) fn question(
    id: u16,
    name: &str,
    kind: RecordType,
    sized: bool,
) -> Result<Vec<u8>, MessageError> {
    let mut out = Vec::with_capacity(64);
    out.extend(id.to_be_bytes());
    // Recursion desired; one question, no answers, no authorities, the size.
    out.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, u8::from(sized)]);
    let start = out.len();
    for part in name.trim_end_matches('.').split('.') {
        let length = u8::try_from(part.len()).map_err(|_| MessageError::Name)?;
        if part.is_empty() && name != "." || part.len() > MAX_PART_BYTES {
            return Err(MessageError::Name);
        }
        if !part.is_empty() {
            out.push(length);
            out.extend(part.as_bytes());
        }
    }
    out.push(0);
    if out.len() - start > MAX_NAME_BYTES {
        return Err(MessageError::Name);
    }
    out.extend(number(kind).to_be_bytes());
    out.extend(CLASS.to_be_bytes());
    if sized {
        out.push(0);
        out.extend(OPT.to_be_bytes());
        out.extend(MAX_DATAGRAM_BYTES.to_be_bytes());
        out.extend([0; 6]);
    }
    Ok(out)
}

/// Reads the answer to a question.
pub(super) fn answer(id: u16, bytes: &[u8]) -> Result<Message, MessageError> {
    let mut reader = Reader { bytes, at: 0 };
    if reader.u16()? != id {
        return Err(MessageError::Stranger);
    }
    let [flags, more] = reader.u16()?.to_be_bytes();
    if flags & 0x80 == 0 {
        return Err(MessageError::Stranger);
    }
    let mut message = Message {
        truncated: flags & 0x02 != 0,
        code: more & 0x0f,
        records: Vec::new(),
    };
    let (questions, answers) = (reader.u16()?, reader.u16()?);
    reader.skip(4)?;
    for _ in 0..questions {
        reader.name()?;
        reader.skip(4)?;
    }
    // What was cut off is asked for again.
    if !message.truncated {
        for _ in 0..answers {
            message.records.push(reader.record()?);
        }
    }
    Ok(message)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], MessageError> {
        let end = self.at.checked_add(N).ok_or(MessageError::Short)?;
        let bytes = self.bytes.get(self.at..end).ok_or(MessageError::Short)?;
        self.at = end;
        bytes.try_into().map_err(|_| MessageError::Short)
    }

    fn skip(&mut self, count: usize) -> Result<(), MessageError> {
        self.at = self.at.checked_add(count).ok_or(MessageError::Short)?;
        if self.at > self.bytes.len() {
            return Err(MessageError::Short);
        }
        Ok(())
    }

    fn u16(&mut self) -> Result<u16, MessageError> {
        self.take().map(u16::from_be_bytes)
    }

    fn record(&mut self) -> Result<Record, MessageError> {
        self.name()?;
        let kind = self.u16()?;
        // Class and time to live.
        self.skip(6)?;
        let length = usize::from(self.u16()?);
        let end = self.at.checked_add(length).ok_or(MessageError::Short)?;
        let record = match kind {
            1 => Record::A(Ipv4Addr::from(self.take::<4>()?)),
            28 => Record::Aaaa(Ipv6Addr::from(self.take::<16>()?)),
            2 => Record::Ns(self.name()?),
            15 => {
                self.skip(2)?;
                Record::Mx(self.name()?)
            }
            33 => {
                self.skip(4)?;
                let port = self.u16()?;
                let target = self.name()?;
                Record::Srv { target, port }
            }
            CNAME => Record::Alias,
            other => Record::Other(other),
        };
        // A record is as long as it says, whatever was read of it.
        self.at = end;
        self.skip(0)?;
        Ok(record)
    }

    /// A name in its written form. A part may point at an earlier place, where the rest stands.
    fn name(&mut self) -> Result<String, MessageError> {
        let mut name = String::new();
        let mut length = 0usize;
        let mut behind = None;
        let mut bound = self.at;
        loop {
            let [first] = self.take()?;
            match first {
                0 => break,
                1..=63 => {
                    length += usize::from(first) + 1;
                    if length > MAX_NAME_BYTES {
                        return Err(MessageError::Circle);
                    }
                    for _ in 0..first {
                        let [byte] = self.take()?;
                        write_byte(&mut name, byte);
                    }
                    name.push('.');
                }
                192..=255 => {
                    let [second] = self.take()?;
                    let to = usize::from(u16::from_be_bytes([first & 0x3f, second]));
                    // Only ever backwards, so that it ends.
                    if to >= bound {
                        return Err(MessageError::Circle);
                    }
                    behind.get_or_insert(self.at);
                    bound = to;
                    self.at = to;
                }
                _ => return Err(MessageError::Circle),
            }
        }
        if let Some(behind) = behind {
            self.at = behind;
        }
        if name.is_empty() {
            name.push('.');
        }
        Ok(name)
    }
}

/// A byte of a name as zone files write it.
fn write_byte(name: &mut String, byte: u8) {
    match byte {
        b'.' | b' ' | b'\'' | b'@' | b';' | b'(' | b')' | b'"' | b'\\' => {
            name.push('\\');
            name.push(char::from(byte));
        }
        b'!'..=b'~' => name.push(char::from(byte)),
        _ => name.push_str(&format!("\\{byte:03}")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An answer to `a.b.` with one SRV record, whose target points back at the question.
    fn srv() -> Vec<u8> {
        let mut bytes = question(7, "a.b.", RecordType::Srv, false).expect("a name");
        bytes[2] = 0x81;
        bytes[7] = 1;
        bytes.extend([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 9, 0, 11]);
        bytes.extend([0, 1, 0, 2, 0x1f, 0x90, 2, b'h', b'.', 0xc0, 12]);
        bytes
    }

    #[test]
    fn names_point_back() {
        let message = answer(7, &srv()).expect("an answer");
        let target = "h\\..a.b.".to_owned();
        assert_eq!(message.records, [Record::Srv { target, port: 8080 }]);
        assert_eq!(answer(8, &srv()), Err(MessageError::Stranger));
    }

    #[test]
    fn names_that_turn_in_a_circle_end() {
        let mut bytes = srv();
        let last = bytes.len() - 1;
        bytes[last] = u8::try_from(last - 4).expect("a short message");
        assert_eq!(answer(7, &bytes), Err(MessageError::Circle));
    }

    #[test]
    fn names_have_limits() {
        for name in ["a..b.", &"a".repeat(64), &"a.".repeat(128)] {
            let asked = question(1, name, RecordType::A, true);
            assert_eq!(asked, Err(MessageError::Name), "{name}");
        }
        assert!(question(1, ".", RecordType::Ns, true).is_ok());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, cut in 0usize..60, place in 0usize..60, value: u8) {
            let _ = answer(0, &bytes);
            let mut damaged = srv();
            if let Some(byte) = damaged.get_mut(place) {
                *byte = value;
            }
            damaged.truncate(cut);
            let _ = answer(7, &damaged);
        }
    }
}
