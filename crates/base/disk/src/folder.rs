//! What is done to names: making, linking, renaming, removing, syncing.

use std::fs;
use std::io;
use std::path::Path;

#[cfg(feature = "faults")]
use crate::faults;

/// Makes a folder that must not exist, in one that does.
pub fn create_dir(folder: &Path) -> io::Result<()> {
    #[cfg(feature = "faults")]
    if let Some(disk) = faults::at(folder) {
        return disk.create_dir(folder);
    }
    fs::create_dir(folder)
}

/// Makes a folder with those above it, as far as they are missing, and waits until the disk has
/// their names.
pub fn create_dir_all(folder: &Path) -> io::Result<()> {
    // The empty path is the folder that a relative path begins in.
    if folder.is_dir() || folder.as_os_str().is_empty() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        create_dir_all(above)?;
    }
    match create_dir(folder) {
        Err(error) if !folder.is_dir() => Err(error),
        _ => folder.parent().map_or(Ok(()), sync_folder),
    }
}

/// Gives a file a second name, which must be free.
pub fn hard_link(file: &Path, name: &Path) -> io::Result<()> {
    #[cfg(feature = "faults")]
    if let Some(disk) = faults::at(name) {
        return disk.hard_link(file, name);
    }
    fs::hard_link(file, name)
}

/// Renames a file or folder; a file that has the name already is replaced, at one stroke.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(feature = "faults")]
    if let Some(disk) = faults::at(to) {
        return disk.rename(from, to);
    }
    fs::rename(from, to)
}

/// Removes a file.
pub fn remove_file(file: &Path) -> io::Result<()> {
    #[cfg(feature = "faults")]
    if let Some(disk) = faults::at(file) {
        return disk.remove(file, false);
    }
    fs::remove_file(file)
}

/// Removes a folder with all that is in it.
pub fn remove_dir_all(folder: &Path) -> io::Result<()> {
    #[cfg(feature = "faults")]
    if let Some(disk) = faults::at(folder) {
        return disk.remove(folder, true);
    }
    fs::remove_dir_all(folder)
}

/// Waits until the disk has the names in a folder.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(feature = "faults")]
    if let Some(disk) = faults::at(folder) {
        return disk.sync_folder(folder);
    }
    let here = Path::new(".");
    let is_here = folder.as_os_str().is_empty();
    fs::File::open(if is_here { here } else { folder })?.sync_all()
}
