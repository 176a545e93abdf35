//! The store: what is open, what is shared, and the order of start and end.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::time::Instant;

use contract::{SeriesId, TimeRange};
use model::{Exemplar, Labels, Matcher};
use parking_lot::{Mutex, RwLock};

use crate::append::Appender;
use crate::blocks::Persisted;
use crate::damage::Damages;
use crate::exemplars::Exemplars;
use crate::head::Head;
use crate::head_chunks::{self, HeadChunks};
use crate::meters::Meters;
use crate::replay::{Progress, Replay};
use crate::young::Young;
use crate::{StoreError, StoreOptions, WalSync, block, files};

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
    pub(crate) trouble: Trouble,
    /// How many blocks could not be read at the start and were set aside.
    pub(crate) damaged_blocks: u64,
    /// What was found damaged.
    pub(crate) damages: Arc<Damages>,
    /// The blocks. Locked for a moment only: whoever reads takes the list along.
    pub(crate) persisted: RwLock<Arc<Persisted>>,
    /// Held by whoever cuts the head, truncates it, or deletes blocks.
    pub(crate) maintenance: Mutex<()>,
    /// Dropped to end the upkeep thread.
    upkeep: Mutex<Option<Sender<()>>>,
    /// Shared with views: while others hold it, queries of its time run.
    pub(crate) pin: Mutex<Arc<()>>,
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
        let progress = Progress::new(loaded.chunks);
        let opened = block::open_all(dir, &damages)?;
        let persisted = Persisted::new(opened.blocks);
        let oldest = persisted.head_from;
        Ok(Arc::new(Self {
            head: Arc::new(RwLock::new(Head::new(span))),
            chunks: Arc::new(HeadChunks::new(folder, loaded.newest)),
            appender: Mutex::new(Appender::new()),
            exemplars: RwLock::new(Exemplars::new(options.max_exemplars)),
            meters,
            progress,
            oldest: AtomicI64::new(oldest),
            log_from: AtomicI64::new(i64::MIN),
            segment: AtomicU64::new(0),
            trouble: Trouble::default(),
            damaged_blocks: opened.damaged,
            damages,
            persisted: RwLock::new(Arc::new(persisted)),
            maintenance: Mutex::default(),
            upkeep: Mutex::default(),
            pin: Mutex::default(),
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
        let replay = Replay::names(self)?;
        if self.is_closed() {
            return Ok(());
        }
        let folder = self.options.dir.join("wal");
        let options = wal::Options {
            compress: self.options.wal_compression,
            ..wal::Options::default()
        };
        let log = wal::Wal::open(&folder, options).map_err(StoreError::log(&folder))?;
        self.segment.store(log.segment(), Ordering::Relaxed);
        {
            let mut appender = self.appender.lock();
            appender.log = Some(log);
            appender.young = Some(Young::default());
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
        Ok(())
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
        // A cut that goes on ends soon, now that the store is closed.
        let _alone = self.maintenance.lock();
        let mut appender = self.appender.lock();
        let folder = self.options.dir.join("chunks_head");
        self.chunks.flush().map_err(StoreError::io(&folder))?;
        let wal = self.options.dir.join("wal");
        if let Some(mut log) = appender.log.take() {
            let synced = log.sync_handle().sync();
            synced
                .or_else(|_| log.sync_failed())
                .map_err(StoreError::log(&wal))?;
        }
        if !self.options.no_lockfile {
            let path = self.options.dir.join("lock");
            std::fs::remove_file(&path).map_err(StoreError::io(&path))?;
        }
        Ok(())
    }

    /// The exemplars of the series that all matchers fit: series sorted by labels, exemplars in
    /// the order they came.
    pub fn exemplars(
        &self,
        matchers: &[Matcher],
        range: TimeRange,
    ) -> Vec<(Labels, Vec<Exemplar>)> {
        self.exemplars.read().select(matchers, range)
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
        let handle = {
            let mut appender = self.appender.lock();
            appender.log.as_mut().map(wal::Wal::sync_handle)
        };
        let Some(handle) = handle else { return };
        self.segment
            .store(handle.until().segment, Ordering::Relaxed);
        let begun = Instant::now();
        let mut synced = handle.sync();
        if let Some(log) = &mut self.appender.lock().log {
            match &synced {
                Ok(()) => log.confirm(&handle),
                Err(error) => {
                    tracing::error!(%error, "a sync of the log failed; it is written again");
                    self.meters.log_failures.inc();
                    synced = log.sync_failed();
                }
            }
        }
        *self.trouble.sync.write() = synced
            .as_ref()
            .err()
            .map(|error| format!("the log is not synced, a loss of power loses samples: {error}"));
        if let Err(error) = synced {
            tracing::error!(%error, "the write-ahead log cannot be synced");
        }
        self.meters.log_sync.observe(begun.elapsed().as_secs_f64());
    }
}
