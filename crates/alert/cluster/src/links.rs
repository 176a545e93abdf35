//! What is sent to other nodes: a queue and a connection each, made when there is something to
//! send, and closed when there has been nothing for a while.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::io::AsyncReadExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::frame::Purpose;
use crate::limits::{CONNECT_PAUSE, FAREWELL, IDLE, MEMBERS, QUEUE_BYTES, QUEUE_FRAMES};
use crate::shared::Shared;

/// A frame that waits, with its part of the queue's bytes.
type Queued = (Bytes, OwnedSemaphorePermit);

struct Link {
    frames: mpsc::Sender<Queued>,
    room: Arc<Semaphore>,
    task: JoinHandle<()>,
}

/// The connections to all nodes, by address.
#[derive(Default)]
pub(crate) struct Links(Mutex<HashMap<SocketAddr, Link>>);

impl Links {
    /// Sends a frame to a node. Never waits; what there is no room for is dropped.
    pub(crate) fn send(&self, shared: &Arc<Shared>, to: SocketAddr, frame: Bytes) {
        let mut links = self.0.lock();
        if links.get(&to).is_none_or(|link| link.frames.is_closed()) {
            links.retain(|_, link| !link.frames.is_closed());
            // Lost nodes and their successors may both have one for a while.
            if links.len() >= 2 * MEMBERS {
                shared.counts.dropped.inc();
                return;
            }
            links.insert(to, open(shared, to));
        }
        let Some(link) = links.get(&to) else { return };
        let bytes = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        let queued = Arc::clone(&link.room)
            .try_acquire_many_owned(bytes)
            .is_ok_and(|room| link.frames.try_send((frame, room)).is_ok());
        if !queued {
            shared.counts.dropped.inc();
        }
    }

    /// Closes the connection to a node; what waits for it is dropped.
    pub(crate) fn close(&self, to: SocketAddr) {
        if let Some(link) = self.0.lock().remove(&to) {
            link.task.abort();
        }
    }

    /// Waits until everything is sent, or a farewell's time is over.
    pub(crate) async fn finish(&self) {
        let links = std::mem::take(&mut *self.0.lock());
        let mut tasks: Vec<JoinHandle<()>> = Vec::new();
        for (_, link) in links {
            drop(link.frames);
            tasks.push(link.task);
        }
        let all = async {
            for task in &mut tasks {
                let _ = task.await;
            }
        };
        let _ = timeout(FAREWELL, all).await;
        tasks.iter().for_each(JoinHandle::abort);
    }

    /// Frames that wait.
    pub(crate) fn waiting(&self) -> usize {
        let links = self.0.lock();
        let waiting = |link: &Link| link.frames.max_capacity() - link.frames.capacity();
        links.values().map(waiting).sum()
    }
}

fn open(shared: &Arc<Shared>, to: SocketAddr) -> Link {
    let (frames, queue) = mpsc::channel(QUEUE_FRAMES);
    Link {
        frames,
        room: Arc::new(Semaphore::new(QUEUE_BYTES)),
        task: shared.runtime.spawn(run(Arc::clone(shared), to, queue)),
    }
}

async fn run(shared: Arc<Shared>, to: SocketAddr, mut queue: mpsc::Receiver<Queued>) {
    loop {
        let first = match timeout(IDLE, queue.recv()).await {
            Ok(Some(first)) => first,
            Ok(None) => return,
            Err(_) => {
                // What came in this moment is still sent; after that the next one opens anew.
                queue.close();
                continue;
            }
        };
        if let Err(error) = converse(&shared, to, first, &mut queue).await {
            tracing::debug!(%to, %error, "nothing can be sent to a node");
            tokio::time::sleep(CONNECT_PAUSE).await;
            while queue.try_recv().is_ok() {
                shared.counts.dropped.inc();
            }
        }
    }
}

/// Sends until nothing has been sent for a while, or the other side has closed.
async fn converse(
    shared: &Shared,
    to: SocketAddr,
    first: Queued,
    queue: &mut mpsc::Receiver<Queued>,
) -> io::Result<()> {
    let stream = shared.transport.connect(to).await?;
    let (mut reading, mut writing) = tokio::io::split(stream);
    let hello = shared.hello(Purpose::Messages).encode();
    shared.transport.write(&mut writing, &hello).await?;
    let mut next = Some(first);
    while let Some((frame, room)) = next {
        shared.transport.write(&mut writing, &frame).await?;
        shared.counts.sent(&frame);
        drop(room);
        // Nothing ever comes in this direction but the end.
        let mut end = [0];
        next = tokio::select! {
            queued = timeout(IDLE, queue.recv()) => queued.ok().flatten(),
            _ = reading.read(&mut end) => return Ok(()),
        };
    }
    Ok(())
}
