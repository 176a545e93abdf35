//! Each action on a few labels, as upstream documents it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use model::{LabelsBuilder, Pattern};
use relabel::{Action, Rule, apply};

/// A rule from words such as `source=a,b regex=(.*) target=x`.
fn rule(action: Action, words: &str) -> Rule {
    let mut rule = Rule::new(action);
    for word in words.split_whitespace() {
        let (key, value) = word.split_once('=').expect("a word is key=value");
        match key {
            "source" => rule.source_labels = value.split(',').map(str::to_owned).collect(),
            "separator" => rule.separator = value.to_owned(),
            "regex" => rule.pattern = Pattern::new(value).expect("a pattern"),
            "modulus" => rule.modulus = value.parse().expect("a number"),
            "target" => rule.target_label = value.to_owned(),
            "replacement" => rule.replacement = value.to_owned(),
            "legacy" => rule.legacy_names = value == "true",
            _ => panic!("no such key: {key}"),
        }
    }
    rule
}

fn builder(labels: &str) -> LabelsBuilder {
    let mut builder = LabelsBuilder::new();
    for word in labels.split_whitespace() {
        let (name, value) = word.split_once('=').expect("a label is name=value");
        builder.set(name, value);
    }
    builder
}

/// Labels after the rule; `None` where it drops.
fn check(action: Action, words: &str, before: &str, after: Option<&str>) {
    let mut labels = builder(before);
    let kept = apply(&[rule(action, words)], &mut labels);
    let case = format!("{action:?} {words} on {before}");
    assert_eq!(kept, after.is_some(), "{case}");
    let expected = builder(after.unwrap_or(before)).build();
    assert_eq!(labels.build(), expected, "{case}");
}

#[test]
fn replace() {
    for (words, before, after) in [
        ("source=a target=b", "a=x", "a=x b=x"),
        ("source=a,b target=c", "a=x b=y", "a=x b=y c=x;y"),
        (
            "source=a,b separator=- target=c",
            "a=x b=y",
            "a=x b=y c=x-y",
        ),
        ("source=a,none target=c", "a=x", "a=x c=x;"),
        (
            "source=a regex=(.)(.*) target=b replacement=$2$1",
            "a=xyz",
            "a=xyz b=yzx",
        ),
        (
            "source=a regex=(.)(.*) target=b replacement=${1}1",
            "a=xyz",
            "a=xyz b=x1",
        ),
        (
            "source=a regex=x target=b replacement=y",
            "a=xx b=z",
            "a=xx b=z",
        ),
        // Nothing to write removes the label.
        ("source=a regex=(x)? target=b replacement=$1", "b=z", ""),
        ("source=none target=a", "a=x", ""),
        // Without a source a constant is written.
        ("target=a replacement=y", "a=x", "a=y"),
        // The target may be made of groups.
        (
            "source=a regex=(.+)=(.+) target=${1}_x replacement=$2",
            "a=n=v",
            "a=n=v n_x=v",
        ),
        (
            "source=a regex=(.*)-(.*) target=$1 replacement=$2",
            "a=-v",
            "a=-v",
        ),
        ("source=a target=$1", "a=x.y", "a=x.y x.y=x.y"),
        ("source=a target=$1 legacy=true", "a=x.y", "a=x.y"),
        ("source=a target=b.c legacy=true", "a=x", "a=x"),
        // A pattern must fit the whole.
        ("source=a regex=o target=b replacement=y", "a=foo", "a=foo"),
    ] {
        check(Action::Replace, words, before, Some(after));
    }
}

#[test]
fn keeping_and_dropping() {
    for (action, words, before, kept) in [
        (Action::Keep, "source=a regex=x.*", "a=xy", true),
        (Action::Keep, "source=a regex=x.*", "a=yx", false),
        (Action::Keep, "source=a regex=x.*", "", false),
        (Action::Keep, "source=none regex=", "a=x", true),
        (Action::Drop, "source=a regex=x|y", "a=y", false),
        (Action::Drop, "source=a regex=x|y", "a=xy", true),
        (Action::Drop, "source=a,b regex=x;y", "a=x b=y", false),
        (Action::KeepEqual, "source=a target=b", "a=x b=x", true),
        (Action::KeepEqual, "source=a target=b", "a=x b=y", false),
        (
            Action::KeepEqual,
            "source=a,b target=c",
            "a=x b=y c=x;y",
            true,
        ),
        (Action::DropEqual, "source=a target=b", "a=x b=x", false),
        (Action::DropEqual, "source=a target=b", "a=x b=y", true),
        (Action::DropEqual, "source=a target=b", "c=x", false),
    ] {
        check(action, words, before, kept.then_some(before));
    }
}

#[test]
fn names_are_mapped_dropped_and_kept() {
    for (action, words, before, after) in [
        (
            Action::LabelMap,
            "regex=meta_(.+)",
            "meta_a=x b=y",
            "meta_a=x b=y a=x",
        ),
        (
            Action::LabelMap,
            "regex=meta_(.+) replacement=m_${1}",
            "meta_a=x",
            "meta_a=x m_a=x",
        ),
        // What a copy makes is not copied again, and two copies to one name leave the last.
        (
            Action::LabelMap,
            "regex=a(.*) replacement=ab$1",
            "a=x ab=y",
            "a=x ab=x abb=y",
        ),
        (
            Action::LabelMap,
            "regex=(a|b) replacement=c",
            "a=x b=y",
            "a=x b=y c=y",
        ),
        (Action::LabelMap, "regex=a(.*)", "a=x", "a=x"),
        (Action::LabelDrop, "regex=a.*", "a=1 ab=2 b=3", "b=3"),
        (Action::LabelKeep, "regex=a.*", "a=1 ab=2 b=3", "a=1 ab=2"),
    ] {
        check(action, words, before, Some(after));
    }
}

#[test]
fn letters_change_case() {
    check(
        Action::Lowercase,
        "source=a,b target=a",
        "a=Xé b=Y",
        Some("a=xé;y b=Y"),
    );
    check(
        Action::Uppercase,
        "source=a target=b",
        "a=xß",
        Some("a=xß b=Xß"),
    );
    check(Action::Uppercase, "source=none target=b", "b=x", Some(""));
}

/// Shards are the last eight bytes of the MD5 sum, first byte highest: `md5sum` of `foo;bar` and
/// the like tells them.
#[test]
fn hashes_are_upstreams() {
    for (words, before, after) in [
        (
            "source=c target=d modulus=1000",
            "a=foo b=bar c=baz",
            "a=foo b=bar c=baz d=976",
        ),
        (
            "source=a,b target=d modulus=1000",
            "a=foo b=bar",
            "a=foo b=bar d=750",
        ),
        ("source=a target=d modulus=0", "a=foo", "a=foo"),
        (
            "source=none target=d modulus=18446744073709551615",
            "",
            "d=16825458760271544958",
        ),
    ] {
        check(Action::HashMod, words, before, Some(after));
    }
}

#[test]
fn rules_run_in_order_until_one_drops() {
    let rules = [
        rule(Action::Replace, "source=a target=b"),
        rule(Action::Drop, "source=b regex=x"),
        rule(Action::Replace, "source=a target=c"),
    ];
    let mut labels = builder("a=x");
    assert!(!apply(&rules, &mut labels));
    assert_eq!(labels.build(), builder("a=x b=x").build());
    let mut labels = builder("a=y");
    assert!(apply(&rules, &mut labels));
    assert_eq!(labels.build(), builder("a=y b=y c=y").build());
    assert!(apply(&[], &mut labels));
}
