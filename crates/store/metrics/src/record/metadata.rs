//! Metadata records: type, unit and help of a series' metric.
//!
//! ```text
//! 6 | { reference uvarint | type u8 | fields uvarint | { name text | value text }… }…
//! ```
//! The store does not keep metadata; a checkpoint carries the records of living series on.

use model::FamilyKind;

use super::bytes::{Cursor, put_text, put_uvarint};
use super::{BadRecord, METADATA};

/// The names of the fields that are written.
const UNIT: &str = "UNIT";
const HELP: &str = "HELP";

/// Adds an entry to a record, which begins with the first.
pub(crate) fn push(out: &mut Vec<u8>, reference: u64, kind: FamilyKind, unit: &str, help: &str) {
    if out.is_empty() {
        out.push(METADATA);
    }
    put_uvarint(out, reference);
    out.push(kind_byte(kind));
    put_uvarint(out, 2);
    for (name, value) in [(UNIT, unit), (HELP, help)] {
        put_text(out, name);
        put_text(out, value);
    }
}

fn kind_byte(kind: FamilyKind) -> u8 {
    match kind {
        FamilyKind::Unknown => 0,
        FamilyKind::Counter => 1,
        FamilyKind::Gauge => 2,
        FamilyKind::Histogram => 3,
        FamilyKind::GaugeHistogram => 4,
        FamilyKind::Summary => 5,
        FamilyKind::Info => 6,
        FamilyKind::StateSet => 7,
    }
}

fn kind_of(byte: u8) -> FamilyKind {
    match byte {
        1 => FamilyKind::Counter,
        2 => FamilyKind::Gauge,
        3 => FamilyKind::Histogram,
        4 => FamilyKind::GaugeHistogram,
        5 => FamilyKind::Summary,
        6 => FamilyKind::Info,
        7 => FamilyKind::StateSet,
        _ => FamilyKind::Unknown,
    }
}

/// Hands each entry of a record's body to `each`: (reference, kind, unit, help).
pub(crate) fn decode(
    body: &[u8],
    mut each: impl FnMut(u64, FamilyKind, &str, &str),
) -> Result<(), BadRecord> {
    let mut cursor = Cursor(body);
    while !cursor.is_empty() {
        let bad = BadRecord {
            kind: "metadata",
            left: cursor.len(),
        };
        let reference = cursor.uvarint().ok_or(bad)?;
        let kind = kind_of(cursor.byte().ok_or(bad)?);
        let (mut unit, mut help) = ("", "");
        for _ in 0..cursor.uvarint().ok_or(bad)? {
            match (cursor.text().ok_or(bad)?, cursor.text().ok_or(bad)?) {
                (UNIT, text) => unit = text,
                (HELP, text) => help = text,
                _ => {}
            }
        }
        each(reference, kind, unit, help);
    }
    Ok(())
}

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
    fn layout_is_upstreams() {
        let mut out = Vec::new();
        push(&mut out, 300, FamilyKind::Counter, "s", "what");
        push(&mut out, 1, FamilyKind::Unknown, "", "");
        let expected = b"\x06\xac\x02\x01\x02\x04UNIT\x01s\x04HELP\x04what\
                         \x01\x00\x02\x04UNIT\x00\x04HELP\x00";
        assert_eq!(out, expected);
        let mut back = Vec::new();
        decode(&out[1..], |reference, kind, unit, help| {
            back.push((reference, kind, unit.to_owned(), help.to_owned()));
        })
        .unwrap();
        let whole = (300, FamilyKind::Counter, "s".into(), "what".into());
        let bare = (1, FamilyKind::Unknown, String::new(), String::new());
        assert_eq!(back, [whole, bare]);
        assert!(decode(&out[1..out.len() - 1], |_, _, _, _| ()).is_err());
    }

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
