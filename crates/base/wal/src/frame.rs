//! How records lie in pages: fragments with headers. Pure, no files.

use crate::PAGE_BYTES;

/// Bytes before each fragment.
pub(crate) const HEADER_BYTES: usize = 7;

const KIND_MASK: u8 = 0b0000_0111;
const SNAPPY: u8 = 0b0000_1000;
const ZSTD: u8 = 0b0001_0000;

/// What a fragment is of its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No fragment: the rest of the page is zeros.
    Padding,
    Whole,
    First,
    Middle,
    Last,
}

/// How a record's bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Snappy,
    /// Read, not written.
    Zstd,
}

/// The header of a fragment as far as its first byte tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags {
    pub(crate) kind: Kind,
    pub(crate) packing: Packing,
}

impl Flags {
    pub(crate) fn read(byte: u8) -> Result<Self, String> {
        let kind = match byte & KIND_MASK {
            0 => Kind::Padding,
            1 => Kind::Whole,
            2 => Kind::First,
            3 => Kind::Middle,
            4 => Kind::Last,
            other => return Err(format!("unknown fragment type {other}")),
        };
        let packing = match byte & !KIND_MASK {
            0 => Packing::Plain,
            SNAPPY if kind != Kind::Padding => Packing::Snappy,
            ZSTD if kind != Kind::Padding => Packing::Zstd,
            other => return Err(format!("unknown fragment flags {other:#04x}")),
        };
        Ok(Self { kind, packing })
    }

    fn byte(self) -> u8 {
        let kind = match self.kind {
            Kind::Padding => 0,
            Kind::Whole => 1,
            Kind::First => 2,
            Kind::Middle => 3,
            Kind::Last => 4,
        };
        match self.packing {
            Packing::Plain => kind,
            Packing::Snappy => kind | SNAPPY,
            Packing::Zstd => kind | ZSTD,
        }
    }
}

/// Appends a record's fragments to `out`, whose first byte will lie at `start` of the page grid
/// (any number; only its remainder by the page size matters).
pub(crate) fn push_record(out: &mut Vec<u8>, start: u64, packing: Packing, record: &[u8]) {
    let page = PAGE_BYTES as u64;
    let mut rest = record;
    let mut first = true;
    loop {
        let used = ((start + out.len() as u64) % page) as usize;
        let mut left = PAGE_BYTES - used;
        if left < HEADER_BYTES {
            out.resize(out.len() + left, 0);
            left = PAGE_BYTES;
        }
        let taken = rest.len().min(left - HEADER_BYTES);
        let (part, after) = rest.split_at(taken);
        let kind = match (first, after.is_empty()) {
            (true, true) => Kind::Whole,
            (true, false) => Kind::First,
            (false, false) => Kind::Middle,
            (false, true) => Kind::Last,
        };
        out.push(Flags { kind, packing }.byte());
        out.extend_from_slice(&(taken as u16).to_be_bytes());
        out.extend_from_slice(&crc_fast::crc32_iscsi(part).to_be_bytes());
        out.extend_from_slice(part);
        rest = after;
        first = false;
        if rest.is_empty() {
            return;
        }
    }
}
