//! The postings offset table: from a label to the place of its postings.
//!
//! ```text
//! length u32 | count u32 | { 2 | name | value | offset uvarint }… | CRC32C u32
//! ```
//! Texts stand behind their length as uvarint. Entries are sorted by name, then value; the first
//! has neither and leads to the postings of all series.

use std::ops::Range;

use super::section::section;
use crate::record::bytes::{Cursor, put_text, put_uvarint};

/// Of so many values of a name one is remembered; upstream's figure.
const SAMPLE: usize = 32;
/// How many texts a key has: name and value.
const TEXTS: u64 = 2;

/// Appends an entry.
pub(super) fn put_entry(out: &mut Vec<u8>, name: &str, value: &str, offset: u64) {
    put_uvarint(out, TEXTS);
    put_text(out, name);
    put_text(out, value);
    put_uvarint(out, offset);
}

/// One entry, read.
struct Entry<'a> {
    name: &'a str,
    value: &'a str,
    offset: u64,
}

fn entry<'a>(cursor: &mut Cursor<'a>) -> Option<Entry<'a>> {
    (cursor.uvarint()? == TEXTS).then_some(())?;
    Some(Entry {
        name: cursor.text()?,
        value: cursor.text()?,
        offset: cursor.uvarint()?,
    })
}

/// A name in the table.
#[derive(Debug)]
struct Name {
    text: Box<str>,
    /// How many values it has.
    count: usize,
    /// Its remembered values, in `samples`.
    samples: Range<usize>,
}

/// The table of a mapped index.
#[derive(Debug)]
pub(super) struct PostingsTable {
    /// The entries, in bytes of the index.
    entries: Range<usize>,
    /// Sorted.
    names: Vec<Name>,
    /// Where in `entries` the remembered values are.
    samples: Vec<u32>,
}

impl PostingsTable {
    /// Reads the table at a place; `None` where it does not add up or is not sorted.
    pub(super) fn open(index: &[u8], at: u64) -> Option<Self> {
        let content = section(index, at)?;
        let mut cursor = Cursor(content);
        let count = cursor.u32()?;
        let length = cursor.len();
        let mut names: Vec<Name> = Vec::new();
        let mut samples = Vec::new();
        let mut last: Option<(&str, &str)> = None;
        for _ in 0..count {
            let start = u32::try_from(length - cursor.len()).ok()?;
            let Entry { name, value, .. } = entry(&mut cursor)?;
            if last.is_some_and(|last| last >= (name, value)) {
                return None;
            }
            if last.is_none_or(|last| last.0 != name) {
                names.push(Name {
                    text: name.into(),
                    count: 0,
                    samples: samples.len()..samples.len(),
                });
            }
            let current = names.last_mut()?;
            if current.count.is_multiple_of(SAMPLE) {
                samples.push(start);
                current.samples.end = samples.len();
            }
            current.count += 1;
            last = Some((name, value));
        }
        let start = usize::try_from(at).ok()? + 8;
        cursor.is_empty().then_some(Self {
            entries: start..start + length,
            names,
            samples,
        })
    }

    /// The names of all labels, sorted.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names
            .iter()
            .map(|name| &*name.text)
            .filter(|name| !name.is_empty())
    }

    /// Where the postings of a label are; `None` where there are none.
    pub(super) fn find(&self, index: &[u8], name: &str, value: &str) -> Option<u64> {
        let known = self.name(name)?;
        let samples = self.samples.get(known.samples.clone())?;
        let at = |start: u32| self.at(index, start);
        let after = samples.partition_point(|&start| {
            at(start)
                .and_then(|mut cursor| entry(&mut cursor))
                .is_some_and(|entry| entry.value <= value)
        });
        let sample = after.checked_sub(1)?;
        let mut cursor = at(*samples.get(sample)?)?;
        for _ in 0..SAMPLE.min(known.count - sample * SAMPLE) {
            let entry = entry(&mut cursor)?;
            if entry.value >= value {
                return (entry.value == value).then_some(entry.offset);
            }
        }
        None
    }

    /// Hands each value of a name and the place of its postings to `each`, sorted.
    pub(super) fn values<'a>(
        &self,
        index: &'a [u8],
        name: &str,
        mut each: impl FnMut(&'a str, u64),
    ) {
        let Some(known) = self.name(name) else {
            return;
        };
        let first = self.samples.get(known.samples.start);
        let Some(mut cursor) = first.and_then(|&start| self.at(index, start)) else {
            return;
        };
        for _ in 0..known.count {
            // The table was read to its end when it was opened.
            let Some(Entry { value, offset, .. }) = entry(&mut cursor) else {
                return;
            };
            each(value, offset);
        }
    }

    fn name(&self, name: &str) -> Option<&Name> {
        let place = self
            .names
            .binary_search_by(|known| (*known.text).cmp(name))
            .ok()?;
        self.names.get(place)
    }

    fn at<'a>(&self, index: &'a [u8], start: u32) -> Option<Cursor<'a>> {
        let entries = index.get(self.entries.clone())?;
        entries.get(start as usize..).map(Cursor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::section::tests::around;
    use super::*;

    fn file(labels: &[(&str, &str)]) -> Vec<u8> {
        let mut content = (labels.len() as u32).to_be_bytes().to_vec();
        for (place, (name, value)) in labels.iter().enumerate() {
            put_entry(&mut content, name, value, 100 + place as u64);
        }
        around(&content)
    }

    #[test]
    fn every_value_is_found_whatever_its_distance_from_a_sample() {
        let values: Vec<String> = (0..100).map(|n| format!("v{n:03}")).collect();
        for count in [1, 31, 32, 33, 64, 65, 100] {
            let mut labels = vec![("", ""), ("a", "x")];
            labels.extend(values[..count].iter().map(|value| ("b", value.as_str())));
            labels.push(("c", ""));
            let file = file(&labels);
            let table = PostingsTable::open(&file, 0).unwrap();
            assert_eq!(table.names().collect::<Vec<_>>(), ["a", "b", "c"]);
            for (place, (name, value)) in labels.iter().enumerate() {
                assert_eq!(table.find(&file, name, value), Some(100 + place as u64));
                let beside = format!("{value}!");
                assert_eq!(table.find(&file, name, &beside), None);
            }
            assert_eq!(table.find(&file, "b", "a"), None);
            assert_eq!(table.find(&file, "bb", "a"), None);
            let mut seen = Vec::new();
            table.values(&file, "b", |value, offset| seen.push((value, offset)));
            let wanted: Vec<(&str, u64)> = (102..)
                .zip(&values[..count])
                .map(|(o, v)| (v.as_str(), o))
                .collect();
            assert_eq!(seen, wanted);
        }
    }

    #[test]
    fn a_table_out_of_order_is_refused() {
        for labels in [
            [("a", "2"), ("a", "1")],
            [("b", "1"), ("a", "1")],
            [("a", "1"), ("a", "1")],
        ] {
            assert!(PostingsTable::open(&file(&labels), 0).is_none());
        }
    }

    proptest! {
        #[test]
        fn any_table_is_survived(
            entries in proptest::collection::vec(("[ab]{0,1}", "[a-z]{0,3}", any::<u64>()), 0..80),
            damage in proptest::collection::vec(any::<(prop::sample::Index, u8)>(), 0..3),
        ) {
            let entries: std::collections::BTreeSet<_> = entries.into_iter().collect();
            let mut content = (entries.len() as u32).to_be_bytes().to_vec();
            for (name, value, offset) in &entries {
                put_entry(&mut content, name, value, *offset);
            }
            for (place, byte) in damage {
                let place = place.index(content.len());
                content[place] = byte;
            }
            let file = around(&content);
            if let Some(table) = PostingsTable::open(&file, 0) {
                for name in table.names() {
                    table.values(&file, name, |value, offset| {
                        assert_eq!(table.find(&file, name, value), Some(offset));
                    });
                    table.find(&file, name, "b");
                }
            }
        }
    }
}
