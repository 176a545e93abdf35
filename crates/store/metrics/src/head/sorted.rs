//! Series of the head in the order of their labels, as a block wants them.
//!
//! Nothing is copied of a series but its slot: labels stay in the head, whose lock is taken for
//! some thousand series at a time, so that appenders never wait for the sort. In memory are eight
//! bytes a series while it runs and four from then on, four bytes a label text and four a pair of
//! them, whatever is in the labels.
//!
//! Series must not end meanwhile: the store's maintenance lock, under which the head is truncated,
//! is held from the choice of slots until the last series is read.

use std::ops::Range;

use contract::SelectError;
use model::Labels;
use parking_lot::RwLock;

use super::Head;
use super::dictionary::Pairs;
use super::symbols::Texts;
use crate::StoreError;
use crate::block::{ChunkData, ChunkMeta, IndexWriter, SeriesKey, SymbolPairs};

/// Series that are looked at before appenders may have the lock: a millisecond.
const UNDER_LOCK: usize = 4096;

/// Stands for a text or a pair that no series has.
const UNUSED: u32 = u32::MAX;

/// Slots in the order of their series' labels, with the texts of the labels.
pub(crate) struct Sorted<'a> {
    head: &'a RwLock<Head>,
    texts: Texts,
    pairs: Pairs,
    slots: Vec<u32>,
    /// The symbols that the series have, in the order of their texts.
    used: Vec<u32>,
    /// By symbol: its place in `used`.
    places: Vec<u32>,
}

/// The labels of a series as places in [`Sorted::symbols`].
pub(crate) struct Key<'a> {
    sorted: &'a Sorted<'a>,
    pairs: SymbolPairs,
}

impl Head {
    /// The pair numbers of a slot's series, sorted by label name.
    pub(super) fn pairs_of_slot(&self, slot: u32) -> &[u32] {
        let series = self.slots.get(slot).filter(|series| series.is_alive());
        series.map_or(&[], |series| self.labels.get(series.labels))
    }
}

impl<'a> Sorted<'a> {
    /// Sorts the series in these slots.
    pub(crate) fn new(head: &'a RwLock<Head>, slots: Vec<u32>) -> Self {
        let (texts, pairs) = head.read().dictionary.read().snapshot();
        let used_pairs = used_pairs(head, &slots, pairs.len());
        let (used, places) = order_symbols(&texts, &pairs, &used_pairs);
        let ranks = rank_pairs(&pairs, used_pairs, &places);
        let mut sorted = Self {
            head,
            texts,
            pairs,
            slots,
            used,
            places,
        };
        sorted.sort(&ranks);
        sorted
    }

    /// All label names and values, sorted, each once.
    pub(crate) fn symbols(&self) -> impl Iterator<Item = &str> {
        self.used.iter().map(|&symbol| self.texts.get(symbol))
    }

    /// The series to which `chunks` gives any, by their slots.
    pub(crate) fn series_with(
        &'a self,
        mut chunks: impl FnMut(u32) -> Result<Vec<ChunkData>, SelectError>,
    ) -> impl Iterator<Item = Result<(Key<'a>, Vec<ChunkData>), SelectError>> {
        self.slots
            .iter()
            .filter_map(move |&slot| match chunks(slot) {
                Ok(chunks) if chunks.is_empty() => None,
                Ok(chunks) => Some(Ok((self.key(slot), chunks))),
                Err(error) => Some(Err(error)),
            })
    }

    fn key(&'a self, slot: u32) -> Key<'a> {
        let head = self.head.read();
        let place = |symbol: u32| self.places.get(symbol as usize).copied().unwrap_or(UNUSED);
        let pairs = head.pairs_of_slot(slot).iter();
        let pairs = pairs.filter_map(|&pair| self.pairs.get(pair));
        Key {
            sorted: self,
            pairs: SymbolPairs(pairs.map(|p| (place(p.name), place(p.value))).collect()),
        }
    }

    /// Sorts by the ranks of the pairs: label by label, as long as many series are alike so far,
    /// the rest of the labels at once where they are few.
    fn sort(&mut self, ranks: &[u32]) {
        let mut few = Few::default();
        let mut keys: Vec<(u32, u32)> = Vec::new();
        let mut waiting: Vec<(Range<usize>, usize)> = vec![(0..self.slots.len(), 0)];
        while let Some((range, depth)) = waiting.pop() {
            let Some(part) = self.slots.get_mut(range.clone()) else {
                continue;
            };
            if part.len() <= UNDER_LOCK {
                few.sort(self.head, part, depth, ranks);
                continue;
            }
            keys.clear();
            for some in part.chunks(UNDER_LOCK) {
                let head = self.head.read();
                keys.extend(some.iter().map(|&slot| {
                    let pair = head.pairs_of_slot(slot).get(depth);
                    // Who has no more labels comes first.
                    let rank = pair.map_or(0, |&pair| rank(ranks, pair).saturating_add(1));
                    (rank, slot)
                }));
            }
            keys.sort_unstable();
            for (slot, &(_, sorted)) in part.iter_mut().zip(&keys) {
                *slot = sorted;
            }
            // Neighbours that are few together are sorted together.
            let mut from = range.start;
            let mut end = range.start;
            for run in keys.chunk_by(|a, b| a.0 == b.0) {
                if end + run.len() - from > UNDER_LOCK && end > from {
                    waiting.push((from..end, depth));
                    from = end;
                }
                end += run.len();
                if run.len() > UNDER_LOCK {
                    waiting.push((from..end, depth + 1));
                    from = end;
                }
            }
            if end > from {
                waiting.push((from..end, depth));
            }
        }
    }
}

impl std::fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |place: u32| {
            let symbol = self.sorted.used.get(place as usize);
            symbol.map_or("", |&symbol| self.sorted.texts.get(symbol))
        };
        let pairs = self.pairs.0.iter();
        Labels::from_pairs(pairs.map(|&(name, value)| (text(name), text(value)))).fmt(f)
    }
}

impl SeriesKey for Key<'_> {
    fn put(self, index: &mut IndexWriter, chunks: &[ChunkMeta]) -> Result<(), StoreError> {
        self.pairs.put(index, chunks)
    }
}

fn rank(ranks: &[u32], pair: u32) -> u32 {
    ranks.get(pair as usize).copied().unwrap_or(UNUSED)
}

/// The pairs that the series in these slots have.
fn used_pairs(head: &RwLock<Head>, slots: &[u32], count: usize) -> Vec<u32> {
    let mut is_used = vec![false; count];
    for some in slots.chunks(UNDER_LOCK) {
        let head = head.read();
        for &pair in some.iter().flat_map(|&slot| head.pairs_of_slot(slot)) {
            if let Some(is_used) = is_used.get_mut(pair as usize) {
                *is_used = true;
            }
        }
    }
    let pairs = (0..).zip(&is_used);
    let used = pairs.filter_map(|(pair, &is_used)| is_used.then_some(pair));
    used.collect()
}

/// The symbols of pairs in the order of their texts, and the place of each symbol there.
fn order_symbols(texts: &Texts, pairs: &Pairs, used: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut places = vec![UNUSED; texts.len()];
    for pair in used.iter().filter_map(|&pair| pairs.get(pair)) {
        for symbol in [pair.name, pair.value] {
            if let Some(place) = places.get_mut(symbol as usize) {
                *place = 0;
            }
        }
    }
    let symbols = (0..).zip(&places);
    let mut order: Vec<u32> = symbols
        .filter_map(|(symbol, &place)| (place != UNUSED).then_some(symbol))
        .collect();
    order.sort_unstable_by(|&a, &b| texts.get(a).cmp(texts.get(b)));
    for (rank, &symbol) in (0..).zip(&order) {
        if let Some(place) = places.get_mut(symbol as usize) {
            *place = rank;
        }
    }
    (order, places)
}

/// By pair: its place among those that are used, in the order of their texts.
fn rank_pairs(pairs: &Pairs, mut used: Vec<u32>, places: &[u32]) -> Vec<u32> {
    let place = |symbol: u32| places.get(symbol as usize).copied();
    used.sort_unstable_by_key(|&pair| {
        let pair = pairs.get(pair);
        pair.map(|pair| (place(pair.name), place(pair.value)))
    });
    let mut ranks = vec![UNUSED; pairs.len()];
    for (rank, &pair) in (0..).zip(&used) {
        if let Some(place) = ranks.get_mut(pair as usize) {
            *place = rank;
        }
    }
    ranks
}

/// Sorts series that are few enough for a copy of their labels' ranks.
#[derive(Default)]
struct Few {
    ranks: Vec<u32>,
    /// Each slot with its stretch of `ranks`.
    series: Vec<(Range<usize>, u32)>,
}

impl Few {
    /// Sorts slots of which all labels before `depth` are alike.
    fn sort(&mut self, head: &RwLock<Head>, slots: &mut [u32], depth: usize, ranks: &[u32]) {
        self.ranks.clear();
        self.series.clear();
        {
            let head = head.read();
            for &slot in &*slots {
                let start = self.ranks.len();
                let pairs = head.pairs_of_slot(slot).iter().skip(depth);
                self.ranks.extend(pairs.map(|&pair| rank(ranks, pair)));
                self.series.push((start..self.ranks.len(), slot));
            }
        }
        let (all, series) = (&self.ranks, &mut self.series);
        let labels = |range: &Range<usize>| all.get(range.clone());
        series.sort_unstable_by(|a, b| labels(&a.0).cmp(&labels(&b.0)));
        for (slot, (_, sorted)) in slots.iter_mut().zip(&self.series) {
            *slot = *sorted;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets of any number of labels, of which many begin alike, in more series than are sorted at
    /// once: as labels compare, so do the series.
    #[test]
    fn series_come_in_the_order_of_their_labels() {
        let mut head = Head::new(60_000);
        let mut sets = Vec::new();
        for n in 0..UNDER_LOCK * 3 {
            let mut pairs = vec![("all", "alike".to_owned())];
            if n % 5 != 0 {
                pairs.push(("half", (n % 2).to_string()));
            }
            if n % 7 != 0 {
                pairs.push(("z", format!("{}", n * 7919 % 10_000)));
            }
            pairs.push(("a", format!("{}", n / 3)));
            sets.push(Labels::from_pairs(pairs));
        }
        sets.push(Labels::empty());
        sets.push(Labels::from_pairs([("all", "alike")]));
        sets.sort();
        sets.dedup();
        let mut slots = Vec::new();
        // In another order than that of the labels, and some left out.
        let mut place = 0;
        for n in 0..sets.len() {
            place = (place + 4099) % sets.len();
            let id = head.create(&sets[place], n as u64 + 1).unwrap();
            slots.push((super::super::slot_of(id), place));
        }
        slots.retain(|&(_, place)| place % 11 != 3);
        let head = RwLock::new(head);
        let sorted = Sorted::new(&head, slots.iter().map(|&(slot, _)| slot).collect());
        let symbols: Vec<&str> = sorted.symbols().collect();
        assert!(symbols.is_sorted_by(|a, b| a < b));
        let chunk = ChunkData {
            min: 0,
            max: 0,
            encoding: 1,
            samples: 1,
            bytes: Vec::new(),
        };
        let found: Vec<String> = sorted
            .series_with(|_| Ok(vec![chunk.clone()]))
            .map(|series| series.unwrap().0.to_string())
            .collect();
        let mut wanted: Vec<usize> = slots.iter().map(|&(_, place)| place).collect();
        wanted.sort_unstable();
        let wanted: Vec<String> = wanted
            .iter()
            .map(|&place| sets[place].to_string())
            .collect();
        assert_eq!(found, wanted);
        for text in symbols {
            let is_used = |labels: &String| labels.contains(text);
            assert!(wanted.iter().any(is_used), "{text}");
        }
    }
}
