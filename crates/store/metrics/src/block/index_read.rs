//! Reading an index where it lies mapped.
//!
//! Opening checks the table of contents, the symbols and the postings offset table and keeps a
//! sample of the two in memory; series and postings are checked when they are read.

use std::path::{Path, PathBuf};

use contract::SelectError;
use memmap2::Mmap;
use model::Labels;

use super::index_write::SERIES_ALIGNMENT;
use super::postings::Postings;
use super::postings_table::PostingsTable;
use super::section::short_section;
use super::series::{self, ChunkMeta};
use super::symbols::Symbols;
use super::toc::Toc;
use crate::StoreError;
use crate::record::bytes::Cursor;

/// Labels that most series do not exceed: no more than a first guess.
const EXPECTED_LABELS: usize = 12;

/// A mapped index.
#[derive(Debug)]
pub(super) struct Index {
    path: PathBuf,
    map: Mmap,
    symbols: Symbols,
    table: PostingsTable,
}

impl Index {
    /// Maps the index of a block.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let map = crate::files::map(path).map_err(StoreError::io(path))?;
        let wrong = |reason: &str| StoreError::Block {
            folder: path.to_owned(),
            reason: reason.to_owned(),
        };
        let toc = Toc::parse(&map).map_err(wrong)?;
        let symbols =
            Symbols::open(&map, toc.symbols).ok_or_else(|| wrong("its symbols are damaged"))?;
        let table = PostingsTable::open(&map, toc.postings_table)
            .ok_or_else(|| wrong("its postings offset table is damaged"))?;
        // All of both was read; queries need little of it.
        crate::files::let_go(&map);
        Ok(Self {
            path: path.to_owned(),
            map,
            symbols,
            table,
        })
    }

    /// Lets the index leave memory until it is read again.
    pub(super) fn let_go(&self) {
        crate::files::let_go(&self.map);
    }

    /// The postings of all series.
    pub(super) fn all(&self) -> Result<Postings<'_>, SelectError> {
        self.find("", "")
    }

    /// The postings of a label, empty where there are none.
    pub(super) fn find(&self, name: &str, value: &str) -> Result<Postings<'_>, SelectError> {
        match self.table.find(&self.map, name, value) {
            Some(at) => self.postings(at),
            None => Ok(Postings::Owned(Vec::new())),
        }
    }

    /// The postings of the values of a name that `keep` answers true for.
    pub(super) fn filter(
        &self,
        name: &str,
        keep: impl Fn(&str) -> bool,
    ) -> Result<Vec<Postings<'_>>, SelectError> {
        let mut places = Vec::new();
        self.table.values(&self.map, name, |value, at| {
            if keep(value) {
                places.push(at);
            }
        });
        places.into_iter().map(|at| self.postings(at)).collect()
    }

    /// All names, sorted.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.table.names()
    }

    /// All values of a name, sorted.
    pub(super) fn values(&self, name: &str) -> Vec<&str> {
        let mut values = Vec::new();
        self.table
            .values(&self.map, name, |value, _| values.push(value));
        values
    }

    /// All texts of labels, sorted.
    pub(super) fn symbols(&self) -> impl Iterator<Item = &str> {
        self.symbols.iter(&self.map)
    }

    /// The text of a symbol.
    pub(super) fn symbol(&self, symbol: u32) -> Result<&str, SelectError> {
        self.symbols.get(&self.map, symbol).ok_or_else(|| {
            SelectError::Corrupt(format!("{}: no symbol {symbol}", self.path.display()))
        })
    }

    /// The labels of a series.
    pub(super) fn labels(&self, reference: u32) -> Result<Labels, SelectError> {
        let mut pairs = Vec::with_capacity(EXPECTED_LABELS);
        self.read_labels(reference, |name, value| {
            let text = |symbol| self.symbols.get(&self.map, symbol);
            pairs.push((text(name)?, text(value)?));
            Some(())
        })?;
        Ok(Labels::from_pairs(pairs))
    }

    /// Hands the labels of a series, as symbols, to `each`.
    pub(super) fn label_symbols(
        &self,
        reference: u32,
        mut each: impl FnMut(u32, u32),
    ) -> Result<(), SelectError> {
        self.read_labels(reference, |name, value| {
            each(name, value);
            Some(())
        })
        .map(|_| ())
    }

    /// Hands the labels of a series, as symbols, to `label` and its chunks to `chunk`, oldest first.
    pub(super) fn series(
        &self,
        reference: u32,
        mut label: impl FnMut(u32, u32),
        chunk: impl FnMut(ChunkMeta),
    ) -> Result<(), SelectError> {
        let rest = self.read_labels(reference, |name, value| {
            label(name, value);
            Some(())
        })?;
        series::chunks(rest, chunk).ok_or_else(|| self.bad_series(reference))
    }

    /// Hands the chunks of a series to `each`, oldest first.
    pub(super) fn chunks(
        &self,
        reference: u32,
        each: impl FnMut(ChunkMeta),
    ) -> Result<(), SelectError> {
        let rest = self.read_labels(reference, |_, _| Some(()))?;
        series::chunks(rest, each).ok_or_else(|| self.bad_series(reference))
    }

    fn read_labels(
        &self,
        reference: u32,
        each: impl FnMut(u32, u32) -> Option<()>,
    ) -> Result<Cursor<'_>, SelectError> {
        short_section(&self.map, u64::from(reference) * SERIES_ALIGNMENT)
            .and_then(|entry| series::labels(entry, each))
            .ok_or_else(|| self.bad_series(reference))
    }

    fn bad_series(&self, reference: u32) -> SelectError {
        SelectError::Corrupt(format!(
            "{} at byte {}: no whole series",
            self.path.display(),
            u64::from(reference) * SERIES_ALIGNMENT
        ))
    }

    fn postings(&self, at: u64) -> Result<Postings<'_>, SelectError> {
        Postings::open(&self.map, at).ok_or_else(|| {
            SelectError::Corrupt(format!(
                "{} at byte {at}: no whole list of postings",
                self.path.display()
            ))
        })
    }
}
