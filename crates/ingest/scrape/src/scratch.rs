//! Memory that one scrape needs while it lasts, lent out and given back.

use contract::Batch;
use parking_lot::Mutex;

use crate::error::ScrapeError;

/// Scratch memory kept for later. Scrapes are spread over time, so that few run at once.
const MAX_KEPT: usize = 32;
/// What grew beyond this is not kept: one huge target must not hold memory for ever.
const MAX_KEPT_BYTES: usize = 4 * 1024 * 1024;

/// One scrape's memory.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) body: Vec<u8>,
    pub(crate) batch: Batch,
    /// How many new series were refused, and why.
    pub(crate) refused: Option<(usize, ScrapeError)>,
}

impl Scratch {
    fn clear(&mut self) {
        self.body.clear();
        self.batch.clear();
        self.refused = None;
    }

    fn bytes(&self) -> usize {
        self.body.capacity() + self.batch.samples.capacity() * size_of::<contract::PendingSample>()
    }
}

/// The memory that is free.
#[derive(Default)]
pub(crate) struct Scratches(Mutex<Vec<Scratch>>);

impl Scratches {
    pub(crate) fn take(&self) -> Scratch {
        self.0.lock().pop().unwrap_or_default()
    }

    pub(crate) fn give_back(&self, mut scratch: Scratch) {
        scratch.clear();
        if scratch.bytes() > MAX_KEPT_BYTES {
            return;
        }
        let mut free = self.0.lock();
        if free.len() < MAX_KEPT {
            free.push(scratch);
        }
    }
}
