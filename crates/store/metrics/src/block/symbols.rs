//! The texts of an index: each name and value once, sorted, known by its place.
//!
//! `length u32 | count u32 | { length uvarint | text }… | CRC32C u32`

use std::ops::Range;

use super::section::section;
use crate::record::bytes::{Cursor, put_text, uvarint_len};

/// Of so many symbols one is remembered: half a byte of memory a symbol, and four symbols passed
/// over on the way to one, on average.
const SAMPLE: u32 = 8;

/// The symbols of an index that is being written: all texts in one, and where each ends.
#[derive(Debug, Default)]
pub(super) struct SymbolList {
    text: String,
    ends: Vec<u32>,
}

impl SymbolList {
    /// Adds a symbol; false where it is not greater than the last, or is too much.
    pub(super) fn push(&mut self, symbol: &str) -> bool {
        if self.count() > 0 && self.get(self.count() - 1) >= symbol {
            return false;
        }
        let Ok(end) = u32::try_from(self.text.len() + symbol.len()) else {
            return false;
        };
        self.text.push_str(symbol);
        self.ends.push(end);
        true
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }

    /// The text of a symbol; empty beyond the end.
    pub(super) fn get(&self, symbol: u32) -> &str {
        let place = symbol as usize;
        let end = self.ends.get(place).copied().unwrap_or_default();
        let start = place
            .checked_sub(1)
            .and_then(|before| self.ends.get(before).copied())
            .unwrap_or_default();
        self.text.get(start as usize..end as usize).unwrap_or("")
    }

    /// The symbol of a text.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle).cmp(text) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// Bytes of the section's content.
    pub(super) fn encoded_len(&self) -> u64 {
        let texts = (0..self.count()).map(|symbol| {
            let length = self.get(symbol).len() as u64;
            length + uvarint_len(length)
        });
        size_of::<u32>() as u64 + texts.sum::<u64>()
    }

    /// Hands the section's content to `put`, piece by piece.
    pub(super) fn encode<E>(&self, mut put: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        put(&self.count().to_be_bytes())?;
        let mut piece = Vec::new();
        for symbol in 0..self.count() {
            piece.clear();
            put_text(&mut piece, self.get(symbol));
            put(&piece)?;
        }
        Ok(())
    }
}

/// The symbols of a mapped index.
#[derive(Debug)]
pub(super) struct Symbols {
    /// The texts, in bytes of the index.
    texts: Range<usize>,
    count: u32,
    /// Where in `texts` every so-many-th symbol begins.
    samples: Vec<u32>,
}

impl Symbols {
    /// Reads the section at a place; `None` where it does not add up.
    pub(super) fn open(index: &[u8], at: u64) -> Option<Self> {
        let content = section(index, at)?;
        let mut cursor = Cursor(content);
        let count = cursor.u32()?;
        let length = cursor.len();
        let mut samples = Vec::new();
        for place in 0..count {
            if place % SAMPLE == 0 {
                samples.push(u32::try_from(length - cursor.len()).ok()?);
            }
            cursor.text()?;
        }
        let start = usize::try_from(at).ok()? + 8;
        cursor.is_empty().then_some(Self {
            texts: start..start + length,
            count,
            samples,
        })
    }

    /// All texts, sorted.
    pub(super) fn iter<'a>(&self, index: &'a [u8]) -> impl Iterator<Item = &'a str> + use<'a> {
        let texts = index.get(self.texts.clone()).unwrap_or_default();
        let mut cursor = Cursor(texts);
        std::iter::from_fn(move || cursor.text())
    }

    /// The text of a symbol.
    pub(super) fn get<'a>(&self, index: &'a [u8], symbol: u32) -> Option<&'a str> {
        if symbol >= self.count {
            return None;
        }
        let texts = index.get(self.texts.clone())?;
        let start = *self.samples.get((symbol / SAMPLE) as usize)?;
        let mut cursor = Cursor(texts.get(start as usize..)?);
        for _ in 0..symbol % SAMPLE {
            let size = usize::try_from(cursor.uvarint()?).ok()?;
            cursor.take(size)?;
        }
        cursor.text()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::section::tests::around;
    use super::*;

    proptest! {
        #[test]
        fn any_table_is_survived(mut content in proptest::collection::vec(0u8..20, 4..60), count in 0u32..60) {
            content[..4].copy_from_slice(&count.to_be_bytes());
            let index = around(&content);
            if let Some(symbols) = Symbols::open(&index, 0) {
                let all: Vec<&str> = symbols.iter(&index).collect();
                prop_assert_eq!(all.len(), count as usize);
                for (symbol, text) in (0..).zip(all) {
                    prop_assert_eq!(symbols.get(&index, symbol), Some(text));
                }
            }
        }

        #[test]
        fn what_is_written_is_read(texts in proptest::collection::btree_set(".{0,9}", 0..60)) {
            let texts: BTreeSet<String> = texts;
            let mut list = SymbolList::default();
            for text in &texts {
                prop_assert!(list.push(text));
            }
            let mut content = Vec::new();
            let put = list.encode(|piece| {
                content.extend_from_slice(piece);
                Ok::<(), ()>(())
            });
            prop_assert_eq!((put, content.len() as u64), (Ok(()), list.encoded_len()));
            let mut index = vec![0; 5];
            index.extend(around(&content));
            let symbols = Symbols::open(&index, 5).unwrap();
            for (place, text) in texts.iter().enumerate() {
                prop_assert_eq!(list.find(text), Some(place as u32));
                prop_assert_eq!(symbols.get(&index, place as u32), Some(text.as_str()));
            }
            prop_assert_eq!(symbols.get(&index, texts.len() as u32), None);
            prop_assert!(symbols.iter(&index).eq(&texts));
            prop_assert_eq!(list.find("not there, and longer"), None);
        }
    }

    #[test]
    fn symbols_must_rise() {
        let mut list = SymbolList::default();
        assert!(list.push(""));
        assert!(list.push("b"));
        assert!(!list.push("b"));
        assert!(!list.push("a"));
    }
}
