//! Damage that was found in stored bytes: what the status page lists.

use std::path::Path;
use std::sync::Arc;

use contract::{Clock, Damage, SelectError};
use model::instrument::Counter;
use parking_lot::Mutex;

/// Entries that are kept: a page shows no more, and a broken disk can bring any number.
const MOST: usize = 100;

/// The damage found since the start.
pub(crate) struct Damages {
    clock: Arc<dyn Clock>,
    list: Mutex<Vec<Damage>>,
    /// How many places queries found, in blocks and head chunks.
    pub(crate) in_reads: Counter,
}

impl Damages {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            list: Mutex::default(),
            in_reads: Counter::new(),
        }
    }

    /// Notes and logs damage. Answers false, and does nothing, where it is known: queries meet the
    /// same bytes again and again.
    pub(crate) fn note(&self, file: &Path, what: &str, done: &str) -> bool {
        let file = file.display().to_string();
        let mut list = self.list.lock();
        if list.iter().any(|one| one.file == file && one.what == what) {
            return false;
        }
        tracing::error!(%file, what, done, "stored bytes are damaged");
        if list.len() < MOST {
            list.push(Damage {
                file,
                what: what.to_owned(),
                found: self.clock.now(),
                done: done.to_owned(),
            });
        }
        true
    }

    /// Notes the damage that a query met in a file or folder, and hands its outcome on.
    pub(crate) fn seen<T>(
        &self,
        file: &Path,
        read: Result<T, SelectError>,
    ) -> Result<T, SelectError> {
        if let Err(SelectError::Corrupt(what)) = &read {
            let done = "queries that need these bytes fail, others go on";
            if self.note(file, what, done) {
                self.in_reads.inc();
            }
        }
        read
    }

    /// All that is known, oldest first.
    pub(crate) fn list(&self) -> Vec<Damage> {
        self.list.lock().clone()
    }
}
