//! Upkeep: the thread that cuts blocks and applies retention while the store lives.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::Store;

/// Time between two looks at the head's span and at retention; upstream's figure.
const PAUSE: Duration = Duration::from_secs(60);
/// After this many failures in a row the pause before the next attempt to cut grows no more: it is
/// then 2⁴ looks long.
const MOST_DOUBLINGS: u32 = 4;

impl Store {
    /// Starts the thread. It ends when the answer is dropped, or the store closed.
    pub(crate) fn keep_up(self: &Arc<Self>) -> Sender<()> {
        let (sender, end) = channel();
        let store = Arc::downgrade(self);
        std::thread::spawn(move || {
            let (mut failures, mut wait) = (0, 0u32);
            while end.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                let Some(store) = store.upgrade().filter(|store| !store.is_closed()) else {
                    return;
                };
                if wait > 0 {
                    wait -= 1;
                    store.retain_alone();
                    continue;
                }
                match store.compact() {
                    Ok(()) => failures = 0,
                    Err(error) => {
                        wait = (1 << failures) - 1;
                        failures = (failures + 1).min(MOST_DOUBLINGS);
                        tracing::error!(%error, looks = wait + 1, "upkeep failed; it is tried again");
                    }
                }
            }
        });
        sender
    }

    fn retain_alone(&self) {
        let _alone = self.maintenance.lock();
        if self.is_closed() {
            return;
        }
        if let Err(error) = self.retain() {
            tracing::error!(%error, "retention failed; it is tried again");
        }
    }
}
