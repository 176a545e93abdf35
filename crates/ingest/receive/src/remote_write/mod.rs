//! The receiver of remote write, versions 1.0 and 2.0.

mod gather;
mod ids;
mod metrics;
mod refuse;

use std::sync::Arc;

use contract::{Append, AppendError, Appended, Batch, RejectReason, SeriesId};
use model::Labels;
use parking_lot::{Mutex, RwLock};
use wire::remote::Malformed;
use wire::remote::write::{Request, Version};

use gather::Gathered;
use ids::Ids;
use metrics::Metrics;
use refuse::Faults;
pub use refuse::Refused;

/// The largest request, decompressed, in bytes: upstream's figure.
const MOST_BYTES: usize = 32 << 20;
/// Buffers kept for later requests.
const MOST_KEPT: usize = 8;
/// What grew beyond this many samples is not kept.
const MOST_KEPT_SAMPLES: usize = 1 << 20;

/// Stands for a series that the store would not take; no store gives this id.
const REFUSED: SeriesId = SeriesId(u64::MAX);

/// What of a request was stored; version 2.0 answers with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Samples.
    pub samples: usize,
    /// Native histograms.
    pub histograms: usize,
    /// Exemplars that were handed to the store.
    pub exemplars: usize,
}

/// Takes write requests of any number of senders at once.
pub struct RemoteWrite {
    store: Arc<dyn Append>,
    ids: RwLock<Ids>,
    /// Goes into the hashes, so that nobody outside can make two series of one hash.
    seed: u64,
    free: Mutex<Vec<Scratch>>,
    metrics: Metrics,
}

/// Memory of one request.
#[derive(Default)]
struct Scratch {
    body: Vec<u8>,
    gathered: Gathered,
}

impl RemoteWrite {
    /// A receiver that has seen nothing yet.
    pub fn new(store: Arc<dyn Append>) -> Self {
        let random = std::hash::RandomState::new();
        Self {
            store,
            ids: RwLock::default(),
            seed: std::hash::BuildHasher::hash_one(&random, 0u8),
            free: Mutex::default(),
            metrics: Metrics::default(),
        }
    }

    /// Stores a request that is compressed with snappy.
    ///
    /// # Errors
    /// [`Refused`] says what was stored all the same, and whether sending again can help.
    pub fn write(&self, compressed: &[u8], version: Version) -> Result<Written, Refused> {
        let mut scratch = self.free.lock().pop().unwrap_or_default();
        let outcome = decompress(compressed, &mut scratch.body)
            .and_then(|()| self.store_body(&scratch.body, version, &mut scratch.gathered));
        self.metrics.count(&outcome);
        if scratch.gathered.batch.samples.capacity() <= MOST_KEPT_SAMPLES {
            let mut free = self.free.lock();
            if free.len() < MOST_KEPT {
                free.push(scratch);
            }
        }
        outcome
    }

    fn store_body(
        &self,
        body: &[u8],
        version: Version,
        gathered: &mut Gathered,
    ) -> Result<Written, Refused> {
        let mut faults = Faults::default();
        let request = Request::new(body, version, self.seed).map_err(Refused::malformed)?;
        gathered
            .take(request, &self.ids.read(), &mut faults)
            .map_err(Refused::malformed)?;
        if !gathered.unknown.is_empty() {
            self.resolve(gathered).map_err(Refused::failed)?;
        }
        let mut appended = self.append(&gathered.batch)?;
        self.renew(body, version, gathered, &mut appended)?;
        let written = written(&gathered.batch, &appended);
        let named = self.name_rejected(body, version, gathered, &appended, &mut faults);
        named.map_err(Refused::malformed)?;
        self.metrics.invalid.add(faults.invalid);
        faults.outcome(written)
    }

    /// Registers the series that were not known, and puts their ids into the batch. Where the
    /// store takes no more, the others go on.
    fn resolve(&self, gathered: &mut Gathered) -> Result<(), AppendError> {
        let labels: Vec<Labels> = gathered.unknown.iter().map(|u| u.labels.clone()).collect();
        let mut found = Vec::with_capacity(labels.len());
        match self.store.resolve(&labels, &mut found) {
            Ok(()) => {}
            Err(AppendError::SeriesLimit { .. }) => {
                let batch = &mut gathered.batch;
                gathered.unknown.iter().for_each(|u| u.set(batch, REFUSED));
                return Ok(());
            }
            Err(other) => return Err(other),
        }
        let mut ids = self.ids.write();
        for (unknown, id) in gathered.unknown.iter().zip(found) {
            ids.insert(unknown.hash, id);
            unknown.set(&mut gathered.batch, id);
        }
        Ok(())
    }

    fn append(&self, batch: &Batch) -> Result<Appended, Refused> {
        let mut appended = self.store.append(batch).map_err(Refused::failed)?;
        for rejection in &mut appended.rejected {
            if series_at(batch, rejection.place) == Some(REFUSED) {
                rejection.reason = RejectReason::SeriesLimit;
            }
        }
        Ok(appended)
    }

    /// Sends what was rejected because the store had forgotten its series once more.
    fn renew(
        &self,
        body: &[u8],
        version: Version,
        gathered: &mut Gathered,
        appended: &mut Appended,
    ) -> Result<(), Refused> {
        let is_gone = |r: &contract::Rejection| r.reason == RejectReason::Gone;
        if !appended.rejected.iter().any(is_gone) {
            return Ok(());
        }
        let gone = appended.rejected.iter().filter(|r| is_gone(r));
        let gone: Vec<usize> = gone.map(|rejection| rejection.place).collect();
        let request = Request::new(body, version, self.seed).map_err(Refused::malformed)?;
        let mut again = gathered.only(request, &gone).map_err(Refused::malformed)?;
        self.resolve(&mut again).map_err(Refused::failed)?;
        let once_more = self.append(&again.batch)?;
        appended.stored += once_more.stored;
        appended.rejected.retain(|rejection| !is_gone(rejection));
        let places = once_more.rejected.into_iter().filter_map(|rejection| {
            let place = *gone.get(rejection.place)?;
            Some(contract::Rejection { place, ..rejection })
        });
        appended.rejected.extend(places);
        Ok(())
    }

    fn name_rejected(
        &self,
        body: &[u8],
        version: Version,
        gathered: &Gathered,
        appended: &Appended,
        faults: &mut Faults,
    ) -> Result<(), Malformed> {
        if appended.rejected.is_empty() {
            return Ok(());
        }
        let request = Request::new(body, version, self.seed)?;
        gathered.name(request, &appended.rejected, faults)
    }
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

fn written(batch: &Batch, appended: &Appended) -> Written {
    let histograms_from = batch.samples.len();
    let lost = appended.rejected.iter();
    let lost_histograms = lost.filter(|r| r.place >= histograms_from).count();
    let lost_samples = appended.rejected.len() - lost_histograms;
    Written {
        samples: batch.samples.len().saturating_sub(lost_samples),
        histograms: batch.histograms.len().saturating_sub(lost_histograms),
        exemplars: batch.exemplars.len(),
    }
}

fn decompress(compressed: &[u8], into: &mut Vec<u8>) -> Result<(), Refused> {
    let size = snap::raw::decompress_len(compressed);
    let size = size.map_err(|error| Refused::bad(format!("snappy: {error}")))?;
    if size > MOST_BYTES {
        return Err(Refused::bad(format!(
            "the request has {size} bytes decompressed; {MOST_BYTES} are taken: send smaller ones"
        )));
    }
    into.resize(size, 0);
    let read = snap::raw::Decoder::new().decompress(compressed, into);
    let read = read.map_err(|error| Refused::bad(format!("snappy: {error}")))?;
    into.truncate(read);
    Ok(())
}

#[cfg(test)]
mod tests;
