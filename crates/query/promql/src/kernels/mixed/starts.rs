//! Start timestamps: what a sample's own word on when its counting began says of counter resets.
//!
//! Times are milliseconds since the epoch; a start of 0 is unknown.

/// A sample's time and start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Started {
    pub(crate) time: i64,
    pub(crate) start: i64,
}

/// Whether counting began again between two samples.
///
/// A start at the time of the sample before is one where that had a start of its own: then each
/// sample counts anew from where the last ended. Otherwise it only stands for "unknown".
pub(crate) fn is_reset(before: Started, now: Started) -> bool {
    if now.start == 0 || now.start >= now.time || now.start < before.time {
        return false;
    }
    now.start > before.time || (before.start != 0 && before.start < before.time)
}

/// Whether counting began anew before the sample before was taken, which cannot be.
pub(crate) fn overlaps(before: Started, now: Started) -> bool {
    now.start != 0 && now.start < before.time && now.start != before.start
}

/// The start at a place; 0 where it is unknown.
pub(crate) fn at(starts: &[i64], place: usize) -> i64 {
    starts.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_and_resets() {
        let of = |(time, start)| Started { time, start };
        for (before, now, expected) in [
            ((10, 0), (20, 0), false),
            ((10, 5), (20, 5), false),
            ((10, 5), (20, 15), true),
            ((10, 5), (20, 10), true),
            ((10, 0), (20, 10), false),
            ((10, 10), (20, 10), false),
            ((10, 12), (20, 10), false),
            ((10, 5), (20, 20), false),
        ] {
            assert_eq!(
                is_reset(of(before), of(now)),
                expected,
                "{before:?} {now:?}"
            );
        }
        assert!(overlaps(of((10, 2)), of((20, 8))));
        assert!(!overlaps(of((10, 2)), of((20, 2))));
    }
}
