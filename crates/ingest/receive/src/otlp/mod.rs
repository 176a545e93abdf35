//! The receiver of OTLP metrics.
//!
//! ```text
//! request > resources > libraries > metrics > points > series by their hash > one batch > Append
//! ```
//! A series is known by a hash of what gave it its labels: resource, library, metric, attributes
//! and the part of the point it is, all as they lie in the request. Its labels are put together
//! when that hash is new and not again.
//!
//! Invariants: a request that cannot be read stores nothing. Of one that can, points that mean no
//! series are left out and told ([`Accepted::lost`]), and samples that the store refuses make the
//! answer an error; what else there is has been stored in both cases.

mod delta;
mod exemplar;
mod gather;
mod histogram;
mod labels;
mod metrics;
mod names;
mod points;
mod translate;

use std::sync::Arc;
use std::time::Duration;

use config::OtlpConfig;
use contract::{Append, Appended, Clock, RejectReason};
use parking_lot::{Mutex, RwLock};
use rapidhash::v3::RapidSecrets;
use thiserror::Error;
use wire::otlp::{Malformed, from_json};

use crate::body::Encoding;
use crate::ids::Ids;
use crate::pending::{append, resolve};
use crate::refuse::{Faults, Refused, Written};
use crate::scratch::{Free, MOST_KEPT_BYTES, MOST_KEPT_SAMPLES, MOST_KEPT_SERIES, Scratch};
use delta::Streams;
use gather::Gathered;
use metrics::Metrics;
use translate::{DeltaSums, Translation};

/// What becomes of counts that begin anew with every point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deltas {
    /// They are left out and told.
    #[default]
    Refused,
    /// They are stored as they come, as series of no known kind.
    Stored,
    /// They are added up here, and the totals are stored.
    Converted,
}

/// What the command line says.
#[derive(Clone, Copy, Debug)]
pub struct OtlpOptions {
    /// What becomes of deltas.
    pub deltas: Deltas,
    /// Whether series get the labels `__type__` and `__unit__`.
    pub type_and_unit_labels: bool,
    /// How far queries look back: `target_info` has two samples in such a time.
    pub lookback: Duration,
}

/// How a request is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Protobuf.
    Protobuf,
    /// JSON.
    Json,
}

/// What of a request that could be read became samples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// What was stored.
    pub written: Written,
    /// Points that mean no series.
    pub lost: usize,
    /// Why, in words for whoever sends; empty where none were lost.
    pub reason: String,
}

/// Why a point becomes no sample.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
enum Trouble {
    /// The request cannot be read at all.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// What it says means no series.
    #[error("{0}")]
    Fault(String),
}

impl From<String> for Trouble {
    fn from(fault: String) -> Self {
        Self::Fault(fault)
    }
}

/// What series are made by, and what is known of those that were. Both change together.
struct Known {
    config: OtlpConfig,
    ids: RwLock<Ids>,
}

/// Takes metrics of any number of programs at once.
pub struct Otlp {
    store: Arc<dyn Append>,
    clock: Arc<dyn Clock>,
    options: OtlpOptions,
    known: RwLock<Arc<Known>>,
    /// Made of a random seed, so that nobody outside can make two series of one hash.
    secrets: RapidSecrets,
    /// What deltas add up to.
    streams: Mutex<Streams>,
    free: Free<Buffers>,
    metrics: Metrics,
}

/// Memory of one request.
#[derive(Default)]
struct Buffers {
    body: Vec<u8>,
    protobuf: Vec<u8>,
    gathered: Gathered,
}

impl Scratch for Buffers {
    fn clear(&mut self) {
        self.gathered.clear();
    }

    fn is_worth_keeping(&self) -> bool {
        self.body.capacity().max(self.protobuf.capacity()) <= MOST_KEPT_BYTES
            && self.gathered.batch.samples.capacity() <= MOST_KEPT_SAMPLES
            && self.gathered.unknown.capacity() <= MOST_KEPT_SERIES
    }
}

/// Milliseconds of a time in nanoseconds.
fn milliseconds(nanoseconds: u64) -> i64 {
    nanoseconds as i64 / 1_000_000
}

impl Otlp {
    /// A receiver that has seen nothing yet.
    pub fn new(store: Arc<dyn Append>, clock: Arc<dyn Clock>, options: OtlpOptions) -> Self {
        let random = std::hash::RandomState::new();
        let seed = std::hash::BuildHasher::hash_one(&random, 0u8);
        Self {
            store,
            clock,
            options,
            known: RwLock::new(Arc::new(Known {
                config: OtlpConfig::default(),
                ids: RwLock::default(),
            })),
            secrets: RapidSecrets::seed(seed),
            streams: Mutex::default(),
            free: Free::default(),
            metrics: Metrics::default(),
        }
    }

    /// From now on series get the names and labels that `config` says.
    pub fn configure(&self, config: OtlpConfig) {
        let mut known = self.known.write();
        if known.config != config {
            *known = Arc::new(Known {
                config,
                ids: RwLock::default(),
            });
        }
    }

    /// Stores a request.
    ///
    /// # Errors
    /// [`Refused`] says what was stored all the same, and whether sending again can help.
    pub fn write(&self, body: &[u8], encoding: Encoding, form: Form) -> Result<Accepted, Refused> {
        let mut scratch = self.free.take();
        let outcome = self.write_with(body, encoding, form, &mut scratch);
        self.metrics.count(&outcome);
        self.free.give_back(scratch);
        outcome
    }

    fn write_with(
        &self,
        body: &[u8],
        encoding: Encoding,
        form: Form,
        scratch: &mut Buffers,
    ) -> Result<Accepted, Refused> {
        let mut body = encoding.decode(body, &mut scratch.body)?;
        if form == Form::Json {
            scratch.protobuf.clear();
            from_json(body, &mut scratch.protobuf).map_err(|e| Refused::bad(e.to_string()))?;
            body = &scratch.protobuf;
        }
        self.store_request(body, &mut scratch.gathered)
    }

    fn store_request(&self, body: &[u8], gathered: &mut Gathered) -> Result<Accepted, Refused> {
        let known = Arc::clone(&self.known.read());
        let sums = DeltaSums::Added {
            streams: &self.streams,
            now: self.clock.now(),
        };
        let translated = self.translate(body, &known, &known.ids.read(), sums, gathered);
        let lost = translated.map_err(Refused::malformed)?;
        let mut appended = self.append(&known, gathered)?;
        let mut faults = Faults::default();
        if !appended.rejected.is_empty() {
            self.see_to_rejected(body, &known, gathered, &mut appended, &mut faults)?;
        }
        let written = Written::of(&gathered.batch, &appended);
        let written = faults.outcome(written)?;
        let stored = written.samples + written.histograms;
        if stored == 0 && lost.points > 0 {
            return Err(Refused::bad(lost.reason()));
        }
        Ok(Accepted {
            written,
            lost: lost.points,
            reason: lost.reason(),
        })
    }

    fn translate(
        &self,
        body: &[u8],
        known: &Known,
        ids: &Ids,
        sums: DeltaSums<'_>,
        gathered: &mut Gathered,
    ) -> Result<translate::Lost, Malformed> {
        gathered.clear();
        let translation = Translation::new(&known.config, self.options, &self.secrets, ids, sums);
        translation.request(body, gathered)
    }

    fn append(&self, known: &Known, gathered: &mut Gathered) -> Result<Appended, Refused> {
        let Gathered { batch, unknown, .. } = gathered;
        resolve(self.store.as_ref(), &known.ids, batch, unknown)
            .and_then(|()| append(self.store.as_ref(), batch, self.clock.now()))
            .map_err(Refused::failed)
    }

    /// Sends what was rejected because the store had forgotten its series once more, and names what
    /// is still rejected. The labels come from translating the request again as if nothing were
    /// known.
    fn see_to_rejected(
        &self,
        body: &[u8],
        known: &Known,
        gathered: &Gathered,
        appended: &mut Appended,
        faults: &mut Faults,
    ) -> Result<(), Refused> {
        let mut anew = Gathered::default();
        let sums = DeltaSums::Known(gathered.added.iter());
        self.translate(body, known, &Ids::default(), sums, &mut anew)
            .map_err(Refused::malformed)?;
        let is_gone = |r: &contract::Rejection| r.reason == RejectReason::Gone;
        let gone = appended.rejected.iter().filter(|r| is_gone(r));
        let gone: Vec<usize> = gone.map(|rejection| rejection.place).collect();
        if !gone.is_empty() {
            let mut again = anew.only(&gone, &gathered.batch);
            let once_more = self.append(known, &mut again)?;
            appended.rejected.retain(|rejection| !is_gone(rejection));
            let places = once_more.rejected.into_iter().filter_map(|rejection| {
                let place = *gone.get(rejection.place)?;
                Some(contract::Rejection { place, ..rejection })
            });
            appended.rejected.extend(places);
            appended.stored += once_more.stored;
        }
        for rejection in &appended.rejected {
            if let Some(labels) = anew.labels_at(rejection.place) {
                faults.rejected(rejection.reason, labels);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
