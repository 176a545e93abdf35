//! What the original left: its groups in a file that only Go programs read.

use std::path::Path;

/// Says so where the original's file is there: what it holds is not taken over.
pub(crate) fn mention(file: &Path) {
    let bytes = std::fs::metadata(file).map_or(0, |metadata| metadata.len());
    if bytes > 0 && file.is_file() {
        tracing::warn!(
            file = %file.display(),
            bytes,
            "groups that the original holds in this file are in a form that only Go programs read: \
             they are not taken over, and come back as jobs push; the file stays as it is"
        );
    }
}
