//! Writing: records in, bytes in the kernel when the call returns.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use disk::File;

use crate::frame::{Packing, push_record};
use crate::{MAX_RECORD_BYTES, PAGE_BYTES, SEGMENT_BYTES, WalError, layout};

/// Buffers that a large call has grown beyond this many bytes are given back after it: the usual
/// call needs far less, and memory must not stay at its peak.
const KEPT_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// Finished segments that may wait for their sync. With more, the writer syncs the oldest itself:
/// open files stay few even where nobody ever syncs.
const MAX_UNSYNCED_SEGMENTS: usize = 4;

/// How a log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether records are compressed with snappy where that makes them smaller.
    pub compress: bool,
    /// Bytes of a segment; a call that would not fit begins a new one. A single call larger than
    /// that gets a segment of its own, larger than this.
    pub segment_size: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            compress: true,
            segment_size: SEGMENT_BYTES,
        }
    }
}

/// A place in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The segment's number.
    pub segment: u64,
    /// Bytes from the segment's beginning.
    pub offset: u64,
}

#[derive(Clone, Debug)]
struct OpenSegment {
    path: PathBuf,
    file: Arc<File>,
}

impl OpenSegment {
    fn create(dir: &Path, number: u64) -> Result<Self, WalError> {
        let path = layout::segment_path(dir, number);
        let file =
            File::create_new(&path).map_err(|e| WalError::io("creating log segment", &path, e))?;
        Ok(Self {
            path,
            file: Arc::new(file),
        })
    }

    fn sync(&self) -> Result<(), WalError> {
        self.file
            .sync()
            .map_err(|e| WalError::io("syncing log segment", &self.path, e))
    }
}

/// What had been written, and not yet synced, when [`Wal::sync_handle`] was asked.
#[derive(Debug)]
#[must_use = "nothing is synced before `sync` is called"]
pub struct SyncHandle {
    segments: Vec<OpenSegment>,
    new_names_in: Option<PathBuf>,
    until: Position,
}

impl SyncHandle {
    /// Waits until all is on the disk; needs neither the log nor a lock on it. After an error the
    /// kernel may have dropped the data: those records must be taken as lost for a power failure.
    pub fn sync(&self) -> Result<(), WalError> {
        for segment in &self.segments {
            segment.sync()?;
        }
        match &self.new_names_in {
            Some(dir) => sync_dir(dir),
            None => Ok(()),
        }
    }

    /// Everything before this place is safe once [`SyncHandle::sync`] has succeeded.
    pub fn until(&self) -> Position {
        self.until
    }
}

pub(crate) fn sync_dir(dir: &Path) -> Result<(), WalError> {
    disk::sync_folder(dir).map_err(|e| WalError::io("syncing directory", dir, e))
}

/// The packed records of one call and their framed form; kept from call to call.
#[derive(Debug, Default)]
struct Buffers {
    packed: Vec<u8>,
    /// Of each record: where it ends in `packed`, and how it is packed.
    ends: Vec<(usize, Packing)>,
    framed: Vec<u8>,
}

impl Buffers {
    fn frame(&mut self, start: u64) {
        self.framed.clear();
        let mut begin = 0;
        for &(end, packing) in &self.ends {
            let record = self.packed.get(begin..end).unwrap_or_default();
            push_record(&mut self.framed, start, packing, record);
            begin = end;
        }
    }

    fn give_back(&mut self) {
        for buffer in [&mut self.packed, &mut self.framed] {
            if buffer.capacity() > KEPT_BUFFER_BYTES {
                buffer.clear();
                buffer.shrink_to(KEPT_BUFFER_BYTES);
            }
        }
    }
}

/// A log that is open for writing. One writer a directory; whoever opens it sees to that.
pub struct Wal {
    dir: PathBuf,
    options: Options,
    number: u64,
    current: OpenSegment,
    /// Where the next record goes: the end of the last good write.
    offset: u64,
    /// Bytes of a failed write may lie behind `offset` and must be cut off first.
    spoiled: bool,
    finished: Vec<OpenSegment>,
    new_names: bool,
    encoder: snap::raw::Encoder,
    buffers: Buffers,
}

impl Wal {
    /// Opens the log in a directory, which is made where it does not exist. Writing always begins
    /// in a fresh segment behind the last one, so that a torn end is never written over. Read and
    /// [`crate::repair`] the log first: torn bytes that stay would look like damage in the middle.
    pub fn open(dir: &Path, options: Options) -> Result<Self, WalError> {
        disk::create_dir_all(dir).map_err(|e| WalError::io("creating log directory", dir, e))?;
        let number = layout::segments(dir)?
            .last()
            .map_or(0, |last| last.number + 1);
        Ok(Self {
            dir: dir.to_owned(),
            options,
            number,
            current: OpenSegment::create(dir, number)?,
            offset: 0,
            spoiled: false,
            finished: Vec::new(),
            new_names: true,
            encoder: snap::raw::Encoder::new(),
            buffers: Buffers::default(),
        })
    }

    /// Writes records, all into one segment, with one write to the file. When it returns `Ok` they
    /// are in the kernel and the place behind them is answered; when it fails none of them is in
    /// the log. Nothing is allocated once the buffers have grown to the usual call.
    pub fn log(&mut self, records: &[&[u8]]) -> Result<Position, WalError> {
        self.cut_spoiled()?;
        self.pack(records)?;
        self.buffers.frame(self.offset);
        let end = self.offset + self.buffers.framed.len() as u64;
        if end > self.options.segment_size && self.offset > 0 {
            self.next_segment()?;
            self.buffers.frame(0);
        }
        let written = self.write();
        self.buffers.give_back();
        written
    }

    fn pack(&mut self, records: &[&[u8]]) -> Result<(), WalError> {
        let Buffers { packed, ends, .. } = &mut self.buffers;
        packed.clear();
        ends.clear();
        for record in records {
            if record.len() > MAX_RECORD_BYTES {
                return Err(WalError::TooLarge {
                    bytes: record.len(),
                });
            }
            let begin = packed.len();
            let mut packing = Packing::Plain;
            if self.options.compress && !record.is_empty() {
                packed.resize(begin + snap::raw::max_compress_len(record.len()), 0);
                let room = packed.get_mut(begin..).unwrap_or_default();
                let size = self.encoder.compress(record, room).unwrap_or(usize::MAX);
                if size < record.len() {
                    packing = Packing::Snappy;
                    packed.truncate(begin + size);
                }
            }
            if packing == Packing::Plain {
                packed.truncate(begin);
                packed.extend_from_slice(record);
            }
            ends.push((packed.len(), packing));
        }
        Ok(())
    }

    fn write(&mut self) -> Result<Position, WalError> {
        let framed = &self.buffers.framed;
        if let Err(error) = self.current.file.write_all_at(framed, self.offset) {
            self.spoiled = true;
            let path = self.current.path.clone();
            if let Err(again) = self.cut_spoiled() {
                tracing::warn!(error = %again, "the log is closed until this can be done");
            }
            return Err(WalError::io("writing log segment", path, error));
        }
        self.offset += framed.len() as u64;
        Ok(self.position())
    }

    /// Cuts off what a failed write may have left; until that succeeds nothing more is written.
    fn cut_spoiled(&mut self) -> Result<(), WalError> {
        if self.spoiled {
            self.current
                .file
                .set_len(self.offset)
                .map_err(|e| WalError::io("cutting a failed write off", &self.current.path, e))?;
            self.spoiled = false;
        }
        Ok(())
    }

    /// Begins a new segment and answers its number. The last page of the old one is filled up with
    /// zeros, as upstream leaves it.
    pub fn next_segment(&mut self) -> Result<u64, WalError> {
        self.cut_spoiled()?;
        let number = self.number + 1;
        let next = OpenSegment::create(&self.dir, number)?;
        let full = self.offset.next_multiple_of(PAGE_BYTES as u64);
        if let Err(error) = self.current.file.set_len(full) {
            let path = self.current.path.display();
            tracing::debug!(%path, %error, "the last page stays short, which readers take as well");
        }
        self.number = number;
        self.offset = 0;
        self.new_names = true;
        self.finished
            .push(std::mem::replace(&mut self.current, next));
        if self.finished.len() > MAX_UNSYNCED_SEGMENTS {
            self.finished.remove(0).sync()?;
        }
        Ok(number)
    }

    /// What must be synced for all that has been written so far. The handle is used outside any
    /// lock on the log; while it syncs, writing goes on.
    pub fn sync_handle(&mut self) -> SyncHandle {
        let mut segments = std::mem::take(&mut self.finished);
        segments.push(self.current.clone());
        let new_names_in = std::mem::take(&mut self.new_names).then(|| self.dir.clone());
        SyncHandle {
            segments,
            new_names_in,
            until: self.position(),
        }
    }

    /// The segment that is being written.
    pub fn segment(&self) -> u64 {
        self.number
    }

    /// The end of the last good write.
    pub fn position(&self) -> Position {
        Position {
            segment: self.number,
            offset: self.offset,
        }
    }

    /// The log's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Deletes the segments with lower numbers; the one being written always stays.
    pub fn truncate_before(&mut self, segment: u64) -> Result<(), WalError> {
        let kept_from = segment.min(self.number);
        for old in layout::segments(&self.dir)? {
            if old.number < kept_from {
                disk::remove_file(&old.path)
                    .map_err(|e| WalError::io("deleting log segment", &old.path, e))?;
            }
        }
        Ok(())
    }

    /// Bytes of all segments on the disk, without checkpoints.
    pub fn size(&self) -> Result<u64, WalError> {
        Ok(layout::segments(&self.dir)?
            .iter()
            .map(|segment| segment.bytes)
            .sum())
    }
}

#[cfg(test)]
mod tests {
    use disk::faults::{FaultDisk, Trouble};

    use super::*;
    use crate::Reader;

    #[test]
    fn a_failed_write_leaves_nothing_and_the_next_good_one_is_read() {
        for seed in 0..50 {
            let dir = tempfile::tempdir().unwrap();
            let mut log = Wal::open(dir.path(), Options::default()).unwrap();
            log.log(&[b"before"]).unwrap();
            let before = log.position();

            let disk = FaultDisk::mount(dir.path(), seed).unwrap();
            let mut log = Wal::open(dir.path(), Options::default()).unwrap();
            disk.arrange(Trouble::Full, 0..3);
            assert!(log.log(&[b"lost"]).is_err());
            assert!(log.log(&[b"lost as well"]).is_err());
            assert!(log.position() > before);
            log.log(&[b"after"]).unwrap();
            let mut reader = Reader::open(dir.path(), 0..=u64::MAX).unwrap();
            assert_eq!(reader.next().unwrap(), Some(&b"before"[..]));
            assert_eq!(reader.next().unwrap(), Some(&b"after"[..]));
            assert_eq!(reader.next().unwrap(), None);
        }
    }
}
