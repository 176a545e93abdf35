//! Samples of a rule to the store: one batch a result, stale markers for series that the result
//! has no more.

use std::collections::HashMap;

use contract::{
    Append, AppendError, Appended, Batch, PendingHistogram, PendingSample, QueryPoint,
    RejectReason, SeriesId,
};
use model::{HistogramValue, Labels, stale_nan};

/// The series of a rule's last result, by labels, with the store's names of them.
#[derive(Default)]
pub(crate) struct Written(HashMap<Labels, SeriesId>);

impl Written {
    /// Takes over the series of another one.
    pub(crate) fn adopt(&mut self, other: &mut Self) {
        self.0.extend(other.0.drain());
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What became of a result.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// How many samples were not stored, by reason; stale markers do not count.
    pub(crate) rejected: Vec<(RejectReason, usize)>,
}

impl Outcome {
    fn count(&mut self, reason: RejectReason) {
        match self.rejected.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => self.rejected.push((reason, 1)),
        }
    }
}

/// One sample on its way: its series, and the value or nothing for the end of the series.
struct Entry<'a> {
    labels: &'a Labels,
    point: Option<&'a QueryPoint>,
}

/// Stores a result at `time` (milliseconds since the epoch) and ends the series that the result
/// before had and this one has not. After an error nothing was stored and the series before count
/// as they did.
pub(crate) fn write(
    store: &dyn Append,
    written: &mut Written,
    points: &[QueryPoint],
    time: i64,
) -> Result<Outcome, AppendError> {
    let known = std::mem::take(&mut written.0);
    let stored = store_all(store, &known, points, time);
    match stored {
        Ok((series, outcome)) => {
            written.0 = series;
            Ok(outcome)
        }
        Err(error) => {
            written.0 = known;
            Err(error)
        }
    }
}

type Stored = (HashMap<Labels, SeriesId>, Outcome);

fn store_all(
    store: &dyn Append,
    known: &HashMap<Labels, SeriesId>,
    points: &[QueryPoint],
    time: i64,
) -> Result<Stored, AppendError> {
    let mut outcome = Outcome::default();
    let mut series: HashMap<Labels, SeriesId> = HashMap::with_capacity(points.len());
    let mut entries: Vec<Entry<'_>> = points
        .iter()
        .map(|point| Entry {
            labels: &point.labels,
            point: Some(point),
        })
        .collect();
    let mut ids = ids(store, known, &entries, &mut outcome)?;
    for (entry, id) in entries.iter().zip(&ids) {
        if let Some(id) = id {
            series.insert(entry.labels.clone(), *id);
        }
    }
    let ended = known
        .iter()
        .filter(|(labels, _)| !series.contains_key(*labels));
    for (labels, id) in ended {
        ids.push(Some(*id));
        entries.push(Entry {
            labels,
            point: None,
        });
    }
    let mut again = append(store, &entries, &ids, time, &mut series, &mut outcome, true)?;
    if !again.is_empty() {
        // The store has forgotten these series meanwhile: they begin anew, and those that ended
        // need no end.
        again.retain(|entry| entry.point.is_some());
        let fresh = self::ids(store, &HashMap::new(), &again, &mut outcome)?;
        for (entry, id) in again.iter().zip(&fresh) {
            if let Some(id) = id {
                series.insert(entry.labels.clone(), *id);
            }
        }
        append(
            store,
            &again,
            &fresh,
            time,
            &mut series,
            &mut outcome,
            false,
        )?;
    }
    Ok((series, outcome))
}

/// The store's names of all series; `None` where the store takes no more new ones.
fn ids(
    store: &dyn Append,
    known: &HashMap<Labels, SeriesId>,
    entries: &[Entry<'_>],
    outcome: &mut Outcome,
) -> Result<Vec<Option<SeriesId>>, AppendError> {
    let mut ids: Vec<Option<SeriesId>> = entries
        .iter()
        .map(|entry| known.get(entry.labels).copied())
        .collect();
    let missing: Vec<usize> = (0..ids.len())
        .filter(|place| ids.get(*place).is_some_and(Option::is_none))
        .collect();
    let labels: Vec<Labels> = missing
        .iter()
        .filter_map(|place| entries.get(*place))
        .map(|entry| entry.labels.clone())
        .collect();
    if labels.is_empty() {
        return Ok(ids);
    }
    let mut found = Vec::with_capacity(labels.len());
    let found: Vec<Option<SeriesId>> = match store.resolve(&labels, &mut found) {
        Ok(()) => found.into_iter().map(Some).collect(),
        Err(AppendError::SeriesLimit { .. }) => one_by_one(store, &labels, outcome)?,
        Err(error) => return Err(error),
    };
    for (place, id) in missing.into_iter().zip(found) {
        if let Some(slot) = ids.get_mut(place) {
            *slot = id;
        }
    }
    Ok(ids)
}

/// Series where the store takes no new ones: those that it knows go on.
fn one_by_one(
    store: &dyn Append,
    labels: &[Labels],
    outcome: &mut Outcome,
) -> Result<Vec<Option<SeriesId>>, AppendError> {
    let mut found = Vec::with_capacity(labels.len());
    for one in labels {
        let mut id = Vec::with_capacity(1);
        match store.resolve(std::slice::from_ref(one), &mut id) {
            Ok(()) => found.push(id.first().copied()),
            Err(AppendError::SeriesLimit { .. }) => {
                outcome.count(RejectReason::SeriesLimit);
                found.push(None);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Appends entries; those of series that the store has forgotten are given back where another
/// attempt follows. What was not stored leaves `series`.
fn append<'a>(
    store: &dyn Append,
    entries: &[Entry<'a>],
    ids: &[Option<SeriesId>],
    time: i64,
    series: &mut HashMap<Labels, SeriesId>,
    outcome: &mut Outcome,
    retry: bool,
) -> Result<Vec<Entry<'a>>, AppendError> {
    let mut batch = Batch::default();
    // Which entry each sample, and behind them each histogram, belongs to.
    let (mut samples, mut histograms) = (Vec::new(), Vec::new());
    for (entry, id) in entries.iter().zip(ids) {
        let Some(id) = *id else { continue };
        match entry.point.and_then(|point| point.histogram.as_ref()) {
            Some(histogram) => {
                histograms.push(entry);
                batch.histograms.push(PendingHistogram {
                    series: id,
                    time,
                    value: HistogramValue::Float(Box::new(histogram.as_ref().clone())),
                });
            }
            None => {
                samples.push(entry);
                batch.samples.push(PendingSample {
                    series: id,
                    time,
                    value: entry.point.map_or(stale_nan(), |point| point.value),
                });
            }
        }
    }
    if samples.is_empty() && histograms.is_empty() {
        return Ok(Vec::new());
    }
    let Appended { rejected, .. } = store.append(&batch)?;
    let mut again = Vec::new();
    let order: Vec<&Entry<'a>> = samples.into_iter().chain(histograms).collect();
    for rejection in rejected {
        let Some(entry) = order.get(rejection.place) else {
            continue;
        };
        series.remove(entry.labels);
        if rejection.reason == RejectReason::Gone && retry {
            again.push(Entry {
                labels: entry.labels,
                point: entry.point,
            });
        } else if entry.point.is_some() {
            outcome.count(rejection.reason);
        }
    }
    Ok(again)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use contract::memory::MemoryStore;
    use model::{FloatHistogram, is_stale};
    use parking_lot::Mutex;

    use super::*;

    fn point(name: &str, value: f64) -> QueryPoint {
        QueryPoint {
            labels: Labels::from_pairs([("__name__", name)]),
            value,
            histogram: None,
        }
    }

    /// Times of the samples of a metric; those of stale markers negative.
    fn times(store: &MemoryStore, name: &str) -> Vec<i64> {
        let dump = store.dump();
        let series = dump.iter().find(|(l, _)| l.metric() == Some(name));
        let (_, columns) = series.expect("the series");
        let sign = |value| if is_stale(value) { -1 } else { 1 };
        columns.iter().map(|s| s.time * sign(s.value)).collect()
    }

    #[test]
    fn series_that_a_result_has_no_more_end() {
        let (store, mut written) = (MemoryStore::new(), Written::default());
        let both = [point("a", 1.0), point("b", 2.0)];
        for (time, points) in [(10, &both[..]), (20, &both[..1]), (30, &[]), (40, &[])] {
            let outcome = write(&store, &mut written, points, time).unwrap();
            assert_eq!(outcome, Outcome::default());
        }
        assert_eq!(times(&store, "a"), [10, 20, -30]);
        assert_eq!(times(&store, "b"), [10, -20]);
        assert!(written.is_empty());
    }

    #[test]
    fn histograms_are_stored_and_end_like_numbers() {
        let (store, mut written) = (MemoryStore::new(), Written::default());
        let histogram = FloatHistogram {
            count: 2.0,
            sum: 3.0,
            ..FloatHistogram::default()
        };
        let point = QueryPoint {
            histogram: Some(Arc::new(histogram.clone())),
            ..point("h", 0.0)
        };
        let number = self::point("n", 1.0);
        write(&store, &mut written, &[point.clone(), number], 10).unwrap();
        // The same moment again: the histogram is the same, the number another one.
        let again = [self::point("n", 2.0), point];
        let outcome = write(&store, &mut written, &again, 10).unwrap();
        assert_eq!(outcome.rejected, [(RejectReason::Duplicate, 1)]);
        write(&store, &mut written, &[], 20).unwrap();
        let dump = store.dump();
        let (_, columns) = dump.iter().find(|(l, _)| l.metric() == Some("h")).unwrap();
        assert_eq!(columns.histograms.len(), 1);
        assert_eq!(
            columns.histograms[0].value,
            HistogramValue::Float(Box::new(histogram))
        );
        assert_eq!(times(&store, "h"), [-20]);
    }

    #[test]
    fn what_is_not_stored_is_counted_and_ends_no_series_twice() {
        let (store, mut written) = (MemoryStore::new(), Written::default());
        write(&store, &mut written, &[point("a", 1.0)], 10).unwrap();
        let outcome = write(&store, &mut written, &[point("a", 2.0)], 10).unwrap();
        assert_eq!(outcome.rejected, [(RejectReason::Duplicate, 1)]);
        assert!(written.is_empty());
        // The end of a series that somebody else goes on writing is nothing to complain of.
        write(&store, &mut written, &[point("a", 1.0)], 20).unwrap();
        store.load(point("a", 1.0).labels, [(30, 1.0)]);
        let outcome = write(&store, &mut written, &[], 30).unwrap();
        assert_eq!(outcome, Outcome::default());
    }

    /// A store that forgets all series now and then and takes a limited number of new ones.
    #[derive(Default)]
    struct Forgetful {
        inner: MemoryStore,
        generation: Mutex<u64>,
        limit: Option<usize>,
    }

    impl Append for Forgetful {
        fn resolve(&self, series: &[Labels], ids: &mut Vec<SeriesId>) -> Result<(), AppendError> {
            if self.limit.is_some_and(|limit| series.len() > limit) {
                return Err(AppendError::SeriesLimit { limit: 1 });
            }
            let mut inner = Vec::new();
            self.inner.resolve(series, &mut inner)?;
            let shift = *self.generation.lock() * 1000;
            ids.extend(inner.iter().map(|id| SeriesId(id.0 + shift)));
            Ok(())
        }

        fn append(&self, batch: &Batch) -> Result<Appended, AppendError> {
            let shift = *self.generation.lock() * 1000;
            let mut batch = batch.clone();
            for sample in &mut batch.samples {
                sample.series.0 = sample.series.0.checked_sub(shift).unwrap_or(u64::MAX);
            }
            self.inner.append(&batch)
        }
    }

    #[test]
    fn a_series_that_the_store_forgot_begins_anew() {
        let (store, mut written) = (Forgetful::default(), Written::default());
        write(&store, &mut written, &[point("a", 1.0)], 10).unwrap();
        *store.generation.lock() = 1;
        let outcome = write(&store, &mut written, &[point("a", 2.0)], 20).unwrap();
        assert_eq!(outcome, Outcome::default());
        assert_eq!(times(&store.inner, "a"), [10, 20]);
        assert!(!written.is_empty());
    }

    #[test]
    fn known_series_go_on_where_no_new_ones_are_taken() {
        let store = Forgetful {
            limit: Some(1),
            ..Forgetful::default()
        };
        let mut written = Written::default();
        let points = [point("a", 1.0), point("b", 1.0)];
        let outcome = write(&store, &mut written, &points, 10).unwrap();
        assert_eq!(outcome, Outcome::default());
        let full = Forgetful {
            limit: Some(0),
            ..Forgetful::default()
        };
        let outcome = write(&full, &mut Written::default(), &points, 10).unwrap();
        assert_eq!(outcome.rejected, [(RejectReason::SeriesLimit, 2)]);
    }
}
