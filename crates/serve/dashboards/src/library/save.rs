//! Saving: a document takes the place of another at once or not at all, and what was there is kept.
//!
//! Versions lie beside their document, in `.versions/<name of the file>/<number>.json`, the oldest
//! with the lowest number.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::{Library, LibraryError, read_file, uid};
use crate::read::head;

/// Versions of a dashboard that are kept; the oldest goes first.
const MAX_VERSIONS: usize = 50;

/// The folder of versions, hidden from looks.
const VERSIONS: &str = ".versions";

/// What saving did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The file that was written.
    pub file: PathBuf,
    /// The number that the document before it is kept under; `None` where there was none, or the
    /// same.
    pub kept: Option<u64>,
}

/// An earlier document of a dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its number.
    pub version: u64,
    /// When it was written, in milliseconds since the epoch.
    pub written: i64,
    /// Its bytes.
    pub size: u64,
}

impl Library {
    /// Saves a document under a uid: over the file it came from, or, where no dashboard has the
    /// uid, into the first folder that may be written. Blocks.
    pub fn save(&self, uid: &str, document: &[u8]) -> Result<Saved, LibraryError> {
        let head = head(document).map_err(|error| LibraryError::Wrong {
            file: "the document sent".to_owned(),
            error,
        })?;
        if !head.uid.is_empty() && head.uid != uid {
            let told = format!(
                "the document has the uid {:?}, the address {uid:?}",
                head.uid
            );
            return Err(LibraryError::Uid(told));
        }
        let _saving = self.saving.lock();
        self.look();
        let saved = match self.entry(uid) {
            Ok(entry) => match entry.read_only {
                Some(reason) => {
                    let uid = uid.to_owned();
                    return Err(LibraryError::ReadOnly { uid, reason });
                }
                None => replace(&entry.file, document).map_err(|error| refused(uid, error)),
            },
            Err(_) => {
                uid::check(uid)?;
                self.create(uid, head.uid.is_empty(), document)
            }
        };
        self.look();
        saved
    }

    fn create(&self, uid: &str, lacks_uid: bool, document: &[u8]) -> Result<Saved, LibraryError> {
        if lacks_uid {
            let told = "a new dashboard needs its uid in the document, too".to_owned();
            return Err(LibraryError::Uid(told));
        }
        let folder = self.state.lock().for_new.clone();
        let Some(folder) = folder else {
            return Err(LibraryError::ReadOnly {
                uid: uid.to_owned(),
                reason: "no folder of dashboards may be written: give one with --dashboards.path"
                    .to_owned(),
            });
        };
        let file = folder.join(format!("{uid}.json"));
        if file.exists() {
            return Err(LibraryError::ReadOnly {
                uid: uid.to_owned(),
                reason: format!("{} is the file of another one", file.display()),
            });
        }
        write(&file, document).map_err(|error| refused(uid, error))?;
        Ok(Saved { file, kept: None })
    }

    /// The earlier documents of a dashboard, the newest first. Blocks.
    pub fn versions(&self, uid: &str) -> Result<Vec<Version>, LibraryError> {
        let folder = self.folder_of_versions(uid)?;
        let mut versions = Vec::new();
        for (number, path) in numbered(&folder).map_err(failed(&folder))? {
            let Ok(metadata) = fs::metadata(&path) else {
                // Gone meanwhile, for a newer one.
                continue;
            };
            let written = metadata.modified().ok();
            let since = written.and_then(|written| written.duration_since(UNIX_EPOCH).ok());
            let millis = since.unwrap_or_default().as_millis();
            versions.push(Version {
                version: number,
                written: i64::try_from(millis).unwrap_or(i64::MAX),
                size: metadata.len(),
            });
        }
        versions.reverse();
        Ok(versions)
    }

    /// An earlier document of a dashboard. Blocks.
    pub fn version(&self, uid: &str, version: u64) -> Result<Vec<u8>, LibraryError> {
        let folder = self.folder_of_versions(uid)?;
        match read_file(&folder.join(format!("{version}.json"))) {
            Err(LibraryError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
                let uid = uid.to_owned();
                Err(LibraryError::UnknownVersion { uid, version })
            }
            outcome => outcome,
        }
    }

    fn folder_of_versions(&self, uid: &str) -> Result<PathBuf, LibraryError> {
        let file = self.entry(uid)?.file;
        let file = fs::canonicalize(&file).map_err(failed(&file))?;
        Ok(folder_of(&file))
    }
}

/// A file that the system does not let be written is one that may not be saved.
fn refused(uid: &str, error: LibraryError) -> LibraryError {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    match &error {
        LibraryError::Io { error: why, .. }
            if matches!(why.kind(), PermissionDenied | ReadOnlyFilesystem) =>
        {
            LibraryError::ReadOnly {
                uid: uid.to_owned(),
                reason: error.to_string(),
            }
        }
        _ => error,
    }
}

/// Puts a document in the place of a file's, and keeps what was there.
fn replace(file: &Path, document: &[u8]) -> Result<Saved, LibraryError> {
    // A link stays a link: what it leads to is changed.
    let file = fs::canonicalize(file).map_err(failed(file))?;
    let before = read_file(&file)?;
    if before == document {
        return Ok(Saved { file, kept: None });
    }
    let kept = keep(&file, &before)?;
    write(&file, document)?;
    Ok(Saved {
        file,
        kept: Some(kept),
    })
}

/// Keeps a document as the newest version; answers its number.
fn keep(file: &Path, document: &[u8]) -> Result<u64, LibraryError> {
    let folder = folder_of(file);
    disk::create_dir_all(&folder).map_err(failed(&folder))?;
    let known = numbered(&folder).map_err(failed(&folder))?;
    let next = known
        .last()
        .map_or(1, |(number, _)| number.saturating_add(1));
    write(&folder.join(format!("{next}.json")), document)?;
    let too_many = (known.len() + 1).saturating_sub(MAX_VERSIONS);
    for (_, path) in known.iter().take(too_many) {
        disk::remove_file(path).map_err(failed(path))?;
    }
    Ok(next)
}

/// Writes a file so that it is there whole or not at all, also after a loss of power.
fn write(file: &Path, bytes: &[u8]) -> Result<(), LibraryError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut name = std::ffi::OsString::from(".");
    name.push(file.file_name().unwrap_or_default());
    name.push(".new");
    let fresh = folder.join(name);
    let outcome = (|| {
        let written = disk::File::create(&fresh)?;
        written.write_all_at(bytes, 0)?;
        if let Ok(before) = fs::metadata(file) {
            fs::set_permissions(&fresh, before.permissions())?;
        }
        written.sync()?;
        disk::rename(&fresh, file)?;
        disk::sync_folder(folder)
    })();
    outcome.map_err(|error| {
        let _ = disk::remove_file(&fresh);
        failed(file)(error)
    })
}

/// Where the versions of a file lie.
fn folder_of(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new("."));
    let name = Path::new(file.file_name().unwrap_or_default()).with_extension("");
    folder.join(VERSIONS).join(name)
}

/// The versions in a folder by number; none where there is no folder.
fn numbered(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let number = name.and_then(|name| name.strip_suffix(".json")?.parse().ok());
        found.extend(number.map(|number| (number, path)));
    }
    found.sort();
    Ok(found)
}

fn failed(file: &Path) -> impl Fn(io::Error) -> LibraryError + use<> {
    let file = file.to_owned();
    move |error| LibraryError::Io {
        file: file.clone(),
        error,
    }
}
