//! Reading: records out, in the order they were written.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::ops::{Range, RangeInclusive};
use std::path::Path;

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use crate::frame::{Flags, HEADER_BYTES, Kind, Packing};
use crate::layout::Segment;
use crate::{Corruption, MAX_RECORD_BYTES, PAGE_BYTES, Position, WalError, layout};

/// Bytes asked of the file at once: whole pages, few calls.
const READ_BYTES: usize = 16 * PAGE_BYTES;

/// Where the record just read lies.
enum Found {
    /// In the page, unpacked.
    Page(Range<usize>),
    /// Put together from fragments, or decompressed.
    Record,
    Parts,
}

/// What one step over a page brought.
enum Step {
    Record(Range<usize>, Packing),
    Parts(Packing),
    More,
    End,
}

/// Reads the records of a run of segments.
///
/// Memory: one read buffer of 512 KiB and the largest record met. After damage every further call
/// gives the same error, until [`Reader::resume`]; all records before it have been given out.
pub struct Reader {
    segments: std::vec::IntoIter<Segment>,
    open: Option<OpenFile>,
    buffer: Vec<u8>,
    parts: Vec<u8>,
    record: Vec<u8>,
    decoder: snap::raw::Decoder,
    zstd: FrameDecoder,
    failed: Option<Failed>,
}

struct Failed {
    corruption: Corruption,
    resume: Resume,
}

/// Where reading may go on after damage.
#[derive(Clone, Copy)]
enum Resume {
    /// At the next fragment: the damaged one was whole, or nothing follows.
    Here,
    /// At the first whole fragment that is found behind.
    Search,
}

struct OpenFile {
    segment: Segment,
    file: File,
    last: bool,
    /// Offset in the file of the buffer's first byte, and of the next fragment.
    base: u64,
    at: u64,
    filled: usize,
    ended: bool,
    good_until: u64,
    /// A record's first fragment has been read and its last has not.
    inside: bool,
    /// Behind damage: fragments of a record whose beginning is lost are passed over.
    skipping: bool,
}

impl Reader {
    /// Reads those segments of a log, or of a checkpoint's directory, whose numbers lie in the
    /// range. Damage at the very end of the last of them counts as torn.
    pub fn open(dir: &Path, range: RangeInclusive<u64>) -> Result<Self, WalError> {
        let mut segments = layout::segments(dir)?;
        segments.retain(|segment| range.contains(&segment.number));
        let mut zstd = FrameDecoder::new();
        zstd.set_max_window_size(MAX_RECORD_BYTES as u64);
        Ok(Self {
            segments: segments.into_iter(),
            open: None,
            buffer: vec![0; READ_BYTES],
            parts: Vec::new(),
            record: Vec::new(),
            decoder: snap::raw::Decoder::new(),
            zstd,
            failed: None,
        })
    }

    /// As [`Reader::open`], from a place on where a record ends. Where the segment of that place is
    /// gone, reading begins with the first one behind it.
    pub fn open_from(dir: &Path, from: Position, last: u64) -> Result<Self, WalError> {
        let mut reader = Self::open(dir, from.segment..=last)?;
        let first = reader.segments.as_slice().first();
        if first.is_some_and(|first| first.number == from.segment) {
            reader.seek(from.offset)?;
        }
        Ok(reader)
    }

    /// Where the last record ended; `None` before the first segment and after the last.
    pub fn position(&self) -> Option<Position> {
        self.open.as_ref().map(|open| Position {
            segment: open.segment.number,
            offset: open.good_until,
        })
    }

    /// The next record, decompressed; `None` at the end.
    #[expect(
        clippy::should_implement_trait,
        reason = "an Iterator cannot lend its own buffer"
    )]
    pub fn next(&mut self) -> Result<Option<&[u8]>, WalError> {
        let found = match self.find_of(None)? {
            None => return Ok(None),
            Some(found) => found,
        };
        Ok(Some(self.bytes_of(found)))
    }

    /// The next record whose first byte `wanted` takes. The checksums of the others are verified,
    /// but they are not decompressed: passing over a log costs little more than reading its files.
    pub fn next_of(&mut self, wanted: impl Fn(u8) -> bool) -> Result<Option<&[u8]>, WalError> {
        let found = match self.find_of(Some(&wanted))? {
            None => return Ok(None),
            Some(found) => found,
        };
        Ok(Some(self.bytes_of(found)))
    }

    fn bytes_of(&self, found: Found) -> &[u8] {
        match found {
            Found::Page(range) => self.buffer.get(range).unwrap_or_default(),
            Found::Record => &self.record,
            Found::Parts => &self.parts,
        }
    }

    fn find_of(&mut self, wanted: Option<&dyn Fn(u8) -> bool>) -> Result<Option<Found>, WalError> {
        if let Some(failed) = &self.failed {
            return Err(failed.corruption.clone().into());
        }
        loop {
            if self.open.is_none() && !self.open_next()? {
                return Ok(None);
            }
            let (range, packing) = match self.step()? {
                Step::More => continue,
                Step::End => {
                    self.open = None;
                    continue;
                }
                Step::Record(range, packing) => (Some(range), packing),
                Step::Parts(packing) => (None, packing),
            };
            let packed = match &range {
                Some(range) => self.buffer.get(range.clone()).unwrap_or_default(),
                None => &self.parts,
            };
            let first = first_byte(packing, packed);
            if wanted.is_none_or(|wanted| first.is_none_or(wanted)) {
                return self.unpack(range, packing).map(Some);
            }
            if let Some(open) = &mut self.open {
                open.good_until = open.at;
            }
        }
    }

    fn open_next(&mut self) -> Result<bool, WalError> {
        let Some(segment) = self.segments.next() else {
            return Ok(false);
        };
        let file = File::open(&segment.path)
            .map_err(|e| WalError::io("opening log segment", &segment.path, e))?;
        let last = self.segments.as_slice().is_empty();
        self.open = Some(OpenFile {
            segment,
            file,
            last,
            base: 0,
            at: 0,
            filled: 0,
            ended: false,
            good_until: 0,
            inside: false,
            skipping: false,
        });
        Ok(true)
    }

    /// Goes on behind the damage that the last call found; answers whether there was any. Records
    /// come again from the first whole fragment on that begins one. They may speak of what the
    /// lost ones would have introduced.
    pub fn resume(&mut self) -> bool {
        let Some(failed) = self.failed.take() else {
            return false;
        };
        if let Some(open) = &mut self.open {
            open.inside = false;
            open.skipping = true;
            if let Resume::Search = failed.resume {
                open.at = open.next_fragment(&self.buffer);
            }
        }
        true
    }

    /// Goes to a place in the first segment where a record begins.
    pub(crate) fn seek(&mut self, offset: u64) -> Result<(), WalError> {
        if self.open_next()?
            && let Some(open) = &mut self.open
        {
            let page = offset - offset % PAGE_BYTES as u64;
            let sought = open.file.seek(SeekFrom::Start(page));
            sought.map_err(|e| WalError::io("reading log segment", &open.segment.path, e))?;
            (open.base, open.at, open.good_until) = (page, offset, offset);
            open.fill(&mut self.buffer)?;
        }
        Ok(())
    }

    /// Reads one fragment.
    fn step(&mut self) -> Result<Step, WalError> {
        let Some(open) = &mut self.open else {
            return Ok(Step::End);
        };
        let rest = match open.rest_of_page(&mut self.buffer)? {
            None if open.inside => {
                return Err(self.damage("the file ends inside a record", true, Resume::Here));
            }
            None => return Ok(Step::End),
            Some(rest) => rest,
        };
        let page = self.buffer.get(rest.clone()).unwrap_or_default();
        // A page's last bytes, or those of the file, may be too few for a header: zeros.
        let flags = match page.first().map(|byte| Flags::read(*byte)) {
            Some(Ok(flags)) => flags,
            Some(Err(reason)) => return Err(self.damage(&reason, false, Resume::Search)),
            None => return Ok(Step::End),
        };
        if flags.kind == Kind::Padding {
            if page.iter().any(|byte| *byte != 0) {
                let reason = "bytes other than zero fill up the page";
                return Err(self.damage(reason, false, Resume::Search));
            }
            open.at += page.len() as u64;
            return Ok(Step::More);
        }
        let (length, stored) = match page {
            [_, a, b, c, d, e, f, ..] => (
                usize::from(u16::from_be_bytes([*a, *b])),
                u32::from_be_bytes([*c, *d, *e, *f]),
            ),
            _ => {
                let at_end = open_at_end(open, rest.end);
                let reason = "the fragment's header is cut off";
                return Err(self.damage(reason, at_end, Resume::Search));
            }
        };
        let Some(part) = page.get(HEADER_BYTES..HEADER_BYTES + length) else {
            let at_end = open_at_end(open, rest.end) && !rest.end.is_multiple_of(PAGE_BYTES);
            let reason = format!("a fragment of {length} bytes is cut off");
            return Err(self.damage(&reason, at_end, Resume::Search));
        };
        let computed = crc_fast::crc32_iscsi(part);
        let begin = rest.start + HEADER_BYTES;
        let range = begin..begin + length;
        if computed != stored {
            let reason = format!("checksum {computed:08x} where {stored:08x} is stored");
            let at_end = open_at_end(open, range.end);
            return Err(self.damage(&reason, at_end, Resume::Search));
        }
        if open.skipping && matches!(flags.kind, Kind::Middle | Kind::Last) {
            open.at += (HEADER_BYTES + length) as u64;
            return Ok(Step::More);
        }
        open.skipping = false;
        if open.inside != matches!(flags.kind, Kind::Middle | Kind::Last) {
            let reason = match open.inside {
                true => "a record begins inside another",
                false => "a record goes on that never began",
            };
            return Err(self.damage(reason, false, Resume::Here));
        }
        open.at += (HEADER_BYTES + length) as u64;
        if flags.kind == Kind::Whole {
            return Ok(Step::Record(range, flags.packing));
        }
        if flags.kind == Kind::First {
            self.parts.clear();
        }
        if self.parts.len() + length > MAX_RECORD_BYTES {
            let reason = "the record is larger than the limit";
            return Err(self.damage(reason, false, Resume::Here));
        }
        self.parts.extend_from_slice(part);
        open.inside = flags.kind != Kind::Last;
        Ok(if open.inside {
            Step::More
        } else {
            Step::Parts(flags.packing)
        })
    }

    fn unpack(&mut self, range: Option<Range<usize>>, packing: Packing) -> Result<Found, WalError> {
        let found = match (packing, range) {
            (Packing::Plain, Some(range)) => Found::Page(range),
            (Packing::Plain, None) => Found::Parts,
            (Packing::Snappy, range) => {
                let packed = match range {
                    Some(range) => self.buffer.get(range).unwrap_or_default(),
                    None => &self.parts,
                };
                let size = snap::raw::decompress_len(packed).unwrap_or(usize::MAX);
                if size > MAX_RECORD_BYTES {
                    let reason = "the compressed record's size is out of bounds";
                    return Err(self.damage(reason, false, Resume::Here));
                }
                self.record.resize(size, 0);
                if let Err(error) = self.decoder.decompress(packed, &mut self.record) {
                    return Err(self.not_unpacked(&error));
                }
                Found::Record
            }
            (Packing::Zstd, range) => {
                let packed = match range {
                    Some(range) => self.buffer.get(range).unwrap_or_default(),
                    None => &self.parts,
                };
                self.record.clear();
                if let Err(error) = unpack_zstd(&mut self.zstd, packed, &mut self.record) {
                    return Err(self.not_unpacked(&error));
                }
                Found::Record
            }
        };
        if let Some(open) = &mut self.open {
            open.good_until = open.at;
        }
        Ok(found)
    }

    /// Damage of a record that does not decompress.
    fn not_unpacked(&mut self, error: &dyn std::fmt::Display) -> WalError {
        let reason = format!("the record does not decompress: {error}");
        // Its checksum is right: whoever wrote it did so, and the next one is whole.
        self.damage(&reason, false, Resume::Here)
    }

    /// Damage at the next fragment. `at_end`: nothing of the file lies behind it.
    fn damage(&mut self, reason: &str, at_end: bool, resume: Resume) -> WalError {
        let Some(open) = &self.open else {
            return WalError::io("reading", "a log", ErrorKind::UnexpectedEof.into());
        };
        let corruption = Corruption {
            path: open.segment.path.clone(),
            segment: open.segment.number,
            offset: open.at,
            good_until: open.good_until,
            reason: reason.to_owned(),
            torn: open.last && at_end,
        };
        self.failed = Some(Failed {
            corruption: corruption.clone(),
            resume,
        });
        corruption.into()
    }
}

/// Appends what a frame of zstd holds; fails where that is more than a record may have.
fn unpack_zstd(
    decoder: &mut FrameDecoder,
    packed: &[u8],
    record: &mut Vec<u8>,
) -> std::io::Result<()> {
    let stream = StreamingDecoder::new_with_decoder(packed, decoder);
    let stream = stream.map_err(std::io::Error::other)?;
    stream
        .take(MAX_RECORD_BYTES as u64 + 1)
        .read_to_end(record)?;
    if record.len() > MAX_RECORD_BYTES {
        return Err(std::io::Error::other("it is larger than the limit"));
    }
    Ok(())
}

/// The first byte of a record that is still packed; `None` where that takes unpacking.
fn first_byte(packing: Packing, packed: &[u8]) -> Option<u8> {
    match packing {
        Packing::Plain => packed.first().copied(),
        Packing::Zstd => None,
        Packing::Snappy => {
            // The size as a varint, then a literal: nothing could be copied yet. Its length lies
            // in the tag, or in up to four bytes behind it.
            let size = packed.iter().position(|byte| byte & 0x80 == 0)? + 1;
            let tag = *packed.get(size)?;
            let more = usize::from(tag >> 2).saturating_sub(59);
            (tag & 3 == 0)
                .then(|| packed.get(size + 1 + more).copied())
                .flatten()
        }
    }
}

/// Whether a place in the buffer is the end of the file.
fn open_at_end(open: &OpenFile, place: usize) -> bool {
    open.ended && place == open.filled
}

impl OpenFile {
    /// Where in the buffer the rest of the current page lies; `None` at the end of the file.
    fn rest_of_page(&mut self, buffer: &mut [u8]) -> Result<Option<Range<usize>>, WalError> {
        let mut start = (self.at - self.base) as usize;
        if start >= self.filled {
            if self.ended {
                return Ok(None);
            }
            self.base = self.at;
            self.fill(buffer)?;
            start = 0;
            if self.filled == 0 {
                return Ok(None);
            }
        }
        // The buffer begins at a page's beginning and holds whole pages.
        let page_end = (start / PAGE_BYTES + 1) * PAGE_BYTES;
        Ok(Some(start..page_end.min(self.filled)))
    }

    /// The place of the first whole fragment behind the damaged one in its page, or of the next
    /// page. Fragments of no bytes do not count: zeros would look like many.
    fn next_fragment(&self, buffer: &[u8]) -> u64 {
        let begin = (self.at - self.base) as usize;
        let end = ((begin / PAGE_BYTES + 1) * PAGE_BYTES).min(self.filled);
        let found = (begin + 1..end).find(|&at| {
            let page = buffer.get(at..end).unwrap_or_default();
            let [kind, a, b, c, d, e, f, rest @ ..] = page else {
                return false;
            };
            let length = usize::from(u16::from_be_bytes([*a, *b]));
            let is_fragment = Flags::read(*kind).is_ok_and(|flags| flags.kind != Kind::Padding);
            is_fragment
                && length > 0
                && rest.get(..length).is_some_and(|part| {
                    crc_fast::crc32_iscsi(part) == u32::from_be_bytes([*c, *d, *e, *f])
                })
        });
        self.base + found.unwrap_or(end) as u64
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), WalError> {
        self.filled = 0;
        while let Some(room) = buffer
            .get_mut(self.filled..)
            .filter(|room| !room.is_empty())
        {
            match self.file.read(room) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(n) => self.filled += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => {
                    return Err(WalError::io("reading log segment", &self.segment.path, e));
                }
            }
        }
        // Where the file ends with the buffer, that must be known: damage there is a torn end.
        if !self.ended {
            let bytes = self.file.metadata().map(|meta| meta.len());
            self.ended = bytes.is_ok_and(|bytes| bytes <= self.base + self.filled as u64);
        }
        Ok(())
    }
}
