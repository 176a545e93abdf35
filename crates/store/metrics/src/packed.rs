//! Chunks for those who want them packed.

use chunk::{Chunk, pack};
use contract::{ChunkSink, SelectError, TimeRange};
use model::Columns;

use crate::columns::{Mark, cut_out, trim};

/// Hands a chunk on as it is where all of it is wanted; packs anew what is wanted of it elsewhere.
/// `deleted` are stretches, both times included.
pub(crate) fn give(
    chunk: Chunk<'_>,
    range: TimeRange,
    deleted: &[(i64, i64)],
    each: &mut ChunkSink<'_>,
) -> Result<(), SelectError> {
    let is_inside = range.start <= chunk.first && chunk.last <= range.end;
    let is_apart = |&(first, last): &(i64, i64)| last < chunk.first || chunk.last < first;
    if is_inside && deleted.iter().all(is_apart) {
        return each(chunk);
    }
    let mut columns = Columns::new();
    chunk
        .encoding
        .decode(chunk.data, &mut columns)
        .map_err(|reason| {
            let (first, last) = (chunk.first, chunk.last);
            SelectError::Corrupt(format!("the chunk from {first} to {last}: {reason}"))
        })?;
    trim(&mut columns, Mark::default(), range);
    for &(first, last) in deleted {
        cut_out(&mut columns, Mark::default(), first, last);
    }
    pack(&columns, each)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_wholly_is_passed_on_and_the_rest_is_cut() {
        let mut all = Columns::new();
        (0..100).for_each(|step| all.push(step * 10, step as f64));
        let check = |range: (i64, i64), deleted: &[(i64, i64)], expected: &[(i64, i64)], same| {
            let (start, end) = range;
            let (mut columns, mut is_same) = (Columns::new(), true);
            let outcome = pack(&all, &mut |chunk| {
                give(chunk, TimeRange { start, end }, deleted, &mut |given| {
                    is_same &= given == chunk;
                    given.encoding.decode(given.data, &mut columns).unwrap();
                    Ok(())
                })
            });
            assert_eq!(outcome, Ok(()));
            let steps = expected.iter().flat_map(|&(from, to)| from..to);
            assert_eq!(
                columns.times,
                steps.map(|step| step * 10).collect::<Vec<_>>()
            );
            assert_eq!(is_same, same, "{range:?}");
        };
        check((0, 990), &[], &[(0, 100)], true);
        check((-5, 2000), &[(2000, 3000)], &[(0, 100)], true);
        check((5, 985), &[], &[(1, 99)], false);
        check(
            (0, 990),
            &[(100, 199), (500, 500)],
            &[(0, 10), (20, 50), (51, 100)],
            false,
        );
    }
}
