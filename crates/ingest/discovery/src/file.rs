//! `file_sd_configs`: targets in files that others write.
//!
//! Files are read when a change is noticed, and every refresh interval even where none was, for
//! not every file system reports changes.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use config::FileDiscovery;
use contract::TargetGroup;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher, event::AccessKind};
use tokio::sync::mpsc;

use crate::format;
use crate::mechanism::{Mechanism, Publisher, Running};
use crate::metrics::Metrics;

/// Most files one section may fit; more is a mistake in the pattern.
const MAX_FILES: usize = 10_000;

/// How long to wait behind a change before reading: whoever writes is seldom done at once.
const SETTLE: Duration = Duration::from_millis(50);

/// Groups by file, as last read without fault.
type Known = BTreeMap<PathBuf, Vec<Arc<TargetGroup>>>;

/// Reads and watches the files of one section.
pub(crate) struct FileMechanism {
    config: FileDiscovery,
    metrics: Arc<Metrics>,
}

impl FileMechanism {
    pub(crate) fn new(config: FileDiscovery, metrics: Arc<Metrics>) -> Self {
        Self { config, metrics }
    }
}

impl Mechanism for FileMechanism {
    fn run(self: Box<Self>, publisher: Publisher) -> Running {
        Box::pin(watch(self.config, self.metrics, publisher))
    }
}

async fn watch(config: FileDiscovery, metrics: Arc<Metrics>, publisher: Publisher) {
    let mut watched = Watched::new(&config.files);
    let mut files = Files {
        known: Known::new(),
        metrics,
    };
    loop {
        watched.watch_directories();
        let patterns = config.files.clone();
        let job = publisher.job().to_owned();
        let reading = tokio::task::spawn_blocking(move || {
            files.read(&patterns, &job);
            files
        });
        files = match reading.await {
            Ok(files) => files,
            // The runtime is ending.
            Err(_) => return,
        };
        publisher.replace(files.known.values().flatten().cloned().collect());
        tokio::select! {
            () = tokio::time::sleep(config.refresh_interval) => {}
            () = watched.changed() => tokio::time::sleep(SETTLE).await,
        }
    }
}

/// What is known of a section's files.
struct Files {
    known: Known,
    metrics: Arc<Metrics>,
}

impl Drop for Files {
    fn drop(&mut self) {
        self.forget(|_| true);
    }
}

impl Files {
    /// Takes files out of the metrics.
    fn forget(&self, gone: impl Fn(&PathBuf) -> bool) {
        let mut mtimes = self.metrics.file_mtimes.lock();
        for path in self.known.keys().filter(|path| gone(path)) {
            mtimes.remove(&path.display().to_string());
        }
    }

    /// Reads all files. One that cannot be read keeps what it last held; one that is gone, goes.
    fn read(&mut self, patterns: &[PathBuf], job: &str) {
        let mut known = Known::new();
        for path in self.find(patterns, job) {
            let before = self.known.get(&path).cloned();
            let groups = match format::read(&path) {
                Ok(file) => {
                    let name = path.display().to_string();
                    self.metrics.file_mtimes.lock().insert(name, file.mtime);
                    Some(file.groups)
                }
                Err(error) => {
                    self.metrics.file_read_errors.inc();
                    tracing::error!(job, %error, "target file not read; its last good groups stay");
                    before
                }
            };
            if let Some(groups) = groups {
                known.insert(path, groups);
            }
        }
        self.forget(|path| !known.contains_key(path));
        self.known = known;
    }

    /// The files that the patterns fit. Where a folder cannot be listed, the files known of it
    /// stay.
    fn find(&self, patterns: &[PathBuf], job: &str) -> HashSet<PathBuf> {
        let mut found = HashSet::new();
        for pattern in patterns {
            let Ok(paths) = glob::glob(&pattern.to_string_lossy()) else {
                tracing::error!(job, pattern = %pattern.display(), "not a valid file pattern");
                continue;
            };
            for path in paths {
                match path {
                    Ok(path) => {
                        found.insert(path);
                    }
                    Err(error) => {
                        self.metrics.file_read_errors.inc();
                        tracing::error!(job, %error, "folder of target files not listed");
                        let folder = pattern.parent();
                        let known = self.known.keys();
                        found.extend(known.filter(|path| path.parent() == folder).cloned());
                    }
                }
                if found.len() > MAX_FILES {
                    tracing::error!(
                        job,
                        limit = MAX_FILES,
                        "too many target files; rest ignored"
                    );
                    return found;
                }
            }
        }
        found
    }
}

/// The folders of the patterns, and whether anything in them has changed.
struct Watched {
    folders: HashSet<PathBuf>,
    active: HashSet<PathBuf>,
    watcher: Option<RecommendedWatcher>,
    changes: mpsc::Receiver<()>,
}

impl Watched {
    fn new(patterns: &[PathBuf]) -> Self {
        // One place is enough: a change that is not yet seen covers those that follow it.
        let (sender, changes) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| is_change(event.kind)) {
                let _ = sender.try_send(());
            }
        });
        let watcher = watcher
            .inspect_err(|error| {
                tracing::warn!(%error, "changes of target files are not noticed at once");
            })
            .ok();
        let folder = |pattern: &PathBuf| match pattern.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        Self {
            folders: patterns.iter().map(folder).collect(),
            active: HashSet::new(),
            watcher,
            changes,
        }
    }

    /// Watches the folders that are not watched yet; one that is missing may come later.
    fn watch_directories(&mut self) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        // A folder that went and came back is another one.
        let exists = |folder: &PathBuf| folder.is_dir();
        self.active.retain(exists);
        for folder in self.folders.iter().filter(|folder| exists(folder)) {
            if self.active.contains(folder) {
                continue;
            }
            match watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.active.insert(folder.clone());
                }
                Err(error) => tracing::warn!(%error, "folder of target files not watched"),
            }
        }
    }

    /// Waits for the next change.
    async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            // Nothing watches: only the refresh interval remains.
            std::future::pending::<()>().await;
        }
    }
}

/// Whether an event may mean other content: reading a file is an event too.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(mode)) => mode == notify::event::AccessMode::Write,
        EventKind::Access(_) => false,
        _ => true,
    }
}
