//! A file that is open for writing.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

#[cfg(feature = "faults")]
use crate::faults::{self, Watched};

/// How a file is opened for writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// It must not exist.
    New,
    /// Its content goes.
    Emptied,
    /// It must exist.
    Existing,
    /// It is made where it is missing.
    Any,
}

impl Opening {
    pub(crate) fn open(self, path: &Path) -> io::Result<fs::File> {
        let mut options = fs::OpenOptions::new();
        // A failing disk looks at what it syncs.
        options.write(true).read(cfg!(feature = "faults"));
        match self {
            Self::New => options.create_new(true),
            Self::Emptied => options.create(true).truncate(true),
            Self::Existing => &mut options,
            Self::Any => options.create(true).truncate(false),
        };
        options.open(path)
    }
}

/// A file that is open for writing. [`io::Write`] appends behind what it wrote before.
#[derive(Debug)]
pub struct File {
    file: fs::File,
    /// Where [`io::Write`] goes on.
    at: u64,
    #[cfg(feature = "faults")]
    watched: Option<Watched>,
}

impl File {
    /// Creates a file that must not exist.
    pub fn create_new(path: &Path) -> io::Result<Self> {
        Self::open(path, Opening::New)
    }

    /// Creates a file, or empties the one that is there.
    pub fn create(path: &Path) -> io::Result<Self> {
        Self::open(path, Opening::Emptied)
    }

    /// Opens a file that exists, with its content.
    pub fn open_existing(path: &Path) -> io::Result<Self> {
        Self::open(path, Opening::Existing)
    }

    /// Opens a file with its content, or creates it.
    pub fn open_or_create(path: &Path) -> io::Result<Self> {
        Self::open(path, Opening::Any)
    }

    fn open(path: &Path, opening: Opening) -> io::Result<Self> {
        #[cfg(feature = "faults")]
        if let Some(disk) = faults::at(path) {
            let (file, watched) = disk.open(path, opening)?;
            let watched = Some(watched);
            return Ok(Self {
                file,
                at: 0,
                watched,
            });
        }
        Ok(Self {
            file: opening.open(path)?,
            at: 0,
            #[cfg(feature = "faults")]
            watched: None,
        })
    }

    /// Writes all of some bytes at a place. When it fails, some of them may have been written.
    pub fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        #[cfg(feature = "faults")]
        if let Some(watched) = &self.watched {
            return watched.write(&self.file, bytes, offset);
        }
        self.file.write_all_at(bytes, offset)
    }

    /// Makes the file this long: what is behind goes, what is missing is zeros.
    pub fn set_len(&self, length: u64) -> io::Result<()> {
        #[cfg(feature = "faults")]
        if let Some(watched) = &self.watched {
            return watched.set_len(&self.file, length);
        }
        self.file.set_len(length)
    }

    /// Waits until the disk has the bytes and the length; not the name, see
    /// [`crate::sync_folder`].
    pub fn sync(&self) -> io::Result<()> {
        #[cfg(feature = "faults")]
        if let Some(watched) = &self.watched {
            return watched.sync(&self.file);
        }
        self.file.sync_data()
    }
}

impl io::Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all_at(bytes, self.at)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    /// Nothing is buffered here; this does not wait for the disk.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
