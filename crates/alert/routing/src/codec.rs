//! Numbers, texts and label sets as bytes, for the records of the log.
//!
//! Whole numbers are written seven bits at a time, lowest first, the eighth bit saying that more
//! follow; signed ones with the sign in the lowest bit. Texts lie behind their length in bytes,
//! lists behind their count.

use model::Labels;

/// The bytes of a number take at most this many places.
const MOST_DIGITS: u32 = 10;

/// Appends a whole number.
pub(crate) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a moment or any other signed number.
pub(crate) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put_number(out, ((number << 1) ^ (number >> 63)) as u64);
}

/// Appends a text.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Appends a label set.
pub(crate) fn put_labels(out: &mut Vec<u8>, labels: &Labels) {
    put_number(out, labels.len() as u64);
    for (name, value) in labels.iter() {
        put_text(out, name);
        put_text(out, value);
    }
}

/// Appends alerts' numbers.
pub(crate) fn put_fingerprints(out: &mut Vec<u8>, fingerprints: &[u64]) {
    put_number(out, fingerprints.len() as u64);
    for fingerprint in fingerprints {
        out.extend_from_slice(&fingerprint.to_le_bytes());
    }
}

/// Bytes that are being read. Every reading answers `None` where they do not fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for place in 0..MOST_DIGITS {
            let byte = self.byte()?;
            let digit = u64::from(byte & 0x7f);
            // The tenth place has room for one bit.
            if place + 1 == MOST_DIGITS && digit > 1 {
                return None;
            }
            number |= digit << (7 * place);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    /// A count of things that take at least `least` bytes each: a greater one than the bytes can
    /// hold is refused before anything is made room for.
    pub(crate) fn count(&mut self, least: usize) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count.checked_mul(least)? <= self.0.len()).then_some(count)
    }

    pub(crate) fn labels(&mut self) -> Option<Labels> {
        let count = self.count(2)?;
        let pairs: Option<Vec<(&str, &str)>> = (0..count)
            .map(|_| Some((self.text()?, self.text()?)))
            .collect();
        Some(Labels::from_pairs(pairs?))
    }

    pub(crate) fn fingerprint(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    pub(crate) fn fingerprints(&mut self) -> Option<Vec<u64>> {
        let count = self.count(8)?;
        (0..count).map(|_| self.fingerprint()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(number: u64, signed: i64, text: String, list: Vec<u64>) {
            let mut out = Vec::new();
            put_number(&mut out, number);
            put_signed(&mut out, signed);
            put_text(&mut out, &text);
            put_fingerprints(&mut out, &list);
            let mut bytes = Bytes(&out);
            prop_assert_eq!(bytes.number(), Some(number));
            prop_assert_eq!(bytes.signed(), Some(signed));
            prop_assert_eq!(bytes.text(), Some(text.as_str()));
            prop_assert_eq!(bytes.fingerprints(), Some(list));
            prop_assert!(bytes.0.is_empty());
        }

        #[test]
        fn no_bytes_stop_the_reader(bytes: Vec<u8>) {
            let _ = Bytes(&bytes).number();
            let _ = Bytes(&bytes).labels();
            let _ = Bytes(&bytes).fingerprints();
        }
    }
}
