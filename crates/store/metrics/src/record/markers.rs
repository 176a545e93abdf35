//! Marker records of the out-of-order log: what came before is in a head chunk file.
//!
//! ```text
//! 5 | { series reference u64 | file u32 | place in the file u32 }…
//! ```
//! A marker speaks of the samples of its series that stand before it in the log. File 0 is none:
//! the series begins with an empty buffer here.

use super::BadRecord;
use super::bytes::{Cursor, put_u64};

/// The type byte of a marker record.
pub(crate) const MARKERS: u8 = 5;

/// Begins a record.
pub(crate) fn begin(out: &mut Vec<u8>) {
    out.push(MARKERS);
}

/// Adds a marker for a chunk that begins at `offset` of `file`.
pub(crate) fn push(out: &mut Vec<u8>, reference: u64, (file, offset): (u32, u32)) {
    put_u64(out, reference);
    put_u64(out, u64::from(file) << 32 | u64::from(offset));
}

/// Hands each marker of a record's body to `each`: the reference, then file and place.
pub(crate) fn decode(body: &[u8], mut each: impl FnMut(u64, (u32, u32))) -> Result<(), BadRecord> {
    let mut cursor = Cursor(body);
    while !cursor.is_empty() {
        let bad = BadRecord {
            kind: "marker",
            left: cursor.len(),
        };
        let reference = cursor.u64().ok_or(bad)?;
        let place = cursor.u64().ok_or(bad)?;
        each(reference, ((place >> 32) as u32, place as u32));
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
        push(&mut out, 7, (3, 8));
        assert_eq!(out, b"\x05\0\0\0\0\0\0\0\x07\0\0\0\x03\0\0\0\x08");
    }

    proptest! {
        #[test]
        fn round_trip(markers: Vec<(u64, (u32, u32))>) {
            let mut out = Vec::new();
            begin(&mut out);
            for &(reference, place) in &markers {
                push(&mut out, reference, place);
            }
            let mut back = Vec::new();
            decode(&out[1..], |reference, place| back.push((reference, place))).unwrap();
            prop_assert_eq!(back, markers);
        }

        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let _ = decode(&bytes, |_, _| ());
        }
    }
}
