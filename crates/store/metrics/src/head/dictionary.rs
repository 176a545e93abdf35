//! The dictionary: label pairs by number.
//!
//! A series keeps its labels as pair numbers, four bytes a label. A pair number names a postings
//! list as well, so that a matcher goes from text to pairs to series without another table.
//! Numbers only grow; the head builds a new dictionary when most pairs are dead.

use std::collections::BTreeMap;

use model::Labels;
use rapidhash::v3::rapidhash_v3;

use super::symbols::Symbols;
use super::table::IdTable;

/// A label name with a value, as symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pair {
    name: u32,
    value: u32,
}

/// Label pairs, each with a number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dictionary {
    symbols: Symbols,
    pairs: Vec<Pair>,
    table: IdTable,
    /// The pairs of each label name.
    names: BTreeMap<u32, Vec<u32>>,
}

fn hash(name: &str, value: &str) -> u64 {
    rapidhash_v3(name.as_bytes()).rotate_left(17) ^ rapidhash_v3(value.as_bytes())
}

fn pair_text<'a>(symbols: &'a Symbols, pairs: &[Pair], number: u32) -> (&'a str, &'a str) {
    match pairs.get(number as usize) {
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
