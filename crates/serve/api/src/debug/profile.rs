//! A profile in the form that `pprof` reads: protobuf, message `perftools.profiles.Profile`.
//!
//! Each sample has one place, a function named after what is counted.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prost::Message;

#[derive(Clone, PartialEq, Message)]
struct ValueType {
    #[prost(int64, tag = "1")]
    kind: i64,
    #[prost(int64, tag = "2")]
    unit: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(uint64, repeated, tag = "1")]
    locations: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    values: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function: u64,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(message, repeated, tag = "4")]
    lines: Vec<Line>,
}

#[derive(Clone, PartialEq, Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
}

/// The message; texts are places in the list of texts, of which the first is empty.
#[derive(Clone, PartialEq, Message)]
struct Encoded {
    #[prost(message, repeated, tag = "1")]
    types: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    locations: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    functions: Vec<Function>,
    #[prost(string, repeated, tag = "6")]
    texts: Vec<String>,
    /// Nanoseconds since the epoch.
    #[prost(int64, tag = "9")]
    time: i64,
    /// Nanoseconds.
    #[prost(int64, tag = "10")]
    duration: i64,
    #[prost(int64, repeated, tag = "13")]
    comments: Vec<i64>,
}

/// A profile that is being put together.
pub(super) struct Profile {
    message: Encoded,
    known: HashMap<String, i64>,
}

impl Profile {
    /// A profile whose samples have these values: (what, unit).
    pub(super) fn new(types: &[(&str, &str)]) -> Self {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let mut profile = Self {
            message: Encoded {
                texts: vec![String::new()],
                time: i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
                ..Encoded::default()
            },
            known: HashMap::new(),
        };
        for (kind, unit) in types {
            let value = ValueType {
                kind: profile.text(kind),
                unit: profile.text(unit),
            };
            profile.message.types.push(value);
        }
        profile
    }

    fn text(&mut self, text: &str) -> i64 {
        if let Some(place) = self.known.get(text) {
            return *place;
        }
        let place = i64::try_from(self.message.texts.len()).unwrap_or(0);
        self.message.texts.push(text.to_owned());
        self.known.insert(text.to_owned(), place);
        place
    }

    /// How long was measured.
    pub(super) fn lasted(&mut self, length: Duration) {
        self.message.duration = i64::try_from(length.as_nanos()).unwrap_or(i64::MAX);
    }

    /// A sentence for the reader.
    pub(super) fn comment(&mut self, text: &str) {
        let place = self.text(text);
        self.message.comments.push(place);
    }

    /// One sample under a name that none has had yet, with a value for each type.
    pub(super) fn push(&mut self, name: &str, values: &[i64]) {
        let name = self.text(name);
        // Places are numbered from 1 on.
        let id = self.message.functions.len() as u64 + 1;
        self.message.functions.push(Function { id, name });
        self.message.locations.push(Location {
            id,
            lines: vec![Line { function: id }],
        });
        self.message.samples.push(Sample {
            locations: vec![id],
            values: values.to_vec(),
        });
    }

    /// The bytes, which `pprof` takes as they are.
    pub(super) fn encoded(&self) -> Vec<u8> {
        self.message.encode_to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_places_refer_to_what_is_there() {
        let mut profile = Profile::new(&[("cpu", "nanoseconds")]);
        profile.push("scrape", &[5]);
        profile.push("query", &[7]);
        profile.comment("scrape");
        let read = Encoded::decode(profile.encoded().as_slice()).expect("a message");
        let text = |place: i64| read.texts[usize::try_from(place).expect("a place")].as_str();
        let names: Vec<&str> = read.functions.iter().map(|f| text(f.name)).collect();
        assert_eq!(names, ["scrape", "query"]);
        assert_eq!(text(read.types[0].unit), "nanoseconds");
        assert_eq!(text(read.comments[0]), "scrape");
        assert_eq!(read.texts.first().map(String::as_str), Some(""));
        for (sample, id) in read.samples.iter().zip(1..) {
            assert_eq!(sample.locations, [id]);
            assert!(read.locations.iter().any(|place| place.id == id));
        }
    }
}
