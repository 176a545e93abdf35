//! Exemplar records.
//!
//! ```text
//! 4 | reference u64 | time i64 | { reference delta varint | time delta varint | value f64 | labels }…
//! ```
//! Deltas are to the first exemplar, whose reference and time stand in front.

use model::{Exemplar, Labels};

use super::bytes::{Cursor, put_u64, put_varint};
use super::series::{put_labels, take_labels};
use super::{BadRecord, EXEMPLARS};

/// Writes one record; an exemplar without a time is written at time 0.
pub(crate) fn encode<'a>(
    out: &mut Vec<u8>,
    exemplars: impl IntoIterator<Item = (u64, &'a Exemplar)>,
) {
    out.clear();
    out.push(EXEMPLARS);
    let mut base = None;
    for (reference, exemplar) in exemplars {
        let time = exemplar.time.unwrap_or_default();
        let (first, start) = *base.get_or_insert_with(|| {
            put_u64(out, reference);
            put_u64(out, time as u64);
            (reference, time)
        });
        put_varint(out, reference.wrapping_sub(first) as i64);
        put_varint(out, time.wrapping_sub(start));
        put_u64(out, exemplar.value.to_bits());
        put_labels(out, &exemplar.labels);
    }
}

/// Hands each exemplar of a record's body to `each`.
pub(crate) fn decode(body: &[u8], mut each: impl FnMut(u64, Exemplar)) -> Result<(), BadRecord> {
    let mut cursor = Cursor(body);
    if cursor.is_empty() {
        return Ok(());
    }
    let bad = |left| BadRecord {
        kind: "exemplars",
        left,
    };
    let first = cursor.u64().ok_or(bad(body.len()))?;
    let start = cursor.u64().ok_or(bad(body.len()))? as i64;
    let mut pairs = Vec::new();
    while !cursor.is_empty() {
        let left = cursor.len();
        let reference = cursor.varint().ok_or(bad(left))?;
        let time = cursor.varint().ok_or(bad(left))?;
        let value = f64::from_bits(cursor.u64().ok_or(bad(left))?);
        take_labels(&mut cursor, &mut pairs).ok_or(bad(left))?;
        let exemplar = Exemplar {
            labels: Labels::from_pairs(pairs.iter().copied()),
            value,
            time: Some(start.wrapping_add(time)),
        };
        each(first.wrapping_add(reference as u64), exemplar);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn round_trip(given in proptest::collection::vec((any::<u64>(), any::<i64>(), 0u32..9, ".{1,4}"), 0..5)) {
            let given: Vec<(u64, Exemplar)> = given.into_iter().map(|(r, t, v, id)| (r, Exemplar {
                labels: Labels::from_pairs([("trace_id", id)]), value: f64::from(v), time: Some(t),
            })).collect();
            let mut out = Vec::new();
            encode(&mut out, given.iter().map(|(r, e)| (*r, e)));
            let mut back = Vec::new();
            decode(&out[1..], |r, e| back.push((r, e))).unwrap();
            prop_assert_eq!(back, given);
        }

        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let _ = decode(&bytes, |_, _| ());
        }
    }
}
