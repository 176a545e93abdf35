//! The files of `chunks_head`, read by somebody who must not touch them.
//!
//! The layout is that of [`crate::head_chunks`]. A server may have laid out zeros at a file's end,
//! and may be in the middle of writing its last chunk.

use std::fs;
use std::path::{Path, PathBuf};

use crate::record::bytes::Cursor;
use crate::{StoreError, crc32c};

/// What every file begins with: the magic number, version 1, padding.
pub(super) const HEADER: [u8; 8] = [0x01, 0x30, 0xbc, 0x91, 1, 0, 0, 0];
/// The bit of the encoding byte that says that the samples came out of order.
const OUT_OF_ORDER: u8 = 0x80;
/// Bytes of a checksum.
const CHECKSUM: usize = 4;
/// No file is longer, in bytes: upstream begins another at 128 MiB, and the last chunk may go over.
pub(super) const MOST_BYTES: u64 = 256 << 20;

/// A chunk of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeadChunk<'a> {
    /// Where it begins.
    pub(super) offset: usize,
    pub(super) reference: u64,
    pub(super) first: i64,
    pub(super) last: i64,
    /// Without the bit for late samples.
    pub(super) encoding: u8,
    pub(super) is_out_of_order: bool,
    pub(super) data: &'a [u8],
}

/// What a place of a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// A chunk, and where the next one begins.
    Chunk(HeadChunk<'a>, usize),
    /// Nothing but zeros, or nothing at all, to the end.
    End,
    /// Fewer bytes than the chunk needs.
    Cut,
    /// Bytes that do not add up.
    Damaged(&'static str),
}

/// Reads what stands at a place.
pub(super) fn step(file: &[u8], offset: usize) -> Step<'_> {
    let bytes = file.get(offset..).unwrap_or_default();
    // No series has the reference 0: it means that the rest was laid out and not written.
    if bytes.iter().take(8).all(|&byte| byte == 0) {
        return match bytes.iter().all(|&byte| byte == 0) {
            true => Step::End,
            false => Step::Damaged("bytes follow behind zeros"),
        };
    }
    let mut cursor = Cursor(bytes);
    let Some((chunk, summed)) = fields(&mut cursor, bytes, offset) else {
        return Step::Cut;
    };
    match cursor.u32() {
        None => Step::Cut,
        Some(sum) if sum != crc32c(summed) => Step::Damaged("the chunk's checksum does not fit"),
        Some(_) => Step::Chunk(chunk, offset + summed.len() + CHECKSUM),
    }
}

fn fields<'a>(
    cursor: &mut Cursor<'a>,
    bytes: &'a [u8],
    offset: usize,
) -> Option<(HeadChunk<'a>, &'a [u8])> {
    let reference = cursor.u64()?;
    let first = cursor.u64()? as i64;
    let last = cursor.u64()? as i64;
    let encoding = cursor.byte()?;
    let length = cursor.uvarint()?;
    let data = cursor.take(usize::try_from(length).ok()?)?;
    let chunk = HeadChunk {
        offset,
        reference,
        first,
        last,
        encoding: encoding & !OUT_OF_ORDER,
        is_out_of_order: encoding & OUT_OF_ORDER != 0,
        data,
    };
    Some((chunk, bytes.get(..bytes.len() - cursor.len())?))
}

/// The files of a folder by their number; none where the folder is missing.
pub(super) fn files(folder: &Path) -> Result<Vec<(u32, PathBuf)>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io(folder)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(StoreError::io(folder))?.path();
        if let Ok(number) = super::list::name_of(&path).parse() {
            found.push((number, path));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// All bytes of a file; an error where it is longer than any may be.
pub(super) fn content(path: &Path) -> Result<Vec<u8>, StoreError> {
    let length = fs::metadata(path).map_err(StoreError::io(path))?.len();
    if length > MOST_BYTES {
        let reason = format!("{length} bytes, and a file has {MOST_BYTES} at most");
        return Err(StoreError::io(path)(std::io::Error::other(reason)));
    }
    fs::read(path).map_err(StoreError::io(path))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::bytes::{put_u64, put_uvarint};

    fn chunk(encoding: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in [7, 10, 20] {
            put_u64(&mut bytes, number);
        }
        bytes.push(encoding);
        put_uvarint(&mut bytes, 3);
        bytes.extend(b"abc");
        bytes.extend(crc32c(&bytes).to_be_bytes());
        bytes
    }

    #[test]
    fn chunks_ends_and_damage_are_told_apart() {
        let mut file = HEADER.to_vec();
        file.extend(chunk(0x81));
        let end = file.len();
        file.extend([0; 30]);
        let Step::Chunk(found, next) = step(&file, 8) else {
            panic!("a chunk");
        };
        assert_eq!((found.reference, found.first, found.last), (7, 10, 20));
        assert_eq!((found.encoding, found.is_out_of_order), (1, true));
        assert_eq!((found.data, next), (&b"abc"[..], end));
        assert_eq!(step(&file, next), Step::End);
        for cut in 17..end {
            assert_eq!(step(&file[..cut], 8), Step::Cut, "{cut}");
        }
        for bit in 64..end * 8 {
            let mut damaged = file[..end].to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let seen = step(&damaged, 8);
            assert!(matches!(seen, Step::Damaged(_) | Step::Cut), "bit {bit}");
        }
        file.push(1);
        assert!(matches!(step(&file, next), Step::Damaged(_)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>, offset in 0usize..40) {
            let _ = step(&bytes, offset);
        }
    }
}
