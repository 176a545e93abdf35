//! One look at all folders.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::sources::Source;
use super::{Entry, FileProblem, Listing, read_file, uid};
use crate::read::{Head, head};

/// Files that are looked at in all folders together.
const MAX_FILES: usize = 10_000;

/// Files and folders of any kind below one folder: whoever names a disk's root by mistake shall
/// not wait for all of it.
const MAX_ENTRIES: usize = 100_000;

/// Folders inside each other.
const MAX_DEPTH: usize = 10;

/// What tells that a file is another one than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    /// Milliseconds since the epoch.
    changed: i64,
    /// Nanoseconds of the same moment: saved twice in a millisecond, a file differs.
    nanoseconds: u32,
}

/// What was read of a file.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    stamp: Stamp,
    outcome: Result<Head, String>,
}

/// A file of a folder.
struct Found {
    file: PathBuf,
    stamp: Stamp,
}

/// Looks at all folders; `files` is what earlier looks have read, and becomes what this one has.
pub(super) fn look(
    sources: &[Source],
    problems: Vec<FileProblem>,
    files: &mut HashMap<PathBuf, Seen>,
) -> Listing {
    let mut listing = Listing {
        dashboards: Vec::new(),
        problems,
    };
    let mut before = std::mem::take(files);
    let mut owners: HashMap<String, PathBuf> = HashMap::new();
    for source in sources {
        for found in walk(&source.path, &mut listing.problems) {
            if files.contains_key(&found.file) {
                // Two origins have the same folder; the first one says how it is listed.
                continue;
            }
            let known = before.remove(&found.file);
            let seen = known
                .filter(|seen| seen.stamp == found.stamp)
                .unwrap_or_else(|| seen(&found));
            match &seen.outcome {
                Ok(head) => list(&mut listing, source, &found, head.clone(), &mut owners),
                Err(message) => listing.problems.push(FileProblem {
                    file: found.file.clone(),
                    message: message.clone(),
                }),
            }
            files.insert(found.file, seen);
        }
    }
    let by_name = |entry: &Entry| {
        (
            entry.folder.clone(),
            entry.head.title.clone(),
            entry.head.uid.clone(),
        )
    };
    listing.dashboards.sort_by_cached_key(by_name);
    listing
}

/// Adds a dashboard, unless another file has its uid.
fn list(
    listing: &mut Listing,
    source: &Source,
    found: &Found,
    mut head: Head,
    owners: &mut HashMap<String, PathBuf>,
) {
    let below = found.file.strip_prefix(&source.path).unwrap_or(&found.file);
    let below = if below.as_os_str().is_empty() {
        name_of(&found.file)
    } else {
        below
    };
    if head.uid.is_empty() {
        head.uid = uid::of_path(below);
    }
    if head.title.is_empty() {
        head.title = name_of(&found.file)
            .with_extension("")
            .display()
            .to_string();
    }
    if let Some(owner) = owners.get(&head.uid) {
        let message = format!("the uid {:?} is that of {}, too", head.uid, owner.display());
        let file = found.file.clone();
        listing.problems.push(FileProblem { file, message });
        return;
    }
    owners.insert(head.uid.clone(), found.file.clone());
    let above = below
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let folder = match above {
        Some(parent) if source.folders_below => parent.display().to_string(),
        _ => source.folder.clone(),
    };
    listing.dashboards.push(Entry {
        head,
        folder,
        file: found.file.clone(),
        read_only: (!source.is_writable).then(|| source.reason.clone()),
        changed: found.stamp.changed,
    });
}

fn name_of(file: &Path) -> &Path {
    file.file_name().map_or(file, Path::new)
}

fn seen(found: &Found) -> Seen {
    let outcome = read_file(&found.file).map_err(|error| error.to_string());
    let outcome = outcome.and_then(|bytes| {
        let told = |error| format!("{}: {error}", found.file.display());
        head(&bytes).map_err(told)
    });
    Seen {
        stamp: found.stamp,
        outcome,
    }
}

/// The documents of a folder and of those below, by path. Hidden files and folders are passed
/// over: mounted volumes keep their own state in them, and so do saved versions.
fn walk(top: &Path, problems: &mut Vec<FileProblem>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut entered = HashSet::new();
    let mut waiting = vec![(top.to_owned(), 0)];
    let mut left = MAX_ENTRIES;
    while let Some((path, depth)) = waiting.pop() {
        left -= 1;
        if left == 0 {
            let message = format!("only {MAX_ENTRIES} files and folders are looked at");
            let file = top.to_owned();
            problems.push(FileProblem { file, message });
            break;
        }
        // Through links, so that a folder that is mounted by one is seen.
        let outcome = fs::metadata(&path).and_then(|metadata| {
            if !metadata.is_dir() {
                return Ok((Some(stamp(&metadata)), Vec::new()));
            }
            let is_new = entered.insert(fs::canonicalize(&path)?);
            let entries = if is_new && depth < MAX_DEPTH {
                entries(&path)?
            } else {
                Vec::new()
            };
            Ok((None, entries))
        });
        match outcome {
            Ok((Some(stamp), _)) if depth == 0 || is_document(&path) => {
                if found.len() >= MAX_FILES {
                    let message = format!("only the first {MAX_FILES} files are looked at");
                    let file = top.to_owned();
                    problems.push(FileProblem { file, message });
                    break;
                }
                found.push(Found { file: path, stamp });
            }
            Ok((_, entries)) => waiting.extend(entries.into_iter().map(|entry| (entry, depth + 1))),
            Err(error) => problems.push(FileProblem {
                message: format!("{}: {error}", path.display()),
                file: path,
            }),
        }
    }
    found.sort_by(|a, b| a.file.cmp(&b.file));
    found
}

fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !is_hidden {
            entries.push(entry.path());
        }
    }
    entries.sort();
    Ok(entries)
}

fn is_document(file: &Path) -> bool {
    file.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
}

fn stamp(metadata: &fs::Metadata) -> Stamp {
    let changed = metadata.modified().ok();
    let since = changed.and_then(|changed| changed.duration_since(UNIX_EPOCH).ok());
    let since = since.unwrap_or_default();
    Stamp {
        size: metadata.len(),
        changed: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        nanoseconds: since.subsec_nanos(),
    }
}
