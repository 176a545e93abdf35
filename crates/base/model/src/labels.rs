//! Label sets: what tells one series from another.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use crate::name;

/// The label that holds the metric's name.
pub const METRIC_NAME: &str = "__name__";

/// An immutable set of labels, sorted by name, no name twice, no value empty.
///
/// A label with an empty value means the same as no label, so none is kept. Cloning costs one
/// reference count. All pairs lie in one allocation: name and value in turn, each behind its
/// length in bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Labels(Arc<str>);

/// Lengths are written six bits at a time, lowest first; this bit says that more follow. Every
/// byte stays below 0x80, so that the packed text is valid UTF-8.
const MORE: u8 = 0x40;
const DIGIT: usize = 0x3f;

/// Bytes that the two lengths of a label take, unless its texts are long.
const LENGTHS: usize = 4;

fn push_text(packed: &mut String, text: &str) {
    let mut length = text.len();
    while length > DIGIT {
        packed.push(char::from(MORE | (length & DIGIT) as u8));
        length >>= 6;
    }
    packed.push(char::from(length as u8));
    packed.push_str(text);
}

/// How many bytes two texts begin with alike.
fn common_start(a: &[u8], b: &[u8]) -> usize {
    const WORD: usize = 8;
    let (words, others) = (a.as_chunks::<WORD>().0, b.as_chunks::<WORD>().0);
    let pairs = words.iter().zip(others);
    let count = pairs.take_while(|(word, other)| word == other).count();
    if let (Some(word), Some(other)) = (words.get(count), others.get(count)) {
        let differ = u64::from_le_bytes(*word) ^ u64::from_le_bytes(*other);
        return count * WORD + (differ.trailing_zeros() / u8::BITS) as usize;
    }
    let alike = count * WORD;
    let (a, b) = (a.iter().skip(alike), b.iter().skip(alike));
    alike + a.zip(b).take_while(|(a, b)| a == b).count()
}

/// The text that begins with its length at `start`; `None` at the end.
fn text_at(packed: &[u8], start: usize) -> Option<Range<usize>> {
    let mut length = 0;
    for (place, &byte) in packed.get(start..)?.iter().enumerate() {
        length |= (usize::from(byte) & DIGIT) << (6 * place);
        if byte & MORE == 0 {
            let from = start + place + 1;
            return Some(from..from + length);
        }
    }
    None
}

/// Takes one text off the front of `packed`; `None` at the end.
fn take_text<'a>(packed: &mut &'a str) -> Option<&'a str> {
    let mut length = 0;
    for (place, &byte) in packed.as_bytes().iter().enumerate() {
        length |= (usize::from(byte) & DIGIT) << (6 * place);
        if byte & MORE == 0 {
            let start = place + 1;
            let text = packed.get(start..start + length)?;
            *packed = packed.get(start + length..)?;
            return Some(text);
        }
    }
    None
}

impl Labels {
    /// The set without labels.
    pub fn empty() -> Self {
        Self(Arc::from(""))
    }

    /// Builds a set from pairs in any order. Of a name given twice the last value stands; empty
    /// values are left out.
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut pairs: Vec<(N, V)> = pairs.into_iter().collect();
        pairs.sort_by(|a, b| a.0.as_ref().cmp(b.0.as_ref()));
        let texts = pairs
            .iter()
            .map(|(n, v)| n.as_ref().len() + v.as_ref().len());
        let mut packed = String::with_capacity(texts.sum::<usize>() + pairs.len() * LENGTHS);
        let mut rest = pairs.iter().peekable();
        while let Some((name, value)) = rest.next() {
            let repeated = rest
                .peek()
                .is_some_and(|next| next.0.as_ref() == name.as_ref());
            if !repeated && !value.as_ref().is_empty() {
                push_text(&mut packed, name.as_ref());
                push_text(&mut packed, value.as_ref());
            }
        }
        Self(Arc::from(packed))
    }

    /// The labels as (name, value), sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        let mut rest: &str = &self.0;
        std::iter::from_fn(move || Some((take_text(&mut rest)?, take_text(&mut rest)?)))
    }

    /// The value of a label, if the set has it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .take_while(|(n, _)| *n <= name)
            .find(|(n, _)| *n == name)
            .map(|(_, v)| v)
    }

    /// The metric's name: the value of [`METRIC_NAME`].
    pub fn metric(&self) -> Option<&str> {
        self.get(METRIC_NAME)
    }

    /// How many labels there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The labels for which `keep` answers true.
    pub fn filtered(&self, mut keep: impl FnMut(&str) -> bool) -> Self {
        let mut packed = String::with_capacity(self.0.len());
        for (name, value) in self.iter().filter(|(name, _)| keep(name)) {
            push_text(&mut packed, name);
            push_text(&mut packed, value);
        }
        Self(Arc::from(packed))
    }

    /// The same labels without the metric's name.
    pub fn without_metric(&self) -> Self {
        self.filtered(|name| name != METRIC_NAME)
    }

    /// A builder that starts from these labels.
    pub fn to_builder(&self) -> LabelsBuilder {
        let mut builder = LabelsBuilder::new();
        for (name, value) in self.iter() {
            builder.set(name, value);
        }
        builder
    }

    /// A hash of the set, equal for equal sets within one process.
    pub fn hash64(&self) -> u64 {
        rapidhash::v3::rapidhash_v3(self.0.as_bytes())
    }

    /// Bytes that the set's text takes in memory.
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

impl Default for Labels {
    fn default() -> Self {
        Self::empty()
    }
}

impl Hash for Labels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Ord for Labels {
    /// By name, then value, label after label; of two sets where one begins the other, the
    /// shorter comes first.
    fn cmp(&self, other: &Self) -> Ordering {
        let (mine, others) = (self.0.as_bytes(), other.0.as_bytes());
        let same = common_start(mine, others);
        if same == mine.len() || same == others.len() {
            return mine.len().cmp(&others.len());
        }
        // Up to the text in which they differ both sets are one: only lengths need be read.
        let mut start = 0;
        loop {
            let one = text_at(mine, start);
            let end = one.as_ref().map_or(usize::MAX, |text| text.end);
            if end > same {
                let another = text_at(others, start).and_then(|text| others.get(text));
                return one.and_then(|text| mine.get(text)).cmp(&another);
            }
            start = end;
        }
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self::from_pairs(pairs)
    }
}

impl fmt::Display for Labels {
    /// The form upstream prints: `{name="value", other="value"}`; a name that needs quotes has
    /// them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('{')?;
        for (place, (name, value)) in self.iter().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            if name::is_legacy_label(name) {
                f.write_str(name)?;
            } else {
                name::write_quoted(f, name)?;
            }
            f.write_char('=')?;
            name::write_quoted(f, value)?;
        }
        f.write_char('}')
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Labels that a set under construction keeps in one text; hardly any series has more.
const MOST_FEW: usize = 64;
/// Room that a first label makes for those that follow, in bytes and in labels: most sets.
const USUAL: (usize, usize) = (256, 12);

/// A label set under construction: relabelling and joins set and remove labels here.
///
/// A new series costs two allocations here, whatever labels it has: their texts lie one behind the
/// other. From [`MOST_FEW`] labels on they lie in a tree, so that no number of labels makes a set
/// slow.
#[derive(Clone, Default)]
pub struct LabelsBuilder {
    text: String,
    /// Sorted by name; empty where `many` is not.
    few: Vec<Place>,
    many: BTreeMap<String, String>,
}

/// Where a label lies in the text: the name, then the value.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    middle: usize,
    end: usize,
}

impl Place {
    fn of(self, text: &str) -> (&str, &str) {
        let part = |from, to| text.get(from..to).unwrap_or_default();
        (part(self.start, self.middle), part(self.middle, self.end))
    }
}

impl LabelsBuilder {
    /// A builder without labels.
    pub fn new() -> Self {
        Self::default()
    }

    /// The current value of a label; an absent one is `""`.
    pub fn get(&self, name: &str) -> &str {
        let few = self.find(name).ok().and_then(|at| self.few.get(at));
        match few {
            Some(place) => place.of(&self.text).1,
            None => self.many.get(name).map_or("", String::as_str),
        }
    }

    /// Sets a label; an empty value removes it.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        if value.is_empty() {
            return self.remove(name);
        }
        if !self.many.is_empty() {
            self.many.insert(name.to_owned(), value.to_owned());
            return self;
        }
        if self.few.capacity() == 0 {
            self.text.reserve(USUAL.0);
            self.few.reserve(USUAL.1);
        }
        let found = self.find(name);
        let start = self.text.len();
        self.text.push_str(name);
        let middle = self.text.len();
        self.text.push_str(value);
        let place = Place {
            start,
            middle,
            end: self.text.len(),
        };
        match found {
            Ok(at) => {
                if let Some(known) = self.few.get_mut(at) {
                    *known = place;
                }
            }
            Err(at) => self.few.insert(at, place),
        }
        if self.few.len() > MOST_FEW {
            let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            self.many = self.iter().map(owned).collect();
            self.few.clear();
            self.text.clear();
        }
        self
    }

    /// Removes a label.
    pub fn remove(&mut self, name: &str) -> &mut Self {
        match self.find(name) {
            Ok(at) => {
                self.few.remove(at);
            }
            Err(_) => {
                self.many.remove(name);
            }
        }
        self
    }

    /// Keeps the labels for which `keep(name, value)` answers true.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &str) -> bool) -> &mut Self {
        let text = &self.text;
        self.few.retain(|place| {
            let (name, value) = place.of(text);
            keep(name, value)
        });
        self.many.retain(|name, value| keep(name, value));
        self
    }

    /// The labels so far, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let few = self.few.iter().map(|place| place.of(&self.text));
        let many = self.many.iter();
        few.chain(many.map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// Whether there are no labels.
    pub fn is_empty(&self) -> bool {
        self.few.is_empty() && self.many.is_empty()
    }

    /// Removes all labels and keeps their memory for the next set.
    pub fn clear(&mut self) {
        self.text.clear();
        self.few.clear();
        self.many.clear();
    }

    /// The finished set.
    pub fn build(&self) -> Labels {
        let mut packed = String::with_capacity(self.text.len() + 2 * self.few.len());
        for (name, value) in self.iter() {
            push_text(&mut packed, name);
            push_text(&mut packed, value);
        }
        Labels(Arc::from(packed))
    }

    /// Where a label is among the few, or would be.
    fn find(&self, name: &str) -> Result<usize, usize> {
        let compare = |place: &Place| place.of(&self.text).0.cmp(name);
        self.few.binary_search_by(compare)
    }
}

impl fmt::Debug for LabelsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_set_gives_back_what_it_was_made_of(
            map in proptest::collection::btree_map(".{0,80}", ".{1,5000}", 0..6)
        ) {
            let labels = Labels::from_pairs(map.iter());
            let back: BTreeMap<String, String> =
                labels.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            prop_assert_eq!(&back, &map);
            for (name, value) in &map {
                prop_assert_eq!(labels.get(name), Some(value.as_str()));
            }
            prop_assert_eq!(labels.to_builder().build(), labels);
        }
    }

    proptest! {
        /// Of few labels and of many, a builder does as a map does.
        #[test]
        fn a_builder_does_as_a_map_does(
            steps in proptest::collection::vec(("[a-h]{1,2}", "[xyz]{0,9}"), 0..40),
            many in 0usize..2,
        ) {
            let mut builder = LabelsBuilder::new();
            let mut model: BTreeMap<String, String> = BTreeMap::new();
            for n in 0..many * (MOST_FEW - 10) {
                builder.set(&format!("n{n}"), "v");
                model.insert(format!("n{n}"), "v".to_owned());
            }
            for (place, (name, value)) in steps.iter().enumerate() {
                builder.set(name, value);
                model.insert(name.clone(), value.clone());
                model.retain(|_, value| !value.is_empty());
                if place % 9 == 8 {
                    builder.remove(name).retain(|_, value| !value.contains("yy"));
                    model.remove(name);
                    model.retain(|_, value| !value.contains("yy"));
                }
                let value = model.get(name).map_or("", String::as_str);
                prop_assert_eq!(builder.get(name), value);
            }
            let all = model.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            prop_assert!(builder.iter().eq(all));
            prop_assert_eq!(builder.is_empty(), model.is_empty());
            prop_assert_eq!(builder.build(), Labels::from_pairs(model.iter()));
            builder.clear();
            prop_assert!(builder.is_empty());
            prop_assert_eq!(builder.set("a", "b").build(), Labels::from_pairs([("a", "b")]));
        }
    }

    #[test]
    fn the_last_of_a_repeated_name_stands_and_empty_values_vanish() {
        let labels = Labels::from_pairs([("b", "1"), ("a", ""), ("b", "2")]);
        assert_eq!(labels.to_string(), r#"{b="2"}"#);
    }

    #[test]
    fn order_is_by_name_then_value_then_length() {
        let set = |pairs: &[(&str, &str)]| Labels::from_pairs(pairs.iter().copied());
        assert!(set(&[("a", "1")]) < set(&[("a", "2")]));
        assert!(set(&[("a", "1")]) < set(&[("a", "1"), ("b", "1")]));
        assert!(set(&[("a", "2")]) < set(&[("b", "1")]));
    }

    proptest! {
        #[test]
        fn order_is_that_of_the_texts(
            a in proptest::collection::btree_map("[ab]{1,3}", "(x{0,70})[ab]{1,3}", 0..6),
            b in proptest::collection::btree_map("[ab]{1,3}", "(x{0,70})[ab]{1,3}", 0..6),
            changed in any::<prop::sample::Index>(),
        ) {
            let mut near = a.clone();
            if let Some(value) = near.values_mut().nth(changed.index(a.len().max(1))) {
                value.push('c');
            }
            for other in [&b, &near, &a] {
                let order = Labels::from_pairs(a.iter()).cmp(&Labels::from_pairs(other.iter()));
                prop_assert_eq!(order, a.iter().cmp(other.iter()));
            }
        }
    }

    #[test]
    fn names_beyond_the_classic_alphabet_are_quoted() {
        let labels = Labels::from_pairs([("a.b", "x\"y\\\n")]);
        assert_eq!(labels.to_string(), r#"{"a.b"="x\"y\\\n"}"#);
    }
}
