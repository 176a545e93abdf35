//! Chunk segments: the files below `chunks/`.
//!
//! ```text
//! segment = 0x85BD40DD u32 | version 1 u8 | 0 0 0 | chunk…
//! chunk   = length of the data uvarint | encoding u8 | data
//!         | CRC32C u32 of encoding and data
//! ```
//! Segments are named by six digits, without a gap, from 000001 on.

use std::path::{Path, PathBuf};

use contract::SelectError;
use memmap2::Mmap;

use super::out::Out;
use super::write::ChunkData;
use crate::record::bytes::{Cursor, put_uvarint};
use crate::{StoreError, crc32c};

/// What every segment begins with: the magic number, version 1, padding.
pub(crate) const HEADER: [u8; 8] = [0x85, 0xbd, 0x40, 0xdd, 1, 0, 0, 0];
/// Bytes of the header that say what the file is; padding follows.
const MAGIC_AND_VERSION: usize = 5;
/// Bytes of a segment after which the next begins; upstream's figure.
pub(super) const MOST_BYTES: u64 = 512 << 20;

/// Writes the segments of a block.
pub(super) struct SegmentWriter {
    folder: PathBuf,
    most: u64,
    current: Option<Out>,
    /// How many segments there are.
    count: u64,
    scratch: Vec<u8>,
}

impl SegmentWriter {
    /// A writer into a folder that exists and is empty.
    pub(super) fn new(folder: PathBuf, most: u64) -> Self {
        Self {
            folder,
            most,
            current: None,
            count: 0,
            scratch: Vec::new(),
        }
    }

    /// Appends a chunk; answers its reference.
    pub(super) fn push(&mut self, chunk: &ChunkData) -> Result<u64, StoreError> {
        let bytes = &mut self.scratch;
        bytes.clear();
        put_uvarint(bytes, chunk.bytes.len() as u64);
        let start = bytes.len();
        bytes.push(chunk.encoding);
        bytes.extend_from_slice(&chunk.bytes);
        let sum = crc32c(bytes.get(start..).unwrap_or_default());
        bytes.extend_from_slice(&sum.to_be_bytes());

        let full = |out: &Out| out.at() + bytes.len() as u64 > self.most;
        let out = match self.current.take() {
            Some(out) if !full(&out) => self.current.insert(out),
            ended => {
                if let Some(out) = ended {
                    out.finish()?;
                }
                self.count += 1;
                let mut out = Out::create(self.folder.join(format!("{:06}", self.count)))?;
                out.write(&HEADER)?;
                self.current.insert(out)
            }
        };
        let reference = (self.count - 1) << 32 | out.at();
        out.write(bytes)?;
        Ok(reference)
    }

    /// Ends the last segment and waits for the disk.
    pub(super) fn finish(self) -> Result<(), StoreError> {
        match self.current {
            Some(out) => out.finish(),
            None => Ok(()),
        }
    }
}

/// The segments of a block, mapped.
#[derive(Debug)]
pub(super) struct Segments {
    folder: PathBuf,
    files: Vec<Mmap>,
}

impl Segments {
    /// Maps all segments of a folder.
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        let mut numbers: Vec<u32> = std::fs::read_dir(folder)
            .map_err(StoreError::io(folder))?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .collect();
        numbers.sort_unstable();
        let mut files = Vec::with_capacity(numbers.len());
        for (place, number) in (1..).zip(numbers) {
            let path = folder.join(format!("{place:06}"));
            if number != place {
                // References count the segments: those behind a gap would lead to wrong chunks.
                return Err(StoreError::Block {
                    folder: path,
                    reason: "the chunk segment is missing".to_owned(),
                });
            }
            let map = crate::files::map(&path).map_err(StoreError::io(&path))?;
            if map.get(..MAGIC_AND_VERSION) != HEADER.get(..MAGIC_AND_VERSION) {
                return Err(StoreError::Block {
                    folder: path,
                    reason: "the file does not begin as a chunk segment of version 1".to_owned(),
                });
            }
            files.push(map);
        }
        Ok(Self {
            folder: folder.to_owned(),
            files,
        })
    }

    /// Lets the segments leave memory until they are read again.
    pub(super) fn let_go(&self) {
        self.files.iter().for_each(crate::files::let_go);
    }

    /// The encoding and the data of a chunk, checked.
    pub(super) fn chunk(&self, reference: u64) -> Result<(u8, &[u8]), SelectError> {
        self.parse(reference).ok_or_else(|| {
            let segment = (reference >> 32) + 1;
            SelectError::Corrupt(format!(
                "{}/{segment:06} at byte {}: no whole chunk",
                self.folder.display(),
                reference as u32
            ))
        })
    }

    fn parse(&self, reference: u64) -> Option<(u8, &[u8])> {
        let file = self.files.get(usize::try_from(reference >> 32).ok()?)?;
        let mut cursor = Cursor(file.get(reference as u32 as usize..)?);
        let length = usize::try_from(cursor.uvarint()?).ok()?;
        let summed = cursor.take(length.checked_add(1)?)?;
        (cursor.u32()? == crc32c(summed)).then_some(())?;
        summed
            .split_first()
            .map(|(&encoding, data)| (encoding, data))
    }
}

/// The chunk at a place of a segment: its encoding, its data and the bytes it takes in all; `None`
/// where it is not whole.
pub(crate) fn chunk_at(segment: &[u8], at: u64) -> Option<(u8, &[u8], u64)> {
    let bytes = segment.get(usize::try_from(at).ok()?..)?;
    let mut cursor = Cursor(bytes);
    let length = usize::try_from(cursor.uvarint()?).ok()?;
    let summed = cursor.take(length.checked_add(1)?)?;
    (cursor.u32()? == crc32c(summed)).then_some(())?;
    let (&encoding, data) = summed.split_first()?;
    Some((encoding, data, (bytes.len() - cursor.len()) as u64))
}
