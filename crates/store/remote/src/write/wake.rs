//! Waking the thread that reads the log.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// A bell that is heard even where it rang before anybody listened.
#[derive(Debug, Default)]
pub(super) struct Wake {
    rang: Mutex<bool>,
    changed: Condvar,
}

impl Wake {
    pub(super) fn ring(&self) {
        *self.rang.lock() = true;
        self.changed.notify_one();
    }

    /// Waits for the bell, at most this long.
    pub(super) fn wait(&self, most: Duration) {
        let mut rang = self.rang.lock();
        if !*rang {
            self.changed.wait_for(&mut rang, most);
        }
        *rang = false;
    }
}
