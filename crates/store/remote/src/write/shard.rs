//! One shard: what waits for its turn, in the order of the log, and the task that sends it.
//!
//! A series always goes to the same shard, and a shard has one request under way at a time: so a
//! series' samples arrive in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::deliver::{Delivery, Outcome, Way};
use super::item::{Item, Mark};

#[derive(Debug, Default)]
struct Waiting {
    items: VecDeque<Item>,
    /// When the first of them came.
    since: Option<Instant>,
    /// The first of those that were taken and are not settled.
    taken: Option<Mark>,
}

/// What waits for one shard.
#[derive(Debug, Default)]
pub(super) struct Shard {
    waiting: Mutex<Waiting>,
    more: Notify,
    /// Nothing is waited for: what is there is sent.
    hurry: AtomicBool,
}

impl Shard {
    /// Adds items and leaves `items` empty.
    pub(super) fn push(&self, items: &mut Vec<Item>) {
        let mut waiting = self.waiting.lock();
        if waiting.items.is_empty() {
            waiting.since = Some(Instant::now());
        }
        waiting.items.extend(items.drain(..));
        drop(waiting);
        self.more.notify_one();
    }

    /// How many items wait, without those under way.
    pub(super) fn len(&self) -> usize {
        self.waiting.lock().items.len()
    }

    /// Where the oldest item is that is not settled.
    pub(super) fn oldest(&self) -> Option<Mark> {
        let waiting = self.waiting.lock();
        waiting
            .taken
            .or_else(|| waiting.items.front().map(|item| item.mark))
    }

    /// Gives up what waits: it is read again.
    pub(super) fn give_up(&self) -> Vec<Item> {
        std::mem::take(&mut self.waiting.lock().items).into()
    }

    /// Sends what is there without waiting for more.
    pub(super) fn hurry(&self) {
        self.hurry.store(true, Ordering::Release);
        self.more.notify_one();
    }

    /// Takes a batch, once it is full or its first item has waited long enough. `None` once
    /// stopped.
    async fn batch(
        &self,
        most: usize,
        deadline: Duration,
        stop: &CancellationToken,
    ) -> Option<Vec<Item>> {
        loop {
            if stop.is_cancelled() {
                return None;
            }
            let due = {
                let mut waiting = self.waiting.lock();
                let due = waiting.since.map(|since| since + deadline);
                let is_due = self.hurry.load(Ordering::Acquire)
                    || due.is_some_and(|due| due <= Instant::now());
                let count = waiting.items.len();
                if count >= most || (count > 0 && is_due) {
                    return Some(waiting.take(most));
                }
                due.filter(|_| count > 0)
            };
            let until_due = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.more.notified() => {}
                () = until_due => {}
                () = stop.cancelled() => {}
            }
        }
    }

    fn settle(&self) {
        self.waiting.lock().taken = None;
    }
}

impl Waiting {
    fn take(&mut self, most: usize) -> Vec<Item> {
        let count = self.items.len().min(most);
        let batch: Vec<Item> = self.items.drain(..count).collect();
        self.taken = batch.first().map(|item| item.mark);
        self.since = (!self.items.is_empty()).then(Instant::now);
        batch
    }
}

/// Sends what comes until stopped. What is not settled then stays noted as such.
pub(super) async fn run(shard: Arc<Shard>, way: Arc<Way>, stop: CancellationToken) {
    let mut delivery = Delivery::new(Arc::clone(&way));
    let queue = &way.queue;
    let (most, deadline) = (queue.max_samples_per_send, queue.batch_send_deadline);
    while let Some(batch) = shard.batch(most, deadline, &stop).await {
        let outcome = delivery.deliver(&batch, &stop).await;
        way.meters.settled.add(&batch);
        if outcome == Outcome::Stopped {
            break;
        }
        shard.settle();
        way.wake.ring();
    }
    way.wake.ring();
}

#[cfg(test)]
mod tests {
    use contract::LogPosition;

    use super::super::item::{Series, Value};
    use super::*;

    fn items(offsets: std::ops::Range<u64>) -> Vec<Item> {
        let series = Arc::new(Series {
            hash: 0,
            labels: Box::default(),
            metadata: None,
        });
        let item = |offset| Item {
            series: Arc::clone(&series),
            mark: LogPosition { segment: 2, offset }.into(),
            time: 0,
            value: Value::Number(0.0),
        };
        offsets.map(item).collect()
    }

    fn oldest(shard: &Shard) -> Option<u64> {
        shard.oldest().map(|mark| LogPosition::from(mark.at).offset)
    }

    #[tokio::test]
    async fn batches_are_full_or_late_or_hurried() {
        let (shard, stop) = (Shard::default(), CancellationToken::new());
        let (never, at_once) = (Duration::from_secs(1 << 20), Duration::ZERO);
        assert_eq!(oldest(&shard), None);
        shard.push(&mut items(0..7));
        for (deadline, first, size) in [(never, 0, 3), (never, 3, 3), (at_once, 6, 1)] {
            let batch = shard.batch(3, deadline, &stop).await.unwrap();
            assert_eq!((oldest(&shard), batch.len()), (Some(first), size));
            shard.settle();
        }
        assert_eq!(oldest(&shard), None);
        shard.push(&mut items(9..10));
        shard.hurry();
        assert_eq!(shard.batch(3, never, &stop).await.unwrap().len(), 1);
        // Taken and not settled: it is the oldest still.
        shard.push(&mut items(10..11));
        assert_eq!((oldest(&shard), shard.len()), (Some(9), 1));
        stop.cancel();
        assert!(shard.batch(3, never, &stop).await.is_none());
        assert_eq!(oldest(&shard), Some(9));
    }
}
