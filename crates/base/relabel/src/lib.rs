//! Relabelling: labels in, labels out, or the series dropped.
//!
//! A [`Rule`] is one step of `relabel_configs`; [`apply`] runs a list of them. Rules are made by
//! `config`, checked; here nothing can fail any more.

use std::borrow::Cow;

use md5::{Digest, Md5};
use model::{LabelsBuilder, Pattern, name};

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Writes the replacement to the target label where the pattern matches.
    Replace,
    /// Drops what does not match.
    Keep,
    /// Drops what matches.
    Drop,
    /// Drops where the joined source differs from the target label.
    KeepEqual,
    /// Drops where the joined source equals the target label.
    DropEqual,
    /// Writes the source's hash, modulo `modulus`, to the target label.
    HashMod,
    /// Copies labels whose names match to names made of the replacement.
    LabelMap,
    /// Removes labels whose names match.
    LabelDrop,
    /// Removes labels whose names do not match.
    LabelKeep,
    /// Writes the source in lower case to the target label.
    Lowercase,
    /// Writes the source in upper case to the target label.
    Uppercase,
}

/// One step of relabelling.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Labels whose values are joined to the source.
    pub source_labels: Vec<String>,
    /// What stands between the joined values.
    pub separator: String,
    /// What the source (or the label's name) is matched with.
    pub pattern: Pattern,
    /// For [`Action::HashMod`].
    pub modulus: u64,
    /// The label that is written; may hold `$1` for [`Action::Replace`].
    pub target_label: String,
    /// What is written.
    pub replacement: String,
    /// What the rule does.
    pub action: Action,
    /// Whether a new label name must fit the classic alphabet
    /// (`metric_name_validation_scheme: legacy`); otherwise any UTF-8 will do.
    pub legacy_names: bool,
}

/// Runs the rules in order. Answers false where the series is dropped; `labels` is then as the
/// dropping rule found it.
pub fn apply(rules: &[Rule], labels: &mut LabelsBuilder) -> bool {
    rules.iter().all(|rule| rule.apply(labels))
}

impl Rule {
    /// Whether the series stays.
    fn apply(&self, labels: &mut LabelsBuilder) -> bool {
        match self.action {
            Action::Keep => return self.pattern.matches(&self.source(labels)),
            Action::Drop => return !self.pattern.matches(&self.source(labels)),
            Action::KeepEqual => return labels.get(&self.target_label) == self.source(labels),
            Action::DropEqual => return labels.get(&self.target_label) != self.source(labels),
            Action::Replace => self.replace(labels),
            Action::HashMod => {
                let place = hash(&self.source(labels)).checked_rem(self.modulus);
                labels.set(&self.target_label, &place.unwrap_or_default().to_string());
            }
            Action::LabelMap => self.map_names(labels),
            Action::LabelDrop => {
                labels.retain(|name, _| !self.pattern.matches(name));
            }
            Action::LabelKeep => {
                labels.retain(|name, _| self.pattern.matches(name));
            }
            Action::Lowercase => {
                let lower = self.source(labels).to_lowercase();
                labels.set(&self.target_label, &lower);
            }
            Action::Uppercase => {
                let upper = self.source(labels).to_uppercase();
                labels.set(&self.target_label, &upper);
            }
        }
        true
    }

    /// The values of the source labels, joined; of one label, as it stands.
    fn source<'a>(&self, labels: &'a LabelsBuilder) -> Cow<'a, str> {
        match self.source_labels.as_slice() {
            [] => Cow::Borrowed(""),
            [one] => Cow::Borrowed(labels.get(one)),
            several => {
                let values: Vec<&str> = several.iter().map(|name| labels.get(name)).collect();
                Cow::Owned(values.join(&self.separator))
            }
        }
    }

    fn replace(&self, labels: &mut LabelsBuilder) {
        let (mut target, mut value) = (String::new(), String::new());
        {
            let source = self.source(labels);
            if !self
                .pattern
                .expand(&source, &self.target_label, &mut target)
            {
                return;
            }
            self.pattern.expand(&source, &self.replacement, &mut value);
        }
        if self.is_name(&target) {
            labels.set(&target, &value);
        }
    }

    fn map_names(&self, labels: &mut LabelsBuilder) {
        let mut mapped = Vec::new();
        for (name, value) in labels.iter() {
            let mut target = String::new();
            if self.pattern.expand(name, &self.replacement, &mut target) {
                mapped.push((target, value.to_owned()));
            }
        }
        for (name, value) in mapped {
            labels.set(&name, &value);
        }
    }

    fn is_name(&self, name: &str) -> bool {
        if self.legacy_names {
            name::is_legacy_label(name)
        } else {
            !name.is_empty()
        }
    }
}

/// The last eight bytes of the MD5 sum, the first of them highest.
fn hash(text: &str) -> u64 {
    let sum: [u8; 16] = Md5::digest(text.as_bytes()).into();
    let [.., a, b, c, d, e, f, g, h] = sum;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use model::Labels;

    use super::*;

    fn rule(action: Action) -> Rule {
        Rule {
            source_labels: Vec::new(),
            separator: ";".to_owned(),
            pattern: Pattern::new("(.*)").unwrap(),
            modulus: 0,
            target_label: String::new(),
            replacement: "$1".to_owned(),
            action,
            legacy_names: false,
        }
    }

    /// A rule over `source_labels` separated by commas.
    fn over(action: Action, sources: &str, pattern: &str, target: &str, replacement: &str) -> Rule {
        Rule {
            source_labels: sources
                .split(',')
                .filter(|s| !s.is_empty())
                .map(str::to_owned)
                .collect(),
            pattern: Pattern::new(pattern).unwrap(),
            target_label: target.to_owned(),
            replacement: replacement.to_owned(),
            ..rule(action)
        }
    }

    /// What becomes of `{a="foo", b="Bar", c="baz"}`; `None` where it is dropped.
    fn outcome(rules: &[Rule]) -> Option<String> {
        let mut labels =
            Labels::from_pairs([("a", "foo"), ("b", "Bar"), ("c", "baz")]).to_builder();
        apply(rules, &mut labels).then(|| labels.build().to_string())
    }

    #[test]
    fn each_action_does_what_it_says() {
        use Action::*;
        let unchanged = Some(r#"{a="foo", b="Bar", c="baz"}"#);
        for (rule, expected) in [
            (
                over(Replace, "a", "f(.*)", "d", "x$1"),
                Some(r#"{a="foo", b="Bar", c="baz", d="xoo"}"#),
            ),
            (
                over(Replace, "a,b", "(.*);(.*)", "d", "$2-${1}"),
                Some(r#"{a="foo", b="Bar", c="baz", d="Bar-foo"}"#),
            ),
            (over(Replace, "a", "nothing", "d", "x"), unchanged),
            (
                over(Replace, "a", "f.*", "b", ""),
                Some(r#"{a="foo", c="baz"}"#),
            ),
            (
                over(Replace, "a", "(f).*", "${1}_x", "y"),
                Some(r#"{a="foo", b="Bar", c="baz", f_x="y"}"#),
            ),
            (
                over(Replace, "", "(.*)", "d", "new"),
                Some(r#"{a="foo", b="Bar", c="baz", d="new"}"#),
            ),
            (over(Keep, "a", "fo+", "", ""), unchanged),
            (over(Keep, "a", "o+", "", ""), None),
            (over(Drop, "a", "fo+", "", ""), None),
            (over(Drop, "a", "o+", "", ""), unchanged),
            (over(KeepEqual, "a", "(.*)", "a", ""), unchanged),
            (over(KeepEqual, "a", "(.*)", "b", ""), None),
            (over(DropEqual, "a", "(.*)", "a", ""), None),
            (over(DropEqual, "a", "(.*)", "b", ""), unchanged),
            (
                over(LabelMap, "", "([ab])", "", "x_$1"),
                Some(r#"{a="foo", b="Bar", c="baz", x_a="foo", x_b="Bar"}"#),
            ),
            (over(LabelDrop, "", "[ab]", "", ""), Some(r#"{c="baz"}"#)),
            (
                over(LabelKeep, "", "[ab]", "", ""),
                Some(r#"{a="foo", b="Bar"}"#),
            ),
            (
                over(Lowercase, "b", "(.*)", "b", ""),
                Some(r#"{a="foo", b="bar", c="baz"}"#),
            ),
            (
                over(Uppercase, "a,b", "(.*)", "d", ""),
                Some(r#"{a="foo", b="Bar", c="baz", d="FOO;BAR"}"#),
            ),
        ] {
            let shown = format!("{rule:?}");
            assert_eq!(outcome(&[rule]).as_deref(), expected, "{shown}");
        }
    }

    #[test]
    fn a_hash_is_the_same_everywhere() {
        let rule = Rule {
            modulus: 1000,
            ..over(Action::HashMod, "c", "(.*)", "d", "")
        };
        assert_eq!(
            outcome(&[rule]).as_deref(),
            Some(r#"{a="foo", b="Bar", c="baz", d="976"}"#)
        );
    }

    #[test]
    fn names_outside_the_alphabet_are_left_alone_where_that_is_asked_for() {
        let utf8 = over(Action::Replace, "a", "(.*)", "x.y", "z");
        let legacy = Rule {
            legacy_names: true,
            ..utf8.clone()
        };
        assert!(outcome(&[utf8]).unwrap().contains(r#""x.y"="z""#));
        assert!(!outcome(&[legacy]).unwrap().contains("x.y"));
    }

    #[test]
    fn what_a_rule_writes_the_next_one_reads() {
        let rules = [
            over(Action::Replace, "a", "(.*)", "d", "step"),
            over(Action::Keep, "d", "step", "", ""),
            over(Action::LabelKeep, "", "d", "", ""),
        ];
        assert_eq!(outcome(&rules).as_deref(), Some(r#"{d="step"}"#));
    }
}
