//! A growing XOR chunk: the bits that [`super::xor`] reads.

use super::Encoding;
use super::bits::BitWriter;
use super::value::Value;

/// A chunk of numbers with at least one sample, to which later ones are added. Start times are not
/// written.
#[derive(Clone, Debug)]
pub struct XorChunk {
    out: BitWriter,
    value: Value,
    count: u16,
    first: i64,
    time: i64,
    delta: i64,
}

impl XorChunk {
    /// A chunk of one sample.
    pub fn new(time: i64, value: f64) -> Self {
        let mut out = BitWriter::default();
        put_uvarint(&mut out, ((time << 1) ^ (time >> 63)) as u64);
        out.put(value.to_bits(), u64::BITS);
        Self {
            out,
            value: Value::at(value.to_bits()),
            count: 1,
            first: time,
            time,
            delta: 0,
        }
    }

    /// Adds a sample, which must be later than the last; answers whether there was room.
    pub fn push(&mut self, time: i64, value: f64) -> bool {
        let Some(count) = self.count.checked_add(1) else {
            return false;
        };
        let delta = time.wrapping_sub(self.time);
        if self.count == 1 {
            put_uvarint(&mut self.out, delta as u64);
        } else {
            put_change(&mut self.out, delta.wrapping_sub(self.delta));
        }
        self.value.write(&mut self.out, value.to_bits());
        (self.count, self.time, self.delta) = (count, time, delta);
        true
    }

    /// How it is encoded.
    pub fn encoding(&self) -> Encoding {
        Encoding::Xor
    }

    /// Time of the first sample.
    pub fn first(&self) -> i64 {
        self.first
    }

    /// Time of the last sample.
    pub fn last(&self) -> i64 {
        self.time
    }

    /// How many samples there are.
    pub fn count(&self) -> u16 {
        self.count
    }

    /// Bytes of the chunk.
    #[expect(clippy::len_without_is_empty, reason = "a chunk has a sample")]
    pub fn len(&self) -> usize {
        size_of::<u16>() + self.out.len()
    }

    /// Appends the chunk to `out`.
    pub fn copy(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.count.to_be_bytes());
        self.out.copy(out);
    }
}

fn put_uvarint(out: &mut BitWriter, mut number: u64) {
    while number >= 0x80 {
        out.put(number & 0x7f | 0x80, 8);
        number >>= 7;
    }
    out.put(number, 8);
}

/// Writes how much a delta of times differs from the one before.
fn put_change(out: &mut BitWriter, change: i64) {
    // The upper half of each width is negative, but for its first number.
    let fits = |bits: u32| {
        let half = 1i64 << (bits - 1);
        (1 - half..=half).contains(&change)
    };
    let (head, size) = match change {
        0 => return out.put(0, 1),
        _ if fits(14) => (0b10, 14),
        _ if fits(17) => (0b110, 17),
        _ if fits(20) => (0b1110, 20),
        _ => (0b1111, 64),
    };
    out.put(head, if size == 64 { 4 } else { (size - 14) / 3 + 2 });
    let low = if size == 64 {
        u64::MAX
    } else {
        (1 << size) - 1
    };
    out.put(change as u64 & low, size);
}
