//! Sample records: one a batch, the bulk of the log.
//!
//! ```text
//! 2 | reference u64 | time i64 | { reference delta varint | time delta varint | value f64 }…
//! ```
//! Deltas are to the first sample, whose reference and time stand in front.

use super::bytes::{Cursor, put_u64, put_varint};
use super::{BadRecord, SAMPLES};

/// Writes one record of samples.
pub(crate) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    base: Option<(u64, i64)>,
}

impl<'a> Writer<'a> {
    /// Starts a record; what the buffer held is lost.
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        out.clear();
        out.push(SAMPLES);
        Self { out, base: None }
    }

    /// Adds a sample.
    #[inline]
    pub(crate) fn push(&mut self, reference: u64, time: i64, value: f64) {
        let (first, start) = match self.base {
            Some(base) => base,
            None => {
                put_u64(self.out, reference);
                put_u64(self.out, time as u64);
                self.base = Some((reference, time));
                (reference, time)
            }
        };
        put_varint(self.out, reference.wrapping_sub(first) as i64);
        put_varint(self.out, time.wrapping_sub(start));
        self.out.extend_from_slice(&value.to_bits().to_be_bytes());
    }
}

/// Hands each sample of a record's body to `each`: (reference, time, value).
#[inline]
pub(crate) fn decode(body: &[u8], mut each: impl FnMut(u64, i64, f64)) -> Result<(), BadRecord> {
    let mut cursor = Cursor(body);
    if cursor.is_empty() {
        return Ok(());
    }
    let bad = |left| BadRecord {
        kind: "samples",
        left,
    };
    let first = cursor.u64().ok_or(bad(body.len()))?;
    let start = cursor.u64().ok_or(bad(body.len()))? as i64;
    while !cursor.is_empty() {
        let left = cursor.len();
        let reference = cursor.varint().ok_or(bad(left))?;
        let time = cursor.varint().ok_or(bad(left))?;
        let value = cursor.u64().ok_or(bad(left))?;
        each(
            first.wrapping_add(reference as u64),
            start.wrapping_add(time),
            f64::from_bits(value),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn layout_is_upstreams() {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        writer.push(5, 1000, 1.0);
        writer.push(4, 1001, 2.0);
        assert_eq!(
            out,
            b"\x02\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\x03\xe8\
              \0\0\x3f\xf0\0\0\0\0\0\0\
              \x01\x02\x40\0\0\0\0\0\0\0"
        );
    }

    proptest! {
        #[test]
        fn round_trip(samples: Vec<(u64, i64, u64)>) {
            let mut out = Vec::new();
            let mut writer = Writer::new(&mut out);
            for &(r, t, v) in &samples {
                writer.push(r, t, f64::from_bits(v));
            }
            let mut back = Vec::new();
            decode(&out[1..], |r, t, v| back.push((r, t, v.to_bits()))).unwrap();
            prop_assert_eq!(back, samples);
        }

        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let _ = decode(&bytes, |_, _, _| ());
        }
    }
}
