//! The receiver of remote write, versions 1.0 and 2.0.

mod gather;
mod metrics;

use std::sync::Arc;

use contract::{Append, Appended, Clock, RejectReason};
use parking_lot::RwLock;
use wire::remote::Malformed;
use wire::remote::write::{Request, Version};

use crate::body::Encoding;
use crate::ids::Ids;
use crate::pending::{append, resolve};
use crate::refuse::{Faults, Refused, Written};
use crate::scratch::{Free, MOST_KEPT_BYTES, MOST_KEPT_SAMPLES, MOST_KEPT_SERIES, Scratch};
use gather::Gathered;
use metrics::Metrics;

/// Takes write requests of any number of senders at once.
pub struct RemoteWrite {
    store: Arc<dyn Append>,
    clock: Arc<dyn Clock>,
    ids: RwLock<Ids>,
    /// Goes into the hashes, so that nobody outside can make two series of one hash.
    seed: u64,
    free: Free<Buffers>,
    accepted: Vec<Version>,
    metrics: Metrics,
}

/// Memory of one request.
#[derive(Default)]
struct Buffers {
    body: Vec<u8>,
    gathered: Gathered,
}

impl Scratch for Buffers {
    fn clear(&mut self) {
        self.gathered.clear();
    }

    fn is_worth_keeping(&self) -> bool {
        self.body.capacity() <= MOST_KEPT_BYTES
            && self.gathered.batch.samples.capacity() <= MOST_KEPT_SAMPLES
            && self.gathered.unknown.capacity() <= MOST_KEPT_SERIES
    }
}

impl RemoteWrite {
    /// A receiver that has seen nothing yet.
    pub fn new(store: Arc<dyn Append>, clock: Arc<dyn Clock>) -> Self {
        let random = std::hash::RandomState::new();
        Self {
            store,
            clock,
            ids: RwLock::default(),
            seed: std::hash::BuildHasher::hash_one(&random, 0u8),
            free: Free::default(),
            accepted: vec![Version::V1, Version::V2],
            metrics: Metrics::default(),
        }
    }

    /// The same, for these versions alone.
    pub fn accepting(self, accepted: Vec<Version>) -> Self {
        Self { accepted, ..self }
    }

    /// Whether requests of a version are taken.
    pub fn accepts(&self, version: Version) -> bool {
        self.accepted.contains(&version)
    }

    /// Stores a request.
    ///
    /// # Errors
    /// [`Refused`] says what was stored all the same, and whether sending again can help.
    pub fn write(
        &self,
        body: &[u8],
        encoding: Encoding,
        version: Version,
    ) -> Result<Written, Refused> {
        let mut scratch = self.free.take();
        let Buffers {
            body: memory,
            gathered,
        } = &mut scratch;
        let outcome = encoding
            .decode(body, memory)
            .map_err(Refused::from)
            .and_then(|body| self.store_body(body, version, gathered));
        self.metrics.count(&outcome);
        self.free.give_back(scratch);
        outcome
    }

    fn store_body(
        &self,
        body: &[u8],
        version: Version,
        gathered: &mut Gathered,
    ) -> Result<Written, Refused> {
        // Version 1.0 has no word for a part that was not stored, and upstream leaves what has
        // labels that cannot be stored out without one.
        let mut faults = Faults::new(version == Version::V1);
        let request = Request::new(body, version, self.seed).map_err(Refused::malformed)?;
        gathered
            .take(request, &self.ids.read(), &mut faults)
            .map_err(Refused::malformed)?;
        let mut appended = self.append(gathered)?;
        self.renew(body, version, gathered, &mut appended)?;
        let written = Written::of(&gathered.batch, &appended);
        let named = self.name_rejected(body, version, gathered, &appended, &mut faults);
        named.map_err(Refused::malformed)?;
        self.metrics.invalid.add(faults.invalid);
        faults.outcome(written)
    }

    fn append(&self, gathered: &mut Gathered) -> Result<Appended, Refused> {
        let Gathered { batch, unknown, .. } = gathered;
        resolve(self.store.as_ref(), &self.ids, batch, unknown)
            .and_then(|()| append(self.store.as_ref(), batch, self.clock.now()))
            .map_err(Refused::failed)
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
        let once_more = self.append(&mut again)?;
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

#[cfg(test)]
mod tests;
