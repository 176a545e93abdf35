//! The two ends of an index: its first bytes, and the table of contents in its last.
//!
//! ```text
//! index = 0xBAAAD700 u32 | version 2 u8 | symbols | series… | label indices… | postings…
//!       | label offset table | postings offset table | table of contents
//! table of contents = six places u64 | CRC32C u32
//! ```
//! The label indices and their table are written for old readers; nothing here reads them.

use crate::crc32c;
use crate::record::bytes::{Cursor, put_u64};

/// What an index begins with.
pub(super) const HEADER: [u8; 5] = [0xba, 0xaa, 0xd7, 0x00, 2];
/// Bytes of the places.
const PLACES: usize = 6 * 8;
/// Bytes of the whole table.
const LENGTH: usize = PLACES + 4;

/// Where each part of an index begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Toc {
    pub(super) symbols: u64,
    pub(super) series: u64,
    pub(super) label_indices: u64,
    pub(super) label_table: u64,
    pub(super) postings: u64,
    pub(super) postings_table: u64,
}

impl Toc {
    /// The table's bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(LENGTH);
        for place in [
            self.symbols,
            self.series,
            self.label_indices,
            self.label_table,
            self.postings,
            self.postings_table,
        ] {
            put_u64(&mut out, place);
        }
        let sum = crc32c(&out);
        out.extend_from_slice(&sum.to_be_bytes());
        out
    }

    /// Reads the table at the end of an index; says what is wrong where it does not add up.
    pub(super) fn parse(index: &[u8]) -> Result<Self, &'static str> {
        if index.get(..4) != HEADER.get(..4) {
            return Err("the file does not begin as an index");
        }
        if index.get(4) != HEADER.get(4) {
            return Err("its version is not 2, the only one that can be read");
        }
        Self::parse_places(index).ok_or("its table of contents is damaged or cut off")
    }

    fn parse_places(index: &[u8]) -> Option<Self> {
        let table = index.get(index.len().checked_sub(LENGTH)?..)?;
        let (places, sum) = table.split_at_checked(PLACES)?;
        (Cursor(sum).u32()? == crc32c(places)).then_some(())?;
        let mut cursor = Cursor(places);
        Some(Self {
            symbols: cursor.u64()?,
            series: cursor.u64()?,
            label_indices: cursor.u64()?,
            label_table: cursor.u64()?,
            postings: cursor.u64()?,
            postings_table: cursor.u64()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_back_and_damage_is_seen() {
        let toc = Toc {
            symbols: 5,
            series: 6,
            label_indices: 7,
            label_table: 8,
            postings: 9,
            postings_table: 10,
        };
        let mut index = HEADER.to_vec();
        index.extend(toc.encode());
        assert_eq!(Toc::parse(&index), Ok(toc));
        for bit in 0..index.len() * 8 {
            let mut damaged = index.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(Toc::parse(&damaged).is_err(), "bit {bit}");
        }
        for end in 0..index.len() {
            assert!(Toc::parse(&index[..end]).is_err(), "{end}");
        }
    }
}
