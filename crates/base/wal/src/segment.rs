//! Segments that are open for writing, and how records become their bytes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use disk::File;

use crate::frame::{Packing, push_record};
use crate::{MAX_RECORD_BYTES, WalError, layout};

/// Buffers that a large call has grown beyond this many bytes are given back after it: the usual
/// call needs far less, and memory must not stay at its peak.
const KEPT_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// A segment that was begun by this process.
#[derive(Clone, Debug)]
pub(crate) struct OpenSegment {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
    pub(crate) file: Arc<File>,
    /// Where the last good write ended.
    pub(crate) length: u64,
    /// How many bytes are known to be on the disk.
    pub(crate) durable: u64,
    /// An earlier run wrote it.
    pub(crate) is_earlier: bool,
}

impl OpenSegment {
    /// Begins a segment of that number.
    pub(crate) fn create(dir: &Path, number: u64) -> Result<Self, WalError> {
        let path = layout::segment_path(dir, number);
        let file =
            File::create_new(&path).map_err(|e| WalError::io("creating log segment", &path, e))?;
        Ok(Self {
            number,
            path,
            file: Arc::new(file),
            length: 0,
            durable: 0,
            is_earlier: false,
        })
    }

    /// A segment that an earlier run wrote, none of which is known to be on the disk.
    pub(crate) fn earlier(segment: &layout::Segment) -> Result<Self, WalError> {
        let path = segment.path.clone();
        let file = File::open_existing(&path)
            .map_err(|e| WalError::io("opening log segment", &path, e))?;
        Ok(Self {
            number: segment.number,
            path,
            file: Arc::new(file),
            length: segment.bytes,
            durable: 0,
            is_earlier: true,
        })
    }

    pub(crate) fn sync(&self) -> Result<(), WalError> {
        self.file
            .sync()
            .map_err(|e| WalError::io("syncing log segment", &self.path, e))
    }
}

/// Waits until the disk has the names in a folder.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), WalError> {
    disk::sync_folder(dir).map_err(|e| WalError::io("syncing directory", dir, e))
}

/// The packed records of one call and their framed form; kept from call to call.
pub(crate) struct Buffers {
    encoder: snap::raw::Encoder,
    packed: Vec<u8>,
    /// Of each record: where it ends in `packed`, and how it is packed.
    ends: Vec<(usize, Packing)>,
    pub(crate) framed: Vec<u8>,
}

impl Buffers {
    pub(crate) fn new() -> Self {
        Self {
            encoder: snap::raw::Encoder::new(),
            packed: Vec::new(),
            ends: Vec::new(),
            framed: Vec::new(),
        }
    }

    /// Forgets the records of the last call.
    pub(crate) fn clear(&mut self) {
        self.packed.clear();
        self.ends.clear();
    }

    /// Bytes of the records so far.
    pub(crate) fn packed_bytes(&self) -> usize {
        self.packed.len()
    }

    /// Adds a record, compressed where that is asked for and makes it smaller.
    pub(crate) fn pack(&mut self, record: &[u8], compress: bool) -> Result<(), WalError> {
        if record.len() > MAX_RECORD_BYTES {
            let bytes = record.len();
            return Err(WalError::TooLarge { bytes });
        }
        let Self { packed, ends, .. } = self;
        let begin = packed.len();
        let mut packing = Packing::Plain;
        if compress && !record.is_empty() {
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
        Ok(())
    }

    /// Frames the records for a place of the page grid.
    pub(crate) fn frame(&mut self, start: u64) {
        self.framed.clear();
        let mut begin = 0;
        for &(end, packing) in &self.ends {
            let record = self.packed.get(begin..end).unwrap_or_default();
            push_record(&mut self.framed, start, packing, record);
            begin = end;
        }
    }

    /// Gives back the memory that an unusual call took.
    pub(crate) fn give_back(&mut self) {
        for buffer in [&mut self.packed, &mut self.framed] {
            if buffer.capacity() > KEPT_BUFFER_BYTES {
                buffer.clear();
                buffer.shrink_to(KEPT_BUFFER_BYTES);
            }
        }
    }
}
