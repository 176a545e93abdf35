//! Reading XOR chunks, the encoding of Prometheus' float samples.
//!
//! ```text
//! chunk  = sample count u16 | first time varint | first value 64 bits
//!        | second delta uvarint | value | { change of delta | value }…
//! change = 0 | 10 + 14 bits | 110 + 17 bits | 1110 + 20 bits | 1111 + 64 bits
//! value  = 0 (as before) | 10 + bits within the last window
//!        | 11 + leading zeros 5 bits + size 6 bits (0 is 64) + bits
//! ```
//! A value is given as what changes in its bits.

use std::iter::Zip;
use std::slice::IterMut;

use model::Columns;

use super::bits::Bits;
use super::value::Value;

/// Appends the samples from `from` to `to`; `None` where the bytes do not add up.
pub(super) fn samples(bytes: &[u8], from: i64, to: i64, into: &mut Columns) -> Option<()> {
    let (count, rest) = bytes.split_first_chunk::<2>()?;
    let count = u16::from_be_bytes(*count);
    if count == 0 {
        return Some(());
    }
    // A sample takes two bits at least; a count that says more than that would only make us
    // reserve memory for nothing.
    let most = usize::from(count).min(rest.len().saturating_mul(4));
    let start = into.times.len();
    // Cells that are there already take a number without a look at the room that is left.
    into.times.resize(start + most, 0);
    into.values.resize(start + most, 0.0);
    let times = into.times.get_mut(start..).unwrap_or_default();
    let values = into.values.get_mut(start..).unwrap_or_default();
    let mut kept = Kept {
        cells: times.iter_mut().zip(values),
        written: 0,
        from,
        to,
    };
    let decoded = each(count, rest, &mut kept);
    let written = kept.written;
    into.times.truncate(start + written);
    into.values.truncate(start + written);
    decoded
}

/// Where the samples of a range go.
struct Kept<'c> {
    cells: Zip<IterMut<'c, i64>, IterMut<'c, f64>>,
    written: usize,
    from: i64,
    to: i64,
}

impl Kept<'_> {
    /// Takes a sample that is not before the range; answers whether it was not behind it either. A
    /// function rather than a closure, which the compiler would call for each sample.
    #[inline(always)]
    fn take(&mut self, time: i64, value: f64) -> bool {
        if time > self.to {
            return false;
        }
        if time >= self.from
            && let Some((cell, number)) = self.cells.next()
        {
            (*cell, *number) = (time, value);
            self.written += 1;
        }
        true
    }
}

/// Hands over each sample until one lies behind the range.
#[inline]
fn each(count: u16, rest: &[u8], kept: &mut Kept<'_>) -> Option<()> {
    let mut bits = Bits::new(rest);
    let mut time = bits.varint()?;
    let mut value = Value::at(bits.take_long(64)?);
    if !kept.take(time, f64::from_bits(value.bits)) || count == 1 {
        return Some(());
    }
    let mut delta = bits.uvarint()? as i64;
    time = time.wrapping_add(delta);
    value.next(&mut bits)?;
    if !kept.take(time, f64::from_bits(value.bits)) {
        return Some(());
    }
    let mut at = rest.len() * 8 - bits.left();
    let mut left = u32::from(count) - 2;
    while left > 0 {
        let word = peek(rest, at).unwrap_or(TOO_LONG);
        // Samples at the same distance with the same value: two zeros each.
        let alike = (word.leading_zeros() / 2).min(PEEKED / 2).min(left);
        for _ in 0..alike {
            time = time.wrapping_add(delta);
            if !kept.take(time, f64::from_bits(value.bits)) {
                return Some(());
            }
        }
        left -= alike;
        at += alike as usize * 2;
        if alike > 0 {
            continue;
        }
        at = match short(rest, at, word, &mut delta, &mut value) {
            Some(behind) => behind,
            None => long(rest, at, &mut delta, &mut value)?,
        };
        left -= 1;
        time = time.wrapping_add(delta);
        if !kept.take(time, f64::from_bits(value.bits)) {
            break;
        }
    }
    Some(())
}

/// Bits that [`peek`] gives at least.
const PEEKED: u32 = 57;

/// How a sample begins that [`short`] does not read.
const TOO_LONG: u64 = u64::MAX;

/// The bits from a place on, highest first; none near the end of the bytes.
#[inline(always)]
fn peek(bytes: &[u8], at: usize) -> Option<u64> {
    let word = bytes.get(at / 8..)?.first_chunk::<8>()?;
    Some(u64::from_be_bytes(*word) << (at % 8))
}

/// Reads a sample that begins with the bits of `word`, as nearly all are: without counting how many
/// bits are left. Answers the place behind it, or nothing of one that is longer, stands at the end
/// or does not add up, and then nothing has changed.
#[inline(always)]
fn short(bytes: &[u8], at: usize, word: u64, delta: &mut i64, value: &mut Value) -> Option<usize> {
    let (at, word, change) = if word >> 63 == 0 {
        (at + 1, word << 1, 0)
    } else {
        let (head, size) = match (!word).leading_zeros() {
            1 => (2, 14),
            2 => (3, 17),
            3 => (4, 20),
            _ => return None,
        };
        let raw = ((word << head) >> (64 - size)) as i64;
        // The upper half is negative, but for its first number.
        let limit = 1i64 << (size - 1);
        let change = if raw > limit { raw - 2 * limit } else { raw };
        let at = at + head + size;
        (at, peek(bytes, at)?, change)
    };
    if word >> 63 == 0 {
        *delta = delta.wrapping_add(change);
        return Some(at + 1);
    }
    let (head, size, trailing) = if word >> 62 & 1 == 0 {
        (2, value.size, value.trailing)
    } else {
        let leading = (word >> 57) as u32 & 31;
        let size = (word >> 51) as u32 & 63;
        (13, size, 64u32.checked_sub(leading + size)?)
    };
    let bits = match head + size {
        // A window that no value has set yet, or one of 64 bits.
        _ if size == 0 => return None,
        all if all < PEEKED => word << head,
        _ if size <= PEEKED => peek(bytes, at + head as usize)?,
        _ => return None,
    };
    *delta = delta.wrapping_add(change);
    (value.size, value.trailing) = (size, trailing);
    value.bits ^= (bits >> (64 - size)) << trailing;
    Some(at + (head + size) as usize)
}

/// Reads any sample; answers the place behind it.
#[cold]
fn long(bytes: &[u8], at: usize, delta: &mut i64, value: &mut Value) -> Option<usize> {
    let mut bits = Bits::new(bytes.get(at / 8..)?);
    if !at.is_multiple_of(8) {
        bits.take((at % 8) as u32)?;
    }
    *delta = delta.wrapping_add(bits.change_of_delta()?);
    value.next(&mut bits)?;
    Some(bytes.len() * 8 - bits.left())
}

#[cfg(test)]
mod tests {
    use model::same_value;
    use proptest::prelude::*;

    use super::super::{BadChunk, Encoding, XorChunk};
    use super::*;

    /// A plain encoder, one bit at a time, for tests.
    fn encode(samples: &[(i64, f64)]) -> Vec<u8> {
        let mut bits: Vec<bool> = Vec::new();
        let mut put = |value: u64, size: u32| {
            for place in (0..size).rev() {
                bits.push(value >> place & 1 == 1);
            }
        };
        let (mut time, mut delta, mut value) = (0i64, 0i64, 0u64);
        let mut window: Option<(u32, u32)> = None;
        for (place, &(t, v)) in samples.iter().enumerate() {
            let v = v.to_bits();
            let mut varint = |mut raw: u64| {
                while raw >= 0x80 {
                    put(raw & 0x7f | 0x80, 8);
                    raw >>= 7;
                }
                put(raw, 8);
            };
            let step = t.wrapping_sub(time);
            match place {
                0 => {
                    varint(((t << 1) ^ (t >> 63)) as u64);
                    put(v, 64);
                    (time, value) = (t, v);
                    continue;
                }
                1 => varint(step as u64),
                _ => match step.wrapping_sub(delta) {
                    0 => put(0, 1),
                    d @ -8191..=8192 => put(0b10 << 14 | d as u64 & 0x3fff, 16),
                    d @ -65535..=65536 => put(0b110 << 17 | d as u64 & 0x1_ffff, 20),
                    d @ -524_287..=524_288 => put(0b1110 << 20 | d as u64 & 0xf_ffff, 24),
                    d => {
                        put(15, 4);
                        put(d as u64, 64);
                    }
                },
            }
            let change = v ^ value;
            (time, delta, value) = (t, step, v);
            if change == 0 {
                put(0, 1);
                continue;
            }
            let (leading, trailing) = (change.leading_zeros().min(31), change.trailing_zeros());
            match window {
                Some((l, t)) if leading >= l && trailing >= t => {
                    put(2, 2);
                    put(change >> t, 64 - l - t);
                }
                _ => {
                    window = Some((leading, trailing));
                    let size = 64 - leading - trailing;
                    put(3, 2);
                    put(u64::from(leading), 5);
                    put(u64::from(size & 63), 6);
                    put(change >> trailing, size);
                }
            }
        }
        let mut out = (samples.len() as u16).to_be_bytes().to_vec();
        out.extend(bits.chunks(8).map(|byte| {
            let full = byte.iter().fold(0u8, |all, &bit| all << 1 | u8::from(bit));
            full << (8 - byte.len())
        }));
        out
    }

    fn steps() -> impl Strategy<Value = Vec<(i64, u64)>> {
        let step = prop_oneof![
            Just(15_000i64),
            14_000i64..16_000,
            1i64..200_000,
            1i64..2_000_000,
            1i64..1 << 40
        ];
        let value = prop_oneof![
            any::<u64>(),
            (0u32..50).prop_map(|v| f64::from(v).to_bits()),
            Just(1.0f64.to_bits()),
            Just(model::STALE_NAN_BITS)
        ];
        proptest::collection::vec((step, value), 1..200)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(start in -(1i64 << 42)..1 << 42, steps in steps(), cut in any::<(u8, u8)>()) {
            let mut time = start;
            let samples: Vec<(i64, f64)> = steps.iter().map(|&(step, bits)| {
                time += step;
                (time, f64::from_bits(bits))
            }).collect();
            let bytes = encode(&samples);
            let mut grown = XorChunk::new(samples[0].0, samples[0].1);
            for &(time, value) in &samples[1..] {
                prop_assert!(grown.push(time, value));
            }
            let mut written = Vec::new();
            grown.copy(&mut written);
            prop_assert_eq!(&written, &bytes);
            let at = |cut: u8| samples[usize::from(cut) % samples.len()].0;
            for (from, to) in [(i64::MIN, i64::MAX), (at(cut.0), at(cut.1)), (at(cut.0) + 1, i64::MAX)] {
                let mut back = Columns::new();
                Encoding::Xor.decode_range(&bytes, from, to, &mut back).unwrap();
                let wanted: Vec<_> = samples.iter().filter(|s| from <= s.0 && s.0 <= to).collect();
                prop_assert_eq!(back.len(), wanted.len());
                for (read, wanted) in back.iter().zip(wanted) {
                    prop_assert!(read.time == wanted.0 && same_value(read.value, wanted.1));
                }
            }
            // No chunk ends early, and a shorter count reads its first samples.
            let cut = Encoding::Xor.decode(&bytes[..bytes.len() - 1], &mut Columns::new());
            prop_assert_eq!(cut, Err(BadChunk));
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut into = Columns::new();
            let _ = Encoding::Xor.decode(&bytes, &mut into);
            prop_assert_eq!(into.times.len(), into.values.len());
        }
    }
}
