//! From deltas to totals: what has been counted so far, kept for every series that is pushed as
//! differences.
//!
//! Points of a series have to come in the order of their times; one that does not is left out. A
//! series that nothing was heard of for [`STALE`] begins anew.

use rapidhash::RapidHashMap;
use wire::otlp::{Buckets, ExponentialPoint, HistogramPoint};

/// Series kept at most: some hundred bytes each, more for histograms.
const MOST_STREAMS: usize = 100_000;
/// Buckets of a histogram that are kept, as many as the store takes.
const MOST_COUNTS: usize = 16_384;
/// Buckets of an exponential histogram on either side: where there would be more it gets coarser.
const MOST_BUCKETS: i64 = 160;
/// Milliseconds without a point after which a series is forgotten.
const STALE: i64 = 5 * 60_000;
/// Milliseconds between two looks for such series.
const SWEEP: i64 = 60_000;

/// What was counted by each series.
#[derive(Default)]
pub(super) struct Streams {
    totals: RapidHashMap<u64, Stream>,
    /// When stale ones were looked for, in milliseconds since the Unix epoch.
    swept: i64,
}

struct Stream {
    /// When counting began, in nanoseconds since the Unix epoch.
    start: u64,
    /// The time of the last point, likewise.
    time: u64,
    /// When it came, in milliseconds.
    seen: i64,
    total: Total,
}

/// What was counted.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Total {
    Number(f64),
    Histogram {
        count: u64,
        sum: Option<f64>,
        counts: Vec<u64>,
        bounds: Vec<f64>,
    },
    Exponential {
        count: u64,
        sum: Option<f64>,
        scale: i32,
        zero_count: u64,
        positive: Buckets,
        negative: Buckets,
    },
}

/// When a point was measured, and when it came.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    /// When counting began, in nanoseconds since the Unix epoch.
    pub(super) start: u64,
    /// When it ended, likewise.
    pub(super) time: u64,
    /// The clock, in milliseconds.
    pub(super) now: i64,
}

impl Streams {
    /// Adds what was counted since the point before and answers the total.
    pub(super) fn add(
        &mut self,
        key: u64,
        moment: Moment,
        counted: Total,
    ) -> Result<&Total, String> {
        if counted.is_too_long() {
            return Err(format!(
                "a histogram has more than {MOST_COUNTS} buckets to add up"
            ));
        }
        if moment.now.saturating_sub(self.swept) > SWEEP {
            let oldest = moment.now.saturating_sub(STALE);
            self.totals.retain(|_, stream| stream.seen >= oldest);
            self.swept = moment.now;
        }
        if !self.totals.contains_key(&key) && self.totals.len() >= MOST_STREAMS {
            return Err(format!(
                "deltas of {MOST_STREAMS} series are added up already"
            ));
        }
        let mut counted = Some(counted);
        let stream = self.totals.entry(key).or_insert_with(|| Stream {
            start: moment.start,
            time: moment.time,
            seen: moment.now,
            // Just filled, and not taken before.
            total: counted.take().unwrap_or(Total::Number(0.0)),
        });
        stream.seen = moment.now;
        let Some(counted) = counted else {
            return Ok(&stream.total);
        };
        if moment.start < stream.start {
            return Err(
                "a delta began before its series; does another process send the same one?"
                    .to_owned(),
            );
        }
        if moment.time <= stream.time {
            return Err("a delta is not later than the one before".to_owned());
        }
        stream.time = moment.time;
        stream.total.add(counted);
        Ok(&stream.total)
    }
}

impl Total {
    pub(super) fn of_histogram(point: &HistogramPoint<'_>) -> Self {
        Self::Histogram {
            count: point.count,
            sum: point.sum,
            counts: point.counts.clone(),
            bounds: point.bounds.clone(),
        }
    }

    pub(super) fn of_exponential(point: &ExponentialPoint<'_>) -> Self {
        Self::Exponential {
            count: point.count,
            sum: point.sum,
            scale: point.scale,
            zero_count: point.zero_count,
            positive: point.positive.clone(),
            negative: point.negative.clone(),
        }
    }

    fn is_too_long(&self) -> bool {
        match self {
            Self::Number(_) => false,
            Self::Histogram { counts, bounds, .. } => counts.len() + bounds.len() > MOST_COUNTS,
            Self::Exponential {
                positive, negative, ..
            } => positive.counts.len() + negative.counts.len() > MOST_COUNTS,
        }
    }

    /// Adds what was counted later. Histograms with other bounds begin anew.
    fn add(&mut self, later: Self) {
        match (&mut *self, later) {
            (Self::Number(total), Self::Number(counted)) => *total += counted,
            (
                Self::Histogram {
                    count,
                    sum,
                    counts,
                    bounds,
                },
                Self::Histogram {
                    count: more,
                    sum: more_sum,
                    counts: more_counts,
                    bounds: same,
                },
            ) if *bounds == same => {
                *count = count.wrapping_add(more);
                *sum = both(*sum, more_sum);
                for (total, counted) in counts.iter_mut().zip(more_counts) {
                    *total = total.wrapping_add(counted);
                }
            }
            (
                Self::Exponential {
                    count,
                    sum,
                    scale,
                    zero_count,
                    positive,
                    negative,
                },
                Self::Exponential {
                    count: more,
                    sum: more_sum,
                    scale: other,
                    zero_count: more_zero,
                    positive: mut above,
                    negative: mut below,
                },
            ) => {
                *count = count.wrapping_add(more);
                *sum = both(*sum, more_sum);
                *zero_count = zero_count.wrapping_add(more_zero);
                let coarser = (*scale).min(other);
                coarsen(positive, scale.abs_diff(coarser));
                coarsen(negative, scale.abs_diff(coarser));
                coarsen(&mut above, other.abs_diff(coarser));
                coarsen(&mut below, other.abs_diff(coarser));
                let steps = steps_to_fit(positive, &above).max(steps_to_fit(negative, &below));
                for buckets in [&mut *positive, &mut *negative, &mut above, &mut below] {
                    coarsen(buckets, steps);
                }
                *scale = coarser.saturating_sub_unsigned(steps);
                merge(positive, &above);
                merge(negative, &below);
            }
            (_, later) => *self = later,
        }
    }
}

fn both(sum: Option<f64>, more: Option<f64>) -> Option<f64> {
    Some(sum? + more?)
}

/// The index behind the last bucket.
fn end(buckets: &Buckets) -> i64 {
    i64::from(buckets.offset) + buckets.counts.len() as i64
}

/// Joins the buckets that one of a scale coarser by `steps` holds.
fn coarsen(buckets: &mut Buckets, steps: u32) {
    let Some(last) = buckets.counts.len().checked_sub(1).filter(|_| steps > 0) else {
        return;
    };
    let steps = steps.min(31);
    let first = i64::from(buckets.offset) >> steps;
    let last = (i64::from(buckets.offset) + last as i64) >> steps;
    let mut counts = vec![0u64; usize::try_from(last - first).unwrap_or_default() + 1];
    for (index, counted) in (i64::from(buckets.offset)..).zip(&buckets.counts) {
        let place = usize::try_from((index >> steps) - first).unwrap_or_default();
        if let Some(count) = counts.get_mut(place) {
            *count = count.wrapping_add(*counted);
        }
    }
    buckets.offset >>= steps;
    buckets.counts = counts;
}

/// How much coarser two sides have to get to fit into [`MOST_BUCKETS`] together.
fn steps_to_fit(a: &Buckets, b: &Buckets) -> u32 {
    if a.counts.is_empty() || b.counts.is_empty() {
        return 0;
    }
    let first = i64::from(a.offset.min(b.offset));
    let last = end(a).max(end(b)) - 1;
    let fits = |steps: &u32| (last >> steps) - (first >> steps) < MOST_BUCKETS;
    (0..32).find(fits).unwrap_or(31)
}

/// Adds buckets of the same scale, which fit together.
fn merge(total: &mut Buckets, counted: &Buckets) {
    if counted.counts.is_empty() {
        return;
    }
    if total.counts.is_empty() {
        total.clone_from(counted);
        return;
    }
    let offset = total.offset.min(counted.offset);
    let length = end(total).max(end(counted)) - i64::from(offset);
    let mut counts = vec![0u64; usize::try_from(length).unwrap_or_default()];
    for side in [&*total, counted] {
        let skipped = side.offset.abs_diff(offset) as usize;
        for (count, more) in counts.iter_mut().skip(skipped).zip(&side.counts) {
            *count = count.wrapping_add(*more);
        }
    }
    *total = Buckets { offset, counts };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(start: u64, time: u64) -> Moment {
        Moment {
            start,
            time,
            now: 1_000_000,
        }
    }

    fn exponential(scale: i32, offset: i32, counts: &[u64]) -> Total {
        Total::Exponential {
            count: counts.iter().sum(),
            sum: Some(1.0),
            scale,
            zero_count: 1,
            positive: Buckets {
                offset,
                counts: counts.to_vec(),
            },
            negative: Buckets::default(),
        }
    }

    #[test]
    fn numbers_add_up_in_the_order_of_their_times() {
        let mut streams = Streams::default();
        let mut check = |start, time, value, expected: Option<f64>| {
            let found = streams.add(7, at(start, time), Total::Number(value));
            assert_eq!(found.ok(), expected.map(Total::Number).as_ref(), "{time}");
        };
        check(10, 20, 1.5, Some(1.5));
        check(20, 30, 2.0, Some(3.5));
        check(20, 30, 2.0, None);
        check(5, 40, 2.0, None);
        check(30, 40, 1.0, Some(4.5));
    }

    #[test]
    fn what_is_not_heard_of_any_more_begins_anew() {
        let mut streams = Streams::default();
        let heard = |now, time| Moment {
            start: 0,
            time,
            now,
        };
        streams.add(1, heard(0, 1), Total::Number(1.0)).unwrap();
        let soon = streams.add(1, heard(STALE, 2), Total::Number(1.0));
        assert_eq!(soon, Ok(&Total::Number(2.0)));
        let late = streams.add(1, heard(3 * STALE, 3), Total::Number(1.0));
        assert_eq!(late, Ok(&Total::Number(1.0)));
    }

    #[test]
    fn exponential_histograms_meet_at_the_coarser_scale() {
        let check = |first: Total, second: Total, scale: i32, offset: i32, counts: &[u64]| {
            let mut streams = Streams::default();
            streams.add(1, at(0, 1), first).unwrap();
            let total = streams.add(1, at(1, 2), second).unwrap();
            let Total::Exponential {
                scale: found,
                zero_count,
                positive,
                sum,
                ..
            } = total
            else {
                panic!("{total:?}")
            };
            assert_eq!((*found, *zero_count, *sum), (scale, 2, Some(2.0)));
            assert_eq!((positive.offset, &positive.counts[..]), (offset, counts));
        };
        let low = exponential(0, -1, &[1, 2]);
        check(low.clone(), exponential(0, 1, &[4]), 0, -1, &[1, 2, 4]);
        check(
            low.clone(),
            exponential(1, -2, &[1, 1, 1, 1]),
            0,
            -1,
            &[3, 4],
        );
        check(low, exponential(0, 0, &[]), 0, -1, &[1, 2]);
        check(exponential(2, 0, &[1]), exponential(2, 300, &[1]), 1, 0, &{
            let mut far = vec![0; 151];
            (far[0], far[150]) = (1, 1);
            far
        });
    }

    proptest! {
        #[test]
        fn no_observation_is_lost_and_the_buckets_stay_few(
            points in proptest::collection::vec(
                (-10i32..20, any::<i32>(), proptest::collection::vec(0u64..9, 0..200)),
                1..6,
            ),
        ) {
            let mut streams = Streams::default();
            let mut expected = 0u64;
            for (time, (scale, offset, counts)) in (1..).zip(points) {
                expected += counts.iter().sum::<u64>();
                let counted = exponential(scale, offset, &counts);
                let total = streams.add(1, at(0, time), counted).unwrap();
                let Total::Exponential { positive, .. } = total else {
                    panic!("{total:?}")
                };
                prop_assert_eq!(positive.counts.iter().sum::<u64>(), expected);
                prop_assert!(positive.counts.len() <= 200);
            }
        }
    }
}
