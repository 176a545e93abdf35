//! Running rules.

use std::borrow::Cow;

use md5::{Digest, Md5};
use model::{LabelsBuilder, name};

use crate::{Action, Rule, case};

/// Runs the rules in order. Answers false where the series is dropped; `labels` is then as the
/// dropping rule found it.
///
/// A rule that keeps, drops or does not match allocates only where it joins several source
/// labels.
pub fn apply(rules: &[Rule], labels: &mut LabelsBuilder) -> bool {
    rules.iter().all(|rule| apply_one(rule, labels))
}

fn apply_one(rule: &Rule, labels: &mut LabelsBuilder) -> bool {
    match rule.action {
        Action::Keep => return rule.pattern.matches(&source(rule, labels)),
        Action::Drop => return !rule.pattern.matches(&source(rule, labels)),
        Action::KeepEqual => return labels.get(&rule.target_label) == source(rule, labels),
        Action::DropEqual => return labels.get(&rule.target_label) != source(rule, labels),
        Action::Replace => replace(rule, labels),
        Action::HashMod => {
            if let Some(shard) = shard(&source(rule, labels), rule.modulus) {
                labels.set(&rule.target_label, &shard.to_string());
            }
        }
        Action::LabelMap => map_names(rule, labels),
        Action::LabelDrop => drop(labels.retain(|name, _| !rule.pattern.matches(name))),
        Action::LabelKeep => drop(labels.retain(|name, _| rule.pattern.matches(name))),
        Action::Lowercase => write_source(rule, labels, case::push_lower),
        Action::Uppercase => write_source(rule, labels, case::push_upper),
    }
    true
}

/// The values of the source labels, joined.
fn source<'l>(rule: &Rule, labels: &'l LabelsBuilder) -> Cow<'l, str> {
    match rule.source_labels.as_slice() {
        [] => Cow::Borrowed(""),
        [one] => Cow::Borrowed(labels.get(one)),
        [first, rest @ ..] => {
            let mut joined = labels.get(first).to_owned();
            for label in rest {
                joined.push_str(&rule.separator);
                joined.push_str(labels.get(label));
            }
            Cow::Owned(joined)
        }
    }
}

fn replace(rule: &Rule, labels: &mut LabelsBuilder) {
    let source = source(rule, labels);
    let mut value = String::new();
    if !rule.pattern.expand(&source, &rule.replacement, &mut value) {
        return;
    }
    let mut target = Cow::Borrowed(rule.target_label.as_str());
    if target.contains('$') {
        let mut made = String::new();
        rule.pattern.expand(&source, &rule.target_label, &mut made);
        target = Cow::Owned(made);
    }
    // An empty value removes the label.
    if is_label(&target, rule.legacy_names) {
        labels.set(&target, &value);
    }
}

fn is_label(text: &str, legacy: bool) -> bool {
    !text.is_empty() && (!legacy || name::is_legacy_label(text))
}

/// The remainder of the last eight bytes of the MD5 sum: the same on every machine, so that
/// several servers can share the targets between them.
fn shard(source: &str, modulus: u64) -> Option<u64> {
    let sum = Md5::digest(source.as_bytes());
    let (_, last) = sum.as_slice().split_last_chunk::<8>()?;
    u64::from_be_bytes(*last).checked_rem(modulus)
}

fn map_names(rule: &Rule, labels: &mut LabelsBuilder) {
    let mut made: Vec<(String, String)> = Vec::new();
    for (name, value) in labels.iter() {
        let mut new = String::new();
        if rule.pattern.expand(name, &rule.replacement, &mut new) && !new.is_empty() {
            made.push((new, value.to_owned()));
        }
    }
    for (name, value) in made {
        labels.set(&name, &value);
    }
}

fn write_source(rule: &Rule, labels: &mut LabelsBuilder, push: fn(&mut String, &str)) {
    let mut value = String::new();
    push(&mut value, &source(rule, labels));
    labels.set(&rule.target_label, &value);
}
