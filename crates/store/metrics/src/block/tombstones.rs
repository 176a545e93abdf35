//! `tombstones`: what was deleted from a block after it was written.
//!
//! ```text
//! 0x0130BA30 u32 | version 1 u8
//! | { series reference uvarint | first time varint | last time varint }…
//! | CRC32C u32 of the stretches
//! ```

use std::collections::HashMap;

use crate::crc32c;
use crate::record::bytes::{Cursor, put_uvarint, put_varint};

const HEADER: [u8; 5] = [0x01, 0x30, 0xba, 0x30, 1];
/// Bytes of the checksum.
const CHECKSUM: usize = 4;

/// The deleted stretches of each series, by its reference: both times included.
pub(super) type Tombstones = HashMap<u32, Vec<(i64, i64)>>;

/// The bytes of a file with these stretches: (series reference, first, last).
pub(super) fn encode(stones: &[(u32, i64, i64)]) -> Vec<u8> {
    let mut out = HEADER.to_vec();
    for &(reference, first, last) in stones {
        put_uvarint(&mut out, reference.into());
        put_varint(&mut out, first);
        put_varint(&mut out, last);
    }
    let sum = crc32c(out.get(HEADER.len()..).unwrap_or_default());
    out.extend_from_slice(&sum.to_be_bytes());
    out
}

/// Reads a file's bytes; `None` where they do not add up.
pub(super) fn parse(bytes: &[u8]) -> Option<Tombstones> {
    let body = bytes.strip_prefix(&HEADER)?;
    let (body, sum) = body.split_at_checked(body.len().checked_sub(CHECKSUM)?)?;
    (Cursor(sum).u32()? == crc32c(body)).then_some(())?;
    let mut cursor = Cursor(body);
    let mut stones = Tombstones::new();
    while !cursor.is_empty() {
        let reference = u32::try_from(cursor.uvarint()?).ok()?;
        let stretch = (cursor.varint()?, cursor.varint()?);
        stones.entry(reference).or_default().push(stretch);
    }
    Some(stones)
}

/// Reference of a series, first and last time of what is deleted of it.
type Stretch = (u32, i64, i64);

/// Checks a file's bytes: its stretches as (series reference, first, last), or where it is damaged
/// and how.
pub(crate) fn check_tombstones(bytes: &[u8]) -> Result<Vec<Stretch>, (u64, &'static str)> {
    if !bytes.starts_with(&HEADER) {
        return Err((0, "the file does not begin as tombstones of version 1"));
    }
    let Some(stones) = parse(bytes) else {
        let reason = "the stretches do not fit their checksum, or do not decode";
        return Err((HEADER.len() as u64, reason));
    };
    let mut all: Vec<(u32, i64, i64)> = stones
        .into_iter()
        .flat_map(|(reference, list)| list.into_iter().map(move |(a, b)| (reference, a, b)))
        .collect();
    all.sort_unstable();
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_read_back_and_damage_is_seen() {
        let file = encode(&[(7, -5, 10), (7, 20, 30), (9, 0, 0)]);
        let stones = parse(&file).unwrap();
        assert_eq!(stones[&7], [(-5, 10), (20, 30)]);
        assert_eq!(stones[&9], [(0, 0)]);
        for bit in 0..file.len() * 8 {
            let mut damaged = file.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(parse(&damaged), None, "bit {bit}");
        }
        // As upstream writes a file without any.
        assert_eq!(encode(&[]), [0x01, 0x30, 0xba, 0x30, 1, 0, 0, 0, 0]);
    }
}
