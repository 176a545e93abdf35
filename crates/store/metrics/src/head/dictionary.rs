//! The dictionary: label pairs by number.
//!
//! A series keeps its labels as pair numbers, four bytes a label. A pair number names a postings
//! list as well, so that a matcher goes from text to pairs to series without another table.
//! Numbers only grow; the head builds a new dictionary when most pairs are dead.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::Labels;
use rapidhash::v3::rapidhash_v3;

use super::symbols::{Symbols, Texts};
use super::table::IdTable;

/// Pairs on a page; a power of two.
const PAGE: usize = 1024;

/// A label name with a value, as symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) name: u32,
    pub(crate) value: u32,
}

/// Pairs by number, in pages that copies share, as those of [`Texts`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Pairs {
    pages: Vec<Arc<Vec<Pair>>>,
    count: usize,
}

impl Pairs {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The symbols of a pair.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<Pair> {
        let number = number as usize;
        self.pages.get(number / PAGE)?.get(number % PAGE).copied()
    }

    fn push(&mut self, pair: Pair) {
        match self.pages.last_mut() {
            Some(page) if page.len() < PAGE => Arc::make_mut(page).push(pair),
            _ => self.pages.push(Arc::new(vec![pair])),
        }
        self.count += 1;
    }
}

/// Label pairs, each with a number.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    symbols: Symbols,
    pairs: Pairs,
    table: IdTable,
    /// The pairs of each label name.
    names: BTreeMap<u32, Vec<u32>>,
}

fn hash(name: &str, value: &str) -> u64 {
    rapidhash_v3(name.as_bytes()).rotate_left(17) ^ rapidhash_v3(value.as_bytes())
}

fn pair_text<'a>(symbols: &'a Symbols, pairs: &Pairs, number: u32) -> (&'a str, &'a str) {
    match pairs.get(number) {
        Some(pair) => (symbols.get(pair.name), symbols.get(pair.value)),
        None => ("", ""),
    }
}

impl Dictionary {
    /// Name and value of a pair; two empty texts for a number that was never given.
    pub(crate) fn get(&self, pair: u32) -> (&str, &str) {
        pair_text(&self.symbols, &self.pairs, pair)
    }

    /// How many pairs there are.
    pub(crate) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// What all numbers so far stand for: a copy that shares the texts.
    pub(crate) fn snapshot(&self) -> (Texts, Pairs) {
        (self.symbols.texts().clone(), self.pairs.clone())
    }

    /// Bytes of the texts.
    pub(crate) fn symbol_bytes(&self) -> usize {
        self.symbols.size()
    }

    /// The number of a pair, if it has one.
    pub(crate) fn find(&self, name: &str, value: &str) -> Option<u32> {
        self.table
            .find(hash(name, value), |pair| self.get(pair) == (name, value))
    }

    /// The number of a pair, old or new; `None` when the dictionary is full.
    pub(crate) fn intern(&mut self, name: &str, value: &str) -> Option<u32> {
        if let Some(pair) = self.find(name, value) {
            return Some(pair);
        }
        let number = u32::try_from(self.pairs.len()).ok()?;
        let pair = Pair {
            name: self.symbols.intern(name)?,
            value: self.symbols.intern(value)?,
        };
        self.pairs.push(pair);
        self.names.entry(pair.name).or_default().push(number);
        let (symbols, pairs) = (&self.symbols, &self.pairs);
        self.table.insert(hash(name, value), number, |old| {
            let (name, value) = pair_text(symbols, pairs, old);
            hash(name, value)
        });
        Some(number)
    }

    /// The pairs of a label name.
    pub(crate) fn pairs_of(&self, name: &str) -> &[u32] {
        self.symbols
            .find(name)
            .and_then(|symbol| self.names.get(&symbol))
            .map_or(&[], Vec::as_slice)
    }

    /// Every label name with its pairs.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, &[u32])> {
        self.names
            .iter()
            .map(|(&name, pairs)| (self.symbols.get(name), pairs.as_slice()))
    }

    /// The label set that pair numbers stand for.
    pub(crate) fn labels(&self, pairs: &[u32]) -> Labels {
        Labels::from_pairs(pairs.iter().map(|&pair| self.get(pair)))
    }
}
