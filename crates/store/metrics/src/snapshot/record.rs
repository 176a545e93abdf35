//! The records of a snapshot.
//!
//! ```text
//! 1 | reference u64 | labels | 0 i64 | chunk?
//! 2 | length uvarint | 1 | { reference uvarint | first time varint | last time varint }…
//! 3 | as an exemplars record of the log
//! chunk? = 0 uvarint
//!        | 1 uvarint | first time i64 | last time i64 | encoding u8 | length uvarint | chunk
//!          | last
//! last   = 3 × 16 bytes that mean nothing | 0 i64 | last value f64: behind floats
//!        | the last histogram: behind histograms, and not looked at
//! ```

use chunk::Encoding;

use crate::record::bytes::{Cursor, put_u64, put_uvarint, put_varint};
use crate::record::series::take_labels;

pub(super) const SERIES: u8 = 1;
pub(super) const TOMBSTONES: u8 = 2;
pub(super) const EXEMPLARS: u8 = 3;

/// The format byte of the stretches that are deleted.
const STRETCHES: u8 = 1;
/// Bytes behind a chunk that upstream keeps for older versions.
const UNUSED: usize = 3 * 16 + 8;

/// The chunk of a series that was still open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Open<'a> {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) encoding: Encoding,
    /// The last value; unknown of histograms.
    pub(super) value: f64,
    pub(super) bytes: &'a [u8],
}

/// A deleted stretch: reference, first and last time.
pub(super) type Deleted = (u64, i64, i64);

/// Appends the record of a series whose labels were written to `labels` as the log has them, and
/// that has no open chunk, or one of floats.
pub(super) fn put_series(out: &mut Vec<u8>, reference: u64, labels: &[u8], open: Option<Open<'_>>) {
    out.push(SERIES);
    put_u64(out, reference);
    out.extend_from_slice(labels);
    put_u64(out, 0);
    let Some(open) = open else {
        return put_uvarint(out, 0);
    };
    put_uvarint(out, 1);
    put_u64(out, open.first as u64);
    put_u64(out, open.last as u64);
    out.push(open.encoding.byte());
    put_uvarint(out, open.bytes.len() as u64);
    out.extend_from_slice(open.bytes);
    out.extend_from_slice(&[0; UNUSED]);
    put_u64(out, open.value.to_bits());
}

/// Reads a series record behind its first byte: reference and chunk; the labels go to `pairs`.
/// `None` also for a chunk of an encoding that cannot be restored.
pub(super) fn series<'a>(
    body: &'a [u8],
    pairs: &mut Vec<(&'a str, &'a str)>,
) -> Option<(u64, Option<Open<'a>>)> {
    let mut cursor = Cursor(body);
    let reference = cursor.u64()?;
    take_labels(&mut cursor, pairs)?;
    cursor.u64()?;
    if cursor.uvarint()? == 0 {
        return cursor.is_empty().then_some((reference, None));
    }
    let (first, last) = (cursor.u64()? as i64, cursor.u64()? as i64);
    let encoding = Encoding::from_byte(cursor.byte()?).ok()?;
    let length = usize::try_from(cursor.uvarint()?).ok()?;
    let bytes = cursor.take(length)?;
    let mut value = f64::NAN;
    if let Encoding::Xor | Encoding::Xor2 = encoding {
        cursor.take(UNUSED)?;
        value = f64::from_bits(cursor.u64()?);
        cursor.is_empty().then_some(())?;
    }
    let open = Open {
        first,
        last,
        encoding,
        value,
        bytes,
    };
    Some((reference, Some(open)))
}

/// Appends a record of deleted stretches.
pub(super) fn put_tombstones(out: &mut Vec<u8>, stretches: impl Iterator<Item = Deleted>) {
    let mut body = vec![STRETCHES];
    for (reference, first, last) in stretches {
        put_uvarint(&mut body, reference);
        put_varint(&mut body, first);
        put_varint(&mut body, last);
    }
    out.push(TOMBSTONES);
    put_uvarint(out, body.len() as u64);
    out.extend_from_slice(&body);
}

/// Reads a record of deleted stretches behind its first byte.
pub(super) fn tombstones(body: &[u8], mut each: impl FnMut(Deleted)) -> Option<()> {
    let mut cursor = Cursor(body);
    let length = cursor.uvarint()?;
    (length == cursor.len() as u64 && cursor.byte()? == STRETCHES).then_some(())?;
    while !cursor.is_empty() {
        each((cursor.uvarint()?, cursor.varint()?, cursor.varint()?));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use model::Labels;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            reference: u64,
            set in proptest::collection::btree_map(".{1,9}", ".{1,9}", 0..5),
            chunk in proptest::option::of((any::<(i64, i64)>(), -9.0..9.0, any::<Vec<u8>>())),
            deleted: Vec<(u64, i64, i64)>,
        ) {
            let set = Labels::from_pairs(set.iter());
            let mut labels = Vec::new();
            crate::record::series::put_labels(&mut labels, &set);
            let open = chunk.as_ref().map(|((first, last), value, bytes)| Open {
                first: *first, last: *last, encoding: Encoding::Xor, value: *value, bytes,
            });
            let mut out = Vec::new();
            put_series(&mut out, reference, &labels, open);
            let mut pairs = Vec::new();
            prop_assert_eq!(series(&out[1..], &mut pairs), Some((reference, open)));
            prop_assert_eq!(Labels::from_pairs(pairs.iter().copied()), set);
            prop_assert_eq!(series(&out[1..out.len() - 1], &mut pairs), None);

            let mut out = Vec::new();
            put_tombstones(&mut out, deleted.iter().copied());
            let mut back = Vec::new();
            tombstones(&out[1..], |stretch| back.push(stretch)).unwrap();
            prop_assert_eq!(back, deleted);
        }

        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let _ = series(&bytes, &mut Vec::new());
            let _ = tombstones(&bytes, |_| ());
        }
    }
}
