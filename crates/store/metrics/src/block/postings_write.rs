//! The postings of an index that is being written: counted while series come, gathered at the end.
//!
//! Lists for every label would take a multiple of the references in them, because most are short.
//! Here each label costs one number until the series are all written; then the series are read
//! back from the file, as often as it takes to gather all lists within a bound of memory.

use std::collections::HashMap;
use std::ops::Range;

use super::series;

/// References that are gathered in one reading of the series, at least: 4 MiB.
const AT_ONCE: usize = 1 << 20;
/// The series are read this often at most; beyond 8 × 4 MiB of postings the bound grows with them.
const MOST_READINGS: usize = 8;

/// How many series each pair of symbols has: its name and its value.
#[derive(Debug, Default)]
pub(super) struct PostingCounts {
    counts: HashMap<(u32, u32), u32>,
}

/// The pairs in order with the size of their lists.
#[derive(Debug)]
pub(super) struct PostingLists {
    pairs: Vec<(u32, u32)>,
    counts: Vec<u32>,
    /// The place of each pair.
    places: HashMap<(u32, u32), u32>,
    at_once: usize,
}

impl PostingCounts {
    /// Counts a series under a pair.
    pub(super) fn add(&mut self, pair: (u32, u32)) {
        *self.counts.entry(pair).or_default() += 1;
    }

    /// All pairs, sorted; from now on a pair is known by its place.
    pub(super) fn into_lists(mut self) -> PostingLists {
        let mut pairs: Vec<(u32, u32)> = self.counts.keys().copied().collect();
        pairs.sort_unstable();
        let counts: Vec<u32> = pairs
            .iter()
            .map(|pair| self.counts.get(pair).copied().unwrap_or_default())
            .collect();
        for (place, pair) in (0..).zip(&pairs) {
            self.counts.insert(*pair, place);
        }
        let total: usize = counts.iter().map(|&count| count as usize).sum();
        PostingLists {
            pairs,
            counts,
            places: self.counts,
            at_once: AT_ONCE.max(total.div_ceil(MOST_READINGS)),
        }
    }
}

impl PostingLists {
    /// The pairs, sorted.
    pub(super) fn pairs(&self) -> &[(u32, u32)] {
        &self.pairs
    }

    /// The pairs whose lists are gathered together, beginning with the one at `from`.
    pub(super) fn next_part(&self, from: usize) -> Range<usize> {
        let mut total = 0usize;
        let counts = self.counts.get(from..).unwrap_or_default();
        let fitting = counts.iter().take_while(|&&count| {
            total += count as usize;
            total <= self.at_once
        });
        // A list that is longer than the bound is gathered alone.
        let end = from + fitting.count().max(1);
        from..end.min(self.pairs.len())
    }

    /// An empty room for the lists of a part.
    pub(super) fn part(&self, range: Range<usize>) -> Part<'_> {
        let counts = self.counts.get(range.clone()).unwrap_or_default();
        let mut ends = Vec::with_capacity(counts.len());
        let mut total = 0usize;
        for &count in counts {
            ends.push(total);
            total += count as usize;
        }
        let pairs = self.pairs.get(range.clone()).unwrap_or_default();
        Part {
            first: pairs.first().copied().unwrap_or_default(),
            last: pairs.last().copied().unwrap_or_default(),
            lists: self,
            range,
            ends,
            references: vec![0; total],
        }
    }
}

/// Some of the lists, as they fill.
#[derive(Debug)]
pub(super) struct Part<'a> {
    lists: &'a PostingLists,
    range: Range<usize>,
    /// Its first and its last pair.
    first: (u32, u32),
    last: (u32, u32),
    /// Where the next reference of each list goes.
    ends: Vec<usize>,
    references: Vec<u32>,
}

impl Part<'_> {
    /// Adds a series to the lists of its labels, which `entry` begins with; `None` where it does not
    /// add up.
    pub(super) fn add(&mut self, reference: u32, entry: &[u8]) -> Option<()> {
        series::labels(entry, |name, value| {
            // Most labels belong to other parts, and need not be looked up.
            if !(self.first..=self.last).contains(&(name, value)) {
                return Some(());
            }
            let place = *self.lists.places.get(&(name, value))? as usize;
            let Some(within) = place.checked_sub(self.range.start) else {
                return Some(());
            };
            if let Some(end) = self.ends.get_mut(within) {
                *self.references.get_mut(*end)? = reference;
                *end += 1;
            }
            Some(())
        })
        .map(|_| ())
    }

    /// The lists in the order of their pairs; `None` stands for one that is not full.
    pub(super) fn full(&self) -> impl Iterator<Item = ((u32, u32), Option<&[u32]>)> {
        let pairs = self.lists.pairs.get(self.range.clone());
        let counts = self.lists.counts.get(self.range.clone());
        let pairs = pairs.unwrap_or_default().iter().copied();
        let counts = counts.unwrap_or_default();
        let mut start = 0;
        pairs
            .zip(counts)
            .zip(&self.ends)
            .map(move |((pair, &count), &end)| {
                let wanted = start + count as usize;
                let list = self.references.get(start..wanted).filter(|_| end == wanted);
                start = wanted;
                (pair, list)
            })
    }
}
