//! Series of a batch whose ids are still to be found.

use std::ops::Range;

use contract::{Append, AppendError, Appended, Batch, RejectReason, SeriesId};
use model::Labels;
use parking_lot::RwLock;

use crate::ids::Ids;

/// Stands for a series that the store would not take; no store gives this id.
pub(crate) const REFUSED: SeriesId = SeriesId(u64::MAX);
/// Stands for the series of a sample that lies too far ahead.
const TOO_FAR: SeriesId = SeriesId(u64::MAX - 1);

/// Samples later than this many milliseconds from now are refused: upstream's figure.
const MOST_AHEAD: i64 = 10 * 60_000;

/// Bytes of the labels and descriptions of the series in one request that are not known: a text
/// that stands once in it may belong to millions of them.
const MOST_TEXT: usize = if cfg!(test) { 1 << 20 } else { 256 << 20 };

/// How much of [`MOST_TEXT`] a request has taken.
#[derive(Default)]
pub(crate) struct TextBudget(usize);

impl TextBudget {
    /// Why there is no room for another series, where there is none.
    pub(crate) fn spent(&self) -> Option<String> {
        (self.0 > MOST_TEXT).then(|| {
            format!(
                "the labels of the new series of one request have more than {MOST_TEXT} bytes: \
                 send smaller requests"
            )
        })
    }

    /// Notes the text of a series.
    pub(crate) fn take(&mut self, bytes: usize) {
        self.0 = self.0.saturating_add(bytes);
    }

    pub(crate) fn clear(&mut self) {
        self.0 = 0;
    }
}

/// A series whose id is not known yet, and its places in the batch.
#[derive(Clone, Debug)]
pub(crate) struct Unknown {
    pub(crate) hash: u64,
    pub(crate) labels: Labels,
    pub(crate) samples: Range<usize>,
    pub(crate) histograms: Range<usize>,
    pub(crate) exemplars: Range<usize>,
    pub(crate) metadata: Range<usize>,
}

/// Where the lists of a batch end.
#[derive(Clone, Copy)]
pub(crate) struct Ends {
    samples: usize,
    histograms: usize,
    exemplars: usize,
    metadata: usize,
}

impl Ends {
    pub(crate) fn of(batch: &Batch) -> Self {
        Self {
            samples: batch.samples.len(),
            histograms: batch.histograms.len(),
            exemplars: batch.exemplars.len(),
            metadata: batch.metadata.len(),
        }
    }
}

impl Unknown {
    /// A series to which all belongs that came into the batch since `before`.
    pub(crate) fn since(before: Ends, batch: &Batch, hash: u64, labels: Labels) -> Self {
        Self {
            hash,
            labels,
            samples: before.samples..batch.samples.len(),
            histograms: before.histograms..batch.histograms.len(),
            exemplars: before.exemplars..batch.exemplars.len(),
            metadata: before.metadata..batch.metadata.len(),
        }
    }

    /// Puts the id, now that it is known, where it belongs.
    fn set(&self, batch: &mut Batch, id: SeriesId) {
        let samples = batch.samples.get_mut(self.samples.clone());
        samples.into_iter().flatten().for_each(|s| s.series = id);
        let histograms = batch.histograms.get_mut(self.histograms.clone());
        histograms.into_iter().flatten().for_each(|h| h.series = id);
        let exemplars = batch.exemplars.get_mut(self.exemplars.clone());
        exemplars.into_iter().flatten().for_each(|e| e.series = id);
        let metadata = batch.metadata.get_mut(self.metadata.clone());
        metadata.into_iter().flatten().for_each(|m| m.series = id);
    }
}

/// Registers the series that were not known, and puts their ids into the batch. Where the store
/// takes no more, the others go on.
pub(crate) fn resolve(
    store: &dyn Append,
    ids: &RwLock<Ids>,
    batch: &mut Batch,
    unknown: &[Unknown],
) -> Result<(), AppendError> {
    if unknown.is_empty() {
        return Ok(());
    }
    let labels: Vec<Labels> = unknown.iter().map(|u| u.labels.clone()).collect();
    let mut found = Vec::with_capacity(labels.len());
    match store.resolve(&labels, &mut found) {
        Ok(()) => {}
        Err(AppendError::SeriesLimit { .. }) => {
            unknown.iter().for_each(|u| u.set(batch, REFUSED));
            return Ok(());
        }
        Err(other) => return Err(other),
    }
    let mut ids = ids.write();
    for (unknown, id) in unknown.iter().zip(found) {
        ids.insert(unknown.hash, id);
        unknown.set(batch, id);
    }
    Ok(())
}

/// Appends a batch, of which nothing that lies too far ahead is stored.
pub(crate) fn append(
    store: &dyn Append,
    batch: &mut Batch,
    now: i64,
) -> Result<Appended, AppendError> {
    let latest = now.saturating_add(MOST_AHEAD);
    if batch.samples.iter().any(|sample| sample.time > latest) {
        let ahead = batch.samples.iter_mut().filter(|s| s.time > latest);
        ahead.for_each(|sample| sample.series = TOO_FAR);
    }
    if !batch.histograms.is_empty() {
        let ahead = batch.histograms.iter_mut().filter(|h| h.time > latest);
        ahead.for_each(|histogram| histogram.series = TOO_FAR);
    }
    let mut appended = store.append(batch)?;
    for rejection in &mut appended.rejected {
        match series_at(batch, rejection.place) {
            Some(REFUSED) => rejection.reason = RejectReason::SeriesLimit,
            Some(TOO_FAR) => rejection.reason = RejectReason::TooFarAhead,
            _ => {}
        }
    }
    Ok(appended)
}

/// The series of a place of a batch: histograms follow samples.
fn series_at(batch: &Batch, place: usize) -> Option<SeriesId> {
    match place.checked_sub(batch.samples.len()) {
        None => batch.samples.get(place).map(|sample| sample.series),
        Some(place) => batch
            .histograms
            .get(place)
            .map(|histogram| histogram.series),
    }
}
