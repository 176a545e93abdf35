//! Writing an index, front to back.
//!
//! Symbols come first, then the series in rising label order; each is written at once, and only its
//! place is kept and how many series each label has. Everything else is written at the end, when
//! the series are read back for their postings.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;

use model::Labels;

use super::out::Out;
use super::postings_table::put_entry;
use super::postings_write::{PostingCounts, PostingLists};
use super::series::{self, ChunkMeta};
use super::symbols::SymbolList;
use super::toc::{HEADER, Toc};
use crate::record::bytes::{put_text, put_uvarint};
use crate::{StoreError, crc32c};

/// Bytes that a series' place is a multiple of; a reference is the place in units of it.
pub(super) const SERIES_ALIGNMENT: u64 = 16;
/// Bytes that the place of a list is a multiple of.
const LIST_ALIGNMENT: u64 = 4;

/// Bytes of the series that are read back at once.
const READ_BYTES: usize = 256 << 10;

/// What a series is called where it is written: rising from one to the next.
pub(crate) trait SeriesKey: std::fmt::Display {
    /// Appends the series to an index.
    fn put(self, index: &mut IndexWriter, chunks: &[ChunkMeta]) -> Result<(), StoreError>;
}

impl SeriesKey for Labels {
    fn put(self, index: &mut IndexWriter, chunks: &[ChunkMeta]) -> Result<(), StoreError> {
        index.push(&self, chunks)
    }
}

/// Labels as places in the symbols of the index that is written: name and value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SymbolPairs(pub(crate) Vec<(u32, u32)>);

impl std::fmt::Display for SymbolPairs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "of the symbols {:?}", self.0)
    }
}

impl SeriesKey for SymbolPairs {
    fn put(self, index: &mut IndexWriter, chunks: &[ChunkMeta]) -> Result<(), StoreError> {
        index.pairs.clear();
        index.pairs.extend_from_slice(&self.0);
        index.push_pairs(chunks)
    }
}

/// Writes an index.
pub(crate) struct IndexWriter {
    out: Out,
    toc: Toc,
    symbols: SymbolList,
    postings: PostingCounts,
    all: Vec<u32>,
    /// Symbols of the series that is being written.
    pairs: Vec<(u32, u32)>,
    /// Symbols of the one before it.
    last: Vec<(u32, u32)>,
    scratch: Vec<u8>,
    length: Vec<u8>,
}

impl IndexWriter {
    /// Creates the file and writes the symbols, which must be sorted and unique.
    pub(super) fn create(
        path: PathBuf,
        symbols: impl Iterator<Item = impl AsRef<str>>,
    ) -> Result<Self, StoreError> {
        let mut out = Out::create(path)?;
        let mut list = SymbolList::default();
        for symbol in symbols {
            if !list.push(symbol.as_ref()) {
                return Err(out.wrong(format!(
                    "symbol {:?} does not follow the one before it, or the symbols are over 4 GiB",
                    symbol.as_ref()
                )));
            }
        }
        out.write(&HEADER)?;
        let mut toc = Toc {
            symbols: out.at(),
            ..Toc::default()
        };
        let mut section = out.begin_section(list.encoded_len())?;
        list.encode(|piece| section.write(piece))?;
        section.finish()?;
        toc.series = out.at();
        Ok(Self {
            out,
            toc,
            symbols: list,
            postings: PostingCounts::default(),
            all: Vec::new(),
            pairs: Vec::new(),
            last: Vec::new(),
            scratch: Vec::new(),
            length: Vec::new(),
        })
    }

    /// Appends a series. Its labels must be greater than those of the last.
    pub(super) fn push(&mut self, labels: &Labels, chunks: &[ChunkMeta]) -> Result<(), StoreError> {
        self.resolve(labels)?;
        self.push_pairs(chunks)
    }

    /// Appends the series of the symbols in `pairs`. Symbols compare as their texts do.
    fn push_pairs(&mut self, chunks: &[ChunkMeta]) -> Result<(), StoreError> {
        if !self.all.is_empty() && self.last >= self.pairs {
            let text = |symbol: u32| self.symbols.get(symbol);
            let pairs = self.pairs.iter();
            let labels = Labels::from_pairs(pairs.map(|&(name, value)| (text(name), text(value))));
            return Err(self
                .out
                .wrong(format!("series {labels} does not follow the one before it")));
        }
        self.out.pad(SERIES_ALIGNMENT)?;
        let reference = u32::try_from(self.out.at() / SERIES_ALIGNMENT)
            .map_err(|_| self.out.wrong("the series take over 64 GiB"))?;
        self.scratch.clear();
        series::encode(&mut self.scratch, &self.pairs, chunks);
        self.length.clear();
        put_uvarint(&mut self.length, self.scratch.len() as u64);
        self.out.write(&self.length)?;
        self.out.write(&self.scratch)?;
        self.out.write(&crc32c(&self.scratch).to_be_bytes())?;
        for &pair in &self.pairs {
            self.postings.add(pair);
        }
        self.all.push(reference);
        self.last.clone_from(&self.pairs);
        Ok(())
    }

    /// Writes what follows the series and waits for the disk.
    pub(super) fn finish(mut self) -> Result<(), StoreError> {
        let lists = std::mem::take(&mut self.postings).into_lists();
        self.toc.label_indices = self.out.at();
        let label_table = self.write_label_indices(lists.pairs())?;
        self.toc.postings = self.out.at();
        let postings_table = self.write_postings(&lists)?;
        self.toc.label_table = self.out.at();
        self.out.write_section(&label_table)?;
        self.toc.postings_table = self.out.at();
        self.out.write_section(&postings_table)?;
        self.out.write(&self.toc.encode())?;
        self.out.finish()
    }

    /// Turns labels into symbols. Neighbours in label order share most labels, which are tried
    /// first.
    fn resolve(&mut self, labels: &Labels) -> Result<(), StoreError> {
        let mut count = 0;
        for (place, (name, value)) in labels.iter().enumerate() {
            let before = self.pairs.get(place).copied();
            let find = |text: &str, guess: Option<u32>| {
                guess
                    .filter(|&guess| self.symbols.get(guess) == text)
                    .or_else(|| self.symbols.find(text))
                    .ok_or_else(|| {
                        self.out
                            .wrong(format!("{text:?} of series {labels} is not in the symbols"))
                    })
            };
            let pair = (
                find(name, before.map(|pair| pair.0))?,
                find(value, before.map(|pair| pair.1))?,
            );
            match self.pairs.get_mut(place) {
                Some(slot) => *slot = pair,
                None => self.pairs.push(pair),
            }
            count = place + 1;
        }
        self.pairs.truncate(count);
        Ok(())
    }

    /// One list of values for each name; answers the table of their places.
    fn write_label_indices(&mut self, pairs: &[(u32, u32)]) -> Result<Vec<u8>, StoreError> {
        let names = pairs.chunk_by(|a, b| a.0 == b.0);
        let count = u32::try_from(names.clone().count()).unwrap_or(u32::MAX);
        let mut table = count.to_be_bytes().to_vec();
        for values in names {
            let Some(&(name, _)) = values.first() else {
                continue;
            };
            self.out.pad(LIST_ALIGNMENT)?;
            put_uvarint(&mut table, 1);
            put_text(&mut table, self.symbols.get(name));
            put_uvarint(&mut table, self.out.at());
            self.scratch.clear();
            // One name, and how many values.
            self.scratch.extend_from_slice(&1u32.to_be_bytes());
            put_list(&mut self.scratch, values.iter().map(|pair| pair.1));
            self.out.write_section(&self.scratch)?;
        }
        Ok(table)
    }

    /// All postings; answers the table of their places.
    fn write_postings(&mut self, lists: &PostingLists) -> Result<Vec<u8>, StoreError> {
        let count = u32::try_from(lists.pairs().len() + 1).unwrap_or(u32::MAX);
        let mut table = count.to_be_bytes().to_vec();
        let all = std::mem::take(&mut self.all);
        self.write_list(&mut table, ("", ""), &all)?;
        let symbols = std::mem::take(&mut self.symbols);
        let mut from = 0;
        while from < lists.pairs().len() {
            let range = lists.next_part(from);
            from = range.end;
            let mut part = lists.part(range);
            self.read_back(&all, |reference, entry| part.add(reference, entry))?;
            for (pair, list) in part.full() {
                let list = list.ok_or_else(|| self.out.wrong("its series changed on the disk"))?;
                let label = (symbols.get(pair.0), symbols.get(pair.1));
                self.write_list(&mut table, label, list)?;
            }
        }
        Ok(table)
    }

    /// Hands each series, as it was written, to `each`.
    fn read_back(
        &mut self,
        all: &[u32],
        mut each: impl FnMut(u32, &[u8]) -> Option<()>,
    ) -> Result<(), StoreError> {
        self.out.flush()?;
        let failed = || StoreError::io(self.out.path());
        let file = File::open(self.out.path()).map_err(failed())?;
        let mut file = BufReader::with_capacity(READ_BYTES, file);
        let mut at = 0u64;
        let mut entry = Vec::new();
        for &reference in all {
            let start = u64::from(reference) * SERIES_ALIGNMENT;
            let ahead = start.checked_sub(at).and_then(|n| i64::try_from(n).ok());
            let ahead = ahead.unwrap_or_default();
            if at == 0 {
                file.seek(SeekFrom::Start(start)).map_err(failed())?;
            } else {
                file.seek_relative(ahead).map_err(failed())?;
            }
            let (length, width) = read_uvarint(&mut file).map_err(failed())?;
            entry.clear();
            let read = (&mut file).take(length).read_to_end(&mut entry);
            read.map_err(failed())?;
            at = start + width + length;
            each(reference, &entry)
                .ok_or_else(|| self.out.wrong("its series changed on the disk"))?;
        }
        Ok(())
    }

    fn write_list(
        &mut self,
        table: &mut Vec<u8>,
        (name, value): (&str, &str),
        list: &[u32],
    ) -> Result<(), StoreError> {
        self.out.pad(LIST_ALIGNMENT)?;
        put_entry(table, name, value, self.out.at());
        self.scratch.clear();
        put_list(&mut self.scratch, list.iter().copied());
        self.out.write_section(&self.scratch)
    }
}

fn put_list(out: &mut Vec<u8>, list: impl ExactSizeIterator<Item = u32>) {
    let count = u32::try_from(list.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&count.to_be_bytes());
    for number in list {
        out.extend_from_slice(&number.to_be_bytes());
    }
}

/// Reads a varint; answers also how many bytes it has.
fn read_uvarint(file: &mut impl BufRead) -> std::io::Result<(u64, u64)> {
    let (mut value, mut width) = (0u64, 0u64);
    loop {
        let mut byte = [0];
        file.read_exact(&mut byte)?;
        let [byte] = byte;
        value |= u64::from(byte & 0x7f)
            .checked_shl(width as u32 * 7)
            .unwrap_or_default();
        width += 1;
        // A length of the writer's own has five bytes at most.
        if byte < 0x80 || width > 5 {
            return Ok((value, width));
        }
    }
}
