//! Series records: the names that later records go by.
//!
//! ```text
//! 1 | { reference u64 | labels }…
//! labels = count uvarint | { name text | value text }…
//! ```

use model::Labels;

use super::bytes::{Cursor, put_text, put_u64, put_uvarint};
use super::{BadRecord, SERIES};

/// Starts a record in an empty buffer.
pub(crate) fn begin(out: &mut Vec<u8>) {
    out.clear();
    out.push(SERIES);
}

/// Adds a series to a record that was begun.
pub(crate) fn push(out: &mut Vec<u8>, reference: u64, labels: &Labels) {
    put_u64(out, reference);
    put_labels(out, labels);
}

/// Writes a label set.
pub(crate) fn put_labels(out: &mut Vec<u8>, labels: &Labels) {
    put_uvarint(out, labels.len() as u64);
    for (name, value) in labels.iter() {
        put_text(out, name);
        put_text(out, value);
    }
}

/// Reads a label set into a buffer of pairs.
pub(crate) fn take_labels<'a>(
    cursor: &mut Cursor<'a>,
    pairs: &mut Vec<(&'a str, &'a str)>,
) -> Option<()> {
    pairs.clear();
    let count = cursor.uvarint()?;
    for _ in 0..count {
        pairs.push((cursor.text()?, cursor.text()?));
    }
    Some(())
}

/// Hands each series of a record's body to `each`: (reference, pairs in the order written).
pub(crate) fn decode<'a>(
    body: &'a [u8],
    mut each: impl FnMut(u64, &[(&'a str, &'a str)]),
) -> Result<(), BadRecord> {
    let mut cursor = Cursor(body);
    let mut pairs = Vec::new();
    while !cursor.is_empty() {
        let bad = BadRecord {
            kind: "series",
            left: cursor.len(),
        };
        let reference = cursor.u64().ok_or(bad)?;
        take_labels(&mut cursor, &mut pairs).ok_or(bad)?;
        each(reference, &pairs);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn layout_is_upstreams() {
        let mut out = Vec::new();
        begin(&mut out);
        push(&mut out, 258, &Labels::from_pairs([("a", "xy")]));
        assert_eq!(out, b"\x01\0\0\0\0\0\0\x01\x02\x01\x01a\x02xy");
    }

    proptest! {
        #[test]
        fn round_trip(sets in proptest::collection::vec(
            (any::<u64>(), proptest::collection::btree_map(".{1,9}", ".{1,9}", 0..5)), 0..6)
        ) {
            let sets: Vec<(u64, Labels)> =
                sets.iter().map(|(r, map)| (*r, Labels::from_pairs(map.iter()))).collect();
            let mut out = Vec::new();
            begin(&mut out);
            for (reference, labels) in &sets {
                push(&mut out, *reference, labels);
            }
            let mut back = Vec::new();
            decode(&out[1..], |r, pairs| back.push((r, Labels::from_pairs(pairs.iter().copied())))).unwrap();
            prop_assert_eq!(back, sets);
        }

        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let _ = decode(&bytes, |_, _| ());
        }
    }
}
