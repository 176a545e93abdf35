//! What the log holds: pushes as they came, refusals, deletions.
//!
//! | bytes | content |
//! |---|---|
//! | 1 | kind: 1 push that replaces, 2 push that adds, 3 refusal, 4 deletion, 5 everything goes |
//! | 8 | milliseconds since the epoch, little-endian |
//! | 8 | when the group goes by itself, in the same; 0 for never |
//! | 1 | form of the body: 0 text, 1 delimited protobuf |
//! | 4 | how many labels the group has, little-endian; each name and value behind its length in 4 bytes |
//! | n | the body |

use wire::families::{Families, FamiliesError, LabelPairs, Overlay, read_protobuf, read_text};

/// The form of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Prometheus' text form.
    Text,
    /// Delimited messages of `io.prometheus.client.MetricFamily`.
    Protobuf,
}

impl Form {
    /// Reads a body of this form for a group.
    pub(crate) fn read(self, body: &[u8], labels: &LabelPairs) -> Result<Families, FamiliesError> {
        let overlay = Overlay::new(labels.clone());
        match self {
            Self::Text => read_text(body, &overlay),
            Self::Protobuf => read_protobuf(body, &overlay),
        }
    }
}

/// What happened to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// Metrics were pushed; those that were there before stay unless `replaces`, or of the same name.
    Pushed {
        replaces: bool,
        expires: Option<i64>,
        form: Form,
        body: &'a [u8],
    },
    /// A push was refused.
    Refused,
    Deleted,
    /// All groups went.
    Wiped,
}

/// One record of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) time: i64,
    pub(crate) labels: LabelPairs,
    pub(crate) event: Event<'a>,
}

/// Bytes before the labels.
const HEAD: usize = 18;

impl<'a> Record<'a> {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.clear();
        let (kind, expires, form, body) = match self.event {
            Event::Pushed {
                replaces,
                expires,
                form,
                body,
            } => (if replaces { 1 } else { 2 }, expires, form, body),
            Event::Refused => (3, None, Form::Text, &[][..]),
            Event::Deleted => (4, None, Form::Text, &[][..]),
            Event::Wiped => (5, None, Form::Text, &[][..]),
        };
        out.reserve(HEAD + self.labels.as_bytes().len() + body.len());
        out.push(kind);
        out.extend(self.time.to_le_bytes());
        out.extend(expires.unwrap_or(0).to_le_bytes());
        out.push(match form {
            Form::Text => 0,
            Form::Protobuf => 1,
        });
        // Labels are bounded where they come from.
        out.extend((self.labels.len() as u32).to_le_bytes());
        for text in self.labels.iter().flat_map(|(name, value)| [name, value]) {
            out.extend((text.len() as u32).to_le_bytes());
            out.extend(text.as_bytes());
        }
        out.extend(body);
    }

    /// The record that bytes are; `None` of a kind that this version does not know.
    pub(crate) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (&kind, rest) = bytes.split_first()?;
        let (time, rest) = rest.split_first_chunk()?;
        let (expires, rest) = rest.split_first_chunk()?;
        let (&form, rest) = rest.split_first()?;
        let (count, mut rest) = rest.split_first_chunk()?;
        let mut pairs = Vec::new();
        for _ in 0..u32::from_le_bytes(*count) {
            pairs.push((text(&mut rest)?, text(&mut rest)?));
        }
        let form = match form {
            0 => Form::Text,
            1 => Form::Protobuf,
            _ => return None,
        };
        let event = match kind {
            1 | 2 => Event::Pushed {
                replaces: kind == 1,
                expires: Some(i64::from_le_bytes(*expires)).filter(|time| *time != 0),
                form,
                body: rest,
            },
            3 => Event::Refused,
            4 => Event::Deleted,
            5 => Event::Wiped,
            _ => return None,
        };
        Some(Self {
            time: i64::from_le_bytes(*time),
            labels: LabelPairs::from_pairs(pairs),
            event,
        })
    }
}

fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let (length, behind) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (text, behind) = behind.split_at_checked(length)?;
    *rest = behind;
    std::str::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn records_come_back() {
        let pushed = Event::Pushed {
            replaces: false,
            expires: Some(7),
            form: Form::Protobuf,
            body: b"body",
        };
        for event in [pushed, Event::Refused, Event::Deleted, Event::Wiped] {
            let record = Record {
                time: 5,
                labels: LabelPairs::from_pairs([("job", "a"), ("b", "")]),
                event,
            };
            let mut bytes = Vec::new();
            record.encode(&mut bytes);
            assert_eq!(Record::decode(&bytes), Some(record));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, kind in 0u8..7) {
            let _ = Record::decode(&bytes);
            let bytes: Vec<u8> = [kind].into_iter().chain([0; 17]).chain(bytes).collect();
            let _ = Record::decode(&bytes);
        }
    }
}
