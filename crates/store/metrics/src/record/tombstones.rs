//! Tombstone records: stretches of a series that were deleted.
//!
//! ```text
//! 3 | { reference u64 | first time varint | last time varint }…
//! ```

use super::BadRecord;
use super::bytes::Cursor;

/// Hands each deleted stretch of a record's body to `each`: (reference, first, last), both times
/// included.
pub(crate) fn decode(body: &[u8], mut each: impl FnMut(u64, i64, i64)) -> Result<(), BadRecord> {
    let mut cursor = Cursor(body);
    while !cursor.is_empty() {
        let bad = BadRecord {
            kind: "tombstones",
            left: cursor.len(),
        };
        let reference = cursor.u64().ok_or(bad)?;
        let first = cursor.varint().ok_or(bad)?;
        let last = cursor.varint().ok_or(bad)?;
        each(reference, first, last);
    }
    Ok(())
}

/// Adds a stretch to a record; an empty buffer becomes a record.
pub(crate) fn push(out: &mut Vec<u8>, reference: u64, first: i64, last: i64) {
    if out.is_empty() {
        out.push(super::TOMBSTONES);
    }
    super::bytes::put_u64(out, reference);
    super::bytes::put_varint(out, first);
    super::bytes::put_varint(out, last);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn round_trip(stones in proptest::collection::vec(any::<(u64, i64, i64)>(), 1..5)) {
            let mut out = Vec::new();
            for &(r, a, b) in &stones {
                push(&mut out, r, a, b);
            }
            let mut back = Vec::new();
            decode(&out[1..], |r, a, b| back.push((r, a, b))).unwrap();
            prop_assert_eq!(back, stones);
        }
    }
}
