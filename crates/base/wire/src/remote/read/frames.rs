//! The answer as a stream: chunks in frames.
//!
//! ```text
//! frame   = length of the message uvarint | CRC32C of the message u32, big-endian | message
//! message = { series: { label… chunk… } | number of the query }
//! chunk   = first time | last time | encoding | data
//! ```
//! A frame carries one series, or a part of it: the next frame may go on with it. Series come in
//! the order of their labels.

use chunk::{Chunk, Encoding};
use model::{Labels, LabelsBuilder};

use super::BadRead;
use super::samples::push_labels;
use crate::fields::{Fields, varint};
use crate::remote::Malformed;
use crate::remote::put;
use crate::remote::write::pair;

/// Bytes of the checksum.
const CHECKSUM: usize = 4;
/// Bytes of the longest length.
const LENGTH: usize = 10;

fn crc32c(bytes: &[u8]) -> u32 {
    let sum = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, bytes);
    // A 32-bit sum in 64 bits.
    sum as u32
}

/// A frame under construction: a series with some of its chunks.
#[derive(Clone, Debug, Default)]
pub struct FrameWriter {
    labels: Vec<u8>,
    chunks: Vec<u8>,
    query: u64,
}

impl FrameWriter {
    /// Goes on with a series of a query; chunks that were not taken are gone.
    pub fn begin(&mut self, query: usize, labels: &Labels) {
        self.query = query as u64;
        self.labels.clear();
        push_labels(&mut self.labels, labels);
        self.chunks.clear();
    }

    /// Adds a chunk of the series.
    pub fn push(&mut self, chunk: Chunk<'_>) {
        put::message(&mut self.chunks, 2, |out| {
            put::number(out, 1, chunk.first as u64);
            put::number(out, 2, chunk.last as u64);
            put::number(out, 3, chunk.encoding.byte().into());
            put::bytes(out, 4, chunk.data);
        });
    }

    /// Bytes of labels and chunks so far.
    pub fn size(&self) -> usize {
        self.labels.len() + self.chunks.len()
    }

    /// Whether there is no chunk since the beginning or the last [`FrameWriter::take`].
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The frame; the series may go on in the next.
    pub fn take(&mut self) -> Vec<u8> {
        let mut message = Vec::with_capacity(self.size() + 2 * LENGTH);
        put::long_message(&mut message, 1, |out| {
            out.extend_from_slice(&self.labels);
            out.append(&mut self.chunks);
        });
        put::number(&mut message, 2, self.query);
        let mut frame = Vec::with_capacity(message.len() + LENGTH + CHECKSUM);
        put::varint(&mut frame, message.len() as u64);
        frame.extend_from_slice(&crc32c(&message).to_be_bytes());
        frame.append(&mut message);
        frame
    }
}

/// Frames out of the pieces of a stream. It holds no more than one frame and one piece.
#[derive(Debug)]
pub struct FrameReader {
    bytes: Vec<u8>,
    /// What was given out already.
    done: usize,
    /// Bytes of the longest message that is taken.
    limit: usize,
}

impl FrameReader {
    /// A reader of messages of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            done: 0,
            limit,
        }
    }

    /// Takes the next piece of the stream, once [`FrameReader::next_message`] answers `None`.
    pub fn feed(&mut self, piece: &[u8]) {
        self.bytes.drain(..self.done);
        self.done = 0;
        self.bytes.extend_from_slice(piece);
    }

    /// The next whole message; `None` where more of the stream is needed for it.
    ///
    /// # Errors
    /// A frame that is too long or damaged; nothing comes behind an error.
    pub fn next_message(&mut self) -> Result<Option<&[u8]>, BadRead> {
        let left = self.bytes.get(self.done..).unwrap_or_default();
        let mut rest = left;
        let size = match varint(&mut rest) {
            Ok(size) => size,
            Err(Malformed::Cut) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let limit = self.limit;
        let length = usize::try_from(size).ok().filter(|size| *size <= limit);
        let length = length.ok_or(BadRead::FrameSize { size, limit })?;
        let Some((sum, rest)) = rest.split_first_chunk::<CHECKSUM>() else {
            return Ok(None);
        };
        let Some(message) = rest.get(..length) else {
            return Ok(None);
        };
        if crc32c(message) != u32::from_be_bytes(*sum) {
            return Err(BadRead::Checksum);
        }
        let behind = rest.len() - length;
        self.done = self.bytes.len() - behind;
        let range = self.done - length..self.done;
        Ok(self.bytes.get(range))
    }

    /// Whether the stream may end here: not within a frame.
    ///
    /// # Errors
    /// [`BadRead::Cut`] where it may not.
    pub fn end(&self) -> Result<(), BadRead> {
        if self.done == self.bytes.len() {
            Ok(())
        } else {
            Err(BadRead::Cut)
        }
    }
}

/// Hands the series of a frame's message to `each` with their chunks, oldest first.
///
/// # Errors
/// Where it is no such message, or `each` says so.
pub fn read(
    message: &[u8],
    mut each: impl FnMut(Labels, &[Chunk<'_>]) -> Result<(), BadRead>,
) -> Result<(), BadRead> {
    let mut fields = Fields(message);
    while let Some((field, value)) = fields.next()? {
        if field != 1 {
            continue;
        }
        let mut labels = LabelsBuilder::new();
        let mut chunks = Vec::new();
        let mut fields = Fields(value.bytes(field)?);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => {
                    let (name, value) = pair(value.bytes(field)?)?;
                    labels.set(name, value);
                }
                2 => chunks.push(read_chunk(value.bytes(field)?)?),
                _ => {}
            }
        }
        each(labels.build(), &chunks)?;
    }
    Ok(())
}

fn read_chunk(message: &[u8]) -> Result<Chunk<'_>, BadRead> {
    let (mut first, mut last, mut encoding, mut data) = (0, 0, 0, &[][..]);
    let mut fields = Fields(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => first = value.number(field)? as i64,
            2 => last = value.number(field)? as i64,
            3 => encoding = value.number(field)?,
            4 => data = value.bytes(field)?,
            _ => {}
        }
    }
    // No encoding has a number beyond a byte; 255 is none that can be read.
    let encoding = Encoding::from_byte(u8::try_from(encoding).unwrap_or(u8::MAX))?;
    Ok(Chunk {
        first,
        last,
        encoding,
        data,
    })
}
