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
    let mut cells = times.iter_mut().zip(values);
    let mut written = 0;
    let decoded = each(count, rest, |time, value| {
        if time > to {
            return false;
        }
        if time >= from
            && let Some((cell, number)) = cells.next()
        {
            (*cell, *number) = (time, value);
            written += 1;
        }
        true
    });
    into.times.truncate(start + written);
    into.values.truncate(start + written);
    decoded
}

/// Hands each sample to `take` until it answers false.
#[inline]
fn each(count: u16, rest: &[u8], mut take: impl FnMut(i64, f64) -> bool) -> Option<()> {
    let mut bits = Bits::new(rest);
    let mut time = bits.varint()?;
    let mut value = Value::at(bits.take_long(64)?);
    if !take(time, f64::from_bits(value.bits)) || count == 1 {
        return Some(());
    }
    let mut delta = bits.uvarint()? as i64;
    for place in 1..count {
        if place > 1 {
            delta = delta.wrapping_add(bits.change_of_delta()?);
        }
        time = time.wrapping_add(delta);
        value.next(&mut bits)?;
        if !take(time, f64::from_bits(value.bits)) {
            break;
        }
    }
    Some(())
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
