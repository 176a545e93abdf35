//! Writing: records in, bytes in the kernel when the call returns.

use std::path::{Path, PathBuf};

use crate::repair::copy_records;
use crate::segment::{Buffers, OpenSegment, sync_dir};
use crate::{PAGE_BYTES, Reader, SEGMENT_BYTES, WalError, layout};

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

/// What had been written, and not yet synced, when [`Wal::sync_handle`] was asked.
#[derive(Debug)]
#[must_use = "nothing is synced before `sync` is called"]
pub struct SyncHandle {
    segments: Vec<OpenSegment>,
    new_names_in: Option<PathBuf>,
    until: Position,
    suspect: Option<PathBuf>,
}

impl SyncHandle {
    /// Waits until all is on the disk; needs neither the log nor a lock on it. The log is told of
    /// the outcome by [`Wal::confirm`] or [`Wal::sync_failed`]: after an error the kernel may have
    /// dropped the data, and a second sync of the same file would not say so.
    pub fn sync(&self) -> Result<(), WalError> {
        if let Some(path) = &self.suspect {
            let path = path.clone();
            return Err(WalError::Suspect { path });
        }
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

/// A log that is open for writing. One writer a directory; whoever opens it sees to that.
pub struct Wal {
    dir: PathBuf,
    options: Options,
    number: u64,
    /// `None` while its file could not be created: the next write tries again.
    current: Option<OpenSegment>,
    /// Where the next record goes: the end of the last good write.
    offset: u64,
    /// Bytes of a failed write may lie behind `offset` and must be cut off first.
    spoiled: bool,
    /// Segments before the current one that are not known to be on the disk, oldest first.
    finished: Vec<OpenSegment>,
    /// Segments up to this number have durable names.
    named: Option<u64>,
    /// A sync failed, and what it should have kept was not written again yet.
    suspect: bool,
    buffers: Buffers,
}

impl Wal {
    /// Opens the log in a directory, which is made where it does not exist. Writing always begins
    /// in a fresh segment behind the last one, so that a torn end is never written over. Read and
    /// [`crate::repair`] the log first: torn bytes that stay would look like damage in the middle.
    ///
    /// Where there is no room for the segment the log opens all the same, and the next write
    /// tries again.
    pub fn open(dir: &Path, options: Options) -> Result<Self, WalError> {
        disk::create_dir_all(dir).map_err(|e| WalError::io("creating log directory", dir, e))?;
        let segments = layout::segments(dir)?;
        let number = segments.last().map_or(0, |last| last.number + 1);
        // All of them: an earlier run may have failed at this, and a clean file costs next to nothing.
        let (finished, synced) = sync_earlier(dir, &segments);
        if let Err(error) = &synced {
            tracing::warn!(%error, "what an earlier run wrote last will be written again");
        }
        let mut log = Self {
            dir: dir.to_owned(),
            options,
            number,
            current: None,
            offset: 0,
            spoiled: false,
            finished,
            named: None,
            suspect: synced.is_err(),
            buffers: Buffers::new(),
        };
        match log.ready_segment() {
            Err(WalError::Io { source, .. })
                if source.kind() != std::io::ErrorKind::PermissionDenied =>
            {
                tracing::warn!(error = %source, "the log cannot be written for now");
            }
            other => other?,
        }
        Ok(log)
    }

    /// Writes records, all into one segment, with one write to the file. When it returns `Ok` they
    /// are in the kernel and the place behind them is answered; when it fails none of them is in
    /// the log. Nothing is allocated once the buffers have grown to the usual call.
    pub fn log(&mut self, records: &[&[u8]]) -> Result<Position, WalError> {
        self.ready_segment()?;
        self.buffers.clear();
        for record in records {
            self.buffers.pack(record, self.options.compress)?;
        }
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

    /// As [`Wal::log`], and waits until the disk has them. Where it has not, they are cut off
    /// again.
    pub fn log_synced(&mut self, records: &[&[u8]]) -> Result<Position, WalError> {
        let before = self.position();
        self.log(records)?;
        let handle = self.sync_handle();
        match handle.sync() {
            Ok(()) => self.confirm(&handle),
            Err(error) => {
                tracing::warn!(%error, "the log is written again elsewhere");
                if let Err(error) = self.sync_failed() {
                    let is_same = before.segment == self.number;
                    self.offset = if is_same { before.offset } else { 0 };
                    self.spoiled = true;
                    return Err(error);
                }
            }
        }
        Ok(self.position())
    }

    fn write(&mut self) -> Result<Position, WalError> {
        let Some(current) = &mut self.current else {
            return Ok(self.position());
        };
        let framed = &self.buffers.framed;
        if let Err(error) = current.file.write_all_at(framed, self.offset) {
            self.spoiled = true;
            let path = current.path.clone();
            if let Err(again) = self.ready_segment() {
                tracing::warn!(error = %again, "the log is closed until this can be done");
            }
            return Err(WalError::io("writing log segment", path, error));
        }
        self.offset += framed.len() as u64;
        Ok(self.position())
    }

    /// Creates the current segment where that failed before, and cuts off what a failed write may
    /// have left; until that succeeds nothing more is written.
    fn ready_segment(&mut self) -> Result<(), WalError> {
        let Some(current) = &mut self.current else {
            self.current = Some(OpenSegment::create(&self.dir, self.number)?);
            self.offset = 0;
            return Ok(());
        };
        if self.spoiled {
            current
                .file
                .set_len(self.offset)
                .map_err(|e| WalError::io("cutting a failed write off", &current.path, e))?;
            self.spoiled = false;
        }
        Ok(())
    }

    /// Begins a new segment and answers its number. The last page of the old one is filled up with
    /// zeros, as upstream leaves it.
    pub fn next_segment(&mut self) -> Result<u64, WalError> {
        self.ready_segment()?;
        let next = OpenSegment::create(&self.dir, self.number + 1)?;
        self.switch_to(next);
        if self.finished.len() > MAX_UNSYNCED_SEGMENTS && !self.suspect {
            // Who syncs in time meets an error there.
            self.suspect = self.finished.first().is_some_and(|old| old.sync().is_err());
            if !self.suspect {
                self.finished.remove(0);
            }
        }
        Ok(self.number)
    }

    fn switch_to(&mut self, next: OpenSegment) {
        self.number = next.number;
        let length = std::mem::replace(&mut self.offset, next.length);
        let Some(mut old) = self.current.replace(next) else {
            return;
        };
        old.length = length;
        if let Err(error) = old.file.set_len(length.next_multiple_of(PAGE_BYTES as u64)) {
            let path = old.path.display();
            tracing::debug!(%path, %error, "the last page stays short, which readers take as well");
        }
        self.finished.push(old);
    }

    /// What must be synced for all that has been written so far. The handle is used outside any
    /// lock on the log; while it syncs, writing goes on.
    pub fn sync_handle(&mut self) -> SyncHandle {
        let mut segments = self.finished.clone();
        if let Some(current) = &mut self.current {
            current.length = self.offset;
            segments.push(current.clone());
        }
        let has_new_names = self.named < Some(self.number);
        SyncHandle {
            suspect: segments
                .first()
                .filter(|_| self.suspect)
                .map(|s| s.path.clone()),
            segments,
            new_names_in: has_new_names.then(|| self.dir.clone()),
            until: self.position(),
        }
    }

    /// Takes note that a handle was synced.
    pub fn confirm(&mut self, handle: &SyncHandle) {
        let current = self.current.as_mut().into_iter();
        for known in self.finished.iter_mut().chain(current) {
            if let Some(synced) = handle.segments.iter().find(|s| s.number == known.number) {
                known.durable = known.durable.max(synced.length);
            }
        }
        self.finished.retain(|old| old.durable < old.length);
        self.named = self
            .named
            .max(handle.segments.last().map(|last| last.number));
    }

    /// To be called after a sync has failed: writes all that is not known to be on the disk to a
    /// new segment, where writing goes on, and waits for that. The old segments are cut off where
    /// they cannot be trusted. While this fails the log can be written, and is not safe from a
    /// loss of power; each call tries again.
    pub fn sync_failed(&mut self) -> Result<(), WalError> {
        self.suspect = true;
        self.ready_segment()?;
        let mut fresh = self.free_segment()?;
        if let Err(error) = self.copy_unsynced(&mut fresh) {
            if let Err(error) = disk::remove_file(&fresh.path) {
                let path = fresh.path.display();
                tracing::debug!(%path, %error, "a copy of log records stays; they are read once");
            }
            return Err(error);
        }
        self.switch_to(fresh);
        for old in std::mem::take(&mut self.finished) {
            // Those of earlier runs may be read at this moment.
            if old.is_earlier {
                continue;
            }
            let full = old.durable.next_multiple_of(PAGE_BYTES as u64);
            let cut = old
                .file
                .set_len(old.durable)
                .and_then(|()| old.file.set_len(full));
            if let Err(error) = cut {
                let path = old.path.display();
                tracing::debug!(%path, %error, "log records stay in two segments; they are read once");
            }
        }
        self.named = Some(self.number);
        self.suspect = false;
        Ok(())
    }

    /// The next segment whose name is free: one may be left of an attempt that failed.
    fn free_segment(&self) -> Result<OpenSegment, WalError> {
        let mut number = self.number + 1;
        while layout::segment_path(&self.dir, number).exists() {
            number += 1;
        }
        OpenSegment::create(&self.dir, number)
    }

    fn copy_unsynced(&mut self, fresh: &mut OpenSegment) -> Result<(), WalError> {
        if let Some(current) = &mut self.current {
            current.length = self.offset;
        }
        let mut readers = Vec::new();
        for old in self.finished.iter().chain(&self.current) {
            if old.durable < old.length {
                let mut reader = Reader::open(&self.dir, old.number..=old.number)?;
                reader.seek(old.durable)?;
                readers.push(reader);
            }
        }
        fresh.length = copy_records(&mut readers, &fresh.file, &fresh.path)?;
        fresh.sync()?;
        sync_dir(&self.dir)?;
        fresh.durable = fresh.length;
        Ok(())
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
                self.finished
                    .retain(|finished| finished.number != old.number);
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

/// Waits until the disk has what earlier runs wrote last: one that was killed may have left it with
/// the kernel alone, and nobody else would ever sync it. Answers the segments for which that
/// failed.
fn sync_earlier(
    dir: &Path,
    segments: &[layout::Segment],
) -> (Vec<OpenSegment>, Result<(), WalError>) {
    let (mut failed, mut outcome) = (Vec::new(), sync_dir(dir));
    for segment in segments {
        let synced = OpenSegment::earlier(segment).and_then(|open| match open.sync() {
            Ok(()) => Ok(()),
            Err(error) => {
                failed.push(open);
                Err(error)
            }
        });
        outcome = outcome.and(synced);
    }
    (failed, outcome)
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
