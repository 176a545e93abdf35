//! Reading and writing the primitives that log records are made of.
//!
//! Numbers are big-endian or varints as Go's `encoding/binary` writes them; signed varints are
//! zigzag. A reader answers `None` on anything that does not fit; it never panics.

/// Longest varint of 64 bits, in bytes.
const MAX_VARINT: u32 = 10;

/// Appends an unsigned varint.
#[inline]
pub(crate) fn put_uvarint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// How many bytes an unsigned varint has.
pub(crate) fn uvarint_len(value: u64) -> u64 {
    u64::from((u64::BITS - (value | 1).leading_zeros()).div_ceil(7))
}

/// Appends a zigzag varint.
#[inline]
pub(crate) fn put_varint(out: &mut Vec<u8>, value: i64) {
    put_uvarint(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Appends eight bytes, big-endian.
#[inline]
pub(crate) fn put_u64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Appends a text behind its length.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_uvarint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// A place in a record that is being read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl<'a> Cursor<'a> {
    /// Whether all bytes are read.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes are left.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The next byte.
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// Four bytes, big-endian.
    pub(crate) fn u32(&mut self) -> Option<u32> {
        let (taken, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*taken))
    }

    /// Eight bytes, big-endian.
    #[inline]
    pub(crate) fn u64(&mut self) -> Option<u64> {
        let (taken, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*taken))
    }

    /// An unsigned varint.
    #[inline]
    pub(crate) fn uvarint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for place in 0..MAX_VARINT {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if place == MAX_VARINT - 1 && bits > 1 {
                return None;
            }
            value |= bits << (7 * place);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// A zigzag varint.
    #[inline]
    pub(crate) fn varint(&mut self) -> Option<i64> {
        let raw = self.uvarint()?;
        Some((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    /// A text behind its length.
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.uvarint()?).ok()?;
        std::str::from_utf8(self.take(length)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(a: u64, b: i64, c in ".{0,40}") {
            let mut out = Vec::new();
            put_uvarint(&mut out, a);
            put_varint(&mut out, b);
            put_u64(&mut out, a);
            put_text(&mut out, &c);
            let mut cursor = Cursor(&out);
            prop_assert_eq!(cursor.uvarint(), Some(a));
            prop_assert_eq!(cursor.varint(), Some(b));
            prop_assert_eq!(cursor.u64(), Some(a));
            prop_assert_eq!(cursor.text(), Some(c.as_str()));
            prop_assert!(cursor.is_empty());
        }
    }

    #[test]
    fn overlong_varints_are_refused() {
        assert_eq!(Cursor(&[0xff; 11]).uvarint(), None);
        assert_eq!(Cursor(&[0x80]).uvarint(), None);
    }
}
