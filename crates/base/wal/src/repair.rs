//! Making a damaged log readable again.

use std::path::{Path, PathBuf};

use disk::File;

use crate::writer::sync_dir;
use crate::{Corruption, WalError, layout};

/// Cuts the damaged segment off behind its last good record, and sets the later segments aside
/// under names that no reader takes for a segment (`00000003.after-damage-in-00000002`). Answers
/// the new names. Records behind the damage are not read again, for they may speak of series
/// whose beginning is lost; but none of those files is deleted.
pub fn repair(dir: &Path, corruption: &Corruption) -> Result<Vec<PathBuf>, WalError> {
    let mut set_aside = Vec::new();
    // The last one first: were the work cut short, no gap would be left.
    for later in layout::segments(dir)?.into_iter().rev() {
        if later.number > corruption.segment {
            let free = free_name(&later.path, corruption.segment);
            disk::rename(&later.path, &free)
                .map_err(|e| WalError::io("setting aside log segment", &later.path, e))?;
            set_aside.push(free);
        }
    }
    let path = layout::segment_path(dir, corruption.segment);
    File::open_existing(&path)
        .and_then(|file| {
            file.set_len(corruption.good_until)?;
            file.sync()
        })
        .map_err(|e| WalError::io("cutting log segment", &path, e))?;
    sync_dir(dir)?;
    Ok(set_aside)
}

fn free_name(path: &Path, damaged: u64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".after-damage-in-{damaged:08}"));
    while Path::new(&name).exists() {
        name.push("+");
    }
    PathBuf::from(name)
}
