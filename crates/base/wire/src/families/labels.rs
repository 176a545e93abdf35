//! Labels that may be empty, in one allocation.

use std::fmt;

use model::METRIC_NAME;

/// Labels sorted by name. Unlike [`model::Labels`] they keep empty values: a push gateway shows
/// `instance=""`.
///
/// Name and value stand in turn, each behind its length in bytes, which is written six bits a
/// byte, lowest first, so that the whole is text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LabelPairs(Box<str>);

/// Says that more digits of a length follow.
const MORE: u8 = 0x40;
const DIGIT: usize = 0x3f;

/// Bytes that the two lengths of a label usually take.
const LENGTHS: usize = 3;

impl LabelPairs {
    /// Labels from pairs that are sorted by name, each name once.
    pub fn from_sorted<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Self {
        let size = |(name, value): (&str, &str)| name.len() + value.len() + LENGTHS;
        let mut packed = String::with_capacity(pairs.clone().map(size).sum());
        for (name, value) in pairs {
            push(&mut packed, name);
            push(&mut packed, value);
        }
        Self(packed.into_boxed_str())
    }

    /// Labels from pairs in any order; of a name given twice the last stands.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let sorted: std::collections::BTreeMap<&str, &str> = pairs.into_iter().collect();
        Self::from_sorted(sorted.iter().map(|(name, value)| (*name, *value)))
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        let mut rest = &*self.0;
        std::iter::from_fn(move || Some((take(&mut rest)?, take(&mut rest)?)))
    }

    /// The value of a label, which may be empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find_map(|(one, value)| (one == name).then_some(value))
    }

    /// How many labels there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes in memory, which tell one set from any other.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Display for LabelPairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, value)) in self.iter().enumerate() {
            f.write_str(if place == 0 { "{" } else { "," })?;
            write!(f, "{name}=")?;
            model::name::write_quoted(f, value)?;
        }
        f.write_str(if self.is_empty() { "{}" } else { "}" })
    }
}

fn push(packed: &mut String, text: &str) {
    let mut length = text.len();
    while length > DIGIT {
        packed.push(char::from(MORE | (length & DIGIT) as u8));
        length >>= 6;
    }
    packed.push(char::from(length as u8));
    packed.push_str(text);
}

/// Takes one text off the front; `None` at the end.
fn take<'a>(packed: &mut &'a str) -> Option<&'a str> {
    let mut length = 0;
    for (place, &byte) in packed.as_bytes().iter().enumerate() {
        length |= (usize::from(byte) & DIGIT) << (6 * place);
        if byte & MORE == 0 {
            let (text, rest) = packed.get(place + 1..)?.split_at_checked(length)?;
            *packed = rest;
            return Some(text);
        }
    }
    None
}

/// What is said of every metric of a body from outside: these labels stand over the body's, and
/// who has no instance gets an empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overlay {
    /// Sorted by name; `instance` among them only where it is given.
    given: LabelPairs,
    has_instance: bool,
}

/// The label that is always there.
const INSTANCE: &str = "instance";

impl Overlay {
    /// An overlay of these labels.
    pub fn new(given: LabelPairs) -> Self {
        let has_instance = given.get(INSTANCE).is_some();
        Self {
            given,
            has_instance,
        }
    }

    /// The labels of a metric that says nothing itself.
    pub fn alone(&self) -> LabelPairs {
        self.over(&[])
    }

    /// The labels of a metric whose body says these, which are sorted by name.
    pub(super) fn over(&self, said: &[(&str, &str)]) -> LabelPairs {
        let mut pairs: Vec<(&str, &str)> = Vec::with_capacity(said.len() + 4);
        let says_instance = said.iter().any(|(name, _)| *name == INSTANCE);
        pairs.extend(self.given.iter());
        if !self.has_instance && !says_instance {
            pairs.push((INSTANCE, ""));
        }
        let outside = pairs.len();
        for pair in said {
            let is_given = pairs.iter().take(outside).any(|(name, _)| *name == pair.0);
            if !is_given && pair.0 != METRIC_NAME {
                pairs.push(*pair);
            }
        }
        pairs.sort_unstable_by_key(|(name, _)| *name);
        LabelPairs::from_sorted(pairs.iter().copied())
    }
}
