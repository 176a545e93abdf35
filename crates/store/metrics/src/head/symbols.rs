//! The symbol table: every text once.
//!
//! Texts lie in pages that are shared with whoever copies the list of them: a copy costs a pointer
//! a page, and nothing is ever moved. Only the page that grows is copied, when it next grows.

use std::sync::Arc;

use rapidhash::v3::rapidhash_v3;

use super::table::IdTable;

/// Symbols on a page; a power of two.
const PAGE: usize = 1024;

/// Bytes of all texts together, at most: more do not fit the symbol table of a block.
const MOST_BYTES: usize = u32::MAX as usize;

/// Texts by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    pages: Vec<Arc<Page>>,
    count: usize,
    bytes: usize,
}

#[derive(Clone, Debug, Default)]
struct Page {
    text: String,
    /// Where each symbol ends in `text`; it begins where the one before ends.
    ends: Vec<u32>,
}

impl Texts {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The text of a symbol; empty for a number that was never given.
    #[inline]
    pub(crate) fn get(&self, symbol: u32) -> &str {
        let symbol = symbol as usize;
        let Some(page) = self.pages.get(symbol / PAGE) else {
            return "";
        };
        let place = symbol % PAGE;
        let start = match place.checked_sub(1) {
            None => 0,
            Some(before) => page.ends.get(before).copied().unwrap_or(u32::MAX) as usize,
        };
        let end = page.ends.get(place).copied().unwrap_or_default() as usize;
        page.text.get(start..end).unwrap_or_default()
    }

    /// Adds a text; `None` when there are 4 GiB of them.
    fn push(&mut self, text: &str) -> Option<u32> {
        let symbol = u32::try_from(self.count).ok()?;
        let bytes = self.bytes.checked_add(text.len());
        let bytes = bytes.filter(|&bytes| bytes <= MOST_BYTES)?;
        if self.count.is_multiple_of(PAGE) {
            self.pages.push(Arc::default());
        }
        let page = Arc::make_mut(self.pages.last_mut()?);
        page.text.push_str(text);
        page.ends.push(u32::try_from(page.text.len()).ok()?);
        (self.count, self.bytes) = (self.count + 1, bytes);
        Some(symbol)
    }
}

/// Texts, each with a number.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    texts: Texts,
    table: IdTable,
}

impl Symbols {
    /// The text of a symbol; empty for a number that was never given.
    #[inline]
    pub(crate) fn get(&self, symbol: u32) -> &str {
        self.texts.get(symbol)
    }

    /// All texts.
    pub(crate) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The number of a text, if it has one.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        self.find_hashed(rapidhash_v3(text.as_bytes()), text)
    }

    fn find_hashed(&self, hash: u64, text: &str) -> Option<u32> {
        self.table.find(hash, |symbol| self.get(symbol) == text)
    }

    /// The number of a text, old or new. `None` when the table is full: 4 GiB of text.
    pub(crate) fn intern(&mut self, text: &str) -> Option<u32> {
        let hash = rapidhash_v3(text.as_bytes());
        if let Some(symbol) = self.find_hashed(hash, text) {
            return Some(symbol);
        }
        let symbol = self.texts.push(text)?;
        let texts = &self.texts;
        self.table
            .insert(hash, symbol, |old| rapidhash_v3(texts.get(old).as_bytes()));
        Some(symbol)
    }

    /// Bytes of all texts with their places.
    pub(crate) fn size(&self) -> usize {
        self.texts.bytes + self.texts.count * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_and_a_copy_keeps_what_was_there() {
        let mut symbols = Symbols::default();
        let mut copies = Vec::new();
        let count = PAGE as u32 * 2 + 500;
        let numbers: Vec<u32> = (0..count)
            .map(|n| {
                if n % 700 == 0 {
                    copies.push(symbols.texts().clone());
                }
                symbols.intern(&format!("text{n}")).unwrap()
            })
            .collect();
        for (n, &symbol) in numbers.iter().enumerate() {
            assert_eq!(symbols.get(symbol), format!("text{n}"));
            assert_eq!(symbols.intern(&format!("text{n}")), Some(symbol));
        }
        assert_eq!(symbols.find(&format!("text{count}")), None);
        assert_eq!(symbols.get(count), "");
        for (copy, texts) in copies.iter().enumerate() {
            assert_eq!(texts.len(), copy * 700);
            for n in 0..texts.len() as u32 {
                assert_eq!(texts.get(n), symbols.get(n));
            }
            assert_eq!(texts.get(texts.len() as u32), "");
        }
    }
}
