//! Label sets: what tells one series from another.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};
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
        LabelsBuilder {
            labels: self
                .iter()
                .map(|(n, v)| (n.to_owned(), v.to_owned()))
                .collect(),
        }
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
        self.iter().cmp(other.iter())
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

/// A label set under construction: relabelling and joins set and remove labels here.
#[derive(Clone, Debug, Default)]
pub struct LabelsBuilder {
    labels: BTreeMap<String, String>,
}

impl LabelsBuilder {
    /// A builder without labels.
    pub fn new() -> Self {
        Self::default()
    }

    /// The current value of a label; an absent one is `""`.
    pub fn get(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// Sets a label; an empty value removes it.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        if value.is_empty() {
            self.labels.remove(name);
        } else {
            self.labels.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    /// Removes a label.
    pub fn remove(&mut self, name: &str) -> &mut Self {
        self.labels.remove(name);
        self
    }

    /// Keeps the labels for which `keep(name, value)` answers true.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &str) -> bool) -> &mut Self {
        self.labels.retain(|name, value| keep(name, value));
        self
    }

    /// The labels so far, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there are no labels.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The finished set.
    pub fn build(&self) -> Labels {
        let mut packed = String::new();
        for (name, value) in &self.labels {
            push_text(&mut packed, name);
            push_text(&mut packed, value);
        }
        Labels(Arc::from(packed))
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

    #[test]
    fn names_beyond_the_classic_alphabet_are_quoted() {
        let labels = Labels::from_pairs([("a.b", "x\"y\\\n")]);
        assert_eq!(labels.to_string(), r#"{"a.b"="x\"y\\\n"}"#);
    }
}
