//! Reading chunks of many series, each once.
//!
//! They are read with calls rather than mapped: neighbours in label order lie far apart in the
//! files, so that mapped pages of all of them would soon be resident, several times the chunks of
//! one stretch.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::HeadChunks;
use super::file::{self, Parsed, parse};

/// Bytes of a chunk that are read first: nearly all chunks are shorter.
const FIRST_BYTES: usize = 512;

/// Open files, and the bytes of one chunk.
pub(crate) struct Reader<'a> {
    chunks: &'a HeadChunks,
    folder: &'a Path,
    files: BTreeMap<u32, File>,
    bytes: Vec<u8>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(chunks: &'a HeadChunks, folder: &'a Path) -> Self {
        Self {
            chunks,
            folder,
            files: BTreeMap::new(),
            bytes: Vec::new(),
        }
    }

    /// Calls `use_it` with the chunk at a place of a file; `None` where no whole chunk is.
    pub(crate) fn read<T>(
        &mut self,
        file: u32,
        offset: u32,
        use_it: impl FnOnce(&Parsed<'_>) -> T,
    ) -> io::Result<Option<T>> {
        match self.fetch(file, offset.into()) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.bytes.clear(),
            Err(error) => return Err(error),
        }
        if let Some(parsed) = parse(&self.bytes, 0) {
            return Ok(Some(use_it(&parsed)));
        }
        // The chunk waits to be written.
        let waiting = self.chunks.chunk(file, offset)?;
        Ok(parse(&waiting, 0).map(|parsed| use_it(&parsed)))
    }

    /// Fills `bytes` from the beginning of a chunk to its end at least, as far as the file goes.
    fn fetch(&mut self, number: u32, offset: u64) -> io::Result<()> {
        let file = match self.files.entry(number) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(room) => room.insert(File::open(file::path(self.folder, number))?),
        };
        self.bytes.resize(FIRST_BYTES, 0);
        let mut filled = read_at(file, &mut self.bytes, offset)?;
        let length = self.bytes.get(..filled).and_then(file::length);
        if let Some(length) = length.filter(|&length| length > filled) {
            self.bytes.resize(length, 0);
            let rest = self.bytes.get_mut(filled..).unwrap_or_default();
            filled += read_at(file, rest, offset + filled as u64)?;
        }
        self.bytes.truncate(filled);
        Ok(())
    }
}

/// Fills a buffer from a place of a file; answers how many bytes there were.
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use crate::damage::Damages;
    use crate::head_chunks::{HeadChunks, load};
    use chunk::Encoding;

    #[test]
    fn chunks_of_any_length_are_read_from_files_and_from_memory() {
        let dir = tempfile::tempdir().unwrap();
        let damages = Damages::new(std::sync::Arc::new(contract::SystemClock));
        let loaded = load(dir.path(), &damages).unwrap();
        let files = HeadChunks::new(dir.path().to_owned(), &loaded);
        let mut placed = Vec::new();
        for length in [
            0usize, 1, 400, 481, 482, 483, 511, 512, 513, 5000, 300_000, 7,
        ] {
            let data = vec![length as u8; length];
            let (file, offset) = files.push(9, (length as i64, 1 << 40), Encoding::Xor, &data);
            placed.push((file, offset, data));
            if length == 513 {
                files.flush().unwrap();
                files.rotate();
            }
        }
        let check = || {
            let mut reader = super::Reader::new(&files, dir.path());
            for (file, offset, data) in placed.iter().rev() {
                let found = reader.read(*file, *offset, |chunk| {
                    assert_eq!(chunk.first, data.len() as i64);
                    chunk.data.to_vec()
                });
                assert_eq!(found.unwrap().as_ref(), Some(data));
            }
            let (file, offset, _) = placed[0];
            assert!(reader.read(file, offset + 1, |_| ()).unwrap().is_none());
        };
        check();
        files.flush().unwrap();
        check();
    }
}
