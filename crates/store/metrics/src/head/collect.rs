//! Truncation: what a block now holds leaves the head, and series without samples are forgotten.

use std::sync::Arc;

use parking_lot::RwLock;
use roaring::RoaringBitmap;

use super::dictionary::Dictionary;
use super::labels::LabelLists;
use super::matching::Postings;
use super::series::NONE;
use super::{Head, hash_of_slot};

impl Head {
    /// Drops the chunks that end before `time` and the series that then have none. Answers how
    /// many series went.
    pub(crate) fn truncate(&mut self, time: i64) -> u64 {
        self.truncations += 1;
        self.kept_from = self.kept_from.max(time);
        let mut dead = RoaringBitmap::new();
        let mut span = (i64::MAX, i64::MIN);
        for slot in self.postings.all().clone() {
            let Some(series) = self.slots.get_mut(slot) else {
                continue;
            };
            if series.full != NONE {
                series.full = self.full.drop_before(series.full, time).0;
            }
            if series.open.count() > 0 && series.open.last() < time {
                series.open.clear(&mut self.segments);
                self.open_chunks -= 1;
            }
            let reference = series.reference();
            let histograms = self.histograms.get(reference);
            if histograms.is_some_and(|chunk| chunk.last() < time) {
                self.histograms.remove(reference);
                self.open_chunks -= 1;
            }
            let Some(series) = self.slots.get(slot) else {
                continue;
            };
            let oldest = self.full.list(series.full).last();
            let newest = self.full.list(series.full).next();
            match (self.open_range(series), oldest, newest) {
                (None, None, _) => {
                    if !self.out_of_order.has(slot) {
                        dead.insert(slot);
                    }
                }
                (Some((first, last, _)), oldest, _) => {
                    let first = oldest.map_or(first, |chunk| chunk.first);
                    span = (span.0.min(first), span.1.max(last));
                }
                (None, Some(oldest), newest) => {
                    let last = newest.unwrap_or(oldest).last();
                    span = (span.0.min(oldest.first), span.1.max(last));
                }
            }
        }
        self.span = if span.0 > span.1 {
            span
        } else {
            (span.0.max(time), span.1)
        };
        self.forget(&dead);
        dead.len()
    }

    fn forget(&mut self, dead: &RoaringBitmap) {
        if dead.is_empty() {
            return;
        }
        self.postings.remove(dead);
        self.ended -= dead;
        for slot in dead {
            if let Some(series) = self.slots.get_mut(slot) {
                self.labels.forget(series.labels);
                self.deleted.remove(&slot);
                series.end();
                self.free.push(slot);
            }
        }
        if self.labels.is_wasteful() {
            self.rebuild_labels();
        }
        self.by_labels.clear();
        for slot in self.postings.all() {
            let (slots, labels) = (&self.slots, &self.labels);
            let hash = |slot| hash_of_slot(slots, labels, slot);
            self.by_labels.insert(hash(slot), slot, hash);
        }
        self.postings.shrink();
    }

    /// Builds dictionary, label lists and postings anew from the living series, so that the texts
    /// of the dead go.
    fn rebuild_labels(&mut self) {
        let mut dictionary = Dictionary::default();
        let mut labels = LabelLists::default();
        let mut postings = Postings::default();
        {
            let old = self.dictionary.read();
            let mut renamed: Vec<u32> = vec![NONE; old.len()];
            let mut pairs = Vec::new();
            for slot in self.postings.all() {
                let Some(series) = self.slots.get_mut(slot) else {
                    continue;
                };
                pairs.clear();
                for &pair in self.labels.get(series.labels) {
                    let Some(new) = renamed.get_mut(pair as usize) else {
                        continue;
                    };
                    if *new == NONE {
                        let (name, value) = old.get(pair);
                        *new = dictionary.intern(name, value).unwrap_or(NONE);
                    }
                    pairs.push(*new);
                }
                // What fitted before fits again: the new lists are shorter.
                series.labels = labels.add(&pairs).unwrap_or_default();
                postings.add(slot, &pairs);
            }
        }
        postings.succeed(&self.postings);
        self.dictionary = Arc::new(RwLock::new(dictionary));
        self.labels = labels;
        self.postings = postings;
    }
}

#[cfg(test)]
mod tests {
    use model::Labels;

    use crate::head::{Head, slot_of};
    use crate::head_chunks::HeadChunks;

    /// Series that come and go for a day: the head takes no more than for those of one stretch.
    #[test]
    fn what_ended_is_given_back() {
        let dir = tempfile::tempdir().unwrap();
        let damages = crate::damage::Damages::new(std::sync::Arc::new(contract::SystemClock));
        let loaded = crate::head_chunks::load(dir.path(), &damages).unwrap();
        let files = HeadChunks::new(dir.path().to_owned(), &loaded);
        let stretch = 60_000;
        let mut head = Head::new(stretch);
        let mut sizes = Vec::new();
        for round in 0..60i64 {
            for n in 0..200 {
                let labels = Labels::from_pairs([
                    ("pod", format!("pod-of-round-{round}-{n}")),
                    ("job", "one".to_owned()),
                ]);
                let id = head.create(&labels, (round * 200 + n + 1) as u64).unwrap();
                for step in 0..20 {
                    head.push(
                        slot_of(id),
                        round * stretch + step * 3000,
                        step as f64,
                        &files,
                    );
                }
            }
            head.truncate((round - 1) * stretch);
            let dictionary = head.dictionary.read().len();
            sizes.push([
                head.slots.len(),
                head.labels.len(),
                dictionary,
                head.segments.len(),
            ]);
        }
        let most = |rounds: &[[usize; 4]]| -> Vec<usize> {
            (0..4)
                .map(|n| rounds.iter().map(|sizes| sizes[n]).max().unwrap())
                .collect()
        };
        assert_eq!(most(&sizes[..10]), most(&sizes[50..]));
        assert_eq!(head.series_count(), 400);
    }
}
