//! A store in memory that keeps the promises of [`Append`] and [`Select`], for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{Columns, HistogramSample, Labels, Matcher, same_value};
use parking_lot::Mutex;

use crate::{
    Append, AppendError, Appended, Batch, PendingExemplar, PendingHistogram, RejectReason,
    Rejection, Select, SelectError, Selection, SeriesId, SeriesList, TimeRange,
};

/// A store without files; everything is lost with it.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ids: BTreeMap<Labels, usize>,
    series: Vec<(Labels, Columns)>,
    exemplars: Vec<PendingExemplar>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds samples of one series, oldest first.
    pub fn load(&self, labels: Labels, samples: impl IntoIterator<Item = (i64, f64)>) {
        let mut state = self.state.lock();
        let place = state.place(&labels);
        if let Some((_, columns)) = state.series.get_mut(place) {
            for (time, value) in samples {
                columns.push(time, value);
            }
        }
    }

    /// Adds histograms of one series, oldest first.
    pub fn load_histograms(
        &self,
        labels: Labels,
        samples: impl IntoIterator<Item = HistogramSample>,
    ) {
        let mut state = self.state.lock();
        let place = state.place(&labels);
        if let Some((_, columns)) = state.series.get_mut(place) {
            columns.histograms.extend(samples);
        }
    }

    /// Says when the counting of each sample of a series began, in milliseconds since the epoch and
    /// 0 where that is unknown: of its numbers and of its histograms, as many as there are of each.
    pub fn load_starts(&self, labels: &Labels, starts: Vec<i64>, histogram_starts: Vec<i64>) {
        let mut state = self.state.lock();
        let place = state.place(labels);
        if let Some((_, columns)) = state.series.get_mut(place) {
            columns.starts = starts;
            columns.histogram_starts = histogram_starts;
        }
    }

    /// All series with their samples, sorted by labels.
    pub fn dump(&self) -> Vec<(Labels, Columns)> {
        let state = self.state.lock();
        state
            .ids
            .values()
            .filter_map(|&place| state.series.get(place).cloned())
            .collect()
    }

    /// The exemplars in the order they came.
    pub fn exemplars(&self) -> Vec<PendingExemplar> {
        self.state.lock().exemplars.clone()
    }
}

impl State {
    fn place(&mut self, labels: &Labels) -> usize {
        if let Some(&place) = self.ids.get(labels) {
            return place;
        }
        let place = self.series.len();
        self.series.push((labels.clone(), Columns::new()));
        self.ids.insert(labels.clone(), place);
        place
    }

    fn selected(&self, matchers: &[Matcher]) -> impl Iterator<Item = &(Labels, Columns)> {
        self.series.iter().filter(|(labels, _)| {
            matchers
                .iter()
                .all(|m| m.matches(labels.get(m.name()).unwrap_or("")))
        })
    }

    /// The matching series, where any sample of the store may lie in the range.
    fn selected_in<'a>(
        &'a self,
        selection: &'a Selection<'_>,
    ) -> impl Iterator<Item = &'a (Labels, Columns)> {
        let times = || {
            self.series
                .iter()
                .flat_map(|(_, columns)| columns.times.iter().copied())
        };
        let span = times().min().zip(times().max());
        let overlaps =
            span.is_some_and(|(start, end)| selection.range.overlaps(TimeRange { start, end }));
        self.selected(selection.matchers).filter(move |_| overlaps)
    }

    fn push(&mut self, series: SeriesId, time: i64, value: f64) -> Result<(), RejectReason> {
        let place = usize::try_from(series.0).map_err(|_| RejectReason::Gone)?;
        let (_, columns) = self.series.get_mut(place).ok_or(RejectReason::Gone)?;
        if columns.histograms.last().is_some_and(|h| h.time >= time) {
            return Err(RejectReason::OutOfOrder);
        }
        match (columns.times.last(), columns.values.last()) {
            (Some(&last), Some(&old)) if last == time => {
                if same_value(old, value) {
                    Ok(())
                } else {
                    Err(RejectReason::Duplicate)
                }
            }
            (Some(&last), _) if last > time => Err(RejectReason::OutOfOrder),
            _ => {
                columns.push(time, value);
                Ok(())
            }
        }
    }
}

impl State {
    fn push_histogram(&mut self, pending: &PendingHistogram) -> Result<(), RejectReason> {
        let place = usize::try_from(pending.series.0).map_err(|_| RejectReason::Gone)?;
        let (_, columns) = self.series.get_mut(place).ok_or(RejectReason::Gone)?;
        let last = columns.histograms.last();
        if last.is_some_and(|last| last.time == pending.time && last.value == pending.value) {
            return Ok(());
        }
        match last
            .map(|last| last.time)
            .max(columns.times.last().copied())
        {
            Some(last) if last == pending.time => return Err(RejectReason::Duplicate),
            Some(last) if last > pending.time => return Err(RejectReason::OutOfOrder),
            _ => {}
        }
        columns.histograms.push(HistogramSample {
            time: pending.time,
            value: pending.value.clone(),
        });
        Ok(())
    }
}

impl Append for MemoryStore {
    fn resolve(&self, series: &[Labels], ids: &mut Vec<SeriesId>) -> Result<(), AppendError> {
        let mut state = self.state.lock();
        ids.extend(
            series
                .iter()
                .map(|labels| SeriesId(state.place(labels) as u64)),
        );
        Ok(())
    }

    fn append(&self, batch: &Batch) -> Result<Appended, AppendError> {
        let mut state = self.state.lock();
        let mut outcome = Appended::default();
        for (place, sample) in batch.samples.iter().enumerate() {
            match state.push(sample.series, sample.time, sample.value) {
                Ok(()) => outcome.stored += 1,
                Err(reason) => outcome.rejected.push(Rejection { place, reason }),
            }
        }
        for (place, pending) in (batch.samples.len()..).zip(&batch.histograms) {
            match state.push_histogram(pending) {
                Ok(()) => outcome.stored += 1,
                Err(reason) => outcome.rejected.push(Rejection { place, reason }),
            }
        }
        state.exemplars.extend(batch.exemplars.iter().cloned());
        Ok(outcome)
    }
}

struct Found {
    series: Vec<(Labels, Arc<Columns>)>,
    range: TimeRange,
}

impl SeriesList for Found {
    fn len(&self) -> usize {
        self.series.len()
    }

    fn labels(&self, place: usize) -> Labels {
        self.series
            .get(place)
            .map(|(labels, _)| labels.clone())
            .unwrap_or_default()
    }

    fn read(&self, place: usize, into: &mut Columns) -> Result<(), SelectError> {
        if let Some((_, columns)) = self.series.get(place) {
            // Times rise: what is within the range lies together.
            let from = columns.times.partition_point(|t| *t < self.range.start);
            let to = columns.times.partition_point(|t| *t <= self.range.end);
            let times = columns.times.get(from..to).unwrap_or_default();
            into.times.extend_from_slice(times);
            let values = columns.values.get(from..to).unwrap_or_default();
            into.values.extend_from_slice(values);
            let within = |time: &i64| self.range.contains(*time);
            let starts = columns.times.iter().zip(&columns.starts);
            into.starts.extend(
                starts
                    .filter(|(time, _)| within(time))
                    .map(|(_, start)| start),
            );
            let histograms = columns.histograms.iter();
            into.histograms
                .extend(histograms.clone().filter(|h| within(&h.time)).cloned());
            let starts = histograms.zip(&columns.histogram_starts);
            into.histogram_starts.extend(
                starts
                    .filter(|(h, _)| within(&h.time))
                    .map(|(_, start)| start),
            );
        }
        Ok(())
    }
}

impl Select for MemoryStore {
    fn select(&self, selection: &Selection<'_>) -> Result<Box<dyn SeriesList>, SelectError> {
        let state = self.state.lock();
        let limit = if selection.limit == 0 {
            usize::MAX
        } else {
            selection.limit
        };
        let series = state
            .selected(selection.matchers)
            .take(limit)
            .map(|(labels, columns)| (labels.clone(), Arc::new(columns.clone())))
            .collect();
        Ok(Box::new(Found {
            series,
            range: selection.range,
        }))
    }

    fn at_most(&self, selection: &Selection<'_>) -> Option<usize> {
        Some(self.state.try_lock()?.selected(selection.matchers).count())
    }

    fn label_names(&self, selection: &Selection<'_>) -> Result<Vec<String>, SelectError> {
        let state = self.state.lock();
        let names: BTreeSet<String> = state
            .selected_in(selection)
            .flat_map(|(labels, _)| labels.iter().map(|(name, _)| name.to_owned()))
            .collect();
        Ok(names.into_iter().collect())
    }

    fn label_values(
        &self,
        name: &str,
        selection: &Selection<'_>,
    ) -> Result<Vec<String>, SelectError> {
        let state = self.state.lock();
        let values: BTreeSet<String> = state
            .selected_in(selection)
            .filter_map(|(labels, _)| labels.get(name).map(str::to_owned))
            .collect();
        Ok(values.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PendingSample;

    #[test]
    fn order_is_kept_and_repetition_is_fine() {
        let store = MemoryStore::new();
        let mut ids = Vec::new();
        store
            .resolve(&[Labels::from_pairs([("a", "1")])], &mut ids)
            .unwrap();
        let sample = |time, value| PendingSample {
            series: ids[0],
            time,
            value,
        };
        let batch = Batch {
            samples: vec![
                sample(10, 1.0),
                sample(10, 1.0),
                sample(10, 2.0),
                sample(5, 1.0),
                PendingSample {
                    series: SeriesId(9),
                    time: 20,
                    value: 0.0,
                },
            ],
            ..Batch::default()
        };
        let outcome = store.append(&batch).unwrap();
        assert_eq!(outcome.stored, 2);
        let reasons: Vec<_> = outcome
            .rejected
            .iter()
            .map(|r| (r.place, r.reason))
            .collect();
        assert_eq!(
            reasons,
            [
                (2, RejectReason::Duplicate),
                (3, RejectReason::OutOfOrder),
                (4, RejectReason::Gone)
            ]
        );
    }
}
