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

/// A series whose end was marked this long ago does not come back with the next few scrapes.
const ENDED_FOR: i64 = 5 * 60_000;
/// Slots looked at before appenders may have the lock.
const SLOTS_UNDER_LOCK: u32 = 4096;

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
                store.retire_ended();
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

    /// Frees the memory of the open chunks of series that have ended, and answers how many there
    /// were. Also done by itself once a minute.
    pub fn retire_ended(&self) -> usize {
        let time = self.options.clock.now().saturating_sub(ENDED_FOR);
        let slots = u32::try_from(self.head.read().slot_count()).unwrap_or(u32::MAX);
        let (mut first, mut retired) = (0, 0);
        while first < slots && !self.is_closed() {
            let next = first.saturating_add(SLOTS_UNDER_LOCK).min(slots);
            let mut head = self.head.write();
            retired += head.retire_ended(first..next, time, &self.chunks);
            first = next;
        }
        retired
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
