//! Writing an index, front to back.
//!
//! Symbols come first, then the series in rising label order; each is written at once and only its
//! place is kept, in the postings of its labels. Everything else is written at the end.

use std::collections::HashMap;
use std::path::PathBuf;

use model::Labels;

use super::out::Out;
use super::postings_table::put_entry;
use super::series::{self, ChunkMeta};
use super::symbols::SymbolList;
use super::toc::{HEADER, Toc};
use crate::record::bytes::{put_text, put_uvarint};
use crate::{StoreError, crc32c};

/// Bytes that a series' place is a multiple of; a reference is the place in units of it.
pub(super) const SERIES_ALIGNMENT: u64 = 16;
/// Bytes that the place of a list is a multiple of.
const LIST_ALIGNMENT: u64 = 4;

/// Writes an index.
pub(super) struct IndexWriter {
    out: Out,
    toc: Toc,
    symbols: SymbolList,
    /// References by name and value.
    postings: HashMap<(u32, u32), Vec<u32>>,
    all: Vec<u32>,
    last: Option<Labels>,
    /// Symbols of the last series.
    pairs: Vec<(u32, u32)>,
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
        out.write_section(&list.encode())?;
        toc.series = out.at();
        Ok(Self {
            out,
            toc,
            symbols: list,
            postings: HashMap::new(),
            all: Vec::new(),
            last: None,
            pairs: Vec::new(),
            scratch: Vec::new(),
            length: Vec::new(),
        })
    }

    /// Appends a series. Its labels must be greater than those of the last.
    pub(super) fn push(&mut self, labels: Labels, chunks: &[ChunkMeta]) -> Result<(), StoreError> {
        if self.last.as_ref().is_some_and(|last| *last >= labels) {
            return Err(self
                .out
                .wrong(format!("series {labels} does not follow the one before it")));
        }
        self.resolve(&labels)?;
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
            self.postings.entry(pair).or_default().push(reference);
        }
        self.all.push(reference);
        self.last = Some(labels);
        Ok(())
    }

    /// Writes what follows the series and waits for the disk.
    pub(super) fn finish(mut self) -> Result<(), StoreError> {
        let mut pairs: Vec<(u32, u32)> = self.postings.keys().copied().collect();
        pairs.sort_unstable();
        self.toc.label_indices = self.out.at();
        let label_table = self.write_label_indices(&pairs)?;
        self.toc.postings = self.out.at();
        let postings_table = self.write_postings(&pairs)?;
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
    fn write_postings(&mut self, pairs: &[(u32, u32)]) -> Result<Vec<u8>, StoreError> {
        let count = u32::try_from(pairs.len() + 1).unwrap_or(u32::MAX);
        let mut table = count.to_be_bytes().to_vec();
        let all = std::mem::take(&mut self.all);
        self.write_list(&mut table, ("", ""), &all)?;
        drop(all);
        let symbols = std::mem::take(&mut self.symbols);
        for pair in pairs {
            // Taken out, so that the memory shrinks as the table grows.
            let list = self.postings.remove(pair).unwrap_or_default();
            let label = (symbols.get(pair.0), symbols.get(pair.1));
            self.write_list(&mut table, label, &list)?;
        }
        Ok(table)
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
