//! A request as one batch.

use contract::{
    Batch, PendingExemplar, PendingHistogram, PendingMetadata, PendingSample, SeriesId,
};
use model::{Exemplar, FamilyKind, HistogramValue, IntegerHistogram, Labels};

use super::Trouble;
use crate::ids::{Cursor, Ids};
use crate::pending::{Ends, TextBudget, Unknown};

/// What a request came to; its memory serves one request after the other.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) batch: Batch,
    pub(super) unknown: Vec<Unknown>,
    /// Of each delta in turn that was to be added up, whether it was.
    pub(super) added: Vec<bool>,
    cursor: Cursor,
    texts: TextBudget,
}

/// What a series has at one moment.
pub(super) enum Value {
    Number(f64),
    Histogram(Box<IntegerHistogram>),
}

/// What is said of a metric.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) kind: FamilyKind,
    pub(super) unit: &'a str,
    pub(super) help: &'a str,
}

/// One sample of one series.
pub(super) struct Entry<'a> {
    /// Which series it is.
    pub(super) key: u64,
    /// Milliseconds since the Unix epoch.
    pub(super) time: i64,
    pub(super) value: Value,
    pub(super) exemplars: Vec<Exemplar>,
    /// Kept in the log with a series that is new.
    pub(super) said: Said<'a>,
}

impl Gathered {
    pub(super) fn clear(&mut self) {
        self.batch.clear();
        self.unknown.clear();
        self.added.clear();
        self.texts.clear();
    }

    /// Adds a sample. `labels` are asked for where the series is not known.
    pub(super) fn push(
        &mut self,
        ids: &Ids,
        entry: Entry<'_>,
        labels: impl FnOnce() -> Result<Labels, Trouble>,
    ) -> Result<(), Trouble> {
        if let Some(series) = ids.get(&mut self.cursor, entry.key) {
            self.add(series, entry);
            return Ok(());
        }
        if let Some(reason) = self.texts.spent() {
            return Err(Trouble::Fault(reason));
        }
        let labels = labels()?;
        let said = entry.said.unit.len() + entry.said.help.len();
        self.texts.take(labels.size() + said);
        let before = Ends::of(&self.batch);
        // No store gives this id out before the series is resolved: it is replaced.
        let series = SeriesId(0);
        self.batch.metadata.push(PendingMetadata {
            series,
            kind: entry.said.kind,
            unit: entry.said.unit.to_owned(),
            help: entry.said.help.to_owned(),
        });
        let key = entry.key;
        self.add(series, entry);
        let unknown = Unknown::since(before, &self.batch, key, labels);
        self.unknown.push(unknown);
        Ok(())
    }

    fn add(&mut self, series: SeriesId, entry: Entry<'_>) {
        let time = entry.time;
        match entry.value {
            Value::Number(value) => self.batch.samples.push(PendingSample {
                series,
                time,
                value,
            }),
            Value::Histogram(histogram) => self.batch.histograms.push(PendingHistogram {
                series,
                time,
                value: HistogramValue::Integer(histogram),
            }),
        }
        for exemplar in entry.exemplars {
            let exemplar = Exemplar {
                time: exemplar.time.or(Some(time)),
                ..exemplar
            };
            self.batch
                .exemplars
                .push(PendingExemplar { series, exemplar });
        }
    }

    /// Which of the unknown series a place of the batch belongs to: histograms follow samples.
    fn at(&self, place: usize) -> Option<&Unknown> {
        let place_of = |end: fn(&Unknown) -> usize, place: usize| {
            self.unknown
                .partition_point(|unknown| end(unknown) <= place)
        };
        let number = match place.checked_sub(self.batch.samples.len()) {
            None => place_of(|unknown| unknown.samples.end, place),
            Some(place) => place_of(|unknown| unknown.histograms.end, place),
        };
        self.unknown.get(number)
    }

    /// The labels of the series that a place belongs to, of a batch in which none was known.
    pub(super) fn labels_at(&self, place: usize) -> Option<&Labels> {
        self.at(place).map(|unknown| &unknown.labels)
    }

    /// What lies at the places, which rise, as a batch of its own. In this one no series was known;
    /// `batch` has the same places, and the values.
    pub(super) fn only(&self, places: &[usize], batch: &Batch) -> Self {
        let mut only = Self::default();
        for unknown in places.iter().filter_map(|&place| self.at(place)) {
            let before = Ends::of(&only.batch);
            let samples = batch.samples.get(unknown.samples.clone());
            only.batch.samples.extend(samples.unwrap_or_default());
            let histograms = batch.histograms.get(unknown.histograms.clone());
            let histograms = histograms.unwrap_or_default().iter().cloned();
            only.batch.histograms.extend(histograms);
            let exemplars = batch.exemplars.get(unknown.exemplars.clone());
            let exemplars = exemplars.unwrap_or_default().iter().cloned();
            only.batch.exemplars.extend(exemplars);
            let labels = unknown.labels.clone();
            let again = Unknown::since(before, &only.batch, unknown.hash, labels);
            only.unknown.push(again);
        }
        only
    }
}
