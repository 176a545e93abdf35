//! A large file of samples, read where it lies.

use std::fs;
use std::path::Path;

use memmap2::Mmap;

use crate::StoreError;

/// The bytes of a file. A regular file is mapped, so that its pages come and go as they are read;
/// anything else, such as a pipe, is read into memory.
#[derive(Debug)]
pub struct InputFile(Content);

#[derive(Debug)]
enum Content {
    Mapped(Mmap),
    Read(Vec<u8>),
}

impl InputFile {
    /// Opens a file. Nobody may shorten it while it is open.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let meta = fs::metadata(path).map_err(StoreError::io(path))?;
        let content = if meta.is_file() && meta.len() > 0 {
            Content::Mapped(crate::files::map(path).map_err(StoreError::io(path))?)
        } else {
            Content::Read(fs::read(path).map_err(StoreError::io(path))?)
        };
        Ok(Self(content))
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            Content::Mapped(map) => map,
            Content::Read(bytes) => bytes,
        }
    }
}
