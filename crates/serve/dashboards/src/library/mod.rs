//! The folders of documents: what is in them, followed as it changes, and saved into.
//!
//! In come folders and provider files of Grafana, out come a list, models and documents by uid. The
//! folders are looked at when somebody asks, at most every [`LOOK_EVERY`]; of each file only what
//! the list tells is kept, and read anew when its size or time of change differs. A document that
//! cannot be read is told in the list beside the others. A path is never made of what a client
//! says, but for the file of a new dashboard, whose name is its checked uid.

mod look;
mod save;
mod sources;
mod uid;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use thiserror::Error;

use crate::model::Dashboard;
use crate::read::{Head, MAX_DOCUMENT, ReadError, read};
pub use save::{Saved, Version};

/// Time between two looks at the folders: nobody waits long for what was copied into them, and a
/// page with many requests makes one look.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Where documents come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A folder; dashboards in folders below are listed under their names, and may be saved.
    Folder(PathBuf),
    /// A provider file of Grafana, or a folder of such files.
    Providers(PathBuf),
}

/// Why something asked for is not there, or cannot be done.
#[derive(Debug, Error)]
pub enum LibraryError {
    /// No document has this uid.
    #[error("no dashboard has the uid {0:?}")]
    Unknown(String),
    /// No such version is kept.
    #[error("version {version} of dashboard {uid:?} is not kept")]
    UnknownVersion {
        /// The dashboard.
        uid: String,
        /// The version.
        version: u64,
    },
    /// The document is wrong.
    #[error("{file}: {error}")]
    Wrong {
        /// Its file, or `the document sent`.
        file: String,
        /// What is wrong.
        error: ReadError,
    },
    /// A uid that cannot be one, or is not the document's.
    #[error("{0}")]
    Uid(String),
    /// The dashboard may not be changed.
    #[error("dashboard {uid:?} cannot be saved: {reason}")]
    ReadOnly {
        /// The dashboard.
        uid: String,
        /// Who says so.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("{}: {error}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// All dashboards, and what is wrong with files beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// By folder and title.
    pub dashboards: Vec<Entry>,
    /// Files that give none.
    pub problems: Vec<FileProblem>,
}

/// A dashboard in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What its document tells; its uid is never empty.
    pub head: Head,
    /// The folder that it is listed under; empty at the top.
    pub folder: String,
    /// Its file.
    pub file: PathBuf,
    /// Why it may not be saved; `None` where it may.
    pub read_only: Option<String>,
    /// When the file was changed last, in milliseconds since the epoch.
    pub changed: i64,
}

/// A file that gives no dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// The file or folder.
    pub file: PathBuf,
    /// What is wrong, with the place in the file.
    pub message: String,
}

/// The dashboards of some folders.
#[derive(Debug)]
pub struct Library {
    origins: Vec<Origin>,
    state: Mutex<State>,
    /// Held while a document is saved.
    saving: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    looked: Option<Instant>,
    /// What was read of files, by path.
    files: HashMap<PathBuf, look::Seen>,
    listing: Listing,
    /// Places in the listing, by uid.
    by_uid: BTreeMap<String, usize>,
    /// Where a new dashboard may be saved.
    for_new: Option<PathBuf>,
}

impl Library {
    /// The dashboards that these give.
    pub fn new(origins: Vec<Origin>) -> Self {
        Self {
            origins,
            state: Mutex::default(),
            saving: Mutex::default(),
        }
    }

    /// All dashboards. Blocks while files are read.
    pub fn list(&self) -> Listing {
        self.looked().listing.clone()
    }

    /// Looks at the folders now, and answers what is there. Blocks.
    pub fn look(&self) -> Listing {
        let mut state = self.state.lock();
        self.look_into(&mut state);
        state.listing.clone()
    }

    /// The model of a dashboard. Blocks.
    pub fn model(&self, uid: &str) -> Result<Dashboard, LibraryError> {
        let entry = self.entry(uid)?;
        let mut dashboard =
            read(&read_file(&entry.file)?).map_err(|error| LibraryError::Wrong {
                file: entry.file.display().to_string(),
                error,
            })?;
        dashboard.uid = entry.head.uid;
        dashboard.folder = entry.folder;
        Ok(dashboard)
    }

    /// The document of a dashboard, as it lies in its file. Blocks.
    pub fn document(&self, uid: &str) -> Result<Vec<u8>, LibraryError> {
        read_file(&self.entry(uid)?.file)
    }

    fn entry(&self, uid: &str) -> Result<Entry, LibraryError> {
        let state = self.looked();
        let place = state.by_uid.get(uid);
        let entry = place.and_then(|place| state.listing.dashboards.get(*place));
        entry
            .cloned()
            .ok_or_else(|| LibraryError::Unknown(uid.to_owned()))
    }

    /// The state after a look that is no older than [`LOOK_EVERY`].
    fn looked(&self) -> parking_lot::MutexGuard<'_, State> {
        let mut state = self.state.lock();
        if state.looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
            self.look_into(&mut state);
        }
        state
    }

    fn look_into(&self, state: &mut State) {
        let (sources, problems) = sources::sources(&self.origins);
        state.for_new = sources
            .iter()
            .find(|source| source.is_writable && source.path.is_dir())
            .map(|source| source.path.clone());
        state.listing = look::look(&sources, problems, &mut state.files);
        let dashboards = state.listing.dashboards.iter().enumerate();
        state.by_uid = dashboards
            .map(|(place, entry)| (entry.head.uid.clone(), place))
            .collect();
        state.looked = Some(Instant::now());
    }
}

/// The bytes of a file, no more than one too many.
fn read_file(file: &Path) -> Result<Vec<u8>, LibraryError> {
    let read = || {
        let mut bytes = Vec::new();
        let most = MAX_DOCUMENT as u64 + 1;
        fs::File::open(file)?.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error| LibraryError::Io {
        file: file.to_owned(),
        error,
    })
}
