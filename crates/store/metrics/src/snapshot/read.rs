//! Reading a snapshot at the start.

use std::fs;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::Ordering;

use chunk::Encoding;
use wal::{Checkpoint, Position, Reader, Segment};

use super::{REFERENCES, References, latest, record};
use crate::Store;
use crate::exemplars::Exemplars;
use crate::head::{Head, slot_of};
use crate::record::exemplars;
use crate::replay::{Known, Waiting};

/// What a snapshot brought.
#[derive(Default)]
pub(crate) struct Restored {
    /// Ids by the references of the log.
    pub(crate) known: Known,
}

/// Restores the head from the snapshot of a data folder, where there is one of the end of the log.
/// `None` where there is none or something is wrong with it, which is logged and counted; the head
/// is empty then. `waiting` holds the head chunks of each reference.
pub(crate) fn load(
    store: &Store,
    checkpoint: Option<&Checkpoint>,
    segments: &[Segment],
    waiting: &Waiting,
) -> Option<Restored> {
    let (at, path) = match latest(&store.options.dir) {
        Ok(found) => found?,
        Err(error) => {
            tracing::warn!(%error, "snapshots of the head cannot be looked for");
            return None;
        }
    };
    let folder = path.display();
    if store.meters.head_chunk_damage.get() > 0 {
        tracing::info!(%folder, "head chunks are damaged: the log is read instead of a snapshot");
        return None;
    }
    let is_covered = checkpoint.is_some_and(|checkpoint| checkpoint.number >= at.segment);
    if is_covered || !is_end_of_log(segments, at) {
        tracing::info!(%folder, "a snapshot of the head is out of date; the log is read instead");
        return None;
    }
    let restored = restore(store, &path, waiting);
    if let Err(reason) = &restored {
        store.meters.snapshot_failures.inc();
        tracing::warn!(%folder, reason, "a snapshot of the head is damaged; the log is read instead");
        let span = store.head.read().stretch();
        *store.head.write() = Head::new(span);
        *store.exemplars.write() = Exemplars::new(store.options.max_exemplars);
        store.aliases.write().clear();
    }
    restored.ok()
}

/// Whether the log ends at a place; zeros that fill up its last page do not count.
fn is_end_of_log(segments: &[Segment], at: Position) -> bool {
    let Some(last) = segments.last().filter(|last| last.number == at.segment) else {
        return false;
    };
    let padding = last.bytes.checked_sub(at.offset);
    padding.is_some_and(|padding| {
        padding == 0 || (padding < wal::PAGE_BYTES as u64 && is_zero_from(&last.path, at.offset))
    })
}

fn is_zero_from(path: &Path, offset: u64) -> bool {
    let mut rest = Vec::new();
    let read = fs::File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(offset))?;
        file.take(wal::PAGE_BYTES as u64).read_to_end(&mut rest)
    });
    read.is_ok() && rest.iter().all(|&byte| byte == 0)
}

fn restore(store: &Store, path: &Path, waiting: &Waiting) -> Result<Restored, String> {
    let references = match fs::read_to_string(path.join(REFERENCES)) {
        Ok(text) => Some(References::parse(&text).ok_or("its file of references is damaged")?),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error.to_string()),
    };
    let mut head = store.head.write();
    if let Some(references) = references {
        head.note_reference(references.highest);
        head.expect_series(references.records);
    }
    let mut loading = Loading {
        store,
        head: &mut head,
        known: Known::default(),
        waiting,
        numbers: Vec::new(),
        series: 0,
    };
    let mut reader = Reader::open(path, 0..=u64::MAX).map_err(|error| error.to_string())?;
    while let Some(bytes) = reader.next().map_err(|error| error.to_string())? {
        let Some((&kind, body)) = bytes.split_first() else {
            return Err("a record is empty".to_owned());
        };
        let loaded = match kind {
            record::SERIES => loading.series(body),
            record::TOMBSTONES => record::tombstones(body, |(reference, first, last)| {
                if let Some(id) = loading.known.get(reference) {
                    loading.head.delete(slot_of(id), first, last);
                }
            }),
            record::EXEMPLARS => loading.exemplars(body),
            _ => None,
        };
        loaded.ok_or_else(|| format!("a record of kind {kind} cannot be restored"))?;
    }
    if references.is_some_and(|references| references.records != loading.series) {
        return Err("series are missing".to_owned());
    }
    let (known, chunks) = (loading.known, head.full_count() as u64);
    if references.is_some_and(|references| references.chunks != chunks) {
        return Err("head chunks are missing".to_owned());
    }
    Ok(Restored { known })
}

struct Loading<'a> {
    store: &'a Store,
    head: &'a mut Head,
    known: Known,
    waiting: &'a Waiting,
    numbers: Vec<u32>,
    series: u64,
}

impl Loading<'_> {
    fn series(&mut self, body: &[u8]) -> Option<()> {
        let mut pairs = Vec::with_capacity(16);
        let (reference, open) = record::series(body, &mut pairs)?;
        let id = self.head.enter(&pairs, reference, &mut self.numbers)?;
        self.known.insert(reference, id);
        self.series += 1;
        if self.head.series(id)?.reference() != reference {
            self.store.aliases.write().push((reference, id));
        }
        let oldest = self.store.oldest.load(Ordering::Relaxed);
        self.waiting.list(self.head, reference, id, oldest);
        let Some(open) = open.filter(|open| open.last >= oldest) else {
            return Some(());
        };
        let (slot, times) = (slot_of(id), (open.first, open.last));
        if open.encoding == Encoding::Xor {
            let value = open.value;
            return self.head.restore_open(slot, times, value, open.bytes);
        }
        // What only upstream leaves open; the next sample begins another chunk in any case.
        self.head.is_after_last(slot, open.first).then(|| {
            let chunk = (open.encoding, open.bytes);
            self.head.list_full(slot, times, chunk, &self.store.chunks);
        })
    }

    fn exemplars(&mut self, body: &[u8]) -> Option<()> {
        let mut ring = self.store.exemplars.write();
        let head = &*self.head;
        exemplars::decode(body, |reference, exemplar| {
            if let Some(id) = self.known.get(reference) {
                let series = head.series(id);
                ring.add(id, exemplar, || {
                    series.map(|s| head.labels_of(s)).unwrap_or_default()
                });
            }
        })
        .ok()
    }
}
