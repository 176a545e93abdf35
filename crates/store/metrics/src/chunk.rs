//! Reading XOR chunks.

use model::Columns;

/// Bytes that are no chunk.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadChunk;

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u64> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(u64::from(bit))
    }
    fn bits(&mut self, n: u32) -> Option<u64> {
        let mut v = 0;
        for _ in 0..n {
            v = v << 1 | self.bit()?;
        }
        Some(v)
    }
    fn uvarint(&mut self) -> Option<u64> {
        let mut v = 0;
        for place in 0..10 {
            let byte = self.bits(8)?;
            v |= (byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(v);
            }
        }
        None
    }
}

/// Appends the chunk's samples to `into`.
pub(crate) fn decode(bytes: &[u8], into: &mut Columns) -> Result<(), BadChunk> {
    inner(bytes, into).ok_or(BadChunk)
}

fn inner(bytes: &[u8], into: &mut Columns) -> Option<()> {
    let (count, rest) = bytes.split_first_chunk::<2>()?;
    let mut b = Bits { bytes: rest, at: 0 };
    let (mut t, mut v, mut delta) = (0i64, 0u64, 0i64);
    let (mut leading, mut trailing) = (0, 0);
    for n in 0..u16::from_be_bytes(*count) {
        if n == 0 {
            let raw = b.uvarint()?;
            t = (raw >> 1) as i64 ^ -((raw & 1) as i64);
            v = b.bits(64)?;
            into.push(t, f64::from_bits(v));
            continue;
        }
        if n == 1 {
            delta = b.uvarint()? as i64;
        } else {
            let mut ones = 0;
            while ones < 4 && b.bit()? == 1 {
                ones += 1;
            }
            let size = [0, 14, 17, 20, 64].get(ones).copied()?;
            let raw = b.bits(size)?;
            let dod = if size == 64 || size == 0 || raw <= 1 << (size - 1) {
                raw as i64
            } else {
                raw as i64 - (1 << size)
            };
            delta = delta.wrapping_add(dod);
        }
        t = t.wrapping_add(delta);
        if b.bit()? == 1 {
            if b.bit()? == 1 {
                leading = b.bits(5)? as u32;
                let size = b.bits(6)? as u32;
                let size = if size == 0 { 64 } else { size };
                trailing = 64u32.checked_sub(leading + size)?;
            }
            let size = 64 - leading - trailing;
            v ^= b.bits(size)? << trailing;
        }
        into.push(t, f64::from_bits(v));
    }
    Some(())
}
