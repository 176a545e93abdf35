//! Reading XOR2 chunks (encoding 4), a denser form of [XOR](super::xor) that also has room for
//! start times.
//!
//! ```text
//! chunk  = sample count u16 | start times u8 | first time varint | first value 64 bits
//!        | second delta uvarint | value | { sample }…
//! sample = 0 (same pace, same value) | 10 + (0 + bits within the last window | 1 + window + bits)
//!        | 110 + change of delta 13 bits + value | 1110 + 20 bits + value | 11110 + 64 bits + value
//!        | 11111 (same pace, stale)
//! value  = 0 (as before) | 10 + bits within the last window | 110 + window + bits | 111 (stale)
//! ```
//! A window is as in XOR. Changes are against the last value that is not the stale marker. Behind
//! each sample may stand its [start time](super::start_times).

use model::{Columns, STALE_NAN_BITS};

use super::bits::Bits;
use super::start_times::StartTimes;
use super::value::Value;

/// Appends the samples from `from` to `to`; `None` where the bytes do not add up.
pub(super) fn samples(bytes: &[u8], from: i64, to: i64, into: &mut Columns) -> Option<()> {
    let (&[high, low, starts], rest) = bytes.split_first_chunk::<3>()?;
    let count = u16::from_be_bytes([high, low]);
    if count == 0 {
        return Some(());
    }
    // A sample takes one bit at least.
    let most = usize::from(count).min(rest.len().saturating_mul(8));
    into.times.reserve(most);
    into.values.reserve(most);
    let starts = StartTimes::new(starts);
    let mut bits = Bits::new(rest);
    let mut time = bits.varint()?;
    let first = bits.take_long(64)?;
    let mut value = Value::default();
    if first != STALE_NAN_BITS {
        value.bits = first;
    }
    let mut delta = 0i64;
    for place in 0..count {
        let now = match place {
            0 => first,
            1 => {
                delta = bits.uvarint()? as i64;
                next_value(&mut value, &mut bits)?
            }
            _ => next_sample(&mut delta, &mut value, &mut bits)?,
        };
        if place > 0 {
            time = time.wrapping_add(delta);
        }
        starts.skip(&mut bits, place)?;
        if time > to {
            return Some(());
        }
        if time >= from {
            into.push(time, f64::from_bits(now));
        }
    }
    Some(())
}

/// Reads pace and value of a sample behind the second; answers the bits of the value.
#[inline]
fn next_sample(delta: &mut i64, value: &mut Value, bits: &mut Bits<'_>) -> Option<u64> {
    // Five bits of this and 20 that may follow.
    if bits.valid < 25 {
        bits.refill();
    }
    let width = match (!bits.ahead).leading_zeros() {
        0 => {
            bits.drop(1)?;
            return Some(value.bits);
        }
        1 => {
            let has_window = bits.ahead << 2 >> 63 == 1;
            bits.drop(3)?;
            if has_window {
                value.change_with_window(bits)?;
            } else {
                value.change(bits)?;
            }
            return Some(value.bits);
        }
        2 => {
            bits.drop(3)?;
            13
        }
        3 => {
            bits.drop(4)?;
            20
        }
        4 => {
            bits.drop(5)?;
            64
        }
        _ => {
            bits.drop(5)?;
            return Some(STALE_NAN_BITS);
        }
    };
    let raw = bits.take_long(width)? as i64;
    // Two's complement of that width.
    let change = raw << (64 - width) >> (64 - width);
    *delta = delta.wrapping_add(change);
    next_value(value, bits)
}

/// Reads a value whose time is not as expected; answers its bits.
#[inline]
fn next_value(value: &mut Value, bits: &mut Bits<'_>) -> Option<u64> {
    if bits.valid < 3 {
        bits.refill();
    }
    match bits.ahead >> 61 {
        0..4 => bits.drop(1)?,
        4 | 5 => {
            bits.drop(2)?;
            value.change(bits)?;
        }
        6 => {
            bits.drop(3)?;
            value.change_with_window(bits)?;
        }
        _ => {
            bits.drop(3)?;
            return Some(STALE_NAN_BITS);
        }
    }
    Some(value.bits)
}
