//! Which blocks are merged next: upstream's rules, so that a folder develops the same way under
//! either program.
//!
//! 1. Blocks that overlap.
//! 2. Else, leaving out the newest block, which is kept as it is for whoever copies blocks: the
//!    first group of several blocks within an aligned span, shorter spans first, that fills the span
//!    or can get no further block, and of which none has failed before.
//! 3. Else the latest block of which so much was deleted that it pays to write it again.
//!
//! Blocks of a part of the head's series are merged with their like alone.

use crate::block::BlockMeta;

/// Each span is this many times the one before it.
const FACTOR: i64 = 3;
/// How many spans there are before the longest is cut off.
const MOST_RANGES: usize = 10;
/// A block is written again when it has more tombstones than this share of its series.
const TOMBSTONE_SHARE: f64 = 0.05;

/// The spans that blocks grow through, in milliseconds: from `shortest` on, no longer than
/// `longest`; never empty.
pub(crate) fn ranges(shortest: i64, longest: i64) -> Vec<i64> {
    let mut ranges = vec![shortest];
    let mut next = shortest.saturating_mul(FACTOR);
    while ranges.len() < MOST_RANGES && next <= longest {
        ranges.push(next);
        next = next.saturating_mul(FACTOR);
    }
    ranges
}

/// The blocks to merge next, in the order of their first times; empty where there is nothing to do.
pub(crate) fn plan<'a>(blocks: &[&'a BlockMeta], ranges: &[i64]) -> Vec<&'a BlockMeta> {
    let class = |partial: Option<&str>| -> Vec<&'a BlockMeta> {
        let mut class: Vec<&BlockMeta> = blocks
            .iter()
            .copied()
            .filter(|meta| meta.partial() == partial)
            .collect();
        class.sort_by_key(|meta| meta.min_time);
        class
    };
    let mut partials: Vec<Option<&str>> = blocks.iter().map(|meta| meta.partial()).collect();
    partials.sort_unstable();
    partials.dedup();
    partials
        .into_iter()
        .map(|partial| plan_class(&class(partial), ranges))
        .find(|plan| !plan.is_empty())
        .unwrap_or_default()
}

fn plan_class<'a>(blocks: &[&'a BlockMeta], ranges: &[i64]) -> Vec<&'a BlockMeta> {
    let overlapping = overlapping(blocks);
    if !overlapping.is_empty() {
        return overlapping.to_vec();
    }
    let Some((_, blocks)) = blocks.split_last() else {
        return Vec::new();
    };
    let group = group(blocks, ranges);
    if !group.is_empty() {
        return group.to_vec();
    }
    much_deleted(blocks, ranges).into_iter().collect()
}

/// The first blocks that overlap, one the next. Those that failed before are left alone.
fn overlapping<'a, 'b>(blocks: &'b [&'a BlockMeta]) -> &'b [&'a BlockMeta] {
    let mut from = 0;
    while let Some(rest) = blocks.get(from..).filter(|rest| rest.len() > 1) {
        let mut until = i64::MIN;
        let count = rest
            .iter()
            .take_while(|meta| {
                let is_joined = until == i64::MIN || meta.min_time < until;
                until = until.max(meta.max_time);
                is_joined
            })
            .count();
        let found = rest.get(..count).unwrap_or_default();
        if count > 1 && !found.iter().any(|meta| meta.has_failed()) {
            return found;
        }
        from += count.max(1);
    }
    &[]
}

/// Blocks that fill a longer span together.
fn group<'a, 'b>(blocks: &'b [&'a BlockMeta], ranges: &[i64]) -> &'b [&'a BlockMeta] {
    let newest = blocks.last().map_or(i64::MIN, |meta| meta.min_time);
    ranges
        .iter()
        .skip(1)
        .flat_map(|&range| within_spans(blocks, range).map(move |group| (range, group)))
        .find(|(range, group)| {
            let (Some(first), Some(last)) = (group.first(), group.last()) else {
                return false;
            };
            let fills = last.max_time.saturating_sub(first.min_time) == *range;
            group.len() > 1
                && (fills || last.max_time <= newest)
                && !group.iter().any(|meta| meta.has_failed())
        })
        .map_or(&[], |(_, group)| group)
}

/// The blocks that lie in one multiple of `range` each.
fn within_spans<'a, 'b>(
    blocks: &'b [&'a BlockMeta],
    range: i64,
) -> impl Iterator<Item = &'b [&'a BlockMeta]> {
    let mut rest = blocks;
    std::iter::from_fn(move || {
        loop {
            let first = rest.first()?;
            let number = first.min_time.checked_div_euclid(range)?;
            let end = number.saturating_add(1).saturating_mul(range);
            let count = rest.iter().take_while(|meta| meta.max_time <= end).count();
            let (group, after) = rest.split_at_checked(count.max(1))?;
            rest = after;
            if count > 0 {
                return Some(group);
            }
        }
    })
}

/// The latest block with many tombstones, if it is long enough; a shorter one only if all of its
/// series have some.
fn much_deleted<'a>(blocks: &[&'a BlockMeta], ranges: &[i64]) -> Option<&'a BlockMeta> {
    let long = ranges.get(ranges.len() / 2).copied().unwrap_or(i64::MAX);
    for meta in blocks.iter().rev() {
        let (stones, series) = (meta.stats.num_tombstones, meta.stats.num_series);
        let found = if meta.max_time.saturating_sub(meta.min_time) < long {
            if stones == 0 || stones < series {
                return None;
            }
            true
        } else {
            stones as f64 / (series as f64 + 1.0) > TOMBSTONE_SHARE
        };
        if found && !meta.has_failed() {
            return Some(meta);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::{Compaction, Stats};

    /// A block of a span, with notes: `!` failed before, `~` of stale series, `%` all series have
    /// tombstones, a digit for tombstones of 100 series.
    fn block(name: &str, min_time: i64, max_time: i64, notes: &str) -> BlockMeta {
        let mut compaction = Compaction::first(name);
        let mut stats = Stats {
            num_series: 100,
            ..Stats::default()
        };
        for note in notes.chars() {
            match note {
                '!' => drop(compaction.extra.insert("failed".into(), true.into())),
                '~' => {
                    let hints = vec!["from-stale-series"].into();
                    compaction.extra.insert("hints".into(), hints);
                }
                '%' => stats.num_tombstones = 100,
                digit => stats.num_tombstones = digit.to_digit(10).unwrap().into(),
            }
        }
        BlockMeta {
            ulid: name.to_owned(),
            min_time,
            max_time,
            stats,
            compaction,
            version: 1,
            extra: serde_json::Map::new(),
        }
    }

    /// Blocks as `min-max notes`; answers the plan as `min-max …`.
    fn check(blocks: &[&str], expected: &str) {
        let metas: Vec<BlockMeta> = blocks
            .iter()
            .map(|text| {
                let (span, notes) = text.split_once(' ').unwrap_or((text, ""));
                let (min, max) = span.split_once("..").unwrap();
                block(span, min.parse().unwrap(), max.parse().unwrap(), notes)
            })
            .collect();
        let metas: Vec<&BlockMeta> = metas.iter().collect();
        let planned: Vec<&str> = plan(&metas, &[20, 60, 180, 540, 1620])
            .iter()
            .map(|meta| &*meta.ulid)
            .collect();
        assert_eq!(planned.join(" "), expected, "{blocks:?}");
    }

    #[test]
    fn spans_grow_to_the_longest() {
        const HOUR: i64 = 3_600_000;
        assert_eq!(ranges(2 * HOUR, 36 * HOUR), [2, 6, 18].map(|n| n * HOUR));
        assert_eq!(ranges(2 * HOUR, HOUR), [2 * HOUR]);
        assert_eq!(ranges(1, i64::MAX).len(), 10);
        assert_eq!(ranges(2 * HOUR, 31 * 24 * HOUR).len(), 6);
    }

    #[test]
    fn blocks_are_chosen_as_upstream_does() {
        check(&[], "");
        check(&["0..20"], "");
        check(&["0..20", "20..40", "40..60"], "");
        check(
            &["0..20", "20..40", "40..60", "60..80"],
            "0..20 20..40 40..60",
        );
        // Not yet full, and what fits may still come.
        check(&["0..20", "20..40", "60..80"], "");
        // A gap, and nothing can come any more.
        check(&["0..20", "40..60", "60..80"], "0..20 40..60");
        check(&["0..20", "20..40", "60..80", "80..100"], "0..20 20..40");
        check(
            &[
                "20..40", "40..60", "60..80", "80..100", "100..120", "120..140",
            ],
            "20..40 40..60",
        );
        // Longer spans once the shorter ones are done.
        check(
            &["0..60", "60..120", "120..180", "180..200"],
            "0..60 60..120 120..180",
        );
        check(
            &["0..60", "60..120", "180..240", "240..260"],
            "0..60 60..120",
        );
        // A block that failed is not tried again, nor its group.
        check(&["0..20", "20..40 !", "40..60", "60..80"], "");
        check(
            &["-60..-40", "-40..-20", "-20..0", "0..20"],
            "-60..-40 -40..-20 -20..0",
        );
        // Not aligned.
        check(&["10..30", "30..50", "50..70", "70..90"], "10..30 30..50");
    }

    #[test]
    fn overlapping_blocks_come_first_and_the_newest_is_among_them() {
        check(&["0..20", "10..30"], "0..20 10..30");
        check(&["0..20", "19..40", "40..60"], "0..20 19..40");
        check(
            &["0..20", "20..40", "30..50", "45..60", "60..80"],
            "20..40 30..50 45..60",
        );
        check(
            &["0..100", "10..20", "30..40", "100..120"],
            "0..100 10..20 30..40",
        );
        check(&["0..20", "0..20"], "0..20 0..20");
        check(&["0..20 !", "0..20"], "");
        check(&["0..20 !", "0..20", "60..80", "70..90"], "60..80 70..90");
    }

    #[test]
    fn blocks_of_which_much_is_deleted_are_written_again() {
        check(&["0..540 6", "540..560"], "0..540");
        check(&["0..540 5", "540..560"], "");
        check(&["0..180 6", "180..200"], "0..180");
        check(&["0..60 6", "60..80"], "");
        check(&["0..60 %", "60..80"], "0..60");
        check(&["0..60 %!", "60..80"], "");
        check(&["0..540 6", "540..600", "720..740"], "");
        check(&["0..20", "20..40 %"], "");
    }

    #[test]
    fn blocks_of_stale_series_stay_among_themselves() {
        check(&["0..20", "0..20 ~"], "");
        check(&["0..20 ~", "10..30 ~", "0..20"], "0..20 10..30");
        check(
            &["0..20 ~", "10..30 ~", "40..60", "50..70"],
            "40..60 50..70",
        );
    }
}
