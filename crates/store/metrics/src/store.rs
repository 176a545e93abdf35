//! The store: what is open, what is shared, and the order of start and end.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::time::Instant;

use contract::{LogPosition, SeriesId};
use parking_lot::{Mutex, RwLock};

use crate::append::Appender;
use crate::blocks::Persisted;
use crate::compact::Worker;
use crate::damage::Damages;
use crate::exemplars::Exemplars;
use crate::head::Head;
use crate::head_chunks::{self, HeadChunks};
use crate::meters::Meters;
use crate::out_of_order::{self, milliseconds};
use crate::replay::{Progress, Replay};
use crate::retention::Retention;
use crate::young::Young;
use crate::{StoreError, StoreOptions, WalSync, block, files, snapshot};

/// The longest time the sync thread sleeps before it looks whether the store still lives.
const LONGEST_NAP: std::time::Duration = std::time::Duration::from_secs(1);

/// What does not work now, each in words for the operator; `None` while it does.
#[derive(Default)]
pub(crate) struct Trouble {
    /// Writing to the log.
    pub(crate) log: RwLock<Option<String>>,
    /// Syncing the log.
    pub(crate) sync: RwLock<Option<String>>,
    /// Cutting blocks off the head.
    pub(crate) cut: RwLock<Option<String>>,
    /// Merging blocks.
    pub(crate) merge: RwLock<Option<String>>,
}

/// A store of metrics in one data folder.
pub struct Store {
    pub(crate) options: StoreOptions,
    pub(crate) head: Arc<RwLock<Head>>,
    pub(crate) chunks: Arc<HeadChunks>,
    pub(crate) appender: Mutex<Appender>,
    pub(crate) exemplars: RwLock<Exemplars>,
    pub(crate) meters: Meters,
    pub(crate) progress: Progress,
    /// Samples before this are too old.
    pub(crate) oldest: AtomicI64,
    /// Earlier samples need not be in the log any more; MIN while the log is as short as can be.
    pub(crate) log_from: AtomicI64,
    /// The segment of the log that was written last.
    pub(crate) segment: AtomicU64,
    /// How far behind the head's newest sample others may come out of order, in milliseconds; 0
    /// takes none.
    pub(crate) late_window: AtomicI64,
    /// Whether the samples that came out of order are to become blocks.
    pub(crate) late_due: AtomicBool,
    pub(crate) trouble: Trouble,
    /// How many blocks could not be read at the start and were set aside.
    pub(crate) damaged_blocks: u64,
    /// What was found damaged.
    pub(crate) damages: Arc<Damages>,
    /// The blocks. Locked for a moment only: whoever reads takes the list along.
    pub(crate) persisted: RwLock<Arc<Persisted>>,
    /// Held by whoever cuts the head, truncates it, or changes the list of blocks.
    pub(crate) maintenance: Mutex<()>,
    /// Held by whoever merges blocks or marks something in them; taken before `maintenance`.
    pub(crate) merging: Mutex<()>,
    /// How many orders of an operator wait for `merging`.
    pub(crate) orders: AtomicUsize,
    /// The retention in force.
    pub(crate) retention: RwLock<Retention>,
    /// Dropped to end the upkeep thread.
    upkeep: Mutex<Option<Sender<()>>>,
    /// Dropped to end the thread that merges blocks.
    merger: Mutex<Option<Worker>>,
    /// Shared with views: while others hold it, queries of its time run.
    pub(crate) pin: Mutex<Arc<()>>,
    /// From where on others read the log; see [`contract::Follow::keep_from`].
    pub(crate) followed: Mutex<Option<LogPosition>>,
    /// Further references that the log has for a series, from before it was read back.
    pub(crate) aliases: RwLock<Vec<(u64, SeriesId)>>,
    /// What is known between [`Store::admit`] and the end of [`Store::replay`].
    reading: Mutex<Option<Replay>>,
    ready: AtomicBool,
    takes: AtomicBool,
    closed: AtomicBool,
    /// Held for its lock.
    _lock: Option<File>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("dir", &self.options.dir)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens a data folder and reads its log back.
    pub fn open(options: StoreOptions) -> Result<Arc<Self>, StoreError> {
        let store = Self::start(options)?;
        store.replay()?;
        Ok(store)
    }

    /// Locks a data folder and answers a store that is not ready: it takes nothing until
    /// [`Store::admit`] and gives nothing until [`Store::replay`] has ended, but says how far that
    /// is.
    pub fn start(options: StoreOptions) -> Result<Arc<Self>, StoreError> {
        let span = options.block_span()?;
        let dir = &options.dir;
        std::fs::create_dir_all(dir).map_err(StoreError::io(dir))?;
        let meters = Meters::default();
        let lock = if options.no_lockfile {
            meters.clean_start.set(-1.0);
            None
        } else {
            let (file, is_new) = files::lock(dir)?;
            meters.clean_start.set(f64::from(u8::from(is_new)));
            Some(file)
        };
        let folder = dir.join("chunks_head");
        let damages = Arc::new(Damages::new(options.clock.clone()));
        let loaded = head_chunks::load(&folder, &damages).map_err(StoreError::io(&folder))?;
        meters.head_chunk_damage.add(loaded.damaged);
        let opened = block::open_all(dir, &damages)?;
        let persisted = Persisted::new(opened.blocks);
        let oldest = persisted.head_from;
        Ok(Arc::new(Self {
            head: Arc::new(RwLock::new(Head::new(span))),
            chunks: Arc::new(HeadChunks::new(folder, &loaded)),
            late_window: AtomicI64::new(milliseconds(options.out_of_order_window)),
            late_due: AtomicBool::new(false),
            appender: Mutex::new(Appender::new()),
            exemplars: RwLock::new(Exemplars::new(options.max_exemplars)),
            meters,
            progress: Progress::new(loaded.chunks),
            oldest: AtomicI64::new(oldest),
            log_from: AtomicI64::new(i64::MIN),
            segment: AtomicU64::new(0),
            trouble: Trouble::default(),
            damaged_blocks: opened.damaged,
            damages,
            persisted: RwLock::new(Arc::new(persisted)),
            maintenance: Mutex::default(),
            merging: Mutex::default(),
            orders: AtomicUsize::new(0),
            retention: RwLock::new(Retention {
                time: options.retention_time,
                size: options.retention_size,
                percentage: options.retention_percentage,
            }),
            upkeep: Mutex::default(),
            merger: Mutex::default(),
            pin: Mutex::default(),
            followed: Mutex::default(),
            aliases: RwLock::default(),
            reading: Mutex::default(),
            ready: AtomicBool::new(false),
            takes: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            _lock: lock,
            options,
        }))
    }

    /// Reads the names of all series back from the log; from then on the store takes samples, but
    /// gives none before [`Store::replay`] has ended. Whoever need not append so early calls that
    /// alone.
    pub fn admit(self: &Arc<Self>) -> Result<(), StoreError> {
        let mut reading = self.reading.lock();
        if reading.is_some() || self.takes_samples() {
            return Ok(());
        }
        let begun = Instant::now();
        let mut replay = Replay::names(self)?;
        let dir = &self.options.dir;
        if replay.is_log_behind() {
            // The next start may have neither the snapshot nor these records.
            self.head.write().retire_all(&self.chunks);
            let folder = dir.join("chunks_head");
            self.chunks.sync().map_err(StoreError::io(&folder))?;
        }
        // What is appended from now on is not in it.
        snapshot::remove_all(dir).map_err(StoreError::io(dir))?;
        if self.is_closed() {
            return Ok(());
        }
        out_of_order::replay::run(self, &mut replay)?;
        let log = self.open_log("wal")?;
        self.segment.store(log.segment(), Ordering::Relaxed);
        {
            let mut appender = self.appender.lock();
            appender.log = Some(log);
            appender.unnamed = replay.unnamed(&self.head.read());
            if let Err(error) = self.write_unnamed(&mut appender) {
                tracing::error!(%error, "names that the log lost cannot be written again; samples wait for them");
            }
            appender.young = Some(Young::default());
            if self.options.dir.join(out_of_order::FOLDER).exists() {
                appender.late_log = Some(self.open_log(out_of_order::FOLDER)?);
            }
        }
        self.takes.store(true, Ordering::Release);
        self.sync_on_a_timer();
        *reading = Some(replay);
        self.meters
            .replay_seconds
            .set(begun.elapsed().as_secs_f64());
        Ok(())
    }

    /// Reads the log back into the head; from then on the store is ready. Ends early, and leaves
    /// it unready, when the store is closed meanwhile.
    pub fn replay(self: &Arc<Self>) -> Result<(), StoreError> {
        self.admit()?;
        let begun = Instant::now();
        // Nothing may be cut off a head that is not whole.
        let _alone = self.maintenance.lock();
        let Some(replay) = self.reading.lock().take() else {
            return Ok(());
        };
        if !replay.samples(self)? {
            return Ok(());
        }
        let seconds = &self.meters.replay_seconds;
        seconds.set(seconds.get() + begun.elapsed().as_secs_f64());
        *self.upkeep.lock() = Some(self.keep_up());
        *self.merger.lock() = Some(Worker::start(self));
        Ok(())
    }

    /// Opens a log in a folder of the data folder for writing.
    pub(crate) fn open_log(&self, folder: &str) -> Result<wal::Wal, StoreError> {
        let folder = self.options.dir.join(folder);
        let options = wal::Options {
            compress: self.options.wal_compression,
            ..wal::Options::default()
        };
        wal::Wal::open(&folder, options).map_err(StoreError::log(&folder))
    }

    /// Whether [`Store::replay`] has ended.
    pub(crate) fn is_replayed(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Says that the head is whole. For whoever holds the append lock.
    pub(crate) fn is_whole(&self) {
        self.ready.store(true, Ordering::Release);
    }

    /// Whether [`Store::admit`] has ended.
    pub(crate) fn takes_samples(&self) -> bool {
        self.takes.load(Ordering::Acquire)
    }

    /// Notes and counts damage of the log.
    pub(crate) fn note_log_damage(&self, file: &Path, what: &str, done: &str) {
        if self.damages.note(file, what, done) {
            self.meters.log_corruptions.inc();
        }
    }

    /// Whether [`Store::close`] was called.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Ends the store: later appends fail, the log is synced. A store that is dropped without
    /// loses nothing either, unless the machine loses power.
    pub fn close(&self) -> Result<(), StoreError> {
        if self.closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.upkeep.lock().take();
        self.merger.lock().take();
        // A merge or a cut that goes on ends soon, now that the store is closed.
        let _merging = self.merging.lock();
        let _alone = self.maintenance.lock();
        let mut appender = self.appender.lock();
        let folder = self.options.dir.join("chunks_head");
        if self.options.snapshot_on_close {
            // A snapshot has open chunks of numbers only.
            self.head.write().retire_all_histograms(&self.chunks);
        }
        self.chunks.flush().map_err(StoreError::io(&folder))?;
        let position = appender.log.as_ref().map(wal::Wal::position);
        let logs = [appender.log.take(), appender.late_log.take()];
        for mut log in logs.into_iter().flatten() {
            let synced = log.sync_handle().sync();
            let synced = synced.or_else(|_| log.sync_failed());
            synced.map_err(|error| StoreError::log(log.dir())(error))?;
        }
        if let Some(position) = position
            && self.options.snapshot_on_close
            && self.is_replayed()
        {
            // Only a shortcut: the log has everything.
            if let Err(error) = self.write_snapshot(position) {
                tracing::warn!(%error, "no snapshot of the head; the next start reads the log");
            }
        }
        if !self.options.no_lockfile {
            let path = self.options.dir.join("lock");
            std::fs::remove_file(&path).map_err(StoreError::io(&path))?;
        }
        Ok(())
    }

    /// Syncs the log away from the append lock, until the store is closed or dropped.
    fn sync_on_a_timer(self: &Arc<Self>) {
        let WalSync::Every(pause) = self.options.wal_sync else {
            return;
        };
        let store = Arc::downgrade(self);
        let nap = pause.min(LONGEST_NAP);
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(nap);
                let Some(store) = store.upgrade().filter(|store| !store.is_closed()) else {
                    return;
                };
                store.sync_log();
            }
        });
    }

    /// Syncs the log; the append lock is held only to learn which file that is.
    fn sync_log(&self) {
        let (handle, late) = {
            let mut appender = self.appender.lock();
            let late = appender.late_log.as_mut().map(wal::Wal::sync_handle);
            (appender.log.as_mut().map(wal::Wal::sync_handle), late)
        };
        let Some(handle) = handle else { return };
        self.segment
            .store(handle.until().segment, Ordering::Relaxed);
        let begun = Instant::now();
        let synced = self.sync_and_settle(&handle, |appender| appender.log.as_mut());
        let synced = synced.and_then(|()| match late {
            Some(late) => self.sync_and_settle(&late, |appender| appender.late_log.as_mut()),
            None => Ok(()),
        });
        *self.trouble.sync.write() = synced
            .as_ref()
            .err()
            .map(|error| format!("the log is not synced, a loss of power loses samples: {error}"));
        if let Err(error) = synced {
            tracing::error!(%error, "the write-ahead log cannot be synced");
        }
        self.meters.log_sync.observe(begun.elapsed().as_secs_f64());
    }

    /// Syncs what a handle stands for. Where that fails, its log writes again what may be lost.
    fn sync_and_settle(
        &self,
        handle: &wal::SyncHandle,
        log: impl FnOnce(&mut Appender) -> Option<&mut wal::Wal>,
    ) -> Result<(), wal::WalError> {
        let synced = handle.sync();
        let mut appender = self.appender.lock();
        let Some(log) = log(&mut appender) else {
            return synced;
        };
        match synced {
            Ok(()) => {
                log.confirm(handle);
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "a sync of the log failed; it is written again");
                self.meters.log_failures.inc();
                log.sync_failed()
            }
        }
    }
}
