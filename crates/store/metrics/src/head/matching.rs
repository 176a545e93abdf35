//! From matchers to series: postings lists as bitmaps of slots.
//!
//! A matcher that an absent label fits takes away the series whose label does not fit; any other
//! keeps the series whose label does. Patterns are tried on the distinct values of a label only,
//! never on series.

use contract::{SelectError, Watch};
use model::{MatchOp, Matcher};
use roaring::{MultiOps, RoaringBitmap};

use super::dictionary::Dictionary;

/// Values of a label that a pattern is tried on before the watch is asked: a millisecond or two of
/// a slow pattern.
const VALUES_AT_ONCE: usize = 1024;

/// The series of each label pair, and all series.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    /// Slots by pair number.
    lists: Vec<RoaringBitmap>,
    all: RoaringBitmap,
    /// Rises whenever a pair gets its first series or may have lost its last.
    version: u64,
}

/// Slots mostly come in rising order, where no place for them need be looked for.
fn insert(list: &mut RoaringBitmap, slot: u32) {
    if list.try_push(slot).is_err() {
        list.insert(slot);
    }
}

impl Postings {
    /// Adds a series.
    pub(crate) fn add(&mut self, slot: u32, pairs: &[u32]) {
        insert(&mut self.all, slot);
        for &pair in pairs {
            let place = pair as usize;
            if place >= self.lists.len() {
                self.lists.resize_with(place + 1, RoaringBitmap::new);
            }
            if let Some(list) = self.lists.get_mut(place) {
                self.version += u64::from(list.is_empty());
                insert(list, slot);
            }
        }
    }

    /// Removes series from all lists.
    pub(crate) fn remove(&mut self, slots: &RoaringBitmap) {
        self.all -= slots;
        self.version += 1;
        for list in &mut self.lists {
            if !list.is_disjoint(slots) {
                *list -= slots;
            }
        }
    }

    /// Rises whenever it may be others that have series among the pairs.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Says that these lists take the place of others.
    pub(crate) fn succeed(&mut self, others: &Self) {
        self.version = self.version.max(others.version) + 1;
    }

    /// Takes as little memory as the lists allow: runs of slots, as of one target, in 4 bytes.
    pub(crate) fn shrink(&mut self) {
        for list in self.lists.iter_mut().chain([&mut self.all]) {
            list.optimize();
        }
    }

    /// All series.
    pub(crate) fn all(&self) -> &RoaringBitmap {
        &self.all
    }

    /// The series of a pair.
    pub(crate) fn of(&self, pair: u32) -> Option<&RoaringBitmap> {
        self.lists.get(pair as usize)
    }

    /// Whether a pair has one of these series.
    pub(crate) fn meets(&self, pair: u32, slots: &RoaringBitmap) -> bool {
        self.of(pair).is_some_and(|list| !list.is_disjoint(slots))
    }

    /// How many series a pair has.
    pub(crate) fn count(&self, pair: u32) -> u64 {
        self.of(pair).map_or(0, RoaringBitmap::len)
    }

    /// The series that all matchers fit; stops where the watch does not go on.
    pub(crate) fn matching(
        &self,
        dictionary: &Dictionary,
        matchers: &[Matcher],
        watch: &dyn Watch,
    ) -> Result<RoaringBitmap, SelectError> {
        let mut found: Option<RoaringBitmap> = None;
        let (excluding, including): (Vec<&Matcher>, Vec<&Matcher>) =
            matchers.iter().partition(|m| m.matches_absent());
        let mut wanted: Vec<RoaringBitmap> = Vec::with_capacity(including.len());
        for matcher in including {
            let list = self.union(&fitting(dictionary, matcher, watch)?);
            if list.is_empty() {
                return Ok(list);
            }
            wanted.push(list);
        }
        wanted.sort_by_key(RoaringBitmap::len);
        for list in wanted {
            found = Some(match found {
                Some(found) => found & list,
                None => list,
            });
        }
        let mut found = found.unwrap_or_else(|| self.all.clone());
        for matcher in excluding {
            if found.is_empty() {
                break;
            }
            found -= self.union(&unfitting(dictionary, matcher, watch)?);
        }
        Ok(found)
    }

    /// How many series fit all matchers at most, from what they ask to be equal; `None` where a
    /// pattern would have to be tried on values, or nothing is asked to be equal.
    pub(crate) fn at_most(&self, dictionary: &Dictionary, matchers: &[Matcher]) -> Option<usize> {
        let mut smallest: [Option<&RoaringBitmap>; 2] = [None; 2];
        for matcher in matchers {
            match matcher.op() {
                MatchOp::NotEqual => {}
                MatchOp::Equal if !matcher.matches_absent() => {
                    let pair = dictionary.find(matcher.name(), matcher.value());
                    let Some(list) = pair.and_then(|pair| self.of(pair)) else {
                        return Some(0);
                    };
                    let [first, second] = smallest;
                    let is_smaller = |than: Option<&RoaringBitmap>| {
                        than.is_none_or(|than| list.len() < than.len())
                    };
                    if is_smaller(first) {
                        smallest = [Some(list), first];
                    } else if is_smaller(second) {
                        smallest = [first, Some(list)];
                    }
                }
                _ => return None,
            }
        }
        let most = match smallest {
            [Some(one), Some(other)] => one.intersection_len(other),
            [one, _] => one?.len(),
        };
        usize::try_from(most).ok()
    }

    fn union(&self, pairs: &[u32]) -> RoaringBitmap {
        match pairs {
            [pair] => self.of(*pair).cloned().unwrap_or_default(),
            pairs => pairs.iter().filter_map(|&pair| self.of(pair)).union(),
        }
    }
}

/// The pairs whose value fits; only asked of matchers that no absent label fits.
fn fitting(
    dictionary: &Dictionary,
    matcher: &Matcher,
    watch: &dyn Watch,
) -> Result<Vec<u32>, SelectError> {
    Ok(match (matcher.op(), literals(matcher)) {
        (MatchOp::Equal, _) => dictionary
            .find(matcher.name(), matcher.value())
            .into_iter()
            .collect(),
        (MatchOp::Regex, Some(literals)) => find_all(dictionary, matcher.name(), &literals),
        _ => filter(dictionary, matcher.name(), watch, |value| {
            matcher.matches(value)
        })?,
    })
}

/// The pairs whose value does not fit; only asked of matchers that an absent label fits.
fn unfitting(
    dictionary: &Dictionary,
    matcher: &Matcher,
    watch: &dyn Watch,
) -> Result<Vec<u32>, SelectError> {
    Ok(match (matcher.op(), literals(matcher)) {
        (MatchOp::NotEqual, _) => dictionary
            .find(matcher.name(), matcher.value())
            .into_iter()
            .collect(),
        (MatchOp::NotRegex, Some(literals)) => find_all(dictionary, matcher.name(), &literals),
        _ => filter(dictionary, matcher.name(), watch, |value| {
            !matcher.matches(value)
        })?,
    })
}

fn literals(matcher: &Matcher) -> Option<Vec<String>> {
    matcher.pattern()?.literals()
}

fn find_all(dictionary: &Dictionary, name: &str, values: &[String]) -> Vec<u32> {
    values
        .iter()
        .filter_map(|value| dictionary.find(name, value))
        .collect()
}

fn filter(
    dictionary: &Dictionary,
    name: &str,
    watch: &dyn Watch,
    fits: impl Fn(&str) -> bool,
) -> Result<Vec<u32>, SelectError> {
    let mut found = Vec::new();
    for pairs in dictionary.pairs_of(name).chunks(VALUES_AT_ONCE) {
        if !watch.goes_on(found.len() * size_of::<u32>()) {
            return Err(SelectError::Stopped);
        }
        let fitting = pairs.iter().filter(|pair| fits(dictionary.get(**pair).1));
        found.extend(fitting);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use contract::Patient;
    use model::Labels;

    use super::*;

    #[test]
    fn every_kind_of_matcher_agrees_with_its_definition() {
        let sets = [
            Labels::from_pairs([("a", "1")]),
            Labels::from_pairs([("a", "2"), ("b", "x")]),
            Labels::from_pairs([("a", "3"), ("b", "y")]),
            Labels::from_pairs([("b", "x")]),
            Labels::empty(),
        ];
        let mut dictionary = Dictionary::default();
        let mut postings = Postings::default();
        for (slot, labels) in sets.iter().enumerate() {
            let pairs: Vec<u32> = labels
                .iter()
                .map(|(n, v)| dictionary.intern(n, v).unwrap())
                .collect();
            postings.add(slot as u32, &pairs);
        }
        let ops = [
            MatchOp::Equal,
            MatchOp::NotEqual,
            MatchOp::Regex,
            MatchOp::NotRegex,
        ];
        let mut matchers = Vec::new();
        for op in ops {
            for name in ["a", "b", "c"] {
                for value in ["", "1", "x", "1|2", ".*", ".+", "x|", "nothing"] {
                    matchers.push(Matcher::new(name, op, value).unwrap());
                }
            }
        }
        for one in &matchers {
            for other in &matchers {
                let both = [one.clone(), other.clone()];
                let found: Vec<u32> = postings
                    .matching(&dictionary, &both, &Patient)
                    .unwrap()
                    .iter()
                    .collect();
                let fits = |l: &Labels| {
                    both.iter()
                        .all(|m| m.matches(l.get(m.name()).unwrap_or("")))
                };
                let expected: Vec<u32> = (0..)
                    .zip(&sets)
                    .filter(|(_, l)| fits(l))
                    .map(|(slot, _)| slot)
                    .collect();
                assert_eq!(found, expected, "{both:?}");
                let most = postings.at_most(&dictionary, &both);
                assert!(most.is_none_or(|most| most >= found.len()), "{both:?}");
                let tells = |m: &Matcher| match m.op() {
                    MatchOp::Equal => !m.value().is_empty(),
                    op => op == MatchOp::NotEqual,
                };
                let narrows = both.iter().any(|m| m.op() == MatchOp::Equal);
                let is_empty = most == Some(0);
                let told = both.iter().all(tells) && narrows;
                assert!(most.is_some() == told || is_empty, "{both:?}: {most:?}");
            }
        }
        postings.remove(&[1, 3].into_iter().collect());
        let b = Matcher::new("b", MatchOp::Regex, ".+").unwrap();
        assert_eq!(
            postings
                .matching(&dictionary, &[b], &Patient)
                .unwrap()
                .iter()
                .collect::<Vec<_>>(),
            [2]
        );
        assert_eq!(postings.all().len(), 3);
    }
}
