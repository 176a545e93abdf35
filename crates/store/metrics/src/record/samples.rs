//! Sample records: one a batch, the bulk of the log.
//!
//! ```text
//! 2 | reference u64 | time i64 | { reference delta varint | time delta varint | value f64 }…
//! ```
//! Deltas are to the first sample, whose reference and time stand in front.
//!
//! A newer form, which is read and not written, has start times, which are passed over:
//!
//! ```text
//! 11 | reference varint | time varint | start varint | value f64
//!    | { reference delta varint | time delta varint | start | value f64 }…
//! start = 0 u8 (none) | 1 u8 (as before) | 2 u8 + delta varint
//! ```
//! There a reference is against the sample before, a time against the first.

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

/// Hands each sample of the newer form's body to `each`, as [`decode`] does.
pub(crate) fn decode_with_starts(
    body: &[u8],
    mut each: impl FnMut(u64, i64, f64),
) -> Result<(), BadRecord> {
    let mut cursor = Cursor(body);
    let mut places = Places::default();
    while !cursor.is_empty() {
        let bad = BadRecord {
            kind: "samples with start times",
            left: cursor.len(),
        };
        let (reference, time) = places.next(&mut cursor).ok_or(bad)?;
        let value = cursor.u64().ok_or(bad)?;
        each(reference, time, f64::from_bits(value));
    }
    Ok(())
}

/// References and times in records that have start times.
#[derive(Default)]
pub(super) struct Places {
    /// The reference of the sample before and the time of the first.
    known: Option<(u64, i64)>,
}

/// The byte of a start time that follows.
const START_FOLLOWS: u8 = 2;

impl Places {
    /// Reads reference and time of the next sample and passes over its start time.
    pub(super) fn next(&mut self, cursor: &mut Cursor<'_>) -> Option<(u64, i64)> {
        let reference = cursor.varint()?;
        let time = cursor.varint()?;
        let Some((before, first)) = self.known else {
            cursor.varint()?;
            self.known = Some((reference as u64, time));
            return Some((reference as u64, time));
        };
        // Upstream takes every other byte for a start that follows, too.
        if cursor.byte()? >= START_FOLLOWS {
            cursor.varint()?;
        }
        let reference = before.wrapping_add(reference as u64);
        self.known = Some((reference, first));
        Some((reference, first.wrapping_add(time)))
    }
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

    #[test]
    fn start_times_are_passed_over() {
        let mut body = Vec::new();
        let value = |body: &mut Vec<u8>, value: f64| put_u64(body, value.to_bits());
        for number in [5, 1000, 900] {
            put_varint(&mut body, number);
        }
        value(&mut body, 1.0);
        for (reference, time, start) in [(2, 1, &[0][..]), (-1, 2, &[1]), (0, 3, &[2, 0x90, 0x01])]
        {
            put_varint(&mut body, reference);
            put_varint(&mut body, time);
            body.extend(start);
            value(&mut body, time as f64);
        }
        let mut back = Vec::new();
        decode_with_starts(&body, |r, t, v| back.push((r, t, v))).unwrap();
        let expected = [
            (5, 1000, 1.0),
            (7, 1001, 1.0),
            (6, 1002, 2.0),
            (6, 1003, 3.0),
        ];
        assert_eq!(back, expected);
        assert!(decode_with_starts(&body[..body.len() - 1], |_, _, _| ()).is_err());
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
            let _ = decode_with_starts(&bytes, |_, _, _| ());
        }
    }
}
