//! Truncating the head: what a block holds leaves memory, head chunk files and the log.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use roaring::RoaringTreemap;

use crate::checkpoint::{self, Keep};
use crate::{Store, StoreError};

/// How long truncation waits for queries that began before it. One that takes longer fails with
/// an error that says so, rather than to keep the memory for ever.
const QUERIES_MAY_TAKE: Duration = Duration::from_secs(120);
/// Whoever reads on in the log and is this many segments behind at most keeps up with it.
const KEEPS_UP: u64 = 1;
/// Time between two looks whether they have ended.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

impl Store {
    /// Drops from the head all chunks that end before `time`, in milliseconds since the epoch,
    /// and the series that then have none; from now on earlier samples are too old. For whoever
    /// has put them into a block.
    ///
    /// The log is put in order afterwards; when that fails the head is truncated all the same.
    pub fn truncate_head(&self, time: i64) -> Result<(), StoreError> {
        let _alone = self.maintenance.lock();
        self.truncate(time)?;
        self.shorten_log()
    }

    /// [`Store::truncate_head`] for whoever holds the maintenance lock, but for the log: it waits
    /// for [`Store::shorten_log`].
    pub(crate) fn truncate(&self, time: i64) -> Result<(), StoreError> {
        if !self.is_replayed() {
            return Ok(());
        }
        // From here on no query looks into the head for what goes.
        self.persist(None, time);
        if !self.wait_for_queries() {
            return Ok(());
        }
        let wal = self.options.dir.join("wal");
        {
            let mut appender = self.appender.lock();
            self.oldest.fetch_max(time, Ordering::AcqRel);
            let Some(log) = appender.log.as_mut() else {
                return Ok(());
            };
            if let Err(error) = log.next_segment() {
                self.meters.head_truncation_failures.inc();
                return Err(StoreError::log(&wal)(error));
            }
            let begun = Instant::now();
            let (removed, chunks) = {
                let mut head = self.head.write();
                let before = head.chunk_count();
                let removed = head.truncate(time);
                (removed, before.saturating_sub(head.chunk_count()))
            };
            let took = begun.elapsed().as_secs_f64();
            self.meters.head_truncation_seconds.observe(took);
            self.meters.chunks_removed.add(chunks as u64);
            self.meters.series_removed.add(removed);
            self.meters.head_truncations.inc();
            self.chunks.rotate();
        }
        self.log_from.store(time, Ordering::Release);
        let folder = self.options.dir.join("chunks_head");
        let removed = self.chunks.remove_before(time);
        removed.map(|_| ()).map_err(StoreError::io(&folder))
    }

    /// Replaces old segments of the log by a checkpoint, where a truncation made that possible. A
    /// failure is made up for by the next call.
    pub(crate) fn shorten_log(&self) -> Result<(), StoreError> {
        let time = self.log_from.load(Ordering::Acquire);
        if time == i64::MIN {
            return Ok(());
        }
        let begun = Instant::now();
        let kept = self.checkpoint(time);
        let took = begun.elapsed().as_secs_f64();
        self.meters.log_truncation_seconds.observe(took);
        match &kept {
            Ok(()) => self.log_from.store(i64::MIN, Ordering::Release),
            Err(_) => self.meters.log_truncation_failures.inc(),
        }
        kept
    }

    fn checkpoint(&self, time: i64) -> Result<(), StoreError> {
        let wal = self.options.dir.join("wal");
        let (current, living) = {
            let appender = self.appender.lock();
            let Some(log) = &appender.log else {
                return Ok(());
            };
            (log.segment(), self.living())
        };
        let followed = *self.followed.lock();
        let keep = Keep {
            series: &|reference| living.contains(reference),
            // Who has fallen behind may still meet samples of series that have ended.
            all_names: followed.is_some_and(|from| from.segment + KEEPS_UP < current),
            before: followed.map_or(u64::MAX, |from| from.segment),
            from: time,
            damaged: &|damage| {
                let done = "passed over; what could be read went into a checkpoint";
                self.note_log_damage(&damage.path, &damage.to_string(), done);
            },
        };
        let compress = self.options.wal_compression;
        let written = checkpoint::write(&wal, current, compress, &keep);
        if let Err(error) = written {
            self.meters.checkpoints.inc();
            self.meters.checkpoint_failures.inc();
            return Err(error);
        }
        let Some(last) = written? else {
            return Ok(());
        };
        self.meters.checkpoints.inc();
        if let Some(log) = self.appender.lock().log.as_mut() {
            log.truncate_before(last + 1)
                .map_err(StoreError::log(&wal))?;
        }
        self.meters.log_truncations.inc();
        Ok(())
    }

    /// What the log calls the series that live.
    fn living(&self) -> RoaringTreemap {
        let head = self.head.read();
        let aliases = self.aliases.read();
        let alive = aliases.iter().filter(|&&(_, id)| head.series(id).is_some());
        let alive = alive.map(|&(reference, _)| reference);
        head.references().chain(alive).collect()
    }

    /// Waits for the queries that began before; answers false when the store was closed meanwhile.
    pub(crate) fn wait_for_queries(&self) -> bool {
        let older = std::mem::replace(&mut *self.pin.lock(), Arc::new(()));
        let begun = Instant::now();
        while Arc::strong_count(&older) > 1 {
            if begun.elapsed() > QUERIES_MAY_TAKE {
                tracing::warn!("a query that began before a truncation of the head will fail");
                break;
            }
            if self.is_closed() {
                return false;
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        true
    }
}
