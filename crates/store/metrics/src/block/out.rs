//! A file that is being written.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use disk::File;

use crate::{Checksum, StoreError};

/// Bytes that are gathered before they are written.
const BUFFER_BYTES: usize = 256 << 10;

/// A file that grows at its end, and how long it is.
pub(super) struct Out {
    path: PathBuf,
    file: BufWriter<File>,
    at: u64,
}

impl Out {
    /// Creates the file.
    pub(super) fn create(path: PathBuf) -> Result<Self, StoreError> {
        let file = File::create_new(&path).map_err(StoreError::io(&path))?;
        Ok(Self {
            path,
            file: BufWriter::with_capacity(BUFFER_BYTES, file),
            at: 0,
        })
    }

    /// Where the next byte goes.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Appends bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file
            .write_all(bytes)
            .map_err(StoreError::io(&self.path))?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// Appends a content behind its length, and its checksum.
    pub(super) fn write_section(&mut self, content: &[u8]) -> Result<(), StoreError> {
        let mut section = self.begin_section(content.len() as u64)?;
        section.write(content)?;
        section.finish()
    }

    /// Begins a section of `length` bytes, which come in pieces.
    pub(super) fn begin_section(&mut self, length: u64) -> Result<SectionOut<'_>, StoreError> {
        let fitting = u32::try_from(length)
            .map_err(|_| self.wrong("a table is over 4 GiB; cut the block into shorter ones"))?;
        self.write(&fitting.to_be_bytes())?;
        Ok(SectionOut {
            end: self.at + length,
            out: self,
            sum: Checksum::new(),
        })
    }

    /// Appends zeros until the length is a multiple of `alignment`, which is at most 16.
    pub(super) fn pad(&mut self, alignment: u64) -> Result<(), StoreError> {
        let missing = self.at.next_multiple_of(alignment) - self.at;
        let zeros = [0; 16];
        self.write(zeros.get(..missing as usize).unwrap_or(&zeros))
    }

    /// Where the file is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes out what is buffered, so that it can be read back.
    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        self.file.flush().map_err(StoreError::io(&self.path))
    }

    /// Writes out what is buffered and waits for the disk.
    pub(super) fn finish(mut self) -> Result<(), StoreError> {
        self.file
            .flush()
            .and_then(|()| self.file.get_ref().sync())
            .map_err(StoreError::io(&self.path))
    }

    /// An error about the content of this file.
    pub(super) fn wrong(&self, reason: impl Into<String>) -> StoreError {
        StoreError::Block {
            folder: self.path.clone(),
            reason: reason.into(),
        }
    }
}

/// A section that is being written.
pub(super) struct SectionOut<'a> {
    out: &'a mut Out,
    end: u64,
    sum: Checksum,
}

impl SectionOut<'_> {
    /// Appends a piece of the content.
    pub(super) fn write(&mut self, piece: &[u8]) -> Result<(), StoreError> {
        self.sum.add(piece);
        self.out.write(piece)
    }

    /// Appends the checksum.
    pub(super) fn finish(self) -> Result<(), StoreError> {
        if self.out.at != self.end {
            return Err(self.out.wrong("a table is not as long as it says"));
        }
        self.out.write(&self.sum.value().to_be_bytes())
    }
}

/// Writes a small file at once and waits for the disk.
pub(super) fn write_file(path: PathBuf, bytes: &[u8]) -> Result<(), StoreError> {
    let mut out = Out::create(path)?;
    out.write(bytes)?;
    out.finish()
}

/// Puts new content in place of a small file's, at one stroke and on the disk.
pub(super) fn replace_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let path = folder.join(name);
    let fresh = folder.join(format!("{name}.tmp"));
    if fresh.exists() {
        // Of an attempt that ended between the two steps.
        disk::remove_file(&fresh).map_err(StoreError::io(&fresh))?;
    }
    write_file(fresh.clone(), bytes)?;
    disk::rename(&fresh, &path).map_err(StoreError::io(&path))?;
    sync_folder(folder)
}

/// Copies a file and waits for the disk.
pub(super) fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut source = std::fs::File::open(from).map_err(StoreError::io(from))?;
    let mut copy = File::create_new(to).map_err(StoreError::io(to))?;
    std::io::copy(&mut source, &mut copy)
        .and_then(|_| copy.sync())
        .map_err(StoreError::io(to))
}

/// Waits until the disk has the names of a folder's files.
pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    disk::sync_folder(folder).map_err(StoreError::io(folder))
}
