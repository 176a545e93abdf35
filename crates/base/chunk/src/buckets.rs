//! Buckets that are left out where nobody was counted: walking them, comparing them, and putting
//! the counts of one selection of buckets into another.
//!
//! Indices are reckoned in 64 bits, so that no offsets of a damaged file overflow.

use std::cmp::Ordering;

use model::Span;

/// The indices of the buckets that spans say are there, rising.
pub(super) fn indices(spans: &[Span]) -> impl Iterator<Item = i64> {
    let mut next = 0i64;
    spans.iter().flat_map(move |span| {
        let first = next + i64::from(span.offset);
        next = first + i64::from(span.length);
        first..next
    })
}

/// Spans for buckets whose indices rise; `None` where one is beyond 32 bits.
pub(super) fn spans(indices: impl Iterator<Item = i64>) -> Option<Vec<Span>> {
    let mut spans: Vec<Span> = Vec::new();
    let mut end = 0i64;
    for index in indices {
        let offset = i32::try_from(index - end).ok()?;
        match spans.last_mut().filter(|_| offset == 0) {
            Some(span) => span.length += 1,
            None => spans.push(Span { offset, length: 1 }),
        }
        end = index + 1;
    }
    Some(spans)
}

/// Calls `each` for every bucket of `a` or `b`, in rising order, with the counts that they have
/// for it.
pub(super) fn walk<C: Copy>(
    (a_spans, a): (&[Span], impl Iterator<Item = C>),
    (b_spans, b): (&[Span], impl Iterator<Item = C>),
    mut each: impl FnMut(i64, Option<C>, Option<C>),
) {
    let mut a = indices(a_spans).zip(a).peekable();
    let mut b = indices(b_spans).zip(b).peekable();
    loop {
        let order = match (a.peek(), b.peek()) {
            (Some((at, _)), Some((bt, _))) => at.cmp(bt),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return,
        };
        let of_a = if order.is_le() { a.next() } else { None };
        let of_b = if order.is_ge() { b.next() } else { None };
        if let Some((index, _)) = of_a.or(of_b) {
            each(index, of_a.map(|a| a.1), of_b.map(|b| b.1));
        }
    }
}

/// The counts for the buckets of `wanted`, of which those of `spans` are a part.
pub(super) fn spread<C: Copy + Default>(wanted: &[Span], spans: &[Span], counts: &[C]) -> Vec<C> {
    let mut given = indices(spans).zip(counts.iter().copied()).peekable();
    indices(wanted)
        .map(|index| {
            let here = given.next_if(|&(at, _)| at == index);
            here.map(|(_, count)| count).unwrap_or_default()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(offset: i32, length: u32) -> Span {
        Span { offset, length }
    }

    #[test]
    fn indices_and_spans_are_the_same_said_twice() {
        let given = [span(-2, 2), span(1, 0), span(2, 3), span(0, 1)];
        let list: Vec<i64> = indices(&given).collect();
        assert_eq!(list, [-2, -1, 3, 4, 5, 6]);
        let back = spans(list.into_iter()).unwrap();
        assert_eq!(back, [span(-2, 2), span(3, 4)]);
        assert_eq!(spans([i64::from(i32::MAX) + 1].into_iter()), None);
    }

    #[test]
    fn a_walk_meets_every_bucket_once() {
        let mut met = Vec::new();
        walk(
            (&[span(0, 2), span(2, 1)], [1, 2, 3].into_iter()),
            (&[span(1, 1), span(0, 1)], [20, 30].into_iter()),
            |index, a, b| met.push((index, a, b)),
        );
        let expected = [
            (0, Some(1), None),
            (1, Some(2), Some(20)),
            (2, None, Some(30)),
            (4, Some(3), None),
        ];
        assert_eq!(met, expected);
        let wanted = [span(0, 3), span(1, 1)];
        assert_eq!(
            spread(&wanted, &[span(1, 1), span(2, 1)], &[5, 6]),
            [0, 5, 0, 6]
        );
    }
}
