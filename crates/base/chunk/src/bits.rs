//! Bits of chunks, highest first: reading and writing, and the numbers of varying width that all
//! encodings of histograms share.
//!
//! ```text
//! varbit = 0 | 10 + 3 bits | 110 + 6 | 1110 + 9 | 11110 + 12 | 111110 + 18 | 1111110 + 25
//!        | 11111110 + 56 | 11111111 + 64
//! ```
//! Of a signed varbit the upper half is negative, but for its first number. The reader keeps up to
//! 63 bits at hand and refills them eight bytes at a time: most samples cost one refill.

/// Bits of a varbit behind as many ones as the place says.
const WIDTHS: [u32; 9] = [0, 3, 6, 9, 12, 18, 25, 56, 64];

/// Bits, highest first.
pub(super) struct Bits<'a> {
    /// What is not yet in `ahead`.
    bytes: &'a [u8],
    /// The next bits, the first of them highest. Bits beyond `valid` are those that follow or 0.
    pub(super) ahead: u64,
    /// How many bits of `ahead` count.
    pub(super) valid: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            ahead: 0,
            valid: 0,
        }
    }

    /// Makes at least 56 bits valid, or all that are left.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        if let Some(next) = self.bytes.first_chunk::<8>() {
            self.ahead |= u64::from_be_bytes(*next) >> self.valid;
            let taken = (63 - self.valid) / 8;
            self.bytes = self.bytes.get(taken as usize..).unwrap_or_default();
            self.valid += taken * 8;
        } else {
            self.refill_at_the_end();
        }
    }

    #[cold]
    fn refill_at_the_end(&mut self) {
        while self.valid < 56
            && let Some((&byte, rest)) = self.bytes.split_first()
        {
            self.ahead |= u64::from(byte) << (56 - self.valid);
            self.valid += 8;
            self.bytes = rest;
        }
    }

    /// Passes over bits; at most 56.
    #[inline(always)]
    pub(super) fn drop(&mut self, count: u32) -> Option<()> {
        self.valid = self.valid.checked_sub(count)?;
        self.ahead <<= count;
        Some(())
    }

    /// The next 1 to 56 bits.
    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) -> Option<u64> {
        if self.valid < count {
            self.refill();
        }
        let taken = self.ahead >> (64 - count);
        self.drop(count)?;
        Some(taken)
    }

    /// The next 1 to 64 bits.
    #[inline(always)]
    pub(super) fn take_long(&mut self, count: u32) -> Option<u64> {
        if count <= 56 {
            return self.take(count);
        }
        let high = self.take(count - 32)?;
        Some(high << 32 | self.take(32)?)
    }

    /// An unsigned varint in bytes, as Go's `encoding/binary` writes it.
    pub(super) fn uvarint(&mut self) -> Option<u64> {
        let mut value = 0;
        for place in 0..10 {
            let byte = self.take(8)?;
            value |= (byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// How much a delta of times differs from the one before, as XOR chunks have it.
    #[inline(always)]
    pub(super) fn change_of_delta(&mut self) -> Option<i64> {
        // 24 bits of this and 13 of the value's head.
        if self.valid < 37 {
            self.refill();
        }
        let (head, size) = match (!self.ahead).leading_zeros() {
            0 => {
                self.drop(1)?;
                return Some(0);
            }
            1 => (2, 14),
            2 => (3, 17),
            3 => (4, 20),
            _ => {
                self.drop(4)?;
                return Some(self.take_long(64)? as i64);
            }
        };
        let raw = (self.ahead << head) >> (64 - size);
        self.drop(head + size)?;
        // The upper half is negative, but for its first number.
        let limit = 1i64 << (size - 1);
        let raw = raw as i64;
        Some(if raw > limit { raw - 2 * limit } else { raw })
    }

    /// A zigzag varint in bytes.
    #[inline]
    pub(super) fn varint(&mut self) -> Option<i64> {
        let raw = self.uvarint()?;
        Some((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    /// An unsigned varbit.
    #[inline]
    pub(super) fn varbit_uint(&mut self) -> Option<u64> {
        self.varbit().map(|(raw, _)| raw)
    }

    /// A signed varbit.
    #[inline]
    pub(super) fn varbit_int(&mut self) -> Option<i64> {
        let (raw, width) = self.varbit()?;
        // No shift of 64 bits: of those all are the number.
        let is_negative = (1..64).contains(&width) && raw > 1 << (width - 1);
        Some(if is_negative {
            raw as i64 - (1 << width)
        } else {
            raw as i64
        })
    }

    /// The bits of a varbit and how many they are.
    #[inline]
    fn varbit(&mut self) -> Option<(u64, u32)> {
        if self.valid < 8 {
            self.refill();
        }
        let ones = (!self.ahead).leading_zeros().min(8);
        if ones == 0 {
            self.drop(1)?;
            return Some((0, 0));
        }
        self.drop((ones + 1).min(8))?;
        let width = WIDTHS.get(ones as usize).copied()?;
        Some((self.take_long(width)?, width))
    }

    /// How many bits are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len().saturating_mul(8) + self.valid as usize
    }
}

/// Bits that are being written.
#[derive(Clone, Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// The bits that fill no byte yet, the last of them lowest.
    rest: u8,
    /// How many those are; fewer than 8.
    rest_bits: u32,
}

impl BitWriter {
    /// Bytes so far, the last perhaps not full.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() + usize::from(self.rest_bits > 0)
    }

    /// Appends the bytes to `out`, the last filled up with zeros.
    pub(super) fn copy(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes);
        if self.rest_bits > 0 {
            out.push(self.rest << (8 - self.rest_bits));
        }
    }

    /// Writes the lowest `size` bits, at most 64, the highest first.
    pub(super) fn put(&mut self, bits: u64, size: u32) {
        let mut left = size;
        while left > 0 {
            let taken = left.min(8 - self.rest_bits);
            left -= taken;
            let part = (bits >> left) as u16 & ((1 << taken) - 1);
            let all = u16::from(self.rest) << taken | part;
            self.rest_bits += taken;
            self.rest = all as u8;
            if self.rest_bits == 8 {
                self.bytes.push(self.rest);
                (self.rest, self.rest_bits) = (0, 0);
            }
        }
    }

    /// Writes an unsigned varbit.
    pub(super) fn varbit_uint(&mut self, value: u64) {
        self.varbit(value, |width| value >> width == 0);
    }

    /// Writes a signed varbit.
    pub(super) fn varbit_int(&mut self, value: i64) {
        self.varbit(value as u64, |width| {
            let half = 1i64 << (width - 1);
            (1 - half..=half).contains(&value)
        });
    }

    /// Writes a number with the smallest of the widths below 64 that it fits, or in 64 bits.
    fn varbit(&mut self, bits: u64, fits: impl Fn(u32) -> bool) {
        if bits == 0 {
            self.put(0, 1);
            return;
        }
        let narrow = (1u32..8).zip(WIDTHS.into_iter().skip(1));
        for (ones, width) in narrow {
            if fits(width) {
                // The ones, and the zero that ends them.
                self.put((1 << (ones + 1)) - 2, ones + 1);
                self.put(bits, width);
                return;
            }
        }
        self.put(0xff, 8);
        self.put(bits, 64);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers of every width.
    fn number() -> impl Strategy<Value = u64> {
        (any::<u64>(), 0u32..64).prop_map(|(bits, shift)| bits >> shift)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(numbers in proptest::collection::vec((number(), 0u8..3), 1..60)) {
            let mut out = BitWriter::default();
            for &(number, how) in &numbers {
                match how {
                    0 => out.varbit_uint(number),
                    1 => out.varbit_int(number as i64),
                    _ => out.put(number & 0xfff, 12),
                }
            }
            let mut bytes = Vec::new();
            out.copy(&mut bytes);
            prop_assert_eq!(bytes.len(), out.len());
            let mut bits = Bits::new(&bytes);
            for &(number, how) in &numbers {
                match how {
                    0 => prop_assert_eq!(bits.varbit_uint(), Some(number)),
                    1 => prop_assert_eq!(bits.varbit_int(), Some(number as i64)),
                    _ => prop_assert_eq!(bits.take(12), Some(number & 0xfff)),
                }
            }
            prop_assert!(bits.left() < 8);
        }
    }

    #[test]
    fn varbits_have_the_widths_of_the_format() {
        let length = |write: &dyn Fn(&mut BitWriter)| {
            let mut out = BitWriter::default();
            write(&mut out);
            out.bytes.len() as u32 * 8 + out.rest_bits
        };
        let ends = [
            (0, 1),
            (4, 5),
            (-3, 5),
            (5, 9),
            (32, 9),
            (-32, 13),
            (256, 13),
            (2048, 17),
            (131_072, 24),
            (-131_072, 32),
            (16_777_216, 32),
            (1 << 55, 64),
            (-(1 << 55), 72),
            (i64::MIN, 72),
        ];
        for (value, bits) in ends {
            assert_eq!(length(&|out| out.varbit_int(value)), bits, "{value}");
        }
        for (value, bits) in [(0, 1), (7, 5), (8, 9), (511, 13), (512, 17), (u64::MAX, 72)] {
            assert_eq!(length(&|out| out.varbit_uint(value)), bits, "{value}");
        }
    }
}
