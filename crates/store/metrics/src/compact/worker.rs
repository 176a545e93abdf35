//! The thread that merges blocks while the store lives.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::Store;

/// Time between two looks for something to merge; upstream's figure.
const PAUSE: Duration = Duration::from_secs(60);
/// How much nicer than the rest of the process the thread is: scrapes and queries come first.
const NICENESS: i32 = 10;

/// Ends the thread when it is dropped, as soon as the store is closed.
#[derive(Debug)]
pub(crate) struct Worker {
    _end: Sender<()>,
}

impl Worker {
    /// Starts the thread.
    pub(crate) fn start(store: &Arc<Store>) -> Self {
        let (sender, end) = channel();
        let store = Arc::downgrade(store);
        std::thread::spawn(move || {
            step_back();
            while end.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                let Some(store) = store.upgrade().filter(|store| !store.is_closed()) else {
                    return;
                };
                if let Err(error) = store.compact_blocks() {
                    tracing::error!(%error, "blocks cannot be merged");
                }
            }
        });
        Self { _end: sender }
    }
}

/// Lowers the priority of this thread; where that fails it only competes more.
fn step_back() {
    #[cfg(target_os = "linux")]
    {
        // Linux takes the number of a thread where others know only processes.
        let thread = rustix::thread::gettid();
        let _ = rustix::process::setpriority_process(Some(thread), NICENESS);
    }
}
