//! What Alertmanager leaves in its data folder: the files `silences` and `nflog`.
//!
//! Each is a sequence of protobuf messages, every one behind its length (upstream's
//! `silence.proto` and `nflog.proto`). Of a damaged file the entries before the damage are given.

use model::{MatchOp, Matcher};
use prost::Message;

/// The entries of a file, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    /// What could be read.
    pub entries: Vec<T>,
    /// Where the file, or an entry, could not be read.
    pub damage: Vec<String>,
}

/// A silence as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSilence {
    /// Its UUID.
    pub id: String,
    /// It holds for alerts that fit all matchers of one of these sets.
    pub matcher_sets: Vec<Vec<Matcher>>,
    /// In milliseconds since the epoch.
    pub starts_at: i64,
    /// In milliseconds since the epoch.
    pub ends_at: i64,
    /// In milliseconds since the epoch.
    pub updated_at: i64,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
}

/// Who was told of which group last, and of what. Alerts are numbered by XXH64 over their sorted
/// labels, each name and value followed by the byte 0xff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredNotification {
    /// The group's name.
    pub group_key: String,
    /// The receiver's name.
    pub receiver: String,
    /// The integration's kind.
    pub integration: String,
    /// Which of its kind within the receiver.
    pub index: u64,
    /// Alerts that fired.
    pub firing: Vec<u64>,
    /// Alerts that had ended.
    pub resolved: Vec<u64>,
    /// In milliseconds since the epoch.
    pub at: i64,
    /// When it may be forgotten, in milliseconds since the epoch.
    pub expires_at: i64,
}

/// Reads the file `silences`.
pub fn silences(bytes: &[u8]) -> Stored<StoredSilence> {
    read(bytes, |outer: MeshSilence| {
        let silence = outer.silence.ok_or("it is empty")?;
        let sets = if silence.matcher_sets.is_empty() {
            vec![silence.matchers]
        } else {
            let sets = silence.matcher_sets.into_iter();
            sets.map(|set| set.matchers).collect()
        };
        let sets: Result<Vec<Vec<Matcher>>, String> = sets
            .into_iter()
            .map(|set| set.into_iter().map(matcher).collect())
            .collect();
        let old = silence.comments.into_iter().next().unwrap_or_default();
        let either = |new: String, old: String| if new.is_empty() { old } else { new };
        Ok(StoredSilence {
            id: silence.id,
            matcher_sets: sets?,
            starts_at: millis(silence.starts_at),
            ends_at: millis(silence.ends_at),
            updated_at: millis(silence.updated_at),
            created_by: either(silence.created_by, old.author),
            comment: either(silence.comment, old.comment),
        })
    })
}

/// Reads the file `nflog`.
pub fn notifications(bytes: &[u8]) -> Stored<StoredNotification> {
    read(bytes, |outer: MeshEntry| {
        let entry = outer.entry.ok_or("it is empty")?;
        let receiver = entry.receiver.ok_or("it names no receiver")?;
        let group_key =
            String::from_utf8(entry.group_key).map_err(|_| "its group's name is no UTF-8")?;
        Ok(StoredNotification {
            group_key,
            receiver: receiver.group_name,
            integration: receiver.integration,
            index: u64::from(receiver.idx),
            firing: entry.firing_alerts,
            resolved: entry.resolved_alerts,
            at: millis(entry.timestamp),
            expires_at: millis(outer.expires_at),
        })
    })
}

fn read<M: Message + Default, T>(
    mut bytes: &[u8],
    convert: impl Fn(M) -> Result<T, String>,
) -> Stored<T> {
    let mut stored = Stored {
        entries: Vec::new(),
        damage: Vec::new(),
    };
    let mut place = 0;
    while !bytes.is_empty() {
        place += 1;
        match M::decode_length_delimited(&mut bytes) {
            Ok(message) => match convert(message) {
                Ok(entry) => stored.entries.push(entry),
                Err(reason) => stored.damage.push(format!("entry {place}: {reason}")),
            },
            Err(error) => {
                // Where the next one begins is not known any more.
                stored.damage.push(format!("entry {place}: {error}"));
                break;
            }
        }
    }
    stored
}

fn matcher(stored: StoredMatcher) -> Result<Matcher, String> {
    let op = match stored.kind {
        0 => MatchOp::Equal,
        1 => MatchOp::Regex,
        2 => MatchOp::NotEqual,
        3 => MatchOp::NotRegex,
        other => return Err(format!("a matcher is of the unknown kind {other}")),
    };
    Matcher::new(&stored.name, op, &stored.pattern)
        .map_err(|error| format!("the matcher of {}: {error}", stored.name))
}

/// Milliseconds since the epoch; a missing moment is the epoch itself.
fn millis(moment: Option<Timestamp>) -> i64 {
    let Timestamp { seconds, nanos } = moment.unwrap_or_default();
    seconds
        .saturating_mul(1000)
        .saturating_add(i64::from(nanos) / 1_000_000)
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
struct Timestamp {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct StoredMatcher {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    pattern: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct MatcherSet {
    #[prost(message, repeated, tag = "1")]
    matchers: Vec<StoredMatcher>,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct Comment {
    #[prost(string, tag = "1")]
    author: String,
    #[prost(string, tag = "2")]
    comment: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct Silence {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(message, repeated, tag = "2")]
    matchers: Vec<StoredMatcher>,
    #[prost(message, optional, tag = "3")]
    starts_at: Option<Timestamp>,
    #[prost(message, optional, tag = "4")]
    ends_at: Option<Timestamp>,
    #[prost(message, optional, tag = "5")]
    updated_at: Option<Timestamp>,
    #[prost(message, repeated, tag = "7")]
    comments: Vec<Comment>,
    #[prost(string, tag = "8")]
    created_by: String,
    #[prost(string, tag = "9")]
    comment: String,
    #[prost(message, repeated, tag = "11")]
    matcher_sets: Vec<MatcherSet>,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct MeshSilence {
    #[prost(message, optional, tag = "1")]
    silence: Option<Silence>,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct Receiver {
    #[prost(string, tag = "1")]
    group_name: String,
    #[prost(string, tag = "2")]
    integration: String,
    #[prost(uint32, tag = "3")]
    idx: u32,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct Entry {
    #[prost(bytes = "vec", tag = "1")]
    group_key: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    receiver: Option<Receiver>,
    #[prost(message, optional, tag = "5")]
    timestamp: Option<Timestamp>,
    #[prost(uint64, repeated, tag = "6")]
    firing_alerts: Vec<u64>,
    #[prost(uint64, repeated, tag = "7")]
    resolved_alerts: Vec<u64>,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct MeshEntry {
    #[prost(message, optional, tag = "1")]
    entry: Option<Entry>,
    #[prost(message, optional, tag = "2")]
    expires_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn second(seconds: i64) -> Option<Timestamp> {
        let nanos = 5_000_000;
        Some(Timestamp { seconds, nanos })
    }

    fn stored_matcher(kind: i32, name: &str, pattern: &str) -> StoredMatcher {
        StoredMatcher {
            kind,
            name: name.to_owned(),
            pattern: pattern.to_owned(),
        }
    }

    fn silence(matchers: Vec<StoredMatcher>) -> MeshSilence {
        MeshSilence {
            silence: Some(Silence {
                id: "id".to_owned(),
                matchers,
                starts_at: second(1),
                ends_at: second(2),
                updated_at: None,
                comments: vec![Comment {
                    author: "old".to_owned(),
                    comment: "older".to_owned(),
                }],
                created_by: String::new(),
                comment: "new".to_owned(),
                matcher_sets: Vec::new(),
            }),
        }
    }

    #[test]
    fn silences_are_read() {
        let mut two_sets = silence(vec![stored_matcher(0, "a", "b")]);
        let sets = &mut two_sets.silence.as_mut().unwrap().matcher_sets;
        for name in ["a", "c"] {
            sets.push(MatcherSet {
                matchers: vec![stored_matcher(3, name, "b|c")],
            });
        }
        let mut bytes = silence(vec![stored_matcher(0, "a", "b")]).encode_length_delimited_to_vec();
        bytes.extend(two_sets.encode_length_delimited_to_vec());
        for bad in [stored_matcher(1, "a", "("), stored_matcher(9, "a", "b")] {
            bytes.extend(silence(vec![bad]).encode_length_delimited_to_vec());
        }
        let stored = silences(&bytes);
        let equal = Matcher::equal("a", "b");
        let not = |name| Matcher::new(name, MatchOp::NotRegex, "b|c").unwrap();
        let sets: Vec<_> = stored.entries.iter().map(|s| &s.matcher_sets).collect();
        assert_eq!(
            sets,
            [&vec![vec![equal]], &vec![vec![not("a")], vec![not("c")]]]
        );
        let first = &stored.entries[0];
        assert_eq!(
            (first.starts_at, first.ends_at, first.updated_at),
            (1005, 2005, 0)
        );
        assert_eq!(
            (&*first.created_by, &*first.comment, &*first.id),
            ("old", "new", "id")
        );
        assert_eq!(stored.damage.len(), 2, "{:?}", stored.damage);
    }

    #[test]
    fn notifications_are_read_as_far_as_the_file_goes() {
        let entry = MeshEntry {
            entry: Some(Entry {
                group_key: b"{}:{}".to_vec(),
                receiver: Some(Receiver {
                    group_name: "r".to_owned(),
                    integration: "webhook".to_owned(),
                    idx: 3,
                }),
                timestamp: second(1),
                firing_alerts: vec![u64::MAX, 1],
                resolved_alerts: vec![2],
            }),
            expires_at: second(9),
        };
        let one = entry.encode_length_delimited_to_vec();
        let whole = StoredNotification {
            group_key: "{}:{}".to_owned(),
            receiver: "r".to_owned(),
            integration: "webhook".to_owned(),
            index: 3,
            firing: vec![u64::MAX, 1],
            resolved: vec![2],
            at: 1005,
            expires_at: 9005,
        };
        let two = [one.clone(), one.clone()].concat();
        for (bytes, entries, damaged) in [
            (&[][..], 0, false),
            (&two, 2, false),
            (&two[..two.len() - 1], 1, true),
            (&two[..=one.len()], 1, true),
        ] {
            let stored = notifications(bytes);
            assert_eq!(stored.entries, vec![whole.clone(); entries]);
            assert_eq!(!stored.damage.is_empty(), damaged, "{:?}", stored.damage);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_stop_the_reader(bytes: Vec<u8>) {
            let _ = silences(&bytes);
            let _ = notifications(&bytes);
        }
    }
}
