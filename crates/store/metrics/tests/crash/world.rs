//! One run: a store on a failing disk, and what must be in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use contract::{Append, AppendError, Batch, Gather, PendingSample, StoreStatus};
use disk::faults::{FaultDisk, Random, Trouble};
use metrics_store::{Store, StoreOptions, WalSync};

use crate::common::{ALL, labels, open, read};

const BLOCK: i64 = 60_000;
const START: i64 = 1_700_000_040_000;
const SERIES: u64 = 14;
/// A point of the future that no run reaches.
const NEVER: u64 = u64::MAX;

/// A series and a time.
pub(crate) type Point = (usize, i64);

pub(crate) struct World {
    pub(crate) random: Random,
    dir: tempfile::TempDir,
    disk: Option<Arc<FaultDisk>>,
    options: StoreOptions,
    store: Option<Arc<Store>>,
    time: i64,
    /// What must be there.
    pub(crate) acknowledged: BTreeMap<Point, u64>,
    /// What may be there: refused, or lost by a damage that was named.
    tried: BTreeMap<Point, Vec<u64>>,
    /// What the disk has for certain.
    safe: BTreeSet<Point>,
    /// Whether the log may lack what head chunks have.
    pub(crate) is_log_damaged: bool,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let dir = tempfile::tempdir().unwrap();
        let wal_sync = match random.below(4) {
            0 | 1 => WalSync::Always,
            2 => WalSync::Every(Duration::from_secs(3600)),
            _ => WalSync::Every(Duration::from_millis(2)),
        };
        let options = StoreOptions {
            min_block_duration: Duration::from_millis(BLOCK as u64),
            retention_time: None,
            wal_sync,
            ..StoreOptions::new(dir.path().join("data"))
        };
        println!("sync: {wal_sync:?}");
        let disk = FaultDisk::mount(dir.path(), random.next()).unwrap();
        let store = open(&options);
        Self {
            random,
            dir,
            disk: Some(disk),
            options,
            store: Some(store),
            time: START,
            acknowledged: BTreeMap::new(),
            tried: BTreeMap::new(),
            safe: BTreeSet::new(),
            is_log_damaged: false,
        }
    }

    pub(crate) fn run(mut self) {
        for _ in 0..4 + self.random.below(12) {
            let most = 1 + self.random.below(60);
            self.work(most);
            let action = self.random.below(10);
            // Shown where the run fails.
            println!("{most} batches, then action {action} at {}", self.time);
            match action {
                0 => self.store().compact().unwrap(),
                1 => self.restart(),
                2 | 3 => self.kill(),
                4 | 5 => self.lose_power(),
                6 => self.trouble(),
                7 => self.start_in_trouble(),
                _ => self.damage(),
            }
            self.check();
        }
        self.work(3);
        self.restart();
        self.check();
    }

    pub(crate) fn store(&self) -> &Arc<Store> {
        self.store.as_ref().unwrap()
    }

    fn disk(&self) -> &Arc<FaultDisk> {
        self.disk.as_ref().unwrap()
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.options.dir.clone()
    }

    /// Appends batches, and cuts blocks now and then.
    fn work(&mut self, batches: u64) {
        for _ in 0..batches {
            let _ = self.append();
            if self.random.once_in(25) {
                let cut = self.store().compact();
                assert!(cut.is_ok() || self.disk().failures() > 0, "{cut:?}");
            }
        }
    }

    fn append(&mut self) -> Result<(), AppendError> {
        self.time += 200 + self.random.below(4_000) as i64;
        let always = self.random.below(SERIES);
        let chosen: Vec<usize> = (0..SERIES)
            .filter(|&n| n == always || self.random.once_in(3))
            .map(|n| n as usize)
            .collect();
        let values: Vec<u64> = chosen
            .iter()
            .map(|_| self.random.next() >> 12 | 0x3ff0 << 48)
            .collect();
        let outcome = self.append_to_store(&chosen, &values);
        for (&n, &value) in chosen.iter().zip(&values) {
            let point = (n, self.time);
            if outcome.is_ok() {
                self.acknowledged.insert(point, value);
            } else {
                self.tried.entry(point).or_default().push(value);
            }
        }
        if self.options.wal_sync == WalSync::Always {
            self.all_is_safe();
        }
        outcome
    }

    fn append_to_store(&self, chosen: &[usize], values: &[u64]) -> Result<(), AppendError> {
        let store = self.store();
        let mut ids = Vec::new();
        let sets: Vec<_> = chosen.iter().map(|&n| labels(n)).collect();
        store.resolve(&sets, &mut ids)?;
        let samples = ids
            .iter()
            .zip(values)
            .map(|(&series, &value)| PendingSample {
                series,
                time: self.time,
                value: f64::from_bits(value),
            });
        let samples = samples.collect();
        let batch = Batch {
            samples,
            ..Batch::default()
        };
        let outcome = store.append(&batch)?;
        assert_eq!(outcome.stored, chosen.len(), "{outcome:?}");
        Ok(())
    }

    fn all_is_safe(&mut self) {
        self.safe.extend(self.acknowledged.keys());
    }

    /// Waits for the timer, where there is one, to sync what was acknowledged.
    fn wait_for_sync(&mut self) {
        let WalSync::Every(pause) = self.options.wal_sync else {
            return;
        };
        if pause > Duration::from_secs(1) {
            return;
        }
        let syncs = |store: &Store| {
            let mut families = Vec::new();
            store.gather(&mut families);
            let name = "prometheus_tsdb_wal_fsync_duration_seconds";
            let family = families.into_iter().find(|f| f.name == name).unwrap();
            match &family.points[0].value {
                model::PointValue::Summary { count, .. } => *count,
                other => panic!("{other:?}"),
            }
        };
        let store = self.store().clone();
        // One may have begun before.
        let enough = syncs(&store) + 2;
        while syncs(&store) < enough {
            std::thread::yield_now();
        }
        drop(store);
        self.all_is_safe();
    }

    /// Drops the store without ado; its threads may hold it for a moment.
    pub(crate) fn stop(&mut self) {
        let store = self.store.take().unwrap();
        let last = Arc::downgrade(&store);
        drop(store);
        while last.upgrade().is_some() {
            std::thread::yield_now();
        }
    }

    pub(crate) fn start(&mut self) {
        self.store = Some(open(&self.options));
    }

    /// Files were changed past the disk.
    pub(crate) fn mount_again(&mut self) {
        self.disk = None;
        let seed = self.random.next();
        self.disk = Some(FaultDisk::mount(self.dir.path(), seed).unwrap());
    }

    fn restart(&mut self) {
        self.store().close().unwrap();
        self.all_is_safe();
        self.stop();
        self.start();
    }

    /// Works on until the process is dead.
    fn die(&mut self) {
        let most = if self.random.once_in(2) { 20 } else { 150 };
        let last = self.random.below(most);
        self.disk().arrange(Trouble::Dead, last..NEVER);
        for _ in 0..200 {
            self.work(1);
            if self.disk().failures() > 0 {
                break;
            }
        }
        self.stop();
    }

    fn kill(&mut self) {
        self.die();
        self.disk().heal();
        self.start();
    }

    fn lose_power(&mut self) {
        if self.random.once_in(2) {
            self.wait_for_sync();
        }
        self.die();
        self.disk().lose_power().unwrap();
        // A head chunk may have reached the disk where the log did not.
        self.is_log_damaged = true;
        let (safe, lost): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut self.acknowledged)
            .into_iter()
            .partition(|(point, _)| self.safe.contains(point));
        self.acknowledged = safe;
        self.start();
        // Some of the rest may have reached the disk.
        for (point, value) in lost {
            self.tried.entry(point).or_default().push(value);
        }
        self.keep_what_is_there();
        // What a loss of power left is on the disk.
        self.all_is_safe();
    }

    /// What was only tried and is there now must stay, and be what it is.
    fn keep_what_is_there(&mut self) {
        for (point, value) in self.found() {
            let tried = self.tried.get(&point);
            if tried.is_some_and(|tried| tried.contains(&value)) {
                self.acknowledged.insert(point, value);
            }
        }
    }

    /// A disk that fails for a while.
    fn trouble(&mut self) {
        let kind =
            [Trouble::Full, Trouble::Broken, Trouble::Unsynced][self.random.below(3) as usize];
        let first = self.random.below(30);
        let last = first + 1 + self.random.below(40);
        self.disk().arrange(kind, first..last);
        let mut refused = false;
        for _ in 0..60 {
            match self.append() {
                Err(AppendError::ReadOnly(reason)) => {
                    refused = true;
                    assert!(
                        reason.contains("space") || reason.contains("disk"),
                        "{reason}"
                    );
                    let warnings = self.store().warnings();
                    assert!(
                        warnings.iter().any(|w| w.contains("read-only")),
                        "{warnings:?}"
                    );
                }
                Err(error) => panic!("{error}"),
                Ok(()) => {}
            }
            if self.random.once_in(20) {
                let _ = self.store().compact();
                self.check();
            }
        }
        self.check();
        self.disk().heal();
        self.append().unwrap();
        self.store().compact().unwrap();
        self.wait_for_sync();
        let warnings = self.store().warnings();
        let is_well = !warnings.iter().any(|w| w.contains("read-only"));
        assert!(is_well, "refused {refused}: {warnings:?}");
    }

    /// The store opens on a disk that takes nothing, gives what it has, and goes on when it can.
    fn start_in_trouble(&mut self) {
        if self.random.once_in(2) {
            self.die();
            self.disk().heal();
        } else {
            self.store().close().unwrap();
            self.all_is_safe();
            self.stop();
        }
        let kind = [Trouble::Full, Trouble::Broken][self.random.below(2) as usize];
        self.disk().arrange(kind, 0..NEVER);
        self.start();
        self.keep_what_is_there();
        if self.is_log_damaged {
            // Head chunks that cannot be synced are not used, and the log may lack what they have.
            let missing = self.missing(&self.found());
            self.forgive(&missing);
        }
        self.check();
        assert!(matches!(self.append(), Err(AppendError::ReadOnly(_))));
        self.check();
        self.disk().heal();
        self.append().unwrap();
    }

    pub(crate) fn found(&self) -> BTreeMap<Point, u64> {
        let sets: BTreeMap<_, usize> = (0..SERIES as usize).map(|n| (labels(n), n)).collect();
        let mut found = BTreeMap::new();
        for (labels, samples) in read(&**self.store(), &[], ALL) {
            let n = sets[&labels];
            found.extend(samples.into_iter().map(|(time, value)| ((n, time), value)));
        }
        found
    }

    /// All that was acknowledged is there, and nothing else but what was tried.
    pub(crate) fn check(&mut self) {
        let found = self.found();
        self.check_values(&found);
        let missing = self.missing(&found);
        assert!(
            missing.is_empty(),
            "{} are missing: {missing:?}",
            missing.len()
        );
    }

    /// Nothing is there that nobody wrote.
    pub(crate) fn check_values(&self, found: &BTreeMap<Point, u64>) {
        for (point, value) in found {
            let is_tried = self
                .tried
                .get(point)
                .is_some_and(|tried| tried.contains(value));
            let is_right = self.acknowledged.get(point) == Some(value) || is_tried;
            let (right, tried) = (self.acknowledged.get(point), self.tried.get(point));
            assert!(
                is_right,
                "{value:x} is at {point:?}, where {right:x?} was acknowledged and {tried:x?} tried"
            );
        }
    }

    pub(crate) fn missing(&self, found: &BTreeMap<Point, u64>) -> Vec<Point> {
        let all = self.acknowledged.keys().copied();
        all.filter(|point| !found.contains_key(point)).collect()
    }

    /// What was lost by a damage that was named need not be there any more.
    pub(crate) fn forgive(&mut self, lost: &[Point]) {
        for point in lost {
            if let Some(value) = self.acknowledged.remove(point) {
                self.tried.entry(*point).or_default().push(value);
            }
        }
    }

    /// Closes or kills the store, so that its files can be damaged.
    pub(crate) fn end(&mut self) {
        if self.random.once_in(2) {
            self.store().close().unwrap();
        }
        self.stop();
    }
}
