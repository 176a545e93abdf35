//! The symbol table: every text once.

use rapidhash::v3::rapidhash_v3;

use super::table::IdTable;

/// Texts, each with a number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Symbols {
    text: String,
    /// Where each symbol ends in `text`; it begins where the one before ends.
    ends: Vec<u32>,
    table: IdTable,
}

impl Symbols {
    /// The text of a symbol; empty for a number that was never given.
    #[inline]
    pub(crate) fn get(&self, symbol: u32) -> &str {
        text_of(&self.text, &self.ends, symbol)
    }

    /// The number of a text, if it has one.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        self.table.find(rapidhash_v3(text.as_bytes()), |symbol| {
            self.get(symbol) == text
        })
    }

    /// The number of a text, old or new. `None` when the table is full: 4 GiB of text.
    pub(crate) fn intern(&mut self, text: &str) -> Option<u32> {
        if let Some(symbol) = self.find(text) {
            return Some(symbol);
        }
        let end = u32::try_from(self.text.len() + text.len()).ok()?;
        let symbol = u32::try_from(self.ends.len()).ok()?;
        self.text.push_str(text);
        self.ends.push(end);
        let (all, ends) = (&self.text, &self.ends);
        self.table
            .insert(rapidhash_v3(text.as_bytes()), symbol, |old| {
                rapidhash_v3(text_of(all, ends, old).as_bytes())
            });
        Some(symbol)
    }

    /// Bytes of all texts with their places.
    pub(crate) fn size(&self) -> usize {
        self.text.len() + self.ends.len() * size_of::<u32>()
    }
}

#[inline]
fn text_of<'a>(text: &'a str, ends: &[u32], symbol: u32) -> &'a str {
    let symbol = symbol as usize;
    let start = match symbol.checked_sub(1) {
        None => 0,
        Some(before) => ends.get(before).copied().unwrap_or(u32::MAX) as usize,
    };
    let end = ends.get(symbol).copied().unwrap_or_default() as usize;
    text.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number() {
        let mut symbols = Symbols::default();
        let numbers: Vec<u32> = (0..500)
            .map(|n| symbols.intern(&format!("text{n}")).unwrap())
            .collect();
        for (n, &symbol) in numbers.iter().enumerate() {
            assert_eq!(symbols.get(symbol), format!("text{n}"));
            assert_eq!(symbols.intern(&format!("text{n}")), Some(symbol));
        }
        assert_eq!(symbols.find("text500"), None);
        assert_eq!(symbols.get(500), "");
    }
}
