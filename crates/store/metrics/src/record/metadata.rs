//! Metadata records: type, unit and help of a series' metric.
//!
//! ```text
//! 6 | { reference uvarint | type u8 | fields uvarint | { name text | value text }… }…
//! ```
//! The store does not keep metadata; a checkpoint carries the records of living series on.

use super::bytes::{Cursor, put_text, put_uvarint};
use super::{BadRecord, METADATA};

/// Copies into `out` those entries of a record's body whose series `keep` wants; `out` stays
/// empty when there are none.
pub(crate) fn filter(
    body: &[u8],
    out: &mut Vec<u8>,
    mut keep: impl FnMut(u64) -> bool,
) -> Result<(), BadRecord> {
    out.clear();
    let mut cursor = Cursor(body);
    let mut fields = Vec::new();
    while !cursor.is_empty() {
        let bad = BadRecord {
            kind: "metadata",
            left: cursor.len(),
        };
        let reference = cursor.uvarint().ok_or(bad)?;
        let kind = cursor.byte().ok_or(bad)?;
        let count = cursor.uvarint().ok_or(bad)?;
        fields.clear();
        for _ in 0..count {
            fields.push((cursor.text().ok_or(bad)?, cursor.text().ok_or(bad)?));
        }
        if keep(reference) {
            if out.is_empty() {
                out.push(METADATA);
            }
            put_uvarint(out, reference);
            out.push(kind);
            put_uvarint(out, count);
            for (name, value) in &fields {
                put_text(out, name);
                put_text(out, value);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_wanted_are_carried_on() {
        let body = b"\x07\x01\x01\x04HELP\x01h\x08\x02\x00";
        let mut out = Vec::new();
        filter(body, &mut out, |r| r == 8).unwrap();
        assert_eq!(out, b"\x06\x08\x02\x00");
        filter(body, &mut out, |_| true).unwrap();
        assert_eq!(&out[1..], body);
        assert!(filter(&body[..5], &mut out, |_| true).is_err());
    }
}
