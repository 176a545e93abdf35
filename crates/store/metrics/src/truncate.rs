//! Truncating the head: what a block holds leaves memory, head chunk files and the log.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::checkpoint::{self, Keep};
use crate::{Store, StoreError};

/// How long truncation waits for queries that began before it. One that takes longer fails with
/// an error that says so, rather than to keep the memory for ever.
const QUERIES_MAY_TAKE: Duration = Duration::from_secs(120);
/// Time between two looks whether they have ended.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

impl Store {
    /// Drops from the head all chunks that end before `time`, in milliseconds since the epoch,
    /// and the series that then have none; from now on earlier samples are too old. For whoever
    /// has put them into a block.
    ///
    /// The log is put in order afterwards; when that fails the head is truncated all the same.
    pub fn truncate_head(&self, time: i64) -> Result<(), StoreError> {
        let wal = self.options.dir.join("wal");
        self.wait_for_queries();
        let (current, living) = {
            let mut appender = self.appender.lock();
            self.oldest.fetch_max(time, Ordering::AcqRel);
            let Some(log) = appender.log.as_mut() else {
                return Ok(());
            };
            let current = log.next_segment().map_err(StoreError::log(&wal))?;
            let mut head = self.head.write();
            let removed = head.truncate(time);
            self.meters.series_removed.add(removed);
            self.meters.head_truncations.inc();
            self.chunks.rotate();
            let mut living: HashSet<u64> = head.references().collect();
            let aliases = self.aliases.read();
            let alive = aliases.iter().filter(|&&(_, id)| head.series(id).is_some());
            living.extend(alive.map(|&(reference, _)| reference));
            (current, living)
        };
        let folder = self.options.dir.join("chunks_head");
        let removed = self.chunks.remove_before(time);
        removed.map_err(StoreError::io(&folder))?;
        let kept = self.shorten_log(current, &living, time);
        if kept.is_err() {
            self.meters.log_truncation_failures.inc();
        }
        kept
    }

    fn shorten_log(
        &self,
        current: u64,
        living: &HashSet<u64>,
        time: i64,
    ) -> Result<(), StoreError> {
        let wal = self.options.dir.join("wal");
        let keep = Keep {
            series: &|reference| living.contains(&reference),
            from: time,
        };
        let compress = self.options.wal_compression;
        let Some(last) = checkpoint::write(&wal, current, compress, &keep)? else {
            return Ok(());
        };
        if let Some(log) = self.appender.lock().log.as_mut() {
            log.truncate_before(last + 1)
                .map_err(StoreError::log(&wal))?;
        }
        self.meters.log_truncations.inc();
        Ok(())
    }

    fn wait_for_queries(&self) {
        let older = std::mem::replace(&mut *self.pin.lock(), Arc::new(()));
        let begun = Instant::now();
        while Arc::strong_count(&older) > 1 {
            if begun.elapsed() > QUERIES_MAY_TAKE {
                tracing::warn!("a query that began before a truncation of the head will fail");
                return;
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}
