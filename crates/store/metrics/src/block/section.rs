//! Sections: stretches of a file that carry their length and checksum.
//!
//! `length u32 | content | CRC32C u32 of the content`, big-endian.

use crate::crc32c;
use crate::record::bytes::Cursor;

/// The content of the section that begins at byte `at`; `None` where it does not add up.
pub(super) fn section(file: &[u8], at: u64) -> Option<&[u8]> {
    let mut cursor = Cursor(file.get(usize::try_from(at).ok()?..)?);
    let length = cursor.u32()?;
    let content = cursor.take(usize::try_from(length).ok()?)?;
    (cursor.u32()? == crc32c(content)).then_some(content)
}

/// The content behind a length that is a varint, as series have it.
pub(super) fn short_section(file: &[u8], at: u64) -> Option<&[u8]> {
    let mut cursor = Cursor(file.get(usize::try_from(at).ok()?..)?);
    let length = cursor.uvarint()?;
    let content = cursor.take(usize::try_from(length).ok()?)?;
    (cursor.u32()? == crc32c(content)).then_some(content)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A section around a content.
    pub(in super::super) fn around(content: &[u8]) -> Vec<u8> {
        let mut file = (content.len() as u32).to_be_bytes().to_vec();
        file.extend(content);
        file.extend(crc32c(content).to_be_bytes());
        file
    }

    #[test]
    fn a_section_is_read_only_whole() {
        let mut file = b"..\0\0\0\x05hello".to_vec();
        file.extend(crc32c(b"hello").to_be_bytes());
        assert_eq!(section(&file, 2), Some(&b"hello"[..]));
        assert_eq!(short_section(&file, 5), Some(&b"hello"[..]));
        for end in 0..file.len() {
            assert_eq!(section(&file[..end], 2), None, "{end}");
        }
        for bit in 16..file.len() * 8 {
            let mut damaged = file.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(section(&damaged, 2), None, "bit {bit}");
        }
        assert_eq!(section(&file, u64::MAX), None);
    }
}
