//! The symbols of several blocks as those of one.
//!
//! Symbol tables are sorted, so that walking them side by side gives the merged table and tells
//! what each symbol is called in it: four bytes a symbol and block. Symbols compare as their texts
//! do; with the maps, series of different blocks are compared without looking at a text.

use super::read::Block;

/// What the symbols of one block are called in the merged table.
#[derive(Debug, Default)]
pub(crate) struct SymbolMap(Vec<u32>);

impl SymbolMap {
    /// The merged symbol of a block's symbol.
    pub(crate) fn get(&self, symbol: u32) -> Option<u32> {
        self.0.get(symbol as usize).copied()
    }
}

/// The texts of several sorted lists, each once, with the lists that have it.
struct Merged<'a, I: Iterator<Item = &'a str>> {
    lists: Vec<std::iter::Peekable<I>>,
    having: Vec<usize>,
}

impl<'a, I: Iterator<Item = &'a str>> Merged<'a, I> {
    fn new(lists: impl Iterator<Item = I>) -> Self {
        Self {
            lists: lists.map(Iterator::peekable).collect(),
            having: Vec::new(),
        }
    }

    /// The next text; `having` then names the lists that have it.
    fn step(&mut self) -> Option<&'a str> {
        self.having.clear();
        let mut least: Option<&'a str> = None;
        for (place, list) in self.lists.iter_mut().enumerate() {
            let Some(&text) = list.peek() else { continue };
            match least.map_or(std::cmp::Ordering::Less, |least| text.cmp(least)) {
                std::cmp::Ordering::Less => {
                    least = Some(text);
                    self.having.clear();
                    self.having.push(place);
                }
                std::cmp::Ordering::Equal => self.having.push(place),
                std::cmp::Ordering::Greater => {}
            }
        }
        for &place in &self.having {
            if let Some(list) = self.lists.get_mut(place) {
                list.next();
            }
        }
        least
    }
}

/// The map of each block.
pub(crate) fn symbol_maps(blocks: &[&Block]) -> Vec<SymbolMap> {
    let mut maps: Vec<SymbolMap> = Vec::new();
    maps.resize_with(blocks.len(), SymbolMap::default);
    let mut merged = Merged::new(blocks.iter().map(|block| block.symbols()));
    let mut next = 0;
    while merged.step().is_some() {
        for &place in &merged.having {
            if let Some(map) = maps.get_mut(place) {
                map.0.push(next);
            }
        }
        next += 1;
    }
    maps
}

/// The symbols of all blocks, sorted, each once.
pub(crate) fn merged_symbols<'a>(blocks: &[&'a Block]) -> impl Iterator<Item = &'a str> {
    let mut merged = Merged::new(blocks.iter().map(|block| block.symbols()));
    std::iter::from_fn(move || merged.step())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lists_merge_as_sets_do(
            lists in proptest::collection::vec(proptest::collection::btree_set("[a-c]{0,3}", 0..9), 0..4),
        ) {
            let mut merged = Merged::new(
                lists.iter().map(|list: &BTreeSet<String>| list.iter().map(String::as_str)),
            );
            let mut all = Vec::new();
            while let Some(text) = merged.step() {
                let having: Vec<usize> =
                    (0..lists.len()).filter(|&place| lists[place].contains(text)).collect();
                prop_assert_eq!(&merged.having, &having);
                all.push(text);
            }
            let union: BTreeSet<&str> =
                lists.iter().flatten().map(String::as_str).collect();
            prop_assert!(all.iter().eq(union.iter()));
        }
    }
}
