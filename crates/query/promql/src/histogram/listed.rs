//! Listed bounds: where two histograms' bounds differ, they meet in those that both have.

/// The bounds that are in both lists, which rise.
pub(crate) fn shared_bounds(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut rest = b.iter().peekable();
    let mut shared = Vec::new();
    for bound in a {
        while rest.next_if(|other| *other < bound).is_some() {}
        if rest.next_if(|other| *other == bound).is_some() {
            shared.push(*bound);
        }
    }
    shared
}

/// The bucket among `shared` bounds that holds the bucket `index` of `bounds`.
pub(crate) fn place_in(shared: &[f64], bounds: &[f64], index: i32) -> i32 {
    let upper = usize::try_from(index)
        .ok()
        .and_then(|place| bounds.get(place));
    let place = upper.map_or(shared.len(), |upper| {
        shared.partition_point(|bound| bound < upper)
    });
    i32::try_from(place).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_meet_in_those_that_both_have() {
        for (a, b, expected) in [
            (&[1.0, 2.0, 3.0][..], &[2.0, 3.0, 4.0][..], &[2.0, 3.0][..]),
            (&[1.0], &[2.0], &[]),
            (&[], &[1.0], &[]),
            (&[1.0, 2.0], &[1.0, 2.0], &[1.0, 2.0]),
        ] {
            assert_eq!(shared_bounds(a, b), expected, "{a:?} {b:?}");
        }
    }

    #[test]
    fn buckets_go_into_the_next_shared_bound() {
        let (shared, bounds) = ([2.0, 4.0], [1.0, 2.0, 3.0, 4.0, 5.0]);
        let places: Vec<i32> = (0..6)
            .map(|index| place_in(&shared, &bounds, index))
            .collect();
        assert_eq!(places, [0, 0, 1, 1, 2, 2]);
    }
}
