//! Names of series as a queue sends them: external labels added, relabelled, written once.

use std::sync::Arc;

use contract::LogReference;
use model::{Labels, LabelsBuilder};
use rapidhash::RapidHashMap;
use rapidhash::v3::rapidhash_v3;
use relabel::Rule;
use wire::remote::write::{Metadata, put_labels};

use super::item::Series;

/// What is done to the labels of every series.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Recipe {
    pub(super) external: Labels,
    pub(super) rules: Vec<Rule>,
}

/// What became of a series.
#[derive(Clone, Debug)]
pub(super) enum Named {
    Sent(Arc<Series>),
    /// Relabelling drops it.
    Dropped,
}

/// The series that the log has named so far.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: RapidHashMap<LogReference, Named>,
    /// Memory to use again.
    written: Vec<u8>,
}

/// A number that differs where series would go to other shards than they did before.
pub(super) fn hash_version() -> u64 {
    rapidhash_v3(b"argand")
}

impl Recipe {
    /// The labels that are sent; `None` where the series is not.
    fn apply(&self, labels: &[(&str, &str)]) -> Option<Labels> {
        let mut builder = LabelsBuilder::new();
        for (name, value) in labels {
            builder.set(name, value);
        }
        for (name, value) in self.external.iter() {
            if builder.get(name).is_empty() {
                builder.set(name, value);
            }
        }
        if !relabel::apply(&self.rules, &mut builder) {
            return None;
        }
        Some(builder.build()).filter(|labels| !labels.is_empty())
    }
}

impl Names {
    pub(super) fn get(&self, reference: LogReference) -> Option<&Named> {
        self.known.get(&reference)
    }

    /// Takes note of a series. What `before` knows of it is taken over.
    pub(super) fn note(
        &mut self,
        reference: LogReference,
        labels: &[(&str, &str)],
        recipe: &Recipe,
        before: Option<&Self>,
    ) {
        self.written.clear();
        put_labels(&mut self.written, labels.iter().copied());
        let hash = rapidhash_v3(&self.written);
        let known = before.and_then(|before| before.get(reference));
        if let Some(known) = known
            && !matches!(known, Named::Sent(series) if series.hash != hash)
        {
            self.known.insert(reference, known.clone());
            return;
        }
        if recipe != &Recipe::default() {
            let Some(labels) = recipe.apply(labels) else {
                self.known.insert(reference, Named::Dropped);
                return;
            };
            self.written.clear();
            put_labels(&mut self.written, labels.iter());
        }
        let series = Series {
            hash,
            labels: self.written.as_slice().into(),
            metadata: None,
        };
        self.known.insert(reference, Named::Sent(Arc::new(series)));
    }

    /// Takes note of what is said about a series that is known.
    pub(super) fn describe(&mut self, reference: LogReference, metadata: &Arc<Metadata>) {
        let Some(Named::Sent(series)) = self.known.get_mut(&reference) else {
            return;
        };
        *series = Arc::new(Series {
            hash: series.hash,
            labels: series.labels.clone(),
            metadata: Some(Arc::clone(metadata)),
        });
    }
}

#[cfg(test)]
mod tests {
    use relabel::Action;
    use wire::remote::write::label;

    use super::*;

    fn rule(action: Action, label: &str, pattern: &str) -> Rule {
        let mut rule = Rule::new(action);
        rule.source_labels = vec![label.to_owned()];
        rule.pattern = model::Pattern::new(pattern).unwrap();
        rule
    }

    fn sent(names: &Names, reference: u64) -> Option<Arc<Series>> {
        match names.get(reference)? {
            Named::Sent(series) => Some(Arc::clone(series)),
            Named::Dropped => None,
        }
    }

    #[test]
    fn labels_are_completed_and_relabelled_and_shards_stay() {
        let plain = Recipe::default();
        let recipe = Recipe {
            external: Labels::from_pairs([("replica", "a"), ("job", "other")]),
            rules: vec![
                rule(Action::Drop, "__name__", "go_.*"),
                rule(Action::LabelDrop, "", "pod"),
            ],
        };
        let up = [("__name__", "up"), ("job", "x"), ("pod", "p")];
        let mut names = Names::default();
        names.note(1, &up, &recipe, None);
        names.note(2, &[("__name__", "go_a")], &recipe, None);
        names.note(3, &up, &plain, None);
        let one = sent(&names, 1).unwrap();
        for (name, value) in [
            ("__name__", Some("up")),
            ("job", Some("x")),
            ("replica", Some("a")),
            ("pod", None),
        ] {
            assert_eq!(label(&one.labels, name), value, "{name}");
        }
        assert!(matches!(names.get(2), Some(Named::Dropped)));
        let three = sent(&names, 3).unwrap();
        assert_eq!(label(&three.labels, "pod"), Some("p"));
        assert_eq!(one.hash, three.hash);
        assert!(names.get(4).is_none());
    }

    #[test]
    fn what_is_known_is_not_written_twice() {
        let recipe = Recipe::default();
        let mut before = Names::default();
        before.note(1, &[("a", "b")], &recipe, None);
        before.note(2, &[("a", "c")], &recipe, None);
        let metadata = Arc::new(Metadata {
            kind: model::FamilyKind::Gauge,
            help: "h".into(),
            unit: String::new(),
        });
        before.describe(1, &metadata);
        let mut names = Names::default();
        names.note(1, &[("a", "b")], &recipe, Some(&before));
        // The log has given the number to another series.
        names.note(2, &[("a", "d")], &recipe, Some(&before));
        let (one, two) = (sent(&names, 1).unwrap(), sent(&names, 2).unwrap());
        assert!(Arc::ptr_eq(&one, &sent(&before, 1).unwrap()));
        assert_eq!(one.metadata.as_ref(), Some(&metadata));
        assert_eq!(label(&two.labels, "a"), Some("d"));
        assert_eq!(names.known.len(), 2);
    }
}
