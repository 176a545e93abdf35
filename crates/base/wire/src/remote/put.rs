//! Writing the fields of protobuf messages: what [`crate::fields`] reads.

/// A number of 7 bits a byte, lowest first.
#[inline]
pub(crate) fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// How many bytes such a number has.
pub(crate) fn varint_len(number: u64) -> usize {
    (u64::BITS - (number | 1).leading_zeros()).div_ceil(7) as usize
}

/// A signed number with its sign in the lowest bit.
pub(crate) fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

/// What stands before a field: its number and its kind, which is 0 for a number, 1 for eight bytes
/// and 2 for bytes behind their length.
#[inline]
fn key(out: &mut Vec<u8>, field: u8, kind: u64) {
    varint(out, u64::from(field) << 3 | kind);
}

/// A field that is a number.
#[inline]
pub(crate) fn number(out: &mut Vec<u8>, field: u8, number: u64) {
    key(out, field, 0);
    varint(out, number);
}

/// A field that is a double.
#[inline]
pub(crate) fn double(out: &mut Vec<u8>, field: u8, value: f64) {
    key(out, field, 1);
    out.extend_from_slice(&value.to_bits().to_le_bytes());
}

/// A field that is a number of eight bytes.
pub(crate) fn fixed64(out: &mut Vec<u8>, field: u8, number: u64) {
    key(out, field, 1);
    out.extend_from_slice(&number.to_le_bytes());
}

/// A field that is a text, bytes or a message.
#[inline]
pub(crate) fn bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    begin(out, field, bytes.len());
    out.extend_from_slice(bytes);
}

/// What stands before bytes of a length.
#[inline]
pub(crate) fn begin(out: &mut Vec<u8>, field: u8, length: usize) {
    key(out, field, 2);
    varint(out, length as u64);
}

/// The same, left out where it is empty.
pub(crate) fn text(out: &mut Vec<u8>, field: u8, text: &str) {
    if !text.is_empty() {
        bytes(out, field, text.as_bytes());
    }
}

/// A field that is a list of numbers, left out where it is empty.
pub(crate) fn packed(out: &mut Vec<u8>, field: u8, numbers: impl Iterator<Item = u64> + Clone) {
    let length: usize = numbers.clone().map(varint_len).sum();
    if length > 0 {
        begin(out, field, length);
        numbers.for_each(|number| varint(out, number));
    }
}

/// A field that is a list of doubles, left out where it is empty.
pub(crate) fn doubles(out: &mut Vec<u8>, field: u8, values: &[f64]) {
    if !values.is_empty() {
        begin(out, field, values.len() * 8);
        for value in values {
            out.extend_from_slice(&value.to_bits().to_le_bytes());
        }
    }
}

/// A field that is a message which `write` appends, also an empty one.
#[inline]
pub(crate) fn message(out: &mut Vec<u8>, field: u8, write: impl FnOnce(&mut Vec<u8>)) {
    key(out, field, 2);
    let at = out.len();
    // Most lengths take one byte; the others move what is behind them.
    out.push(0);
    write(out);
    let length = out.len() - at - 1;
    if let (Some(place), 0..0x80) = (out.get_mut(at), length) {
        *place = length as u8;
        return;
    }
    let mut digits = Vec::with_capacity(LONG);
    varint(&mut digits, length as u64);
    out.splice(at..=at, digits);
}

/// Bytes of the length of a [`long_message`].
const LONG: usize = 5;

/// A message too long to be moved: its length gets more digits than it needs, which every reader
/// takes. Longer than 32 GiB it must not be.
pub(crate) fn long_message(out: &mut Vec<u8>, field: u8, write: impl FnOnce(&mut Vec<u8>)) {
    key(out, field, 2);
    let at = out.len();
    out.extend_from_slice(&[0; LONG]);
    write(out);
    let mut length = out.len() - at - LONG;
    let places = out.get_mut(at..at + LONG).unwrap_or_default();
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
    use crate::fields::{self, Fields, Value};

    proptest! {
        #[test]
        fn messages_of_any_length_are_read(
            field in 1u8..,
            size in prop_oneof![0usize..300, Just(127), Just(128), Just(20_000)],
        ) {
            let inner = vec![7; size];
            let mut out = Vec::new();
            message(&mut out, field, |out| out.extend_from_slice(&inner));
            long_message(&mut out, field, |out| out.extend_from_slice(&inner));
            let mut fields = Fields(&out);
            let expected = Some((u32::from(field), Value::Bytes(&inner)));
            prop_assert_eq!(fields.next(), Ok(expected));
            prop_assert_eq!(fields.next(), Ok(expected));
            prop_assert_eq!(fields.next(), Ok(None));
        }

        #[test]
        fn what_is_put_is_read(first: u64, second: i64) {
            let mut out = Vec::new();
            varint(&mut out, first);
            prop_assert_eq!(out.len(), varint_len(first));
            varint(&mut out, zigzag(second));
            let mut rest = &out[..];
            prop_assert_eq!(fields::varint(&mut rest), Ok(first));
            prop_assert_eq!(fields::varint(&mut rest).map(fields::zigzag), Ok(second));
        }
    }
}
