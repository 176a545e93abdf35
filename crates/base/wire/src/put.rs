//! Writing protobuf fields.

/// Bytes of a length that is reserved before it is known: five digits of seven bits.
const LENGTH: usize = 5;

/// Kinds of fields.
const NUMBER: u64 = 0;
const FIXED64: u64 = 1;
const BYTES: u64 = 2;

/// A number of 7 bits a byte, lowest first.
#[inline]
pub(crate) fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A signed number with its sign in the lowest bit.
pub(crate) fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn key(out: &mut Vec<u8>, field: u32, kind: u64) {
    varint(out, u64::from(field) << 3 | kind);
}

/// A number; 0 is what stands where nothing is said, and so is not written.
#[inline]
pub(crate) fn number(out: &mut Vec<u8>, field: u32, value: u64) {
    if value != 0 {
        always_number(out, field, value);
    }
}

/// A number, also 0: of those of which one is chosen.
pub(crate) fn always_number(out: &mut Vec<u8>, field: u32, value: u64) {
    key(out, field, NUMBER);
    varint(out, value);
}

/// A float; 0 is not written.
#[inline]
pub(crate) fn double(out: &mut Vec<u8>, field: u32, value: f64) {
    if value.to_bits() != 0 {
        always_double(out, field, value);
    }
}

/// A float, also 0.
pub(crate) fn always_double(out: &mut Vec<u8>, field: u32, value: f64) {
    key(out, field, FIXED64);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Bytes; none are not written.
pub(crate) fn bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    if !bytes.is_empty() {
        key(out, field, BYTES);
        varint(out, bytes.len() as u64);
        out.extend_from_slice(bytes);
    }
}

/// A message that `write` appends, also an empty one.
#[inline]
pub(crate) fn message(out: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    key(out, field, BYTES);
    let at = out.len();
    // Most lengths take one byte; the others move what is behind them.
    out.push(0);
    write(out);
    let length = out.len() - at - 1;
    if let (Some(place), 0..0x80) = (out.get_mut(at), length) {
        *place = length as u8;
        return;
    }
    let mut digits = Vec::with_capacity(LENGTH);
    varint(&mut digits, length as u64);
    out.splice(at..=at, digits);
}

/// A message too long to be moved: its length gets more digits than it needs, which every reader
/// takes. Longer than 32 GiB it must not be.
pub(crate) fn long_message(out: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    key(out, field, BYTES);
    let at = out.len();
    out.extend_from_slice(&[0; LENGTH]);
    write(out);
    let mut length = out.len() - at - LENGTH;
    let places = out.get_mut(at..at + LENGTH).unwrap_or_default();
    if let Some((last, others)) = places.split_last_mut() {
        for digit in others {
            *digit = length as u8 | 0x80;
            length >>= 7;
        }
        *last = length as u8;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::remote::fields::{Fields, Value};

    proptest! {
        #[test]
        fn what_is_written_is_read(
            field in 1u32..1 << 20,
            size in prop_oneof![0usize..300, Just(127), Just(128), Just(20_000)],
            whole in 1u64..,
            float in any::<f64>(),
        ) {
            let inner = vec![7; size];
            let mut out = Vec::new();
            message(&mut out, field, |out| out.extend_from_slice(&inner));
            long_message(&mut out, field, |out| out.extend_from_slice(&inner));
            number(&mut out, field, whole);
            always_double(&mut out, field, float);
            number(&mut out, field, 0);
            double(&mut out, field, 0.0);
            bytes(&mut out, field, &[]);
            let mut fields = Fields(&out);
            for _ in 0..2 {
                prop_assert_eq!(fields.next(), Ok(Some((field, Value::Bytes(&inner)))));
            }
            prop_assert_eq!(fields.next(), Ok(Some((field, Value::Number(whole)))));
            let (_, read) = fields.next().unwrap().unwrap();
            prop_assert_eq!(read, Value::Fixed64(float.to_bits()));
            prop_assert_eq!(fields.next(), Ok(None));
        }
    }
}
