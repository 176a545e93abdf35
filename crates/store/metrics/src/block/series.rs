//! One series in the index: its labels as symbols, and where its chunks are.
//!
//! ```text
//! entry = label count | { name symbol | value symbol }… | chunk count | chunk…
//! first = min varint | max − min | reference
//! later = min − earlier max | max − min | reference − earlier reference, varint
//! ```
//! Numbers are unsigned varints where nothing else is said.

use crate::record::bytes::{Cursor, put_uvarint, put_varint};

/// Where a chunk is, and its stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkMeta {
    /// Time of the first sample.
    pub(crate) min: i64,
    /// Time of the last sample.
    pub(crate) max: i64,
    /// Place of the segment among the segments, in the upper 32 bits; offset in it, in the lower.
    pub(crate) reference: u64,
}

/// Appends an entry.
pub(super) fn encode(out: &mut Vec<u8>, labels: &[(u32, u32)], chunks: &[ChunkMeta]) {
    put_uvarint(out, labels.len() as u64);
    for &(name, value) in labels {
        put_uvarint(out, name.into());
        put_uvarint(out, value.into());
    }
    put_uvarint(out, chunks.len() as u64);
    let mut earlier: Option<&ChunkMeta> = None;
    for chunk in chunks {
        match earlier {
            None => put_varint(out, chunk.min),
            Some(earlier) => put_uvarint(out, chunk.min.wrapping_sub(earlier.max) as u64),
        }
        put_uvarint(out, chunk.max.wrapping_sub(chunk.min) as u64);
        match earlier {
            None => put_uvarint(out, chunk.reference),
            Some(earlier) => {
                put_varint(out, chunk.reference.wrapping_sub(earlier.reference) as i64);
            }
        }
        earlier = Some(chunk);
    }
}

/// Hands the label symbols of an entry to `each` and answers what follows them.
pub(super) fn labels<'a>(
    entry: &'a [u8],
    mut each: impl FnMut(u32, u32) -> Option<()>,
) -> Option<Cursor<'a>> {
    let mut cursor = Cursor(entry);
    for _ in 0..cursor.uvarint()? {
        let name = u32::try_from(cursor.uvarint()?).ok()?;
        let value = u32::try_from(cursor.uvarint()?).ok()?;
        each(name, value)?;
    }
    Some(cursor)
}

/// Hands the chunks of an entry to `each`, oldest first; `cursor` comes from [`labels`].
pub(super) fn chunks(mut cursor: Cursor<'_>, mut each: impl FnMut(ChunkMeta)) -> Option<()> {
    let mut earlier: Option<ChunkMeta> = None;
    for _ in 0..cursor.uvarint()? {
        let min = match earlier {
            None => cursor.varint()?,
            Some(earlier) => earlier.max.wrapping_add(cursor.uvarint()? as i64),
        };
        let max = min.wrapping_add(cursor.uvarint()? as i64);
        let reference = match earlier {
            None => cursor.uvarint()?,
            Some(earlier) => earlier.reference.wrapping_add(cursor.varint()? as u64),
        };
        let chunk = ChunkMeta {
            min,
            max,
            reference,
        };
        each(chunk);
        earlier = Some(chunk);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            pairs in proptest::collection::vec(any::<(u32, u32)>(), 0..5),
            chunks in proptest::collection::vec(any::<(i64, i64, u64)>(), 0..5),
        ) {
            let chunks: Vec<ChunkMeta> = chunks
                .into_iter()
                .map(|(min, max, reference)| ChunkMeta { min, max, reference })
                .collect();
            let mut entry = Vec::new();
            encode(&mut entry, &pairs, &chunks);
            let (mut seen, mut found) = (Vec::new(), Vec::new());
            let rest = labels(&entry, |name, value| {
                seen.push((name, value));
                Some(())
            });
            super::chunks(rest.unwrap(), |chunk| found.push(chunk)).unwrap();
            prop_assert_eq!(seen, pairs);
            prop_assert_eq!(found, chunks);
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Some(rest) = labels(&bytes, |_, _| Some(())) {
                let _ = super::chunks(rest, |_| ());
            }
        }
    }
}
