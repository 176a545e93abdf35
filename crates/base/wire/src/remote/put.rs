//! Writing the fields of protobuf messages: what [`super::fields`] reads.

/// A number of 7 bits a byte, lowest first.
#[inline]
pub(super) fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// How many bytes such a number has.
pub(super) fn varint_len(number: u64) -> usize {
    (u64::BITS - (number | 1).leading_zeros()).div_ceil(7) as usize
}

/// A signed number with its sign in the lowest bit.
pub(super) fn zigzag(number: i64) -> u64 {
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
pub(super) fn number(out: &mut Vec<u8>, field: u8, number: u64) {
    key(out, field, 0);
    varint(out, number);
}

/// A field that is a double.
#[inline]
pub(super) fn double(out: &mut Vec<u8>, field: u8, value: f64) {
    key(out, field, 1);
    out.extend_from_slice(&value.to_bits().to_le_bytes());
}

/// A field that is a text, bytes or a message.
#[inline]
pub(super) fn bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    begin(out, field, bytes.len());
    out.extend_from_slice(bytes);
}

/// What stands before bytes of a length.
#[inline]
pub(super) fn begin(out: &mut Vec<u8>, field: u8, length: usize) {
    key(out, field, 2);
    varint(out, length as u64);
}

/// The same, left out where it is empty.
pub(super) fn text(out: &mut Vec<u8>, field: u8, text: &str) {
    if !text.is_empty() {
        bytes(out, field, text.as_bytes());
    }
}

/// A field that is a list of numbers, left out where it is empty.
pub(super) fn packed(out: &mut Vec<u8>, field: u8, numbers: impl Iterator<Item = u64> + Clone) {
    let length: usize = numbers.clone().map(varint_len).sum();
    if length > 0 {
        begin(out, field, length);
        numbers.for_each(|number| varint(out, number));
    }
}

/// A field that is a list of doubles, left out where it is empty.
pub(super) fn doubles(out: &mut Vec<u8>, field: u8, values: &[f64]) {
    if !values.is_empty() {
        begin(out, field, values.len() * 8);
        for value in values {
            out.extend_from_slice(&value.to_bits().to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::remote::fields;

    proptest! {
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
