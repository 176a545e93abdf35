//! One head chunk file: bytes of a chunk, writing, mapping.

use std::fs;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use chunk::{Encoding, UnknownEncoding};
use memmap2::Mmap;

use crate::crc32c;
use crate::record::bytes::{Cursor, put_u64, put_uvarint};

/// What every file begins with: the magic number, version 1, padding.
pub(super) const HEADER: [u8; 8] = [0x01, 0x30, 0xbc, 0x91, 1, 0, 0, 0];
/// The bit of the encoding byte that is set for samples that came out of order.
pub(super) const OUT_OF_ORDER: u8 = 0x80;
/// Bytes of the fields in front of a chunk's length.
const FIXED: usize = 8 + 8 + 8 + 1;
/// Bytes of a checksum.
const CHECKSUM: usize = 4;
/// No chunk has more data, in bytes: one of floats is ended at about 1 KiB, and one of large
/// histograms at 256 KiB and a histogram more.
const MOST_DATA: u64 = 1 << 20;
/// Bytes of a chunk that are read first: nearly all chunks are shorter.
const FIRST_BYTES: usize = 2048;
/// Bytes in front of a chunk's data, at most.
const MOST_HEAD: usize = FIXED + 10;

/// The path of a file.
pub(super) fn path(folder: &Path, file: u32) -> PathBuf {
    folder.join(format!("{file:06}"))
}

/// Bytes that a chunk of `data` bytes takes.
pub(super) fn size(data: usize) -> u64 {
    let mut length = 1;
    let mut rest = data;
    while rest >= 0x80 {
        length += 1;
        rest >>= 7;
    }
    (FIXED + length + data + CHECKSUM) as u64
}

/// Appends a chunk's bytes to a buffer.
pub(super) fn encode(
    out: &mut Vec<u8>,
    reference: u64,
    (first, last): (i64, i64),
    encoding: u8,
    data: &[u8],
) {
    let start = out.len();
    put_u64(out, reference);
    put_u64(out, first as u64);
    put_u64(out, last as u64);
    out.push(encoding);
    put_uvarint(out, data.len() as u64);
    out.extend_from_slice(data);
    let sum = crc32c(out.get(start..).unwrap_or_default());
    out.extend_from_slice(&sum.to_be_bytes());
}

/// A chunk in a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parsed<'a> {
    pub(crate) reference: u64,
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) encoding: Result<Encoding, UnknownEncoding>,
    /// Whether its samples came out of order.
    pub(crate) is_late: bool,
    pub(crate) data: &'a [u8],
    /// Where the next chunk begins.
    pub(crate) end: usize,
}

/// The chunk that begins at `offset`; `None` where its bytes do not add up.
pub(crate) fn parse(file: &[u8], offset: usize) -> Option<Parsed<'_>> {
    let bytes = file.get(offset..)?;
    let mut cursor = Cursor(bytes);
    let reference = cursor.u64()?;
    let first = cursor.u64()? as i64;
    let last = cursor.u64()? as i64;
    let encoding = cursor.byte()?;
    let length = cursor.uvarint().filter(|&length| length <= MOST_DATA)?;
    let data = cursor.take(usize::try_from(length).ok()?)?;
    let summed = bytes.get(..bytes.len() - cursor.len())?;
    (cursor.u32()? == crc32c(summed)).then_some(())?;
    Some(Parsed {
        reference,
        first,
        last,
        encoding: Encoding::from_byte(encoding & !OUT_OF_ORDER),
        is_late: encoding & OUT_OF_ORDER != 0,
        data,
        end: offset + summed.len() + CHECKSUM,
    })
}

/// How many bytes the chunk takes that begins here; `None` where they do not say so.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    let mut cursor = Cursor(bytes);
    cursor.take(FIXED)?;
    let data = cursor.uvarint().filter(|&length| length <= MOST_DATA)?;
    usize::try_from(size(usize::try_from(data).ok()?)).ok()
}

/// Writes bytes at a place of a file, which is created where it is missing.
pub(super) fn write_at(folder: &Path, file: u32, start: u64, bytes: &[u8]) -> io::Result<()> {
    disk::File::open_or_create(&path(folder, file))?.write_all_at(bytes, start)
}

/// Waits until the disk has a file; answers whether it has. A loss of power could otherwise cost
/// samples that the log still has.
pub(super) fn sync(folder: &Path, file: u32) -> bool {
    let path = path(folder, file);
    let synced = disk::File::open_existing(&path).and_then(|file| file.sync());
    let synced = synced.and_then(|()| disk::sync_folder(folder));
    if let Err(error) = &synced {
        tracing::warn!(file = %path.display(), %error, "a head chunk file cannot be synced");
    }
    synced.is_ok()
}

/// The bytes of a file from the beginning of a chunk to its end at least.
pub(super) fn read_at(folder: &Path, file: u32, start: u64) -> io::Result<Vec<u8>> {
    let mut file = fs::File::open(path(folder, file))?;
    file.seek(io::SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    let mut first = file.take(FIRST_BYTES as u64);
    first.read_to_end(&mut bytes)?;
    let head = bytes.get(..MOST_HEAD).unwrap_or(&bytes);
    if let Some(rest) = length(head).and_then(|all| all.checked_sub(bytes.len())) {
        let mut rest = first.into_inner().take(rest as u64);
        rest.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Maps a file as long as it is now.
pub(super) fn map(folder: &Path, file: u32) -> io::Result<Mmap> {
    crate::files::map(&path(folder, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_read_back_and_every_flipped_bit_is_seen() {
        let mut file = HEADER.to_vec();
        let encoding = Encoding::Histogram.byte() | OUT_OF_ORDER;
        encode(&mut file, 7, (10, 20), encoding, b"data of a chunk");
        assert_eq!(length(&file[8..]), Some(file.len() - 8));
        assert_eq!(file.len() as u64, 8 + size(15));
        let parsed = parse(&file, 8).unwrap();
        assert_eq!((parsed.reference, parsed.first, parsed.last), (7, 10, 20));
        assert_eq!(
            (parsed.encoding, parsed.is_late),
            (Ok(Encoding::Histogram), true)
        );
        assert_eq!(
            (parsed.data, parsed.end),
            (&b"data of a chunk"[..], file.len())
        );
        for bit in 64..file.len() * 8 {
            let mut damaged = file.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(parse(&damaged, 8), None, "bit {bit}");
        }
    }
}
