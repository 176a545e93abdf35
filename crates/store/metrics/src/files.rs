//! Small helpers for the data folder: sizes, mapped files and the lock file.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use memmap2::{Mmap, UncheckedAdvice};
use rustix::fs::{FlockOperation, flock};

use crate::StoreError;

/// Bytes of all files below a folder; what cannot be read counts nothing.
pub(crate) fn folder_size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => folder_size(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}

/// Bytes of the file system that a folder is on.
pub(crate) fn disk_size(folder: &Path) -> std::io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_blocks.saturating_mul(disk.f_frsize))
}

/// Maps a file as long as it is now.
#[expect(
    unsafe_code,
    reason = "mapping is unsafe because another process could shorten the file; the lock file \
              keeps other stores out, and this store never shortens a file that it has mapped"
)]
pub(crate) fn map(path: &Path) -> std::io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: see the reason above.
    unsafe { Mmap::map(&file) }
}

/// Says that mapped bytes are not needed soon, so that their pages leave the process' memory. Read
/// again they come back from the file.
#[expect(
    unsafe_code,
    reason = "dropping pages is unsafe where they were written to; this store only reads what it \
              maps, and a shared page of a file is the file's own"
)]
pub(crate) fn let_go(map: &Mmap) {
    // SAFETY: see the reason above. Where the system refuses, the pages stay.
    let _ = unsafe { map.unchecked_advise(UncheckedAdvice::DontNeed) };
}

/// Locks a data folder by its file `lock`, as upstream does; the lock ends with the file's
/// handle. Answers as well whether the file was missing, which is to say that the last run ended
/// cleanly.
pub(crate) fn lock(folder: &Path) -> Result<(File, bool), StoreError> {
    let path = folder.join("lock");
    let is_new = !path.exists();
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(StoreError::io(&path))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok((file, is_new)),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(StoreError::Locked {
            folder: folder.to_owned(),
            holder: holder(&file).map_or_else(String::new, |pid| format!(" by process {pid}")),
        }),
        Err(error) => Err(StoreError::io(&path)(error.into())),
    }
}

/// The process that the kernel names as the holder of a file's lock.
fn holder(file: &File) -> Option<u32> {
    let inode = file.metadata().ok()?.ino().to_string();
    let table = std::fs::read_to_string("/proc/locks").ok()?;
    // `1: FLOCK  ADVISORY  WRITE 708 00:1b:13455 0 EOF`
    table.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(4);
        let pid = words.next()?.parse().ok()?;
        let place = words.next()?;
        place.rsplit(':').next().filter(|&last| last == inode)?;
        Some(pid)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_locked_once_and_the_holder_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let (held, is_new) = lock(dir.path()).unwrap();
        assert!(is_new);
        let message = lock(dir.path()).unwrap_err().to_string();
        assert!(message.contains("is in use"), "{message}");
        if Path::new("/proc/locks").exists() && holder(&held).is_some() {
            assert!(
                message.contains(&std::process::id().to_string()),
                "{message}"
            );
        }
        drop(held);
        assert!(!lock(dir.path()).unwrap().1);
    }
}
