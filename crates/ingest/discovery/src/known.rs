//! The groups that one mechanism knows.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use contract::TargetGroup;

/// What stood at the sources that changed.
pub(crate) type Before = Vec<(String, Option<Arc<TargetGroup>>)>;

/// Groups by source. A group that is told again and is the same stays the same allocation, by
/// which whoever follows the groups sees that nothing changed.
#[derive(Default)]
pub(crate) struct Known(BTreeSet<BySource>);

impl Known {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<TargetGroup>> {
        self.0.iter().map(|group| &group.0)
    }

    pub(crate) fn get(&self, source: &str) -> Option<&Arc<TargetGroup>> {
        self.0.get(source).map(|group| &group.0)
    }

    /// From now on these are all. Of two of one source the first stands.
    pub(crate) fn replace(&mut self, groups: Vec<Arc<TargetGroup>>) -> Before {
        let mut before = Vec::new();
        let mut old = std::mem::take(&mut self.0);
        for group in groups {
            if self.get(&group.source).is_some() {
                continue;
            }
            let known = old.take(group.source.as_str());
            match known {
                Some(known) if known.0 == group => self.0.insert(known),
                known => {
                    before.push((group.source.clone(), known.map(|known| known.0)));
                    self.0.insert(BySource(group))
                }
            };
        }
        before.extend(
            old.into_iter()
                .map(|gone| (gone.0.source.clone(), Some(gone.0))),
        );
        before
    }

    /// These take the place of those of the same source; one without targets only goes.
    pub(crate) fn update(&mut self, groups: Vec<Arc<TargetGroup>>) -> Before {
        let mut before = Vec::new();
        for group in groups {
            let source = group.source.clone();
            if group.targets.is_empty() {
                if let Some(gone) = self.0.take(source.as_str()) {
                    before.push((source, Some(gone.0)));
                }
                continue;
            }
            if self.get(&source) == Some(&group) {
                continue;
            }
            let known = self.0.replace(BySource(group));
            before.push((source, known.map(|known| known.0)));
        }
        before
    }
}

/// A group that is told from others by its source alone.
struct BySource(Arc<TargetGroup>);

impl Borrow<str> for BySource {
    fn borrow(&self) -> &str {
        &self.0.source
    }
}

impl PartialEq for BySource {
    fn eq(&self, other: &Self) -> bool {
        self.0.source == other.0.source
    }
}

impl Eq for BySource {}

impl Ord for BySource {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.source.cmp(&other.0.source)
    }
}

impl PartialOrd for BySource {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use model::Labels;

    use super::*;

    fn group(source: &str, targets: usize) -> Arc<TargetGroup> {
        Arc::new(TargetGroup {
            source: source.to_owned(),
            targets: vec![Labels::from_pairs([("__address__", "a")]); targets],
            ..TargetGroup::default()
        })
    }

    #[test]
    fn only_what_differs_is_a_change() {
        let mut known = Known::default();
        let changed = |before: Before| {
            let mut sources: Vec<(String, usize)> = before
                .into_iter()
                .map(|(source, group)| (source, group.map_or(0, |group| group.targets.len())))
                .collect();
            sources.sort();
            sources
        };
        let of = |pairs: &[(&str, usize)]| -> Vec<(String, usize)> {
            pairs
                .iter()
                .map(|(source, count)| ((*source).to_owned(), *count))
                .collect()
        };
        let all = vec![group("a", 1), group("b", 1), group("a", 9)];
        assert_eq!(changed(known.replace(all)), of(&[("a", 0), ("b", 0)]));
        let a = Arc::clone(known.get("a").unwrap());
        let all = vec![group("a", 1), group("c", 1)];
        assert_eq!(changed(known.replace(all)), of(&[("b", 1), ("c", 0)]));
        assert!(Arc::ptr_eq(&a, known.get("a").unwrap()));
        let some = vec![group("a", 1), group("c", 2), group("d", 0), group("e", 1)];
        assert_eq!(changed(known.update(some)), of(&[("c", 1), ("e", 0)]));
        assert_eq!(changed(known.update(vec![group("a", 0)])), of(&[("a", 1)]));
        assert_eq!(known.iter().count(), 2);
    }
}
