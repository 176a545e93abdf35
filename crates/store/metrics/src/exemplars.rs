//! Exemplars: the newest events of all series, in a ring of fixed length.
//!
//! Scrapes bring the same exemplar again until there is another, so one that repeats the newest
//! of its series is passed over, and one that is older than it is dropped.

use std::collections::{HashMap, VecDeque};

use contract::{SeriesId, TimeRange};
use model::{Exemplar, Labels, Matcher, same_value};

/// Why an exemplar is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unwanted {
    /// It is the newest of its series again.
    Repeated,
    /// Its series has a later one.
    OutOfOrder,
}

#[derive(Debug)]
struct OfSeries {
    labels: Labels,
    newest: Exemplar,
    kept: usize,
}

/// The ring.
#[derive(Debug)]
pub(crate) struct Exemplars {
    most: usize,
    ring: VecDeque<(SeriesId, Exemplar)>,
    series: HashMap<SeriesId, OfSeries>,
}

impl Exemplars {
    /// A ring for `most` exemplars.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            ring: VecDeque::new(),
            series: HashMap::new(),
        }
    }

    /// How many exemplars there can be.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// How many exemplars there are, of how many series.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.ring.len(), self.series.len())
    }

    /// Time of the exemplar that was kept first.
    pub(crate) fn oldest(&self) -> Option<i64> {
        self.ring.front()?.1.time
    }

    /// All exemplars, in the order they came.
    pub(crate) fn all(&self) -> impl Iterator<Item = (SeriesId, &Exemplar)> {
        self.ring.iter().map(|(id, exemplar)| (*id, exemplar))
    }

    /// Whether an exemplar would be kept.
    pub(crate) fn check(&self, id: SeriesId, exemplar: &Exemplar) -> Result<(), Unwanted> {
        let Some(series) = self.series.get(&id) else {
            return Ok(());
        };
        let newest = &series.newest;
        if exemplar.time < newest.time {
            return Err(Unwanted::OutOfOrder);
        }
        let same = exemplar.time == newest.time
            && same_value(exemplar.value, newest.value)
            && exemplar.labels == newest.labels;
        if same {
            Err(Unwanted::Repeated)
        } else {
            Ok(())
        }
    }

    /// Keeps an exemplar; the oldest goes where the ring is full. `labels` is asked for the
    /// labels of a series that has none yet.
    pub(crate) fn add(
        &mut self,
        id: SeriesId,
        exemplar: Exemplar,
        labels: impl FnOnce() -> Labels,
    ) {
        if self.most == 0 {
            return;
        }
        while self.ring.len() >= self.most {
            self.drop_oldest();
        }
        let series = self.series.entry(id).or_insert_with(|| OfSeries {
            labels: labels(),
            newest: exemplar.clone(),
            kept: 0,
        });
        series.newest = exemplar.clone();
        series.kept += 1;
        self.ring.push_back((id, exemplar));
    }

    /// The exemplars of the series that all matchers fit, within a range: series sorted by
    /// labels, exemplars by time.
    pub(crate) fn select(
        &self,
        matchers: &[Matcher],
        range: TimeRange,
    ) -> Vec<(Labels, Vec<Exemplar>)> {
        let fits = |labels: &Labels| {
            matchers
                .iter()
                .all(|m| m.matches(labels.get(m.name()).unwrap_or("")))
        };
        let mut found: HashMap<SeriesId, Vec<Exemplar>> = self
            .series
            .iter()
            .filter(|(_, series)| fits(&series.labels))
            .map(|(&id, _)| (id, Vec::new()))
            .collect();
        for (id, exemplar) in &self.ring {
            let inside = exemplar.time.is_some_and(|time| range.contains(time));
            if let Some(list) = found.get_mut(id).filter(|_| inside) {
                list.push(exemplar.clone());
            }
        }
        let mut answer: Vec<(Labels, Vec<Exemplar>)> = found
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .filter_map(|(id, list)| Some((self.series.get(&id)?.labels.clone(), list)))
            .collect();
        answer.sort_by(|a, b| a.0.cmp(&b.0));
        answer
    }

    fn drop_oldest(&mut self) {
        let Some((id, _)) = self.ring.pop_front() else {
            return;
        };
        if let Some(series) = self.series.get_mut(&id) {
            series.kept -= 1;
            if series.kept == 0 {
                self.series.remove(&id);
            }
        }
    }
}

impl contract::Exemplars for crate::Store {
    fn exemplars(&self, matchers: &[Matcher], range: TimeRange) -> Vec<(Labels, Vec<Exemplar>)> {
        self.exemplars.read().select(matchers, range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_keeps_the_newest_and_passes_over_repetitions() {
        let exemplar = |time, value| Exemplar {
            labels: Labels::from_pairs([("trace_id", "x")]),
            value,
            time: Some(time),
        };
        let mut ring = Exemplars::new(3);
        let id = |n| SeriesId(n);
        for (n, time) in [(1, 10), (2, 10), (1, 20), (1, 30)] {
            ring.check(id(n), &exemplar(time, 1.0)).unwrap();
            ring.add(id(n), exemplar(time, 1.0), || {
                Labels::from_pairs([("s", n.to_string())])
            });
        }
        assert_eq!(
            ring.check(id(1), &exemplar(30, 1.0)),
            Err(Unwanted::Repeated)
        );
        assert_eq!(
            ring.check(id(1), &exemplar(29, 1.0)),
            Err(Unwanted::OutOfOrder)
        );
        assert_eq!(ring.check(id(1), &exemplar(30, 2.0)), Ok(()));
        assert_eq!((ring.counts(), ring.oldest()), ((3, 2), Some(10)));
        let range = TimeRange { start: 15, end: 30 };
        let found = ring.select(&[Matcher::equal("s", "1")], range);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0]
                .1
                .iter()
                .map(|e| e.time.unwrap())
                .collect::<Vec<_>>(),
            [20, 30]
        );
    }
}
