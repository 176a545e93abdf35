//! Making a damaged log readable again, also for others.

use std::path::{Path, PathBuf};

use disk::File;

use crate::segment::{Buffers, sync_dir};
use crate::{Corruption, Reader, WalError, layout};

/// Bytes of records that are gathered before they are written.
const FLUSH_BYTES: usize = 1 << 20;

/// Missing segments that are replaced by empty ones. More than that is no loss but a stray name.
const MOST_FILLED: u64 = 1000;

/// What [`repair`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repaired {
    /// Nothing could be read behind the damage, which was an unfinished write: it was cut off.
    Cut,
    /// The segment was written again without the damage; as it was it lies at this path.
    Rewritten(PathBuf),
}

/// Puts the segment of a damage in order: all records that can be read stay, under the same name.
///
/// The unfinished last write of a process that died is cut off. A segment that is damaged in any
/// other way is kept as `00000012.corrupt-<stamp>`, which no reader takes for a segment, or under
/// that name in `aside_dir`; the choice of `stamp` is the caller's, such as the time. At every
/// moment the log has a segment of that number.
pub fn repair(
    corruption: &Corruption,
    aside_dir: &Path,
    prefix: &str,
    stamp: i64,
) -> Result<Repaired, WalError> {
    let (path, number) = (&corruption.path, corruption.segment);
    let dir = path.parent().unwrap_or(Path::new("."));
    if corruption.torn && !has_more(dir, corruption)? {
        File::open_existing(path)
            .and_then(|file| {
                file.set_len(corruption.good_until)?;
                file.sync()
            })
            .map_err(|e| WalError::io("cutting log segment", path, e))?;
        return Ok(Repaired::Cut);
    }
    let draft = with_suffix(path, "rewritten");
    let written = rewrite(dir, number, &draft);
    if written.is_err() {
        // Its room may be what is missing.
        let _ = disk::remove_file(&draft);
    }
    written?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut aside = aside_dir.join(format!("{prefix}{name}.corrupt-{stamp}"));
    while aside.exists() {
        aside = with_suffix(&aside, "+");
    }
    disk::hard_link(path, &aside)
        .map_err(|e| WalError::io("setting aside log segment", &aside, e))?;
    disk::rename(&draft, path).map_err(|e| WalError::io("replacing log segment", path, e))?;
    sync_dir(dir)?;
    sync_dir(aside_dir)?;
    Ok(Repaired::Rewritten(aside))
}

/// Whether any record can be read behind a damage in its segment.
fn has_more(dir: &Path, corruption: &Corruption) -> Result<bool, WalError> {
    let mut reader = Reader::open(dir, corruption.segment..=corruption.segment)?;
    reader.seek(corruption.good_until)?;
    each_record(&mut reader, |_| Ok(true))
}

/// Calls `take` with each record that can be read, until it answers true, which is answered.
fn each_record(
    reader: &mut Reader,
    mut take: impl FnMut(&[u8]) -> Result<bool, WalError>,
) -> Result<bool, WalError> {
    loop {
        match reader.next() {
            Ok(Some(record)) => {
                if take(record)? {
                    return Ok(true);
                }
            }
            Ok(None) => return Ok(false),
            Err(WalError::Corrupt(_)) => {
                reader.resume();
            }
            Err(error) => return Err(error),
        }
    }
}

fn rewrite(dir: &Path, number: u64, draft: &Path) -> Result<(), WalError> {
    let failed = |e| WalError::io("writing log segment again", draft, e);
    let file = File::create(draft).map_err(failed)?;
    let mut reader = Reader::open(dir, number..=number)?;
    copy_records(std::slice::from_mut(&mut reader), &file, draft)?;
    file.sync().map_err(failed)
}

/// Writes all records that can be read, of one reader after the other, to the beginning of a file;
/// answers its length.
pub(crate) fn copy_records(
    readers: &mut [Reader],
    file: &File,
    path: &Path,
) -> Result<u64, WalError> {
    let mut buffers = Buffers::new();
    let mut offset = 0;
    let mut flush = |buffers: &mut Buffers| -> Result<(), WalError> {
        buffers.frame(offset);
        file.write_all_at(&buffers.framed, offset)
            .map_err(|e| WalError::io("writing log segment again", path, e))?;
        offset += buffers.framed.len() as u64;
        buffers.clear();
        Ok(())
    };
    for reader in readers {
        each_record(reader, |record| {
            buffers.pack(record, true)?;
            if buffers.packed_bytes() >= FLUSH_BYTES {
                flush(&mut buffers)?;
            }
            Ok(false)
        })?;
    }
    flush(&mut buffers)?;
    Ok(offset)
}

/// Puts empty segments where numbers are missing between others, so that the log can be read:
/// their records are lost. A segment far behind the others is renamed. Answers what was done, a
/// path and words for each.
pub fn fill_gaps(dir: &Path) -> Result<Vec<(PathBuf, &'static str)>, WalError> {
    let mut done = Vec::new();
    loop {
        let missing = match layout::segments(dir) {
            Ok(_) => break,
            Err(WalError::Gap { missing, next, .. }) => missing..next,
            Err(error) => return Err(error),
        };
        if missing.end - missing.start > MOST_FILLED {
            let stray = layout::segment_path(dir, missing.end);
            let aside = with_suffix(&stray, "behind-a-gap");
            disk::rename(&stray, &aside)
                .map_err(|e| WalError::io("setting aside log segment", &stray, e))?;
            done.push((aside, "lies far behind the others and was renamed"));
            continue;
        }
        for number in missing {
            let path = layout::segment_path(dir, number);
            File::create_new(&path).map_err(|e| WalError::io("creating log segment", &path, e))?;
            done.push((path, "was missing; an empty one took its place"));
        }
    }
    if !done.is_empty() {
        sync_dir(dir)?;
    }
    Ok(done)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}
