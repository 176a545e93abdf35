//! Head chunk files: where full chunks of the head go, so that they leave the heap.
//!
//! `chunks_head/NNNNNN`, in Prometheus' format (big-endian):
//!
//! ```text
//! file  = 0x0130BC91 u32 | version 1 u8 | 0 0 0 | chunk…
//! chunk = series reference u64 | first time i64 | last time i64 | encoding u8
//!       | length uvarint | data | CRC32C u32 of all before it
//! ```
//! Writing never waits for the disk: [`HeadChunks::push`] fills a buffer, [`HeadChunks::flush`]
//! writes it out when no lock of the head is held. All that is here is in the write-ahead log as
//! well until the head is truncated, so nothing is lost with a buffer or a damaged file. A file is
//! on the disk before the next one begins: chunks may be missing at the end alone, for reading
//! back takes from the log only what is later than the chunks of a series.

mod file;
mod load;
mod reader;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chunk::Encoding;
use memmap2::Mmap;
use parking_lot::Mutex;

pub(crate) use file::{Parsed, parse};
pub(crate) use load::{Listed, Loaded, load};
pub(crate) use reader::Reader;

/// Bytes after which the next file begins; upstream's figure.
const MOST_FILE_BYTES: u64 = 128 << 20;
/// Bytes in the buffer after which it is written out.
const FLUSH_BYTES: usize = 128 << 10;

/// The files that existed when a query began, mapped.
pub(crate) type Maps = BTreeMap<u32, Arc<Mmap>>;

/// The head chunk files of a store.
pub(crate) struct HeadChunks {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Number of the file that grows; 0 while there is none.
    current: u32,
    /// Bytes that the current file has or will have with the buffers.
    length: u64,
    /// What is not yet in the files, oldest first: (file, where it begins in it, bytes).
    unwritten: Vec<(u32, u64, Vec<u8>)>,
    maps: Maps,
    /// The newest chunk of each file, to know when it may go.
    newest: BTreeMap<u32, i64>,
    /// The files with samples that came out of order and are in no block yet.
    late: BTreeSet<u32>,
}

impl HeadChunks {
    /// The files of a folder after [`load`].
    pub(crate) fn new(folder: PathBuf, loaded: &Loaded) -> Self {
        let newest = loaded.newest.clone();
        let late = loaded.chunks.iter().filter(|chunk| chunk.is_late);
        let late = late.map(|chunk| chunk.file).collect();
        // Always begins another file: the last one's end may be torn.
        let current = newest.keys().next_back().copied().unwrap_or(0);
        let state = State {
            current,
            length: MOST_FILE_BYTES,
            newest,
            late,
            ..State::default()
        };
        Self {
            folder,
            state: Mutex::new(state),
        }
    }

    /// Takes a chunk; answers its file and where it begins there.
    pub(crate) fn push(
        &self,
        reference: u64,
        times: (i64, i64),
        encoding: Encoding,
        data: &[u8],
    ) -> (u32, u32) {
        let mut state = self.state.lock();
        state.push(reference, times, encoding.byte(), data)
    }

    /// Takes a chunk of samples that came out of order, as [`HeadChunks::push`] does. Its file stays
    /// until [`HeadChunks::release_late`]. `encoding` is the byte of the encoding.
    pub(crate) fn push_late(
        &self,
        reference: u64,
        times: (i64, i64),
        encoding: u8,
        data: &[u8],
    ) -> (u32, u32) {
        let mut state = self.state.lock();
        let encoding = encoding | file::OUT_OF_ORDER;
        let place = state.push(reference, times, encoding, data);
        state.late.insert(place.0);
        place
    }

    /// Says that the samples that came out of order are in blocks, those of the files up to `file`.
    pub(crate) fn release_late(&self, file: u32) {
        self.state.lock().late.retain(|&late| late > file);
    }

    /// Writes out what is buffered, where it is much. Errors leave the buffer as it is: the next
    /// call tries again.
    pub(crate) fn flush_if_much(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        let waiting: usize = state.unwritten.iter().map(|(_, _, b)| b.len()).sum();
        if waiting < FLUSH_BYTES {
            return Ok(());
        }
        state.flush(&self.folder)
    }

    /// Writes out all that is buffered.
    pub(crate) fn flush(&self) -> io::Result<()> {
        self.state.lock().flush(&self.folder)
    }

    /// Writes all chunks and waits until the disk has them.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        state.flush(&self.folder)?;
        match disk::File::open_existing(&file::path(&self.folder, state.current)) {
            Ok(file) => file.sync()?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        disk::sync_folder(&self.folder)
    }

    /// All chunks so far, mapped for reading; without those that cannot be written out now, which
    /// [`HeadChunks::chunk`] gives.
    pub(crate) fn maps(&self) -> io::Result<Maps> {
        let mut state = self.state.lock();
        if let Err(error) = state.flush(&self.folder) {
            tracing::debug!(%error, "head chunks are read from memory");
        }
        state.map_all(&self.folder)?;
        Ok(state.maps.clone())
    }

    /// Reads chunks one after the other; those of now are written out first.
    pub(crate) fn reader(&self) -> Reader<'_> {
        if let Err(error) = self.flush() {
            tracing::debug!(%error, "head chunks are read from memory");
        }
        Reader::new(self, &self.folder)
    }

    /// The bytes from the beginning of a chunk that this run wrote, to its end at least; empty
    /// where there is none.
    pub(crate) fn chunk(&self, file: u32, offset: u32) -> io::Result<Vec<u8>> {
        let state = self.state.lock();
        let place = u64::from(offset);
        let waiting = state.unwritten.iter().find_map(|(number, start, bytes)| {
            let into = usize::try_from(place.checked_sub(*start)?).ok()?;
            bytes
                .get(into..)
                .filter(|rest| *number == file && !rest.is_empty())
        });
        match waiting {
            Some(bytes) => {
                let length = file::length(bytes).unwrap_or_default();
                Ok(bytes.get(..length).unwrap_or_default().to_vec())
            }
            None => file::read_at(&self.folder, file, place),
        }
    }

    /// Ends the current file, so that truncation can remove it one day; answers its number.
    pub(crate) fn rotate(&self) -> u32 {
        let mut state = self.state.lock();
        state.length = MOST_FILE_BYTES;
        state.current
    }

    /// Removes the files whose chunks all end before `time`; never the current one, nor one with
    /// samples that came out of order and are in no block yet. Returns how many went.
    pub(crate) fn remove_before(&self, time: i64) -> io::Result<usize> {
        let mut state = self.state.lock();
        state.flush(&self.folder)?;
        let dead: Vec<u32> = state
            .newest
            .iter()
            .take_while(|&(&file, &last)| {
                file != state.current && last < time && !state.late.contains(&file)
            })
            .map(|(&file, _)| file)
            .collect();
        for file in &dead {
            disk::remove_file(&file::path(&self.folder, *file))?;
            state.newest.remove(file);
            state.maps.remove(file);
        }
        Ok(dead.len())
    }

    /// Bytes of all files on disk.
    pub(crate) fn size_on_disk(&self) -> u64 {
        crate::files::folder_size(&self.folder)
    }
}

impl State {
    fn push(
        &mut self,
        reference: u64,
        (first, last): (i64, i64),
        encoding: u8,
        data: &[u8],
    ) -> (u32, u32) {
        if self.length + file::size(data.len()) > MOST_FILE_BYTES {
            self.begin_file();
        }
        let (file, offset) = (self.current, self.length);
        if let Some((_, _, buffer)) = self.unwritten.last_mut() {
            file::encode(buffer, reference, (first, last), encoding, data);
            self.length += file::size(data.len());
        }
        let newest = self.newest.entry(file).or_insert(last);
        *newest = last.max(*newest);
        (file, u32::try_from(offset).unwrap_or(u32::MAX))
    }

    fn begin_file(&mut self) {
        self.current += 1;
        self.length = file::HEADER.len() as u64;
        self.unwritten
            .push((self.current, 0, file::HEADER.to_vec()));
    }

    fn flush(&mut self, folder: &Path) -> io::Result<()> {
        while let Some((file, start, bytes)) = self.unwritten.first_mut() {
            if !bytes.is_empty() {
                file::write_at(folder, *file, *start, bytes)?;
                *start += bytes.len() as u64;
                bytes.clear();
            }
            if *file == self.current {
                break;
            }
            file::sync(folder, *file);
            // What is mapped of it may end before its last chunks.
            self.maps.remove(file);
            self.unwritten.remove(0);
        }
        Ok(())
    }

    fn map_all(&mut self, folder: &Path) -> io::Result<()> {
        let files: Vec<u32> = self.newest.keys().copied().collect();
        for file in files {
            let mapped = self.maps.get(&file).map(|map| map.len() as u64);
            // A file may be longer than what is written of it: the original makes room in advance.
            let is_short = match self.unwritten.iter().find(|(number, ..)| *number == file) {
                Some((_, 0, _)) => continue,
                Some((_, written, _)) => mapped.is_some_and(|mapped| mapped < *written),
                // It has ended, or an earlier run wrote it.
                None => false,
            };
            if mapped.is_none() || is_short {
                let map = file::map(folder, file)?;
                self.maps.insert(file, Arc::new(map));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use contract::SystemClock;

    use super::*;
    use crate::damage::Damages;

    #[test]
    fn files_are_mapped_whole_and_anew_only_where_they_grew() {
        let dir = tempfile::tempdir().unwrap();
        let damages = Damages::new(Arc::new(SystemClock));
        let open = || HeadChunks::new(dir.path().to_owned(), &load(dir.path(), &damages).unwrap());
        let push = |files: &HeadChunks| files.push(1, (0, 9), Encoding::Xor, &[7; 50]);
        let files = open();
        push(&files);
        let one = files.maps().unwrap();
        push(&files);
        let two = files.maps().unwrap();
        assert!(one[&1].len() < two[&1].len());
        assert!(Arc::ptr_eq(&two[&1], &files.maps().unwrap()[&1]));
        let (_, last) = push(&files);
        files.rotate();
        push(&files);
        let ended = files.maps().unwrap();
        assert!(parse(&ended[&1], last as usize).is_some());
        drop(files);
        // The last file of an earlier run does not grow.
        let files = open();
        let first = files.maps().unwrap();
        assert_eq!(first.len(), 2);
        assert!(Arc::ptr_eq(&first[&2], &files.maps().unwrap()[&2]));
    }
}
