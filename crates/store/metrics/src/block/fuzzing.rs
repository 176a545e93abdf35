//! What fuzzing calls: the readers of a block's files.

use std::path::Path;

use super::index_read::Index;
use super::meta::BlockMeta;
use super::segments::Segments;
use super::tombstones as stones;

/// Reads all that an index says.
pub(crate) fn index(path: &Path) {
    let Ok(index) = Index::open(path) else { return };
    let mut references: Vec<u32> = Vec::new();
    if let Ok(all) = index.all() {
        references.extend(all.into_vec().into_iter().take(1000));
    }
    for reference in references {
        let _ = index.labels(reference);
        let _ = index.chunks(reference, |_| ());
    }
    let names: Vec<String> = index.names().take(100).map(str::to_owned).collect();
    for name in names {
        for value in index.values(&name).into_iter().take(100) {
            let _ = index.find(&name, value);
        }
        let _ = index.filter(&name, |value| value.len() % 2 == 0);
    }
    for symbol in 0..100 {
        let _ = index.symbol(symbol);
    }
    let _ = index.symbols().count();
}

/// Reads the chunks of a segment, one behind the other.
pub(crate) fn segment(path: &Path) {
    let Some(Ok(segments)) = path.parent().map(Segments::open) else {
        return;
    };
    for place in 0..2000 {
        let _ = segments.chunk(place);
    }
}

/// Reads a file of tombstones.
pub(crate) fn tombstones(bytes: &[u8]) {
    let _ = stones::parse(bytes);
}

/// Reads a `meta.json`, and what is written of it again.
pub(crate) fn meta(bytes: &[u8]) {
    if let Ok(meta) = BlockMeta::parse(bytes)
        && let Ok(again) = meta.to_bytes()
    {
        assert_eq!(
            BlockMeta::parse(&again).as_ref(),
            Ok(&meta),
            "it changes when written"
        );
    }
}
